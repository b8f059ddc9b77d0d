"""COURSES: baseline, endpoint, follow-up and every judgment of one patient."""

from __future__ import annotations

from fractions import Fraction

from .rules import BANDS
from .timeline import first_known, order_clock, place, walk

JUDGED = (
    "change", "percent_change", "response", "partial_response", "remission", "mcid_reached", "recovery",
    "reliable_improvement", "reliable_recovery", "reliable_deterioration", "any_worsening", "change_class",
    "severity_shift",
)  # fmt: skip
GATED = JUDGED[2:9]
PAIRED = JUDGED[9:]


def nearest(rows, target):
    """The nearest day, then the earlier one, then the latest on the clock, then the smallest id."""
    key = lambda row: (abs(row["offset"] - target), row["day"], -order_clock(row["clock"]), row["id"])  # noqa: E731
    return min(rows, key=key, default=None)


def responds(instrument, baseline, total, rules):
    percent, points = rules["response_percent"].get(instrument), rules["response_points"].get(instrument)
    if (percent is None and points is None) or baseline == 0:
        return None
    better = baseline - total
    enough = percent is None or 100 * better >= Fraction(str(percent)) * baseline
    return enough and (points is None or better >= points)


def below(total, op, limit):
    return total < limit or (op == "<=" and total == limit)


def remits(instrument, total, rules):
    op, limit = rules["remission_op"].get(instrument), rules["remission_value"].get(instrument)
    return None if op is None or limit is None else below(total, op, limit)


def band(instrument, total):
    if total is None or instrument not in BANDS:
        return None
    return [name for low, name in BANDS[instrument] if total >= low][-1]


def rank(instrument, total, rules):
    if instrument in BANDS:
        return len([low for low, _ in BANDS[instrument] if total >= low])
    case = rules["caseness"][instrument]
    return None if case is None else int(total >= case)


def judge(instrument, baseline, total, rules, *, eligible, due):
    """Every endpoint of one total."""
    if baseline is None or total is None:
        return dict.fromkeys(JUDGED)
    better = baseline - total
    response = responds(instrument, baseline, total, rules)
    case, reliable = rules["caseness"][instrument], rules["reliable_change"].get(instrument)
    partial, mcid = rules["partial_response_percent"].get(instrument), rules["mcid"].get(instrument)
    recovery = None if case is None else baseline >= case > total
    improved = None if reliable is None else better >= reliable
    found = {
        "response": response,
        "partial_response": None if partial is None or response is None
        else 100 * better >= partial * baseline and not response,
        "remission": remits(instrument, total, rules),
        "mcid_reached": None if mcid is None else better >= mcid,
        "recovery": recovery,
        "reliable_improvement": improved,
        "reliable_recovery": None if recovery is None or improved is None else recovery and improved,
        "reliable_deterioration": None if reliable is None else -better >= reliable,
        "any_worsening": better < 0,
        "change_class": name_class(instrument, baseline, total, rules),
        "severity_shift": None,
    }  # fmt: skip
    ranks = [rank(instrument, one, rules) for one in (total, baseline)]
    if None not in ranks:
        found["severity_shift"] = ranks[0] - ranks[1]
    if not (eligible and (case is None or baseline >= case)):
        found |= dict.fromkeys(GATED)
    if not due:
        found |= dict.fromkeys(PAIRED)
    percent = None if baseline == 0 else 100 * -better / baseline
    return {"change": -better, "percent_change": percent, **found}


def name_class(instrument, baseline, total, rules):
    cut, op = rules["csc_cutoff"].get(instrument), rules["csc_cutoff_op"].get(instrument)
    points = rules["csc_min_points"].get(instrument)
    points = rules["reliable_change"].get(instrument) if points == "reliable_change" else points
    if cut is None or op is None or points is None:
        return None
    if baseline - total >= points:
        return "recovered" if not below(baseline, op, cut) and below(total, op, cut) else "improved"
    return "deteriorated" if total - baseline >= points else "unchanged"


