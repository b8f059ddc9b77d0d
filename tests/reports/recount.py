"""The end of the independent recount: windows, endpoints and curves in plain Python.

It shares no code with the package: one patient at a time, exact fractions, and the numbers of the default
profile written a second time on purpose.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt
from pathlib import Path
from statistics import NormalDist, mean, stdev

from recount_rows import Rows, read_folder
from recount_timeline import Series, place, serves, split_series

INSTRUMENTS = ("phq9", "gad7", "pcl5")
CASENESS = {"phq9": 10, "gad7": 10, "pcl5": 33}
RELIABLE = {"phq9": 6, "gad7": 4, "pcl5": 15}  # also the rise of a relapse
BASELINE_FROM = {"phq9": -14, "gad7": -14, "pcl5": -30}  # days from the first infusion
REMISSION_BELOW = {"phq9": 5, "gad7": 5, "pcl5": 33}  # on the PCL-5 "below cut-off"
OBSERVED_FROM = date(2024, 7, 1)
NOT_STARTED = {"due": False, "eligible": False, "quarter": None, "baseline_reason": "not_started",
               "endpoint_reason": "not_started"}  # fmt: skip


def cut_rows(rows: Rows, until: date) -> Rows:
    """The same folder as it would have been exported on an earlier day."""
    given = {who: {day: days[day] for day in days if day <= until} for who, days in rows.infusions.items()}
    scores = [one for one in rows.scores if one.day <= until]
    return replace(rows, scores=scores, infusions=given, until=until)


def count_courses(rows: Rows) -> dict:
    """One entry per patient, series (from 1; None without an infusion) and instrument."""
    placed = defaultdict(list)
    series = {patient: split_series(rows.infusions.get(patient, {})) for patient in rows.patients}
    for score in rows.scores:
        # what loading left out is not known to the endpoints: not_usable is an incomplete questionnaire only
        if not score.fault and series[score.patient]:
            at = place(score, series[score.patient], rows.infusions[score.patient])
            placed[score.patient, score.instrument].append(at)
    courses: dict[tuple, dict] = {}
    for patient, several in series.items():
        for instrument in INSTRUMENTS:
            scores = sorted(placed[patient, instrument], key=lambda one: (one.day, one.clock or 0))
            for k in range(len(several)):
                courses[patient, k + 1, instrument] = _course(instrument, several, k, scores, rows.until)
            if not several:
                courses[patient, None, instrument] = dict(NOT_STARTED)
    return courses


def _course(instrument: str, several: list[Series], k: int, scores: list, until: date) -> dict:
    """Windows, maturity, eligibility and the endpoints of one series."""
    series, start = several[k], several[k].days[0]
    observed = (several[0].days[0] - OBSERVED_FROM).days >= 60
    matured = (until - start).days >= 59
    first = start + timedelta(days=BASELINE_FROM[instrument])
    ready = [one for one in scores if one.before == series.first and first <= one.day <= start]
    base = next((one for one in reversed(ready) if serves(one)), None) if observed else None
    post = [one for one in scores if one.home == k and 14 <= (one.day - series.anchor).days <= 31]
    good = [one for one in post if serves(one)]
    end = next((one for one in reversed(good) if one.day == good[0].day), None) if matured else None
    later = [one for one in scores if serves(one) and one.home == k and one.before > series.first]
    course = {
        "start": start, "quarter": f"{start.year}Q{(start.month + 2) // 3}",
        "observed_until_day": (until - start).days,
        "n_infusions": len(series.days), "n_induction": series.phases.count("induction"),
        "anchor_day": (series.anchor - start).days, "induction_status": _status(series, until),
        "matured": matured, "due": observed and matured,
        "baseline": base and base.total, "baseline_day": base and (base.day - start).days,
        "baseline_order_assumed": base and base.order_assumed,
        "endpoint_total": end and end.total, "endpoint_day": end and (end.day - start).days,
        "endpoint_timing_class": end and end.timing_class,
        "infusion_in_window": end and series.days[end.before - series.first - 1] > series.anchor,
        "later": [((one.day - start).days, one.total, one.before - series.first) for one in later],
        "next_start": (several[k + 1].days[0] - start).days if k + 1 < len(several) else None,
    }  # fmt: skip
    course["caseness"] = base is not None and base.total >= CASENESS[instrument]
    course["eligible"] = course["due"] and course["caseness"]
    course["baseline_reason"] = None if base else _no_baseline(observed, ready, scores, later, first)
    course["endpoint_reason"] = None if end else _no_endpoint(matured, post, course, several[k + 1 : k + 2])
    if course["due"] and base and end:
        course |= judge(instrument, base.total, end.total, course["eligible"])
    return course


def _status(series: Series, until: date) -> str:
    n, last = series.phases.count("induction"), (series.anchor - series.days[0]).days
    if n >= 4:
        return "complete" if last >= 7 else "compressed"
    waiting = "maintenance" not in series.phases and (until - series.days[0]).days < 29
    return "in_progress" if waiting else "incomplete"


def _no_baseline(observed, ready, scores, later, first) -> str:
    if not observed:
        return "start_not_observed"
    if ready:
        return "not_usable"
    if any(one.total is not None and one.day < first for one in scores):
        return "outside_window"
    return "only_after_start" if later else "no_score"


def _no_endpoint(matured, post, course, following) -> str:
    if not matured:
        return "not_matured"
    if any(one.timing_class != "acute" for one in post):
        return "not_usable"
    if post:
        return "acute_only"
    cut = following and following[0].declared and course["next_start"] <= course["anchor_day"] + 31
    return "new_series_first" if cut else "no_score_in_window"


def responds(instrument: str, baseline: int, total: int) -> bool:
    """Half of the baseline; on the PCL-5 ten points."""
    gain = baseline - total
    return gain >= 10 if instrument == "pcl5" else 2 * gain >= baseline > 0


def judge(instrument: str, baseline: int, total: int, eligible: bool) -> dict:
    """Gated endpoints of the eligible; change and deterioration of everyone with both totals."""
    gain = baseline - total
    worse = -gain >= RELIABLE[instrument]
    flags = {"change": -gain, "reliable_deterioration": worse, "any_worsening": gain < 0}
    if eligible:
        flags["response"] = responds(instrument, baseline, total)
        flags["remission"] = total < REMISSION_BELOW[instrument]
        flags["reliable_improvement"] = gain >= RELIABLE[instrument]
    return flags


def onset(instrument: str, course: dict) -> dict | None:
    """First response up to day 60, between two visits; None outside the population."""
    if not course.get("caseness"):
        return None
    visits = _last_of_each_day(course, 0, 60)
    left, infusions = 0, 0
    for day, total, number in visits:
        if responds(instrument, course["baseline"], total):
            event = _event(left, max(day, 1), "score")
            return event | {"left_infusions": min(infusions, number - 1), "right_infusions": number}
        left, infusions = day, number
    reason = "last_score" if visits else "no_follow_up"
    return _censored(left, reason) | {"left_infusions": infusions, "right_infusions": None}


def sustained_onset(instrument: str, course: dict) -> dict | None:
    """The first response that every score keeps up to the first one at least 7 days later."""
    if not course.get("caseness"):
        return None
    baseline = course["baseline"]
    visits = [(day, responds(instrument, baseline, total)) for day, total, _ in _last_of_each_day(course, 0)]
    early = [(day, met) for day, met in visits if day <= 60]
    not_met = [day for day, met in early if not met]
    for day, _ in early:
        confirming = next((later for later, _ in visits if later - day >= 7), None)
        if confirming is not None and all(met for later, met in visits if day <= later <= confirming):
            return _event(max((one for one in not_met if one < day), default=0), max(day, 1), "score")
    if not early:
        return _censored(0, "no_follow_up")
    if early[-1][1]:
        return _censored(max(not_met, default=0), "unconfirmed", True)
    return _censored(early[-1][0], "last_score")


def loss_of_response(instrument: str, course: dict) -> dict | None:
    """The first score of a responder at which the response is no longer met."""
    if not course.get("response"):
        return None
    t0, last = course["endpoint_day"], 0
    for day, total, _ in _last_of_each_day(course, t0 + 1):
        if not responds(instrument, course["baseline"], total):
            return _event(last, day - t0, "score")
        last = day - t0
    return _censored(last, "last_score" if last else "no_follow_up")


def relapse(instrument: str, course: dict) -> dict | None:
    """Confirmed relapse of a responder in days from t0, or a new series at its exact day."""
    if not course.get("response"):
        return None
    t0, base, f0 = course["endpoint_day"], course["baseline"], course["endpoint_total"]
    visits = [(day - t0, total) for day, total, _ in _last_of_each_day(course, t0 + 1)]
    high = max(CASENESS[instrument], f0 + RELIABLE[instrument])
    bad = [total >= high and not responds(instrument, base, total) for _, total in visits]
    good_days = [day for (day, _), poor in zip(visits, bad, strict=True) if not poor]
    unconfirmed = False
    for n, (day, _) in enumerate(visits):
        if not bad[n]:
            continue
        upto = next((m for m in range(n + 1, len(visits)) if visits[m][0] - day >= 5), None)
        if upto is None or visits[upto][0] - day > 30:
            unconfirmed = True
        elif all(bad[n : upto + 1]):
            return _event(max((one for one in good_days if one < day), default=0), day, "score")
    if course["next_start"] is not None:
        return _event(course["next_start"] - t0, course["next_start"] - t0, "new_series")
    if not visits:
        return _censored(0, "no_follow_up")
    if bad[-1]:
        return _censored(max(good_days, default=0), "last_bad_unconfirmed", unconfirmed)
    return _censored(visits[-1][0], "last_score", unconfirmed)


def _event(left: int, right: int, reason: str) -> dict:
    return _entry(left, right, right, reason, False)


def _censored(day: int, reason: str, unconfirmed: bool = False) -> dict:
    return _entry(day, None, day, reason, unconfirmed)


def _entry(left, right, time, reason, unconfirmed) -> dict:
    entry = {"event": right is not None, "left": left, "right": right, "time": time}
    return entry | {"reason": reason, "unconfirmed": unconfirmed}


def _last_of_each_day(course: dict, from_day: int, to_day: int = 10**6) -> list[tuple[int, int, int]]:
    """Day, total and infusion number of the usable scores of the home series; of one day the latest clock."""
    by_day = {one[0]: one for one in course["later"]}
    return [one for day, one in sorted(by_day.items()) if from_day <= day <= to_day]


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of Wilson with the exact normal quantile."""
    z = NormalDist().inv_cdf(0.975)
    middle = k / n + z * z / (2 * n)
    half = z * sqrt(k * (n - k) / n**3 + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def survival(entries: list[dict], day: int) -> Fraction:
    """Kaplan-Meier share without the event after a day, as an exact fraction."""
    still = Fraction(1)
    for t in sorted({one["time"] for one in entries if one["event"] and one["time"] <= day}):
        at_risk = sum(one["time"] >= t for one in entries)
        still *= 1 - Fraction(sum(one["event"] and one["time"] == t for one in entries), at_risk)
    return still


def first_series(courses: dict, instrument: str, quarters: set[str]) -> list[dict]:
    """The courses of the headline: series 1 of everyone who began in these quarters."""
    own = [one for (_, k, name), one in courses.items() if name == instrument and k == 1]
    return [one for one in own if one["quarter"] in quarters]


def count_endpoints(courses: dict, instrument: str, quarters: set[str]) -> dict:
    """The headline counts of the first series that began in these quarters."""
    own = first_series(courses, instrument, quarters)
    eligible = [one for one in own if one["eligible"]]
    observed = [one for one in eligible if one["endpoint_total"] is not None]
    paired = [one for one in own if "change" in one]
    counts = {"started": len(own), "eligible": len(eligible), "observed": len(observed)}
    counts["paired"] = len(paired)
    counts["measured"] = sum(one["due"] and one["endpoint_total"] is not None for one in own)
    counts["due"] = sum(one["due"] for one in own)
    counts["with_baseline"] = sum(one["due"] and one["baseline"] is not None for one in own)
    for flag in ("response", "remission", "reliable_improvement"):
        counts[flag] = sum(one[flag] for one in observed)
    for flag in ("reliable_deterioration", "any_worsening"):
        counts[flag] = sum(one[flag] for one in paired)
    changes = [one["change"] for one in paired]
    return counts | {"mean_change": mean(changes), "sd_change": stdev(changes)}


def read_sample(folder: Path) -> tuple[Rows, dict]:
    """Rows and courses of the folder."""
    rows = read_folder(folder)
    return rows, count_courses(rows)
