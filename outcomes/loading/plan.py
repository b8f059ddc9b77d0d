"""What is to be read of one instrument in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outcomes.definitions.instrument import Instrument
from outcomes.loading.layout import InstrumentLayout

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
    """

    instrument: Instrument
    items: tuple[int, ...] = ()
    total: int | None = None
    difficulty: int | None = None
    layout: InstrumentLayout = field(default_factory=InstrumentLayout)
    missing_codes: tuple[str | int, ...] = ()
    extra: tuple[int, ...] = ()
    choices: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns that are read: items, total, difficulty."""
        return (
            *self.items,
            *(position for position in (self.total, self.difficulty) if position is not None),
        )
