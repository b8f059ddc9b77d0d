"""What a questionnaire file is and holds, and what is said about it outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Codebook
from outcomes.loading.extract import Extract
from outcomes.loading.layouts.layout import Layout
from outcomes.loading.occasion import Dating
from outcomes.loading.recognize import Recognized
from outcomes.loading.redcap.dates import FormDates
from outcomes.loading.redcap.events import Event
from outcomes.loading.tables import Table


@dataclass(frozen=True, eq=False)
class Studied:
    """What a questionnaire file is and holds.

    Attributes
    ----------
    table : Table
    layout : Layout
    recognized : Recognized
    extract : Extract or None; None while the file cannot be read without an answer
    questions : tuple of Problem, all that has to be settled
    evidence : tuple of str, what was decided and why
    dates : FormDates, the columns of the instruments' own dates
    events : tuple of Event, those of a REDCap project in their order, where they are known
    """

    table: Table
    layout: Layout
    recognized: Recognized
    extract: Extract | None
    questions: tuple[Problem, ...]
    evidence: tuple[str, ...]
    dates: FormDates = field(default_factory=FormDates)
    events: tuple[Event, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether an identifier stands in a header or a value, which no layout can settle."""
        settled = set(self.recognized.droppable.values())
        return any(p.code in IDENTIFYING and p not in settled for p in self.questions)


SPELLED = ("site", "instrument", "timing", "visit")
"""The roles whose cells are words; a statistics package stores them as codes with labels."""

IDENTIFYING = ("E101", "E102", "E103", "E105")
"""What identifies a person; E104 is a declaration that is missing."""


@dataclass(frozen=True)
class Declared:
    """What is said about a file outside of it.

    Attributes
    ----------
    site : str or None, the site of the whole file
    limited_data_set : bool, True where the folder or the layout declares calendar dates
    latest : Timestamp or None, the last date that the file could hold
    codebook : Codebook or None, its data dictionary
    events : tuple of Event, those of its events file
    """

    site: str | None = None
    limited_data_set: bool = False
    latest: pd.Timestamp | None = None
    codebook: Codebook | None = None
    events: tuple[Event, ...] = ()


def place_notes(table: Table, notes: Sequence[str]) -> list[str]:
    """Put the place before each note that names none."""
    placed = [note if note.startswith("input-") else f"{table.where()}: {note}" for note in notes]
    return list(dict.fromkeys(placed))


def make_dating(layout: Layout, declared: Declared) -> Dating:
    """What folder and layout say about dates."""
    columns = layout.columns
    return Dating(
        declared.limited_data_set, declared.latest, columns.date_formats, columns.time_zone, columns.visit_day
    )