def follow(patient, rules, instruments):
    """Give (days, placed scores, courses) of one patient; courses by series and instrument."""
    days = walk(patient["infusions"], rules, patient["observed_from"])
    placed = [place(score, days, rules) for score in patient["scores"]]
    left_out = [
        place({**one, "total": None}, days, rules)
        for one in patient["excluded"] if one["reason"] != "duplicate"
    ]  # fmt: skip
    site = first_known([
        patient["site"],
        min((one["site"] for one in patient["infusions"] if one["site"]), default=None),
        min((one["site"] for one in patient["scores"] if one["site"]), default=None),
    ])  # fmt: skip
    courses = []
    if not days:
        for instrument in instruments:
            courses.append(not_started(patient["id"], site, instrument, rules))
        return days, placed, courses
    for series in sorted({one["series"] for one in days}):
        shared = describe_series(patient, days, series, rules) | {"patient_id": patient["id"], "site": site}
        for instrument in instruments:
            rows = [one for one in placed + left_out if one["instrument"] == instrument]
            courses.append(describe_course(shared, rows, days, series, instrument, rules))
    return days, placed, courses


def not_started(id, site, instrument, rules):
    row = {
        "patient_id": id,
        "site": site,
        "series": None,
        "instrument": instrument,
        "due": False,
        "eligible": False,
    }
    row |= dict.fromkeys(("baseline_reason", "eligible_reason", "endpoint_reason"), "not_started")
    for target in rules["follow_up_windows"]:
        row |= {f"due_{target}": False, f"eligible_{target}": False, f"reason_{target}": "not_started"}
    return row


def describe_series(patient, days, series, rules):
    """What does not depend on a questionnaire."""
    mine = [one for one in days if one["series"] == series]
    start, until = mine[0]["abs"], patient["until"]
    induction = [one["day"] for one in mine if one["phase"] == "induction"]
    maintenance = [one["day"] for one in mine if one["phase"] == "maintenance"]
    last_induction = max(induction, default=None)
    at_end = rules["endpoint_anchor"] == "last_induction_infusion"
    anchor = last_induction if at_end else 0
    after = [day for day in maintenance if anchor is not None and day > anchor]
    later = [one["abs"] for one in days if one["series"] == series + 1]
    observed = until - start
    matured_day = (rules["induction_max_days"] if at_end else 0) + rules["post_window_days"][1]
    dated = patient["dated"]
    row = {
        "series": series, "start_day": start - days[0]["abs"], "start_date": start if dated else None,
        "quarter": start if dated else (patient["period"] if series == 1 else None),
        "route": mine[0]["route"], "drug": mine[0]["drug"], "n_infusions": len(mine),
        "n_induction": len(induction), "n_maintenance": len(maintenance),
        "last_induction_day": last_induction, "last_infusion_day": mine[-1]["day"],
        "first_maintenance_day": min(after, default=None),
        "possible_reinduction": any(one["reinduction"] for one in mine),
        "start_observed": mine[0]["start_observed"], "observed_until_day": observed,
        "admission_day": patient["admission"] - start if dated and patient["admission"] is not None else None,
        "matured": observed >= matured_day, "anchor": anchor,
        "next_series": later[0] - start if later else None,
    }  # fmt: skip
    row["due"] = row["start_observed"] and row["matured"]
    row["induction_status"] = name_status(row, rules)
    return row


def name_status(row, rules):
    fewest, first, last = (rules[f"induction_{one}"] for one in ("min_infusions", "min_days", "max_days"))
    if None in (fewest, first, last):
        return "not_defined"
    if row["n_induction"] >= fewest:
        return "complete" if row["last_induction_day"] >= first else "compressed"
    waiting = row["n_maintenance"] == 0 and row["observed_until_day"] <= last
    return "in_progress" if waiting else "incomplete"


def describe_course(shared, rows, days, series, instrument, rules):
    row = dict(shared) | {"instrument": instrument}
    start = next(one["abs"] for one in days if one["series"] == series)
    row |= find_baseline(rows, series, instrument, row, rules)
    row["baseline_severity"] = band(instrument, row["baseline"])
    case = rules["caseness"][instrument]
    gate = row["baseline"] is not None and (case is None or row["baseline"] >= case)
    complete = row["induction_status"] == "complete" or rules["population"] != "completed_induction"
    row["eligible_reason"] = (
        "start_not_observed" if not row["start_observed"] else "not_matured" if not row["matured"]
        else row["baseline_reason"] if row["baseline"] is None else "below_caseness" if not gate
        else None if complete else "induction_not_complete"
    )  # fmt: skip
    row["eligible"] = row["eligible_reason"] is None
    home = [one for one in rows if one["home"] == series and one["at"] is not None]
    row |= find_endpoint(home, row, instrument, rules)
    if rules["population"] == "with_endpoint" and row["eligible"] and row["endpoint_total"] is None:
        row |= {"eligible": False, "eligible_reason": row["endpoint_reason"]}
    row |= judge(
        instrument, row["baseline"], row["endpoint_total"], rules, eligible=row["eligible"], due=row["due"]
    )
    for target, window in rules["follow_up_windows"].items():
        row |= find_follow_up(rows, row, start, int(target), window, gate and complete, rules)
    return row


