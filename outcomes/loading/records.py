"""The shape of a table: header and rows of one width, whatever file they came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from outcomes.loading.codebook import Field
from outcomes.loading.redcap_labels import is_label_header
from outcomes.loading.source import Source
from outcomes.privacy.identifiers import normalize_header

MAX_CELL = 32_767
MAX_COLUMNS = 16_384
MAX_CELLS = 40_000_000
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_DATE = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}.*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}.*")
_MADE_UNIQUE = re.compile(r"\.\.\.[0-9]+$")
_LINES_SEARCHED = 30


@dataclass(frozen=True, eq=False)
class Records:
    """The rows of one table before they are judged.

    Attributes
    ----------
    rows : list of list of str, trimmed cells, the header first
    places : list of int, the physical row of each; 0 for a header that is no row of the file
    sheet : int, 0 for text
    counted : int, physical data rows by a second reader
    date_typed : frozenset of int, columns whose filled cells are all dates to the spreadsheet
    pads : bool, True where a row may be shorter than the header because blank cells at its end are not stored
    notes : tuple of str
    codebook : mapping of position to Field, what the file itself says about its columns
    """

    rows: list[list[str]]
    places: list[int]
    sheet: int
    counted: int
    date_typed: frozenset[int] = frozenset()
    pads: bool = False
    notes: tuple[str, ...] = ()
    codebook: Mapping[int, Field] = field(default_factory=dict)


def build_cells(records: Records, source: Source) -> tuple[tuple[str, ...], pd.DataFrame, pd.Series]:
    """Check the shape of the records and make the frame of cells.

    Returns
    -------
    header, cells (columns by position, index = physical row), row_faults (blank_row, row_length or missing)

    Raises
    ------
    DataError
        E205 empty; E210 no header, or lines above it; E211 columns that are equal; E212 rows that do not fit
        the header; E213 a cell too long; E214 too many cells.
    """
    if not any(any(row) for row in records.rows):
        source.refuse(
            "E205",
            "a table with a header is needed; nothing is here. Export the data again.",
            sheet=records.sheet,
        )
    _check_size(records, source)
    _check_header(records, source)
    header = tuple(records.rows[0])
    width = len(header)
    body, places = records.rows[1:], records.places[1:]
    blank = np.array([not any(row) for row in body], dtype=bool)
    fits = np.array([len(row) == width or (records.pads and len(row) < width) for row in body], dtype=bool)
    _check_widths(records, source, blank, fits)
    empty = [""] * width
    padded = [
        empty if is_blank or not fit else row + empty[len(row) :]
        for row, is_blank, fit in zip(body, blank, fits, strict=True)
    ]
    index = pd.Index(places, dtype="int64", name="row")
    cells = pd.DataFrame(padded, index=index, columns=range(width), dtype=object)
    faults = pd.Series(pd.NA, index=index, dtype="string").mask(~fits, "row_length").mask(blank, "blank_row")
    _check_unnamed(header, cells, records, source)
    return header, cells, faults


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


def _check_size(records: Records, source: Source) -> None:
    widest = max(map(len, records.rows))
    if widest > MAX_COLUMNS or widest * len(records.rows) > MAX_CELLS:
        message = (
            f"a table of at most {MAX_COLUMNS} columns and {MAX_CELLS:,} cells is needed; this one is "
            "larger. Export the needed columns."
        )
        source.refuse("E214", message, sheet=records.sheet)
    for row, place in zip(records.rows, records.places, strict=True):
        longest = max(map(len, row), default=0)
        if longest > MAX_CELL:
            column = next(i for i, cell in enumerate(row, 1) if len(cell) > MAX_CELL)
            message = (
                f"cells of at most {MAX_CELL:,} characters are needed; this one is longer. Remove it from "
                "the export."
            )
            source.refuse("E213", message, sheet=records.sheet, row=place, column=column)


def _check_header(records: Records, source: Source) -> None:
    first = records.rows[0]
    widths = Counter(len(row) for row in records.rows[1 : 1 + _LINES_SEARCHED] if any(row))
    usual = max(widths.most_common(1)[0][0] if widths else 0, len(first))
    filled = sum(map(bool, first))
    if filled == 0 or (usual > 1 and filled * 2 <= usual):
        found = next(
            (place for row, place in zip(records.rows[1 : 1 + _LINES_SEARCHED], records.places[1:],
            strict=False)
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
        source.refuse("E210", message, sheet=records.sheet, row=records.places[0] or None)
    if _looks_like_data(first):
        message = "the first row must name the columns; it looks like data. Add a header row."
        source.refuse("E210", message, sheet=records.sheet, row=records.places[0] or None)
    # A label export of REDCap repeats the status of each form, and the labels of forms that ask the same.
    repeated = [] if is_label_header(first) else find_repeated_headers(first)
    if repeated:
        columns = "; ".join(", ".join(str(position + 1) for position in group) for group in repeated[:3])
        message = (
            "each column needs a name of its own; these are equal after normalizing, or numbered repeats: "
            f"columns {columns}. Rename them."
        )
        source.refuse(
            "E211", message, sheet=records.sheet, row=records.places[0] or None, column=repeated[0][0] + 1
        )


def _looks_like_data(row: list[str]) -> bool:
    filled = [cell for cell in row if cell]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in filled)
    return numbers * 2 >= max(len(filled), 1) or any(_DATE.fullmatch(cell) for cell in filled)


def _check_widths(records: Records, source: Source, blank: np.ndarray, fits: np.ndarray) -> None:
    misfits = ~fits & ~blank
    if misfits.any() and misfits.sum() * 2 > (~blank).sum():
        place = records.places[1 + int(misfits.argmax())]
        message = (
            f"every row needs {len(records.rows[0])} cells, as the header has; {int(misfits.sum())} of "
            f"{int((~blank).sum())} rows have another number. Check the delimiter and unquoted commas, and "
            "export again."
        )
        source.refuse("E212", message, sheet=records.sheet, row=place)


def _check_unnamed(header: tuple[str, ...], cells: pd.DataFrame, records: Records, source: Source) -> None:
    """A column without a name at the right end may only be the empty one that a trailing comma makes."""
    for position in range(len(header) - 1, -1, -1):
        if header[position]:
            return
        used = cells[position].ne("")
        if used.any():
            message = (
                "a filled column needs a name; this one at the right end has none. Name it or remove it."
            )
            source.refuse("E212", message, sheet=records.sheet, row=int(used.idxmax()), column=position + 1)
