"""When each resource was answered, and which Observations are a response of the file once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.fhir.answers import Flat, read_number
from outcomes.loading.fhir.documents import Resource, objects_of, text_of

_TOGETHER = timedelta(hours=1)
"""A total that follows a response within this time is of the same assessment, linked or not."""

_SHARED = ("lookalike", "not_completed", "conflicting_duplicate")
"""Reasons of a response that are those of its total too."""

_DAY = 10  # characters of a date without a clock time


@dataclass(frozen=True, eq=False)
class Stamp:
    """A response: its row, by whom and when it was answered, and what it holds."""

    row: int
    patient: str
    date: str
    flat: Flat

    @cached_property
    def asked(self) -> frozenset[str]:
        """The questionnaires whose items it asks."""
        return frozenset(id for id, part in self.flat.cells if part.isdigit())

    @cached_property
    def partial(self) -> frozenset[str]:
        """The questionnaires that it answers in part only."""
        counts = dict.fromkeys(self.asked, 0)
        for (id, part), text in self.flat.cells.items():
            counts[id] = counts.get(id, 0) + bool(part.isdigit() and text)
        return frozenset(id for id in self.asked if 0 < counts[id] < get_instrument(id).n_items)


def date_rows(
    resources: Sequence[Resource],
    rows: Mapping[int, Flat],
    ids: Mapping[int, str],
    sum_row: Callable[[int], Mapping[str, int]],
    *,
    outdated: Iterable[int],
    time_zone: str,
) -> tuple[dict[int, Flat], dict[int, str]]:
    """Give the date of each row, and the rows with what became of totals that belong to responses.

    Parameters
    ----------
    resources : the resources of a file
    rows : what they hold
    ids : the patient of each row
    sum_row : callable that gives the totals of a response's items, by instrument, where all are answered
    outdated : rows of earlier versions; nothing is derived from them
    time_zone : the clinic's, or empty

    Notes
    -----
    A total derived from a response of the file has the date of the response, so that it is a duplicate if it
    equals the items and contradicts them if not. It is no assessment where the response is none (not
    completed, another questionnaire), it is a duplicate where the response leaves items of its questionnaire
    out, since a recorded total never stands for one that items do not give, and `answer_conflict` where the
    response is of another patient.

    A total that names no response of the file is of the same assessment as one of its patient and day if it
    equals its items, or follows or precedes it by less than an hour. Another total an hour or more away is an
    assessment of its own.
    """
    old = set(outdated)
    linked: dict[str, list[Stamp]] = {}
    of_patient: dict[str, list[Stamp]] = {}
    for one in resources:
        if one.type == "QuestionnaireResponse" and one.row not in old:
            stamp = Stamp(one.row, ids[one.row], text_of(one.content.get("authored")), rows[one.row])
            for key in _list_own_keys(one):
                linked.setdefault(key, []).append(stamp)
            if stamp.patient and not stamp.flat.reason:
                of_patient.setdefault(stamp.patient, []).append(stamp)
    dates, settled = {}, dict(rows)
    for one in resources:
        row, flat = one.row, rows[one.row]
        if one.type != "Observation":
            dates[row] = text_of(one.content.get("authored"))
            continue
        dates[row] = _read_date(one.content)
        named = [stamp for key in _list_named(one.content) for stamp in linked.get(key, ())]
        own = [stamp for stamp in named if not (stamp.patient and ids[row]) or stamp.patient == ids[row]]
        if named and not own:
            settled[row] = flat if flat.reason else replace(flat, reason="answer_conflict")
            continue
        if not named and not flat.reason:
            near = of_patient.get(ids[row], ())
            own = _find_near(flat, dates[row], near, sum_row, time_zone)
        if own:
            stamp = min(own, key=lambda stamp: bool(stamp.flat.reason))
            dates[row] = dates[row] if stamp.flat.reason else stamp.date
            settled[row] = flat if flat.reason else _settle(flat, stamp, dates[row], ids[row])
    return settled, dates


def _settle(flat: Flat, stamp: Stamp, date: str, patient: str) -> Flat:
    """A total beside the response to which it belongs."""
    if stamp.flat.reason in _SHARED:
        return replace(flat, reason=stamp.flat.reason)
    same = patient == stamp.patient and date and not stamp.flat.reason
    return (
        replace(flat, reason="duplicate") if same and {id for id, _ in flat.cells} <= stamp.partial else flat
    )


def _find_near(
    flat: Flat,
    date: str,
    stamps: Iterable[Stamp],
    sum_row: Callable[[int], Mapping[str, int]],
    time_zone: str,
) -> list[Stamp]:
    """The response of the same patient and day that a total repeats, or that was answered within the hour."""
    totals = {id: read_number(text) for (id, part), text in flat.cells.items() if part == "total" and text}
    moment = _read_stamp(date, time_zone)
    if moment is None or not totals:
        return []
    gaps = []
    for stamp in stamps:
        other = _read_stamp(stamp.date, time_zone)
        if other is None or other.date() != moment.date() or not stamp.asked & set(totals):
            continue
        sums = sum_row(stamp.row)
        if all(total is not None and sums.get(id) == total for id, total in totals.items()):
            return [stamp]
        timed = min(len(stamp.date), len(date)) > _DAY and (other.tzinfo is None) == (moment.tzinfo is None)
        if timed and abs(other - moment) < _TOGETHER:
            gaps.append((abs(other - moment), stamp))
    return [min(gaps, key=lambda gap: gap[0])[1]] if gaps else []


@lru_cache(maxsize=4096)
def _read_stamp(text: str, time_zone: str) -> datetime | None:
    """A stamp on the clinic's clock; None where it is no whole date."""
    try:
        stamp = datetime.fromisoformat(text)
        return stamp.astimezone(ZoneInfo(time_zone)) if stamp.tzinfo and time_zone else stamp
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def _list_named(content: Mapping[str, Any]) -> list[str]:
    """The names of the resources from which an Observation was derived: as written, and type and id alone."""
    named = [text_of(one.get("reference")) for one in objects_of(content.get("derivedFrom"))]
    for related in objects_of(content.get("related")):  # STU3
        named += [text_of(one.get("reference")) for one in objects_of(related.get("target"))]
    short = ["/".join(name.split("/_history/")[0].split("/")[-2:]) for name in named]
    return list(dict.fromkeys(name for pair in zip(named, short, strict=True) for name in pair if name))


def _list_own_keys(resource: Resource) -> list[str]:
    """The names under which other resources may refer to this one."""
    id = text_of(resource.content.get("id"))
    return list(dict.fromkeys(key for key in (resource.url, f"{resource.type}/{id}" if id else "") if key))


def _read_date(content: Mapping[str, Any]) -> str:
    """When an Observation holds; of a period its start. Empty where it does not say."""
    period = content.get("effectivePeriod")
    start = text_of(period.get("start")) if isinstance(period, dict) else ""
    return text_of(content.get("effectiveDateTime")) or text_of(content.get("effectiveInstant")) or start