def find_baseline(rows, series, instrument, course, rules):
    """The last total before the series, or the first reason why there is none."""
    window = rules["baseline_window_days"].get(instrument)
    inside = []
    if window is not None:
        inside = [one for one in rows if one["opens"] == series and window[0] <= -one["ahead"] <= window[1]]
    unordered = [
        one for one in rows if one["timing"] == "unknown" and one["at"] == 0 and one["home"] == series
    ]
    scored = [one for one in inside if one["total"] is not None]
    best = min(scored, key=lambda one: (one["ahead"], -order_clock(one["clock"]), one["id"]), default=None)
    if best:
        return {"baseline": best["total"], "baseline_day": -best["ahead"], "baseline_reason": None,
                "baseline_order_assumed": best["assumed"]}  # fmt: skip
    known = [one for one in rows if one["total"] is not None and one["at"] is not None]
    before = [one for one in known if one["klass"] == "pre_course"]
    after = [one for one in known if one["klass"] != "pre_course"]
    if window is None:
        reason = "not_defined"
    elif not course["start_observed"]:
        reason = "start_not_observed"
    elif any(one["total"] is None for one in inside + unordered):
        reason = "not_usable"
    elif unordered:
        reason = "same_day_unordered"
    elif before or any(one["use"] and one["home"] < series for one in after):
        reason = "outside_window"
    elif any(one["home"] >= series for one in after):
        reason = "only_after_start"
    else:
        reason = "no_score"
    return {"baseline": None, "baseline_day": None, "baseline_reason": reason, "baseline_order_assumed": None}


def search(rows, window, target):
    """The chosen row of a window, and whether an unusable or an acute one lies in it."""
    inside = [one for one in rows if window[0] <= one["offset"] <= window[1]]
    usable = [one for one in inside if one["use"]]
    chosen = nearest([one for one in usable if one["total"] is not None], target)
    acute = any(one["klass"] == "acute" for one in inside)
    return chosen, any(one["total"] is None for one in usable), acute


def find_endpoint(home, course, instrument, rules):
    window, anchor = rules["post_window_days"], course["anchor"]
    rows = [] if anchor is None else [{**one, "day": one["at"], "offset": one["at"] - anchor} for one in home]
    chosen, unusable, acute = search(rows, window, rules["post_window_target"])
    soon = anchor is not None and course["next_series"] is not None
    soon = soon and course["next_series"] <= anchor + window[1]
    reason = (
        "start_not_observed" if not course["start_observed"] else "not_matured" if not course["matured"]
        else None if chosen else "not_usable" if unusable else "acute_only" if acute
        else "new_series_first" if soon else "no_score_in_window"
    )  # fmt: skip
    measured = chosen if reason is None else None
    maintained = course["first_maintenance_day"]
    between = None
    if measured:
        between = maintained is not None and (
            maintained < measured["day"] or (maintained == measured["day"] and measured["since"] == 0)
        )
    total = measured and measured["total"]
    return {
        "endpoint_total": total, "endpoint_day": measured and measured["day"], "endpoint_reason": reason,
        "endpoint_timing_class": measured and measured["klass"], "infusion_in_window": between,
        "endpoint_severity": band(instrument, total),
    }  # fmt: skip


def find_follow_up(rows, course, start, target, window, may, rules):
    series = course["series"]
    seen = [
        one for one in rows if one["at"] is not None and one["home"] is not None and one["home"] >= series
    ]
    seen = [{**one, "day": one["day"] - start, "offset": one["day"] - start} for one in seen]
    chosen, unusable, acute = search(seen, window, target)
    closed = course["observed_until_day"] >= window[1]
    reason = (
        "start_not_observed" if not course["start_observed"] else "not_matured" if not closed
        else None if chosen else "not_usable" if unusable else "acute_only" if acute else "no_score_in_window"
    )  # fmt: skip
    measured = chosen if reason is None else None
    due = course["start_observed"] and closed
    eligible = due and may and (rules["population"] != "with_endpoint" or measured is not None)
    total = measured and measured["total"]
    row = {
        "due": due, "eligible": eligible, "total": total, "day": measured and measured["day"],
        "reason": reason, "after_new_series": measured and measured["home"] != series,
    }  # fmt: skip
    row |= judge(course["instrument"], course["baseline"], total, rules, eligible=eligible, due=due)
    return {f"{name}_{target}": value for name, value in row.items()}
