"""EVENTS: onset and relapse of one course, as intervals."""

from __future__ import annotations

from statistics import median

from .courses import remits, responds
from .timeline import order_clock

ONSET = ("response", "remission", "sustained_response", "sustained_remission")
CARRIED = ("patient_id", "site", "series", "instrument", "quarter", "route", "drug")


def list_visits(placed, course):
    """One usable total per day of the home series: the latest on the clock."""
    rows = [
        one for one in placed
        if one["instrument"] == course["instrument"] and one["home"] == course["series"] and one["use"]
        and one["total"] is not None
    ]  # fmt: skip
    best = {}
    for row in sorted(rows, key=lambda one: (one["at"], -order_clock(one["clock"]), one["id"])):
        best.setdefault(row["at"], {**row, "t": row["at"]})
    return list(best.values())


def head(course, endpoint, excluded, origin):
    row = {name: course.get(name) for name in CARRIED}
    row |= {"endpoint": endpoint, "included": excluded is None, "excluded_reason": excluded}
    return row | ({} if excluded else {"origin_day": origin})


def count(visits):
    gaps = [
        b - a for a, b in zip([0, *[one["t"] for one in visits]], [one["t"] for one in visits], strict=False)
    ]
    return {"n_scores": len(visits), "median_gap_days": median(gaps) if gaps else None}


def find_onset(placed, course, endpoint, rules):
    """The first score that meets the endpoint; sustained: from which it holds until a later one."""
    kind, sustained = endpoint.removeprefix("sustained_"), endpoint.startswith("sustained_")
    instrument, baseline = course["instrument"], course.get("baseline")
    defined = rules["remission_value"].get(instrument) is not None
    if kind == "response":
        keys = ("response_percent", "response_points")
        defined = any(rules[key].get(instrument) is not None for key in keys)
    if sustained and rules["confirm_min_days"] is None:
        defined = False
    case = rules["caseness"][instrument]
    excluded = (
        "not_started" if course["series"] is None else "not_defined" if not defined
        else "start_not_observed" if not course["start_observed"]
        else course["baseline_reason"] if baseline is None
        else "below_caseness" if case is not None and baseline < case
        else "baseline_zero" if baseline == 0 and kind == "response" else None
    )  # fmt: skip
    row = head(course, endpoint, excluded, 0)
    if excluded:
        return row
    visits = list_visits(placed, course)
    for one in visits:
        met = remits(instrument, one["total"], rules)
        one["met"] = responds(instrument, baseline, one["total"], rules) if kind == "response" else met
    searched = [one for one in visits if one["t"] <= rules["onset_until_day"]]
    found = next((
        one for one in searched
        if one["met"] and (not sustained or holds(one, visits, "met", rules["confirm_min_days"], None))
    ), None)  # fmt: skip
    row |= {"event": found is not None, "unconfirmed": False, "right": None, "right_infusions": None}
    row |= count(searched) | {"event_gap": None}
    last = searched[-1] if searched else None
    not_met = [one for one in searched if not one["met"] and (found is None or one["t"] < found["t"])]
    if found:
        origin = not_met[-1] if not_met else None
        row |= {"right": max(found["t"], 1), "right_infusions": found["number"], "reason": "score"}
    elif last and last["met"]:
        origin = not_met[-1] if not_met else None
        row |= {"reason": "unconfirmed", "unconfirmed": True}
    else:
        origin = last
        row |= {"reason": "last_score" if last else "no_follow_up"}
    left, infusions = (origin["t"], origin["number"]) if origin else (0, 0)
    if found and infusions >= found["number"]:
        infusions = found["number"] - 1
    return row | {"left": left, "left_infusions": infusions, "time": row["right"] if found else left}


def holds(visit, visits, name, at_least, at_most):
    """Whether a state holds from this visit to the first one at least so many days later."""
    later = [one for one in visits if one["t"] - visit["t"] >= at_least]
    if not later or (at_most is not None and later[0]["t"] - visit["t"] > at_most):
        return False
    return all(one[name] for one in visits if visit["t"] <= one["t"] <= later[0]["t"])


def is_stable(placed, course, rules):
    """Stable remission or stable response at the end of the window; None where it cannot be told."""
    anchor = course["last_induction_day"] if rules["endpoint_anchor"] == "last_induction_infusion" else 0
    low, high = rules["post_window_days"]
    visits = [
        one for one in list_visits(placed, course) if anchor is not None and low <= one["t"] - anchor <= high
    ]
    visits = visits[-rules["stable_scores"] :]
    if len(visits) < rules["stable_min_scores"] or course["baseline"] is None:
        return None
    instrument = course["instrument"]
    remitted = [bool(remits(instrument, one["total"], rules)) for one in visits]
    final = visits[-rules["stable_min_response"] :]
    met = [bool(responds(instrument, course["baseline"], one["total"], rules)) for one in final]
    return sum(remitted) >= rules["stable_min_remission"] or sum(met) >= rules["stable_min_response"]


