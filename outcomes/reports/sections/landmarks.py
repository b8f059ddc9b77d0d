"""The tables of curves: what was seen of each, and its height on fixed days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.models.fit import Fit
from outcomes.models.survival.event_times import FEW_EVENTS
from outcomes.reports.blocks import Cell, Column, Table, Text
from outcomes.reports.cells import make_count, make_estimate, read_landmark, read_median
from outcomes.reports.study import Period, Study

_VERDICTS = {"OK": "OK", "CAUTION": "CAUTION", "NOT ESTIMABLE": "none"}
_VERDICT_NOTE = (
    f"CAUTION: fewer than {FEW_EVENTS} events, so the curve is fragile; none: no event or no estimate."
)


@dataclass(frozen=True)
class Followed:
    """One curve of one instrument and period, with the counts behind it."""

    label: str
    name: str
    fit: Fit
    counts: Mapping[str, Any]


def list_followed(study: Study, names: Mapping[str, str], *, onset: bool) -> Iterator[Followed]:
    """The curves of all instruments, of the quarter and of the year before, in the order of the tables."""
    for track in study.tracks.values():
        for period in (track.now, track.before) if track.known else ():
            for key, name in names.items():
                if key == "visit" and period is track.before:
                    continue
                fit = (period.onset if onset else period.durations)[key]
                counts = period.events["onset" if onset else key]
                when = period.label if period is track.now else "year before"
                yield Followed(f"{track.instrument.title}, {when}", name, fit, counts)


def tabulate_landmarks(
    study: Study,
    id: str,
    title: str,
    followed: list[Followed],
    *,
    days: tuple[int, ...],
    as_incidence: bool,
    notes: tuple[str, ...],
) -> Table:
    """The height of each curve on fixed days with its interval and those still followed, and its verdict."""
    columns = (
        Column("First infusion in", numeric=False),
        Column("Curve", numeric=False),
        *(
            Column(name, group=f"Day {day} (week {day // 7})")
            for day in days
            for name in ("%", "95 % CI", "At risk")
        ),
        Column("Verdict", numeric=False),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in followed:
        cells = (
            cell
            for day in days
            for cell in read_landmark(
                one.fit,
                day,
                as_incidence=as_incidence,
                smallest=study.smallest,
                widest=study.settings.widest_open_share,
            ).cells
        )
        rows.append((Text(one.label), Text(one.name), *cells, Text(_VERDICTS[one.fit.verdict])))
    widest = f"{100 * study.settings.widest_open_share:.0f}"
    explained = (
        f"At risk: still followed after that day. Too few: fewer than {study.smallest} of them. No event: "
        "the interval is the exact one of those still followed. Open: the visits leave more than "
        f"{widest} percentage points open on that day. {_VERDICT_NOTE} "
        f"Year before: {study.lead.before.label}."
    )
    return Table(f"{id}-landmarks", title, columns, tuple(rows), (*notes, explained))


def tabulate_seen(
    study: Study, id: str, title: str, followed: list[Followed], *, care: bool, notes: tuple[str, ...] = ()
) -> Table:
    """Who was followed, who had the event and by what, the median, and how finely a day can be known."""
    columns = (
        Column("First infusion in", numeric=False),
        Column("Curve", numeric=False),
        Column("People"),
        Column("Events"),
        *((Column("By new series"), Column("By admission"), Column("Unconfirmed")) if care else ()),
        Column("Median", numeric=False),
        Column("Gap (days)"),
        Column("No later score"),
        Column("Verdict", numeric=False),
    )
    by_care = ("n_new_series", "n_admission", "n_unconfirmed") if care else ()
    kinds = ("n", "n_events", *by_care)
    rows = []
    for one in followed:
        counts = [make_count(one.counts.get(name, 0)) for name in kinds]
        gap = one.counts.get("median_gap_days")
        rows.append(
            (
                Text(one.label),
                Text(one.name),
                *counts,
                read_median(one.fit, smallest=study.smallest),
                Text("") if gap is None or pd.isna(gap) else make_estimate(gap, digits=0),
                make_count(one.counts.get("n_no_follow_up", 0)),
                Text(_VERDICTS[one.fit.verdict]),
            )
        )
    explained = (
        "Gap: median over people of the median gap between their scores, which is how finely a day can be "
        f"known. No median is printed where fewer than {study.smallest} were at risk just before it."
    )
    return Table(f"{id}-seen", title, columns, tuple(rows), (*notes, explained, *_list_refusals(followed)))


def _list_refusals(followed: list[Followed]) -> tuple[str, ...]:
    """Why a curve could not even be tried, where it was not for want of events."""
    refused = [one for one in followed if one.fit.extras.get("landmarks") is None]
    return tuple(f"{one.label}, {one.name}: {one.fit.notes[-1]}" for one in refused)


def pick_period(study: Study, key: str) -> Period:
    """The quarter, or the four quarters before where only they have a curve of this kind."""
    now, before = study.lead.now, study.lead.before
    first, second = (period.durations[key].verdict for period in (now, before))
    return before if first == "NOT ESTIMABLE" and second != "NOT ESTIMABLE" else now
