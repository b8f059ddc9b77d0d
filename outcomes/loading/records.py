"""The shape of a table: header and rows of one width, whatever file they came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import pandas as pd

from outcomes.loading.arrays import choose_text
from outcomes.loading.codebook import Field
from outcomes.loading.coded import Coded, Distinct
from outcomes.loading.redcap.labels import is_label_header
from outcomes.loading.sizes import MAX_CELL, MAX_COLUMNS, MAX_SHEET_CELLS, MAX_TEXT_CELLS
from outcomes.loading.source import Source
from outcomes.privacy.identifiers import normalize_header

_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}.*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}.*")
_MADE_UNIQUE = re.compile(r"\.\.\.[0-9]+$")


@dataclass(frozen=True, eq=False)
class Records:
    """The rows of one table before they are judged.

    Attributes
    ----------
    coded : Coded
    sheet : int, 0 for text
    counted : int, physical data rows by a second reader
    date_typed : frozenset of int, columns whose filled cells are all dates to the spreadsheet
    notes : tuple of str
    codebook : mapping of position to Field, what the file itself says about its columns
    """

    coded: Coded
    sheet: int
    counted: int
    date_typed: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    codebook: Mapping[int, Field] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Shaped:
    """A table of one width.

    Attributes
    ----------
    header : tuple of str
    columns : tuple of Distinct, the cells of each column as codes
    row_faults : Series of string, blank_row, row_length or missing; its index is the physical row
    """

    header: tuple[str, ...]
    columns: tuple[Distinct, ...]
    row_faults: pd.Series

    def make_cells(self) -> pd.DataFrame:
        """The cells as a frame of str, columns by position, index = physical row."""
        columns = {position: column.cells for position, column in enumerate(self.columns)}
        index, labels = self.row_faults.index, range(len(self.header))
        return pd.DataFrame(columns, index=index, columns=labels, dtype=object, copy=False)


def shape_records(records: Records, source: Source, *, patients_in_columns: bool = False) -> Shaped:
    """Check the shape of the records, and give them one width.

    Parameters
    ----------
    records : Records
    source : Source
    patients_in_columns : bool, True where the header holds ids of patients, which may be numbers

    Raises
    ------
    DataError
        E205 empty; E210 no header, or lines above it; E211 columns that are equal; E212 rows that do not fit
        the header; E213 a cell too long; E214 too many cells.
    """
    coded, sheet = records.coded, records.sheet
    header = tuple(coded.head[0])
    if not any(header) and coded.blank.all():
        source.refuse(
            "E205", "a table with a header is needed; nothing is here. Export the data again.", sheet=sheet
        )
    _check_size(coded, source, sheet)
    _check_header(coded, source, sheet, patients_in_columns)
    fits = (coded.widths == len(header)) | (coded.pads & (coded.widths < len(header)))
    _check_widths(coded, source, sheet, fits)
    index = pd.Index(coded.places, dtype="int64", name="row")
    places = np.where(coded.blank, 2, ~fits)
    faults = pd.Series(choose_text([None, "row_length", "blank_row"], places), index=index, copy=False)
    _check_unnamed(header, coded, source, sheet)
    return Shaped(header, coded.columns, faults)


def refuse_size(source: Source, sheet: int) -> NoReturn:
    """E214: too many columns or cells."""
    limit = MAX_SHEET_CELLS if sheet else MAX_TEXT_CELLS
    message = (
        f"a table of at most {MAX_COLUMNS} columns and {limit:,} cells is needed; this one is "
        "larger. Export the needed columns."
    )
    source.refuse("E214", message, sheet=sheet)


def find_repeated_headers(header: Iterable[str]) -> list[list[int]]:
    """Groups of column positions whose headers are equal after normalizing (`PHQ-9` and `phq9`), or were made
    unique.

    Notes
    -----
    Names that a spreadsheet reader made unique (`date...3`, or `date_3` and `date_24` in columns 3 and 24)
    are repeats too. REDCap check boxes (`race___1`) are compared as they are, because their codes may be
    negative.
    """
    header = list(header)
    groups: dict[str, list[int]] = {}
    for position, text in enumerate(header):
        if key := _repeat_key(text):
            groups.setdefault(key, []).append(position)
    repeated = [positions for positions in groups.values() if len(positions) > 1]
    repeated += [[position] for position, text in enumerate(header) if _MADE_UNIQUE.search(text)]
    numbered: dict[str, list[int]] = {}
    for position, text in enumerate(header):
        match = re.fullmatch(r"((?:.*_)?date)_([0-9]+)", normalize_header(text))
        if match and int(match[2]) == position + 1:
            numbered.setdefault(match[1], []).append(position)
    return repeated + [positions for positions in numbered.values() if len(positions) > 1]


def _repeat_key(text: str) -> str:
    if "___" in text:
        return text.lower()
    return re.sub(r"(?<=[a-z])_(?=[0-9])", "", normalize_header(text))


def _check_size(coded: Coded, source: Source, sheet: int) -> None:
    width, n_rows = len(coded.head[0]), 1 + len(coded.places)
    widest = max(width, int(coded.widths.max(initial=0)))
    if widest > MAX_COLUMNS or widest * n_rows > (MAX_SHEET_CELLS if sheet else MAX_TEXT_CELLS):
        refuse_size(source, sheet)
    if coded.too_long is not None:
        message = (
            f"cells of at most {MAX_CELL:,} characters are needed; this one is longer. Remove it from "
            "the export."
        )
        row, column = coded.too_long
        source.refuse("E213", message, sheet=sheet, row=row, column=column)


def _check_header(coded: Coded, source: Source, sheet: int, patients_in_columns: bool) -> None:
    first, below = coded.head[0], coded.head[1:]
    widths = Counter(len(row) for row in below if any(row))
    usual = max(widths.most_common(1)[0][0] if widths else 0, len(first))
    filled = sum(map(bool, first))
    if filled == 0 or (usual > 1 and filled * 2 <= usual):
        found = next(
            (place for row, place in zip(below, coded.places.tolist(), strict=False)
             if len(row) * 2 > usual and all(row) and not _looks_like_data(row)), None,
        )  # fmt: skip
        hint = (
            f"row {found} looks like the header; remove the rows above it"
            if found
            else "remove titles and blank rows above the header"
        )
        message = (
            f"the header must be the first row; this one fills {filled} of {usual} columns. To read the "
            f"file, {hint}."
        )
        source.refuse("E210", message, sheet=sheet, row=coded.header_place or None)
    if _looks_like_data(first) and not (patients_in_columns and _names_a_column(first)):
        message = "the first row must name the columns; it looks like data. Add a header row."
        if _names_a_column(first[:1]):
            message += ' If its numbers are patients, say orientation = "patients-in-columns" in a layout.'
        source.refuse("E210", message, sheet=sheet, row=coded.header_place or None)
    # A label export of REDCap repeats the status of each form, and the labels of forms that ask the same.
    repeated = [] if is_label_header(first) else find_repeated_headers(first)
    if repeated:
        columns = "; ".join(", ".join(str(position + 1) for position in group) for group in repeated[:3])
        message = (
            "each column needs a name of its own; these are equal after normalizing, or numbered repeats: "
            f"columns {columns}. Rename them."
        )
        source.refuse("E211", message, sheet=sheet, row=coded.header_place or None, column=repeated[0][0] + 1)


def _looks_like_data(row: list[str]) -> bool:
    filled = [cell for cell in row if cell]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in filled)
    return numbers * 2 >= max(len(filled), 1) or any(_DATE.fullmatch(cell) for cell in filled)


def _names_a_column(row: list[str]) -> bool:
    """True where a cell is neither blank nor a number or a date."""
    return any(cell and not _NUMBER.fullmatch(cell) and not _DATE.fullmatch(cell) for cell in row)


def _check_widths(coded: Coded, source: Source, sheet: int, fits: np.ndarray) -> None:
    misfits, filled = ~fits & ~coded.blank, int((~coded.blank).sum())
    if misfits.any() and misfits.sum() * 2 > filled:
        message = (
            f"every row needs {len(coded.head[0])} cells, as the header has; {int(misfits.sum())} of "
            f"{filled} rows have another number. Check the delimiter and unquoted commas, and export again."
        )
        source.refuse("E212", message, sheet=sheet, row=int(coded.places[misfits.argmax()]))


def _check_unnamed(header: tuple[str, ...], coded: Coded, source: Source, sheet: int) -> None:
    """A column without a name at the right end may only be the empty one that a trailing comma makes."""
    for position in range(len(header) - 1, -1, -1):
        if header[position]:
            return
        column = coded.columns[position]
        used = column.flag(column.texts != "")
        if used.any():
            message = (
                "a filled column needs a name; this one at the right end has none. Name it or remove it."
            )
            row = int(coded.places[used.argmax()])
            source.refuse("E212", message, sheet=sheet, row=row, column=position + 1)
