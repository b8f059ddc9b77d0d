"""What a report is made of: typed cells, and the sentences, cards, tables and figures that hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from outcomes.errors import ReportError

Part = Literal["whole", "value", "count", "interval"]


@dataclass(frozen=True)
class Text:
    """Words; also the name of a row."""

    value: str


@dataclass(frozen=True)
class Count:
    """A whole number: people, rows, days or points of a total."""

    value: int
    unit: str = ""


@dataclass(frozen=True)
class Share:
    """`k` of `n` with its 95 % interval; `percent_shown` is False where `n` is too small for a percent.

    Raises
    ------
    ReportError
        If the numbers cannot be a share: a share above one is a mistake of the program, not of the data.
    """

    k: int
    n: int
    low: float | None = None
    high: float | None = None
    percent_shown: bool = True
    part: Part = "whole"

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ReportError(
                "A share needs 0 <= k <= n; the report was given another pair. Check its table."
            )


@dataclass(frozen=True)
class Estimate:
    """A number that was estimated, with its interval; `unit` "%" for shares that come from a curve."""

    value: float
    low: float | None = None
    high: float | None = None
    digits: int = 1
    unit: str = ""
    part: Part = "whole"


@dataclass(frozen=True)
class Mean:
    """A mean with its standard deviation; without one where a single value has none."""

    value: float
    sd: float | None = None
    digits: int = 1


@dataclass(frozen=True)
class Median:
    """A median with its quartiles."""

    value: float
    low: float
    high: float
    digits: int = 0


@dataclass(frozen=True)
class P:
    """A p-value."""

    value: float


@dataclass(frozen=True)
class NotEstimable:
    """Words where there can be no number."""

    reason: str


Cell: TypeAlias = Text | Count | Share | Estimate | Mean | Median | P | NotEstimable
"""Every number of a report is one of these, so that one formatter sees them all."""


def split_cell(cell: Cell, parts: tuple[Part, ...]) -> tuple[Cell, ...]:
    """A share or estimate once for each part, for the columns of a table; words stand in the first only."""
    if isinstance(cell, Share | Estimate):
        return tuple(take_part(cell, part) for part in parts)
    return (cell, *(Text("") for _ in parts[1:]))


def take_part(cell: Cell, part: Part) -> Cell:
    """One part of a share or an estimate; words as they are."""
    return replace(cell, part=part) if isinstance(cell, Share | Estimate) else cell


@dataclass(frozen=True)
class Prose:
    """A sentence that a rule chose, and the facts in it."""

    rule: str
    text: str
    facts: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """One number of the first page: large, with what it counts and what stands beside it.

    Attributes
    ----------
    id, title : str
    value : Cell, printed large, with its count and interval below
    label : str, the unit or population of the value in words
    beside : tuple of (label, Cell), the same on other denominators or periods
    definition : str, one sentence
    flag : str, a word such as "Low"; empty where there is nothing to say
    """

    id: str
    title: str
    value: Cell
    label: str
    beside: tuple[tuple[str, Cell], ...]
    definition: str
    flag: str = ""


@dataclass(frozen=True)
class Cards:
    """The cards of the first page, in reading order."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, whether it holds numbers or words, and a heading over several."""

    title: str
    numeric: bool = True
    group: str = ""

    @property
    def full_title(self) -> str:
        """Both headings in one."""
        return f"{self.group}: {self.title}" if self.group else self.title


@dataclass(frozen=True)
class Table:
    """A table of cells; the first cell of a row names it, and neighboring rows of one name share it.

    Attributes
    ----------
    id, title : str
    columns : tuple of Column
    rows : tuple of tuple of Cell
    notes : tuple of str, printed below
    folded : bool, whether the page shows it only when asked to, and print leaves it out

    Raises
    ------
    ReportError
        If a row is not as long as the heading.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    folded: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ReportError(
                f"Table {self.id} needs {len(self.columns)} cells in each row; a row has another number."
            )


@dataclass(frozen=True)
class Figure:
    """A picture: `draw` fills a bare matplotlib figure; `data` is the table folded below it.

    Attributes
    ----------
    size : tuple of float, width and height in mm
    """

    id: str
    title: str
    data: Table
    draw: Callable[[Any], None]
    caption: str
    alt: str
    size: tuple[float, float]


Block: TypeAlias = Prose | Cards | Table | Figure


@dataclass(frozen=True)
class Section:
    """A page group of the report: a question and the blocks that answer it."""

    id: str
    title: str
    question: str
    blocks: tuple[Block, ...]
