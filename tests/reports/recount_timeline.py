"""The middle of the independent recount: series of infusions, and each questionnaire on its timeline.

The default profile's numbers stand here on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recount_rows import Score


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


def split_series(given: dict) -> list[Series]:
    """A new series after a gap above 60 days, or where a block declared re-induction begins."""
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
    """Induction goes up to day 28 and the 8th infusion, and ends at a gap above 10 days once 4 are given."""
    if not series.days:
        return "induction"
    late = (day - series.days[0]).days > 28 or len(series.days) >= 8
    paused = len(series.days) >= 4 and (day - series.days[-1]).days > 10
    return "maintenance" if late or paused or series.phases[-1] == "maintenance" else "induction"


def place(score: Score, several: list[Series], given: dict) -> Placed:
    """On an infusion day by both clocks, else before; acute up to 4 hours after the start."""
    days = [day for one in several for day in one.days]
    before = sum(day < score.day for day in days)
    assumed = False
    if score.day in given:
        start = given[score.day][0]
        assumed = start is None or score.clock is None
        before += not assumed and score.clock > start
    home = max((k for k, one in enumerate(several) if one.first < before), default=0)
    hours, last = None, days[before - 1] if before else None
    if last and score.clock is not None and given[last][0] is not None:
        hours = (score.day - last).days * 24 + (score.clock - given[last][0]) / 3600
    trough = before < len(days) and days[before] == score.day and score.day in several[home].days[1:]
    if before == 0:
        timing = "pre_course"
    elif hours is not None and hours <= 4:
        timing = "acute"
    elif trough:
        timing = "trough"
    else:
        early = hours <= 72 if hours is not None else (score.day - last).days <= 3
        timing = "early" if early else "later"
    return Placed(score.day, score.clock, score.total, before, home, assumed, timing)


def serves(one: Placed) -> bool:
    """True where a questionnaire may serve a window: scorable and not acute."""
    return one.total is not None and one.timing_class != "acute"
