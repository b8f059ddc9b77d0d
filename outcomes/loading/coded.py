"""Cells as codes: each column holds its distinct texts once, and per row the place of its text among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from outcomes.loading.sizes import MAX_CELL

HEAD = 30
"""Rows below the header that are kept as they stand, to judge the header by."""

_CHUNK = 50_000


@dataclass(frozen=True, eq=False)
class Distinct:
    """The cells of one column.

    Attributes
    ----------
    codes : array of int, per row the place of its text among `texts`
    texts : array of str objects, each text once
    """

    codes: np.ndarray
    texts: np.ndarray

    @classmethod
    def of_cells(cls, cells: pd.Series) -> Distinct:
        """The distinct texts of a column of str, in the order in which they first stand."""
        codes, texts = pd.factorize(cells.to_numpy(dtype=object))
        return cls(codes, np.asarray(texts, dtype=object))

    @property
    def series(self) -> pd.Series:
        """The distinct texts, for whatever is done once per text."""
        return pd.Series(self.texts, dtype=object)

    @property
    def cells(self) -> np.ndarray:
        """The text of every row; equal texts share one object."""
        return self.texts[self.codes]

    def text(self, row: int) -> str:
        """The cell of one row, counted from 0."""
        return str(self.texts[self.codes[row]])

    def at(self, rows: np.ndarray) -> Distinct:
        """The cells of these rows (flags) alone, and only their texts."""
        return self if rows.all() else _occurring(self.codes[rows], self.texts)

    def blanked(self, kept: np.ndarray) -> Distinct:
        """The cells with those of all other rows (flags) made blank."""
        if kept.all():
            return self
        codes = np.where(
            kept, self.codes.astype(np.int64), len(self.texts)
        )  # one more than a small type may hold
        return _occurring(codes, np.append(self.texts, "")).merged()

    def merged(self) -> Distinct:
        """The cells with one code per text, where a text may stand twice."""
        codes, texts = pd.factorize(self.texts)
        return Distinct(codes[self.codes], np.asarray(texts, dtype=object))

    def flag(self, flags: Sequence[bool] | np.ndarray | pd.Series) -> np.ndarray:
        """Give per row what was flagged for its distinct text."""
        return np.asarray(flags, dtype=bool)[self.codes]


def _occurring(codes: np.ndarray, texts: np.ndarray) -> Distinct:
    """Leave out the texts that stand in no row."""
    used = np.bincount(codes, minlength=len(texts)) > 0
    return Distinct((np.cumsum(used) - 1)[codes], texts[used])


@dataclass(frozen=True, eq=False)
class Coded:
    """The rows of one table before its shape is judged.

    Attributes
    ----------
    head : list of list of str, the header and the first rows below it as they stand, trimmed
    header_place : int, physical row of the header
    places : array of int, the physical row of each data row
    widths : array of int, the number of cells of each data row
    blank : array of bool, True for each data row without any text
    columns : tuple of Distinct, as many as the header has cells; rows of another width are blank here
    too_long : (row, column) of the first cell above MAX_CELL characters, or None
    pads : bool, True where a row may be shorter than the header because blank cells at its end are not stored
    """

    head: list[list[str]]
    header_place: int
    places: np.ndarray
    widths: np.ndarray
    blank: np.ndarray
    columns: tuple[Distinct, ...]
    too_long: tuple[int, int] | None = None
    pads: bool = False


class Numbering(dict):
    """The place of each text in the order in which it is first asked for."""

    def __missing__(self, text: str) -> int:
        self[text] = place = len(self)
        return place


def code_rows(
    rows: Iterable[tuple[list[str], int]], *, pads: bool = False, count: Callable[[int], None] | None = None
) -> Coded:
    """Take rows in, some thousand at a time, so that only their distinct texts stay in memory.

    Parameters
    ----------
    rows : pairs of cells and physical row, the header first
    pads : bool, as in Coded
    count : callable that is given the number of rows so far, or None
    """
    rows = iter(rows)
    header, header_place = next(rows, ([], 1))
    header = [cell.strip() for cell in header]
    head, width = [header], len(header)
    seen = [Numbering() for _ in header]
    parts: list[list[np.ndarray]] = [[] for _ in header]
    places: list[int] = []
    widths: list[int] = []
    misfits: dict[int, bool] = {}
    too_long = _find_long(header, header_place)
    for chunk in _chunks(rows):
        head += [[cell.strip() for cell in row] for row, _ in chunk[: 1 + HEAD - len(head)]]
        whole = []
        for row, place in chunk:
            if len(row) == width:
                whole.append(row)
            elif pads and len(row) < width:
                whole.append([*row, *[""] * (width - len(row))])
            else:
                misfits[len(places) + len(whole)] = not any(cell.strip() for cell in row)
                too_long = too_long or _find_long(row, place)
                whole.append([""] * width)
        places += [place for _, place in chunk]
        widths += [len(row) for row, _ in chunk]
        for numbering, part, column in zip(seen, parts, zip(*whole, strict=True), strict=True):
            part.append(np.fromiter(map(numbering.__getitem__, column), np.int32, len(chunk)))
        if count is not None:
            count(len(places))
    columns = tuple(
        trim(np.concatenate(part) if part else np.zeros(0, np.int32), list(numbering))
        for part, numbering in zip(parts, seen, strict=True)
    )
    where = np.array(places, dtype=np.int64)
    long = [one for one in (too_long, _find_long_column(columns, where)) if one is not None]
    blank = find_blank_rows(columns, misfits, len(where))
    return Coded(
        head, header_place, where, np.array(widths, dtype=np.int64), blank, columns,
        min(long, default=None), pads,
    )  # fmt: skip


def trim(codes: np.ndarray, texts: Iterable[str]) -> Distinct:
    """Trim the texts; what is equal then gets one code."""
    places, distinct = number_texts(texts)
    return Distinct(places[codes].astype(small_type(len(distinct))), distinct)


def number_texts(texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Trim texts, and number what is then distinct: the number of each text, and the distinct ones."""
    seen: dict[str, int] = {}
    places = np.array([seen.setdefault(text.strip(), len(seen)) for text in texts], dtype=np.int64)
    return places, np.array(list(seen), dtype=object)


def small_type(size: int) -> type[np.signedinteger]:
    """The smallest type for numbers below `size`."""
    return np.int8 if size <= 2**7 else np.int16 if size <= 2**15 else np.int32


def find_blank_rows(columns: Sequence[Distinct], misfits: dict[int, bool], n_rows: int) -> np.ndarray:
    """Flag the rows without any text; of the rows of another width it is known already."""
    left = np.arange(n_rows)
    for column in columns:
        left = left[column.flag(column.texts == "")[left]]
        if not len(left):
            break
    blank = np.zeros(n_rows, dtype=bool)
    blank[left] = True
    blank[list(misfits)] = list(misfits.values())
    return blank


def _chunks(rows: Iterator[tuple[list[str], int]]) -> Iterator[list[tuple[list[str], int]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _find_long(row: Sequence[str], place: int) -> tuple[int, int] | None:
    column = next((number for number, cell in enumerate(row, 1) if len(cell.strip()) > MAX_CELL), None)
    return None if column is None else (place, column)


def _find_long_column(columns: Sequence[Distinct], places: np.ndarray) -> tuple[int, int] | None:
    """The first row, and its first column, of the cells that are too long."""
    found = []
    for number, column in enumerate(columns, 1):
        long = [len(text) > MAX_CELL for text in column.texts]
        if any(long):
            found.append((int(places[column.flag(long).argmax()]), number))
    return min(found, default=None)
