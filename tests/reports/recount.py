"""The second half of the independent recount: series, windows, endpoints and curves of the sample folder in plain Python.

It shares no code with the package: one patient at a time, exact fractions, the numbers of the definitions written a second time.
Section numbers are those of the clinical definitions; everything is the default profile.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import sqrt
from pathlib import Path
from statistics import NormalDist, mean, stdev

from recount_rows import Rows, Score, read_folder

INSTRUMENTS = ("phq9", "gad7", "pcl5")
CASENESS = {"phq9": 10, "gad7": 10, "pcl5": 33}  # 1.1
RELIABLE = {"phq9": 6, "gad7": 4, "pcl5": 15}  # 1.7; also the rise of a relapse, 3.4
BASELINE_FROM = {"phq9": -14, "gad7": -14, "pcl5": -30}  # 2.4
REMISSION_BELOW = {"phq9": 5, "gad7": 5, "pcl5": 33}  # 3.2; on the PCL-5 "below cut-off"
OBSERVED_FROM = date(2024, 7, 1)


@dataclass
class Series:
    """A series of infusion dates; `first` counts the patient's infusions before it."""

    days: list[date]
    phases: list[str]
    first: int
    declared: bool  # begun by a declared re-induction

    @property
    def anchor(self) -> date:
        return max(day for day, phase in zip(self.days, self.phases, strict=True) if phase == "induction")


@dataclass
class Placed:
    """A questionnaire on its patient's timeline: `before` counts the infusions given before it."""

    day: date
    clock: int | None
    total: int | None
    before: int
    home: int
    order_assumed: bool
    timing_class: str


def cut_rows(rows: Rows, until: date) -> Rows:
    """The same folder as it would have been exported on an earlier day."""
    given = {who: {day: one for day, one in days.items() if day <= until} for who, days in rows.infusions.items()}
    return replace(rows, scores=[one for one in rows.scores if one.day <= until], infusions=given, until=until)


def count_courses(rows: Rows) -> dict:
    """One entry per patient, series (from 1; None without an infusion) and instrument."""
    placed = defaultdict(list)
    series = {patient: split_series(rows.infusions.get(patient, {})) for patient in rows.patients}
    for score in rows.scores:
        if score.fault != "duplicate" and series[score.patient]:
            at = _place(score, series[score.patient], rows.infusions[score.patient])
            placed[score.patient, score.instrument].append(at)
    courses = {}
    for patient, several in series.items():
        for instrument in INSTRUMENTS:
            scores = sorted(placed[patient, instrument], key=lambda one: (one.day, -1 if one.clock is None else one.clock))
            for k in range(len(several)):
                courses[patient, k + 1, instrument] = _course(instrument, several, k, scores, rows.until)
            if not several:
                courses[patient, None, instrument] = {"due": False, "eligible": False, "quarter": None}
    return courses


def split_series(given: dict) -> list[Series]:
    """Section 2.2: a new series after a gap of more than 60 days, or where a block declared re-induction begins."""
    several: list[Series] = []
    declared_anything = any(phase for _, phase, _ in given.values())
    said = "induction"
    for n, day in enumerate(sorted(given)):
        earlier, said = said, given[day][1] or said
        reinduced = said == "re-induction" and earlier != "re-induction"
        if n == 0 or reinduced or (day - several[-1].days[-1]).days > 60:
            several.append(Series([], [], n, reinduced))
        now = several[-1]
        now.phases.append(said.removeprefix("re-") if declared_anything else _walk(now, day))
        now.days.append(day)
    return several


def _walk(series: Series, day: date) -> str:
    """The undeclared phase of the next infusion: up to day 28, up to the 8th, not after a gap above 10 days once 4 are given."""
    if not series.days:
        return "induction"
    late = (day - series.days[0]).days > 28 or len(series.days) >= 8
    paused = len(series.days) >= 4 and (day - series.days[-1]).days > 10
    return "maintenance" if late or paused or series.phases[-1] == "maintenance" else "induction"


