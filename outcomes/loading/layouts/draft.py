"""What a layout is written from, and how its lines are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outcomes.definitions.instrument import list_instruments
from outcomes.errors import Problem
from outcomes.loading.item_columns import InstrumentColumns
from outcomes.loading.layouts.layout import Layout
from outcomes.loading.questions import are_columns_patients
from outcomes.loading.redcap.events import Event
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header

WIDTH = 32
"""Comments begin in this column."""


@dataclass(frozen=True)
class Draft:
    """What a layout is written from; the questions are those that are still open."""

    table: Table
    layout: Layout
    kind: str | None
    roles: Mapping[str, int]
    several: Mapping[str, tuple[int, ...]]
    questions: tuple[Problem, ...]
    droppable: Iterable[int]
    unread: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    doubts: Mapping[str, InstrumentColumns] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    form_dates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def asks(self, *codes: str) -> bool:
        """Whether one of these questions about the file as a whole is open."""
        of_instruments = [one for id in list_instruments() for one in self.asked_of(id)]
        return any(one.code in codes and one not in of_instruments for one in self.questions)

    @property
    def has_patient_columns(self) -> bool:
        """Whether the columns are patients, as the layout says, or look like patients."""
        names = {position: normalize_header(text) for position, text in enumerate(self.table.header)}
        said = self.layout.orientation == "patients-in-columns"
        return said or (self.asks("E250") and are_columns_patients(names))

    def asked_of(self, id: str) -> list[Problem]:
        """The open questions about one instrument."""
        return [one for one in self.questions if re.match(rf"{id}\b", one.message)]


def write_pairs(mapping: Mapping[str, object]) -> str:
    """The entries of an inline table."""
    return ", ".join(
        f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value)}" for key, value in mapping.items()
    )


def write_line(key: str, value: object) -> str:
    """A line that is decided."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def ask_line(key: str, value: object, question: str) -> str:
    """An undecided line: a comment with a proposal, and what has to be said."""
    return f"# {write_line(key, value)} ".ljust(WIDTH) + f"# ASK {question}"
