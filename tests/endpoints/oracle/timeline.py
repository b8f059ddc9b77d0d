"""Series, phases and the place of each questionnaire on its patient's course."""

from __future__ import annotations


def first_known(values):
    return next((value for value in values if value is not None), None)


def order_clock(clock):
    return -1 if clock is None else clock


def walk(infusions, rules, observed_from):
    """Give the infusion days in order, each with its series, number, day, phase and flags."""
    days = []
    for day in sorted({one["day"] for one in infusions}):
        rows = [one for one in infusions if one["day"] == day]
        rows.sort(key=lambda one: (one["clock"] is None, order_clock(one["clock"]), one["row_uid"]))
        given = {name: first_known(one[name] for one in rows) for name in ("declared", "route", "drug")}
        clocks = [one["clock"] for one in rows if one["clock"] is not None]
        days.append({"abs": day, "clocks": clocks, **given})
    series, declared_before, previous = 0, None, None
    for one in days:
        one["gap"] = None if previous is None else one["abs"] - previous
        block = one["declared"] == "re-induction" and declared_before != "re-induction"
        if previous is None or one["gap"] > rules["series_gap_days"] or block:
            series, start, number = series + 1, one["abs"], 0
        number += 1
        one |= {"series": series, "number": number, "day": one["abs"] - start}
        declared_before, previous = one["declared"] or declared_before, one["abs"]
    for name in range(1, series + 1):
        mine = [one for one in days if one["series"] == name]
        name_phases(mine, rules)
        flag_blocks(mine, rules)
        seen = observed_from is None or mine[0]["abs"] - observed_from >= rules["observed_from_washout_days"]
        for one in mine:
            one["start_observed"] = seen
    return days


def name_phases(mine, rules):
    """A declared phase wins and is carried on; otherwise walk until a rule of induction fails."""
    if any(one["declared"] for one in mine):
        carried = "induction"
        for one in mine:
            carried = {"re-induction": "induction", None: carried}.get(one["declared"], one["declared"])
            one["phase"] = carried
        return
    ended = False
    for one in mine:
        most_days, most = rules["induction_max_days"], rules["induction_max_infusions"]
        pause, fewest = rules["induction_end_gap_days"], rules["induction_min_infusions"]
        ended |= most_days is not None and one["day"] > most_days
        ended |= most is not None and one["number"] > most
        if pause is not None and one["number"] > 1:
            ended |= one["gap"] > pause and one["number"] - 1 >= (fewest or 0)
        one["phase"] = "maintenance" if ended else "induction"


def flag_blocks(mine, rules):
    """A block as dense as an induction that follows a long gap."""
    fewest, most_days = rules["induction_min_infusions"], rules["induction_max_days"]
    for place, one in enumerate(mine):
        late = place > 0 and one["gap"] > rules["long_gap_days"]
        block = mine[place : place + fewest] if fewest else []
        dense = fewest is not None and len(block) == fewest and block[-1]["abs"] - one["abs"] <= most_days
        one["reinduction"] = late and dense


def place(score, days, rules):
    """Give the score with timing, class, home series and what it may serve."""
    blank = {"home": 1 if days else None, "at": None, "timing": None, "klass": None, "use": False,
             "opens": None, "assumed": False, "number": None, "since": None}  # fmt: skip
    if score["day"] is None or not days:
        return score | blank
    today = first_known(one if one["abs"] == score["day"] else None for one in days)
    timing, assumed = order_on_day(score, today, rules)
    given = [one for one in days if one["abs"] < score["day"] or (one is today and timing == "after")]
    ahead = [one for one in days if one["abs"] > score["day"] or (one is today and timing == "before")]
    home = given[-1]["series"] if given else 1
    if timing == "unknown" and today["number"] == 1:
        home = today["series"]
    origin = next(one["abs"] for one in days if one["series"] == home)
    since = score["day"] - given[-1]["abs"] if given else None
    seconds = count_seconds(score, given[-1]) if given else None
    klass = name_class(timing, since, seconds, today, home, rules)
    at = score["day"] - origin
    use = klass in ("trough", "early", "later") or (klass == "unknown_same_day" and at > 0)
    following = ahead[0] if ahead else None
    opens = None
    if (
        following
        and following["number"] == 1
        and following["start_observed"]
        and (use or klass == "pre_course")
    ):
        opens = following
    number = given[-1]["number"] if given and given[-1]["series"] == home else 0
    return score | {
        "home": home, "at": at, "timing": timing, "klass": klass, "use": use, "assumed": assumed,
        "opens": opens and opens["series"], "ahead": following and following["abs"] - score["day"],
        "number": number, "since": since,
    }  # fmt: skip


def order_on_day(score, today, rules):
    if today is None:
        return "none", False
    if score["label"]:
        return score["label"], False
    if score["clock"] is not None and today["clocks"]:
        return ("before" if score["clock"] <= min(today["clocks"]) else "after"), False
    policy = rules["same_day_policy"]
    return {"assume_before": ("before", True), "assume_after": ("after", True)}.get(
        policy, ("unknown", False)
    )


def count_seconds(score, last):
    """Seconds since the latest start of that day that is not after the score."""
    if score["clock"] is None:
        return None
    moment = (score["day"] - last["abs"]) * 86_400 + score["clock"]
    starts = [clock for clock in last["clocks"] if clock <= moment]
    return moment - max(starts) if starts else None


def name_class(timing, since, seconds, today, home, rules):
    if timing == "unknown":
        return "unknown_same_day"
    if since is None:
        return "pre_course"
    if (seconds is not None and seconds <= rules["acute_hours"] * 3600) or (
        timing == "after" and seconds is None
    ):
        return "acute"
    if timing == "before" and today["series"] == home:
        return "trough"
    soon = since <= rules["early_days"] if seconds is None else seconds <= rules["early_hours"] * 3600
    return "early" if soon else "later"