def _place(score: Score, several: list[Series], given: dict) -> Placed:
    """Section 2.3: order on an infusion day by both clocks, else assumed before; acute up to 4 hours after the start."""
    days = [day for one in several for day in one.days]
    before = sum(day < score.day for day in days)
    assumed = False
    if score.day in given:
        start = given[score.day][0]
        assumed = start is None or score.clock is None
        before += not assumed and score.clock > start
    home = max((k for k, one in enumerate(several) if one.first < before), default=0)
    hours = None
    if before and score.clock is not None and given[days[before - 1]][0] is not None:
        hours = (_stamp(score.day, score.clock) - _stamp(days[before - 1], given[days[before - 1]][0])) / timedelta(hours=1)
    trough = before < len(days) and days[before] == score.day and days[before] in several[home].days[1:]
    if before == 0:
        timing = "pre_course"
    elif hours is not None and hours <= 4:
        timing = "acute"
    elif trough:
        timing = "trough"
    else:
        early = hours <= 72 if hours is not None else (score.day - days[before - 1]).days <= 3
        timing = "early" if early else "later"
    return Placed(score.day, score.clock, score.total, before, home, assumed, timing)


def _stamp(day: date, seconds: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=seconds)


def _course(instrument: str, several: list[Series], k: int, scores: list[Placed], until: date) -> dict:
    """Sections 2.4 and 3.1: windows, maturity, eligibility and the endpoints of one series."""
    series, start = several[k], several[k].days[0]
    observed = (several[0].days[0] - OBSERVED_FROM).days >= 60
    matured = (until - start).days >= 59
    usable = [one for one in scores if one.total is not None and one.timing_class != "acute"]
    ready = [one for one in scores if one.before == series.first and BASELINE_FROM[instrument] <= (one.day - start).days <= 0]
    base = next((one for one in reversed(ready) if one in usable), None) if observed else None
    post = [one for one in scores if one.home == k and one.before and 14 <= (one.day - series.anchor).days <= 31]
    good = [one for one in post if one in usable]
    end = next((one for one in reversed(good) if one.day == good[0].day), None) if matured else None
    later = [one for one in usable if one.home == k and one.before > series.first]
    course = {
        "start": start, "quarter": f"{start.year}Q{(start.month + 2) // 3}", "until": (until - start).days,
        "n_infusions": len(series.days), "n_induction": series.phases.count("induction"),
        "anchor_day": (series.anchor - start).days, "induction_status": _status(series, until),
        "matured": matured, "due": observed and matured,
        "baseline": base and base.total, "baseline_day": base and (base.day - start).days,
        "baseline_order_assumed": base and base.order_assumed,
        "endpoint_total": end and end.total, "endpoint_day": end and (end.day - start).days,
        "endpoint_timing_class": end and end.timing_class,
        "later": later, "next_start": (several[k + 1].days[0] - start).days if k + 1 < len(several) else None,
    }  # fmt: skip
    course["caseness"] = base is not None and base.total >= CASENESS[instrument]
    course["eligible"] = course["due"] and course["caseness"]
    course["baseline_reason"] = None if base else _no_baseline(instrument, observed, ready, scores, later, start)
    course["endpoint_reason"] = None if end else _no_endpoint(matured, post, course, several[k + 1 : k + 2])
    if course["due"] and base and end:
        course |= judge(instrument, base.total, end.total, course["eligible"])
        course["infusion_in_window"] = any(day > series.anchor for day in series.days[: end.before - series.first])
    return course


def _status(series: Series, until: date) -> str:
    n, last = series.phases.count("induction"), (series.anchor - series.days[0]).days
    if n >= 4:
        return "complete" if last >= 7 else "compressed"
    waiting = "maintenance" not in series.phases and (until - series.days[0]).days < 29
    return "in_progress" if waiting else "incomplete"


def _no_baseline(instrument, observed, ready, scores, later, start) -> str:
    if not observed:
        return "start_not_observed"
    if ready:
        return "not_usable"
    if any(one.total is not None and (one.day - start).days < BASELINE_FROM[instrument] for one in scores):
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
    """Section 3.2: half of the baseline; on the PCL-5 ten points."""
    return baseline - total >= 10 if instrument == "pcl5" else 2 * (baseline - total) >= baseline and baseline > 0


def judge(instrument: str, baseline: int, total: int, eligible: bool) -> dict:
    """Section 3.2: gated endpoints of the eligible; change and deterioration of everyone with both totals."""
    gain = baseline - total
    flags = {"change": -gain, "reliable_deterioration": -gain >= RELIABLE[instrument], "any_worsening": gain < 0}
    if eligible:
        flags["response"] = responds(instrument, baseline, total)
        flags["remission"] = total < REMISSION_BELOW[instrument]
        flags["reliable_improvement"] = gain >= RELIABLE[instrument]
    return flags


