"""The events of a longitudinal REDCap project: their order, their names and their days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from outcomes.errors import DataError, Problem
from outcomes.loading.redcap.dictionary import read_companion
from outcomes.loading.vocabulary import TIME_POINT
from outcomes.privacy.identifiers import normalize_header

_NAME, _ARM, _UNIQUE, _OFFSET = "event_name", "arm_num", "unique_event_name", "day_offset"
EVENT_COLUMNS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
"""The columns that place a row of a longitudinal project."""

_ARM_SUFFIX = re.compile(r"_arm_[0-9]+[a-z]?$")
_LABEL = re.compile(r"(.+?)(?: \(Arm ([0-9]+): .*\))?")


@dataclass(frozen=True)
class Event:
    """One event, as the project defines it.

    Attributes
    ----------
    unique_name : str, such as "visit_3_arm_1"; raw exports write it
    name : str, the label; label exports write it, with the arm in parentheses where there are several
    arm : str, the number of the arm
    day_offset : int or None, the day that the project's schedule gives; often only a running number
    """

    unique_name: str
    name: str = ""
    arm: str = "1"
    day_offset: int | None = None


def read_events(path: str | Path, *, number: int) -> tuple[Event, ...]:
    """Read the events file of a REDCap project; the order of its lines is the order of the events.

    Parameters
    ----------
    path : path of the CSV file
    number : int, the input that it belongs to, for messages

    Returns
    -------
    tuple of Event

    Raises
    ------
    DataError
        E203 if no known encoding fits, E210 if it has not the header of an events file, E211 if a unique name
        stands twice, E214-E217 if it cannot be opened.
    """
    label = f"events file of input-{number}"
    lines, _ = read_companion(path, label, number)
    header = [normalize_header(name) for name in lines[0]] if lines else []
    if not {_NAME, _UNIQUE} <= set(header):
        message = (
            "the header of an events file (event_name, arm_num, unique_event_name) is needed; it is not "
            "there. Export the events of the project."
        )
        raise DataError(Problem("E210", label, message))
    rows = [dict(zip(header, (cell.strip() for cell in line), strict=False)) for line in lines[1:]]
    events = tuple(
        Event(row[_UNIQUE], row[_NAME], row.get(_ARM) or "1", read_offset(row.get(_OFFSET, "")))
        for row in rows
        if row.get(_UNIQUE)
    )
    if len({event.unique_name for event in events}) < len(events):
        message = "each event needs a unique name of its own; one stands twice. Export the events again."
        raise DataError(Problem("E211", label, message))
    return events


def read_offset(text: str) -> int | None:
    """The day offset of an event; None where there is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,5}", text.strip()) else None


def name_events(cells: pd.Series, events: Sequence[Event]) -> pd.Series:
    """Give each row the unique name of its event; missing where the events have no such one.

    Parameters
    ----------
    cells : Series of str, unique names (raw exports) or labels such as "Screening (Arm 1: Arm 1)"; blank
        stays blank
    events : sequence of Event

    Returns
    -------
    Series of str, with the index of cells; a label that several events share names none of them
    """
    unique = {event.unique_name: event.unique_name for event in events}
    labeled: dict[tuple[str, str], list[str]] = {}
    for event in events:
        for arm in (event.arm, ""):
            labeled.setdefault((normalize_header(event.name), arm), []).append(event.unique_name)

    def name(text: str) -> str | None:
        if text == "" or text in unique:
            return text
        match = _LABEL.fullmatch(text)
        found = labeled.get((normalize_header(match[1]), match[2] or ""), []) if match else []
        return found[0] if len(found) == 1 else None

    codes, distinct = pd.factorize(cells)
    named = pd.Series([name(str(text)) for text in distinct], dtype=object)
    return named.take(codes).set_axis(cells.index)


def propose_days(events: Sequence[Event]) -> tuple[str, str]:
    """Give the value of visit_day for a layout, to be completed, and what has to be said.

    Parameters
    ----------
    events : sequence of Event, in their order; empty where they are not known

    Notes
    -----
    A unique name is printed only where it is a time point of our dictionary, for it may be a name. Day
    offsets that only number the events (0, 1, 2 ... or 1, 2, 3 ...) say nothing of days.
    """
    if not events:
        return "{ }", "the study day of each event, by its name"
    names = [_ARM_SUFFIX.sub("", event.unique_name) for event in events]
    offsets = [event.day_offset for event in events]
    numbers = range(len(events))
    days = ["?" if day is None else str(day) for day in offsets]
    if offsets in ([*numbers], [number + 1 for number in numbers]):
        days = ["?"] * len(events)
    if all(re.fullmatch(TIME_POINT, name) for name in names):
        pairs = (f"{event.unique_name} = {day}" for event, day in zip(events, days, strict=True))
        return f"{{ {', '.join(pairs)} }}", "the study day of each event, by its unique name"
    order = f"the study day of events 1-{len(events)}, by unique name, in the order of the events file"
    planned = "" if "?" in days else f"; the project plans days {', '.join(days)}"
    return "{ }", order + planned
