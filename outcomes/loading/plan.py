"""What is to be read of one instrument, or of one of its visits, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from outcomes.definitions.instrument import Instrument
from outcomes.loading.layouts.layout import InstrumentLayout

MAX_BAD_SHARE = 0.2
"""Above this share of a file's rows a fault is no longer a row's fault but the file's."""


@dataclass(frozen=True)
class QuestionnairePlan:
    """Where an instrument stands, and what is declared about it.

    Attributes
    ----------
    instrument : Instrument
    items : tuple of int, positions in the order of the questionnaire; empty where the file holds a total only
    total, difficulty : int or None, positions
    layout : InstrumentLayout
    missing_codes : declared and built-in missing codes
    extra : tuple of int, positions of columns numbered on after the items
    choices : mapping of position to a codebook's choices (code to label)
    visit : str, the visit, where a row holds several side by side; else empty
    day, date : int or None, the study day of that visit, or the column of its date
    others : tuple of QuestionnairePlan, the same questionnaire in other forms (REDCap); no row holds two
    """

    instrument: Instrument
    items: tuple[int, ...] = ()
    total: int | None = None
    difficulty: int | None = None
    layout: InstrumentLayout = field(default_factory=InstrumentLayout)
    missing_codes: tuple[str | int, ...] = ()
    extra: tuple[int, ...] = ()
    choices: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    visit: str = ""
    day: int | None = None
    date: int | None = None
    others: tuple[QuestionnairePlan, ...] = ()

    @property
    def key(self) -> str:
        """The instrument, and the visit where a row holds several: unique among the plans of a file."""
        return f"{self.instrument.id}:{self.visit}" if self.visit else self.instrument.id

    @property
    def has_own_time(self) -> bool:
        """Whether the visit has a day or a date of its own."""
        return self.day is not None or self.date is not None

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of answers that are read: items, total, difficulty; those of all forms."""
        own = (position for position in (self.total, self.difficulty) if position is not None)
        return (*self.items, *own, *(position for one in self.others for position in one.columns))

    @property
    def parts(self) -> tuple[QuestionnairePlan, ...]:
        """The questionnaire in each of its forms, one plan each."""
        return (replace(self, others=()), *self.others)