def onset(instrument: str, course: dict) -> dict | None:
    """Section 3.3: first response up to day 60 between two visits, or the day of the last score; None outside the population."""
    if not course.get("caseness"):
        return None
    left, day = 0, 0
    for day, one in _last_of_each_day(course, from_day=0, to_day=60):
        if responds(instrument, course["baseline"], one.total):
            return {"event": True, "left": left, "right": max(day, 1), "time": max(day, 1), "reason": "score"}
        left = day
    seen = bool(_last_of_each_day(course, from_day=0, to_day=60))
    return {"event": False, "left": day, "right": None, "time": day, "reason": "last_score" if seen else "no_follow_up"}


def relapse(instrument: str, course: dict) -> dict | None:
    """Section 3.4: confirmed relapse of a responder, days from the post-induction score; a new series is an event at its day."""
    if not course.get("response"):
        return None
    t0, b, f0 = course["endpoint_day"], course["baseline"], course["endpoint_total"]
    later = [(day - t0, one.total) for day, one in _last_of_each_day(course, from_day=t0 + 1)]
    bad = [f >= CASENESS[instrument] and not responds(instrument, b, f) and f - f0 >= RELIABLE[instrument] for _, f in later]
    unconfirmed = False
    for n, (day, _) in enumerate(later):
        if not bad[n]:
            continue
        upto = next((m for m in range(n + 1, len(later)) if later[m][0] - day >= 5), None)
        if upto is None or later[upto][0] - day > 30:
            unconfirmed = True
        elif all(bad[n : upto + 1]):
            left = max((d for (d, _), poor in zip(later[:n], bad[:n], strict=True) if not poor), default=0)
            return {"event": True, "left": left, "right": day, "time": day, "reason": "score", "unconfirmed": False}
    if course["next_start"] is not None:
        day = course["next_start"] - t0
        return {"event": True, "left": day, "right": day, "time": day, "reason": "new_series", "unconfirmed": False}
    if not later:
        day, reason = 0, "no_follow_up"
    elif bad[-1]:
        day, reason = max((d for (d, _), poor in zip(later, bad, strict=True) if not poor), default=0), "last_bad_unconfirmed"
    else:
        day, reason = later[-1][0], "last_score"
    return {"event": False, "left": day, "right": None, "time": day, "reason": reason, "unconfirmed": unconfirmed}


def _last_of_each_day(course: dict, *, from_day: int, to_day: int = 10**6) -> list:
    """Scorable, not acute totals of the home series after its first infusion; of one day the latest clock."""
    by_day = {(one.day - course["start"]).days: one for one in course["later"]}
    return [(day, one) for day, one in sorted(by_day.items()) if from_day <= day <= to_day]


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95 % interval of Wilson with the exact normal quantile (3.1)."""
    z = NormalDist().inv_cdf(0.975)
    middle, half = k / n + z * z / (2 * n), z * sqrt(k * (n - k) / n**3 + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def survival(entries: list[dict], day: int) -> Fraction:
    """Kaplan-Meier share still without the event on a day, as an exact fraction; events at their observed day."""
    still = Fraction(1)
    for t in sorted({one["time"] for one in entries if one["event"] and one["time"] <= day}):
        at_risk = sum(one["time"] >= t for one in entries)
        still *= 1 - Fraction(sum(one["event"] and one["time"] == t for one in entries), at_risk)
    return still


def count_endpoints(courses: dict, instrument: str, quarters: set[str]) -> dict:
    """The headline counts of first series that began in these quarters (3.1)."""
    own = [one for (_, k, name), one in courses.items() if name == instrument and k == 1 and one["quarter"] in quarters]
    eligible = [one for one in own if one["eligible"]]
    observed = [one for one in eligible if one["endpoint_total"] is not None]
    paired = [one for one in own if "change" in one]
    counts = {"started": len(own), "due": sum(one["due"] for one in own), "eligible": len(eligible), "observed": len(observed),
              "with_baseline": sum(one["due"] and one["baseline"] is not None for one in own), "paired": len(paired)}  # fmt: skip
    for flag in ("response", "remission", "reliable_improvement"):
        counts[flag] = sum(one[flag] for one in observed)
    for flag in ("reliable_deterioration", "any_worsening"):
        counts[flag] = sum(one[flag] for one in paired)
    changes = [one["change"] for one in paired]
    return counts | {"mean_change": mean(changes), "sd_change": stdev(changes), "total_change": sum(changes)}


def read_sample(folder: Path) -> tuple[Rows, dict]:
    """Rows and courses of the folder."""
    rows = read_folder(folder)
    return rows, count_courses(rows)