def exclude(placed, course, endpoint, rules):
    if not course["eligible"]:
        return course["eligible_reason"]
    if course["endpoint_total"] is None:
        return course["endpoint_reason"]
    instrument, entry = course["instrument"], rules["relapse_entry"]
    state = is_stable(placed, course, rules) if entry == "stable" else course[entry]
    if state is None and course["baseline"] == 0:
        return "baseline_zero"
    asks = [rules[key].get(instrument) is not None for key in ("response_percent", "response_points")]
    bad = [
        (rules[key] or {}).get(instrument) is not None for key in ("relapse_min_total", "relapse_min_rise")
    ]
    needs_response = endpoint == "loss_of_response" or rules["relapse_requires_loss_of_response"]
    if not any(asks if needs_response else bad) or (state is None and entry != "stable"):
        return "not_defined"
    if not state:
        return f"no_{entry}"
    censor = rules["maintenance"] == "censor"
    return "maintenance_before_origin" if censor and course["infusion_in_window"] else None


def find_relapse(placed, course, courses, endpoint, confirm, rules):
    """The first confirmed bad score after the entry score, or the care event that comes first."""
    excluded = exclude(placed, course, endpoint, rules)
    row = head(course, endpoint, excluded, course.get("endpoint_day"))
    if excluded:
        return row
    origin, entry_total = course["endpoint_day"], course["endpoint_total"]
    visits = [one for one in list_visits(placed, course) if one["at"] > origin]
    maintained = course["first_maintenance_day"]
    if rules["maintenance"] == "censor" and maintained is not None:
        visits = [
            one for one in visits
            if one["at"] < maintained or (one["at"] == maintained and one["since"] != 0)
        ]  # fmt: skip
    for one in visits:
        one["t"] = one["at"] - origin
        one["bad"] = is_bad(one["total"], entry_total, course, endpoint, rules)
    days = rules["relapse_confirm_days"] if confirm and endpoint == "relapse" else None
    candidates = [one for one in visits if one["bad"]]
    found = next((one for one in candidates if days is None or holds(one, visits, "bad", *days)), None)
    good = [one for one in visits if not one["bad"] and (found is None or one["t"] < found["t"])]
    lacking = days is not None and any(not followed(one, visits, *days) for one in candidates)
    last = visits[-1] if visits else None
    end = good[-1]["t"] if good else 0
    if not found and last and not last["bad"]:
        end = last["t"]
    reason = (
        "score" if found else "no_follow_up" if last is None
        else "last_bad_unconfirmed" if last["bad"] else "last_score"
    )  # fmt: skip
    right = found["t"] if found else None
    row |= {"left": end, "right": right, "time": right if found else end, "event": found is not None,
            "reason": reason, "unconfirmed": lacking and not found, "event_gap": False}  # fmt: skip
    if endpoint == "relapse":
        row |= add_care(row, visits, course, courses, rules)
    return row | count(visits)


def followed(visit, visits, at_least, at_most):
    later = [one["t"] - visit["t"] for one in visits if one["t"] - visit["t"] >= at_least]
    return bool(later) and later[0] <= at_most


def is_bad(total, entry_total, course, endpoint, rules):
    instrument = course["instrument"]
    lost = not responds(instrument, course["baseline"], total, rules)
    if endpoint == "loss_of_response":
        return lost
    least = (rules["relapse_min_total"] or {}).get(instrument)
    rise = (rules["relapse_min_rise"] or {}).get(instrument)
    if (least is not None and total < least) or (rise is not None and total - entry_total < rise):
        return False
    return lost or not rules["relapse_requires_loss_of_response"]


def add_care(row, visits, course, courses, rules):
    listed, origin = rules["relapse_care_events"] or (), course["endpoint_day"]
    following = [
        one for one in courses
        if one["series"] == course["series"] + 1 and one["instrument"] == course["instrument"]
    ]  # fmt: skip
    new_series = following[0]["start_day"] - course["start_day"] - origin if following else None
    admission = None if course["admission_day"] is None else course["admission_day"] - origin
    if admission is not None and (admission <= 0 or (new_series is not None and admission > new_series)):
        admission = None
    maintained = course["first_maintenance_day"]
    if rules["maintenance"] == "censor" and maintained is not None:
        admission, new_series = (
            None if day is not None and day > maintained - origin else day for day in (admission, new_series)
        )
    if "admission" in listed and admission is not None:
        day, name = admission, "admission"
    elif "new_series" in listed and new_series is not None:
        day, name = new_series, "new_series"
    else:
        return {}
    if row["right"] is not None and row["right"] <= day:
        return {}
    seen = max((one["t"] for one in visits if one["t"] <= day), default=0)
    return {"left": day, "right": day, "time": day, "event": True, "reason": name, "unconfirmed": False,
            "event_gap": day - seen > rules["relapse_event_gap_days"]}  # fmt: skip
