"""Workbook tables: one sheet as records of text, read twice and compared."""

from __future__ import annotations

import io
import posixpath
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from outcomes.loading.coded import code_rows
from outcomes.loading.records import Records
from outcomes.loading.sizes import MAX_SHEET_CELLS
from outcomes.loading.source import Source
from outcomes.loading.xlsx_archive import inflate_parts

# what openpyxl raises on parts that are XML but no workbook, and on a damaged local header
_TORN = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, OSError, EOFError,
    NotImplementedError, ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_MAX_EXACT = 10**15  # a spreadsheet keeps fifteen digits
_MAX_BLANK_ROWS = 20_000  # each is a line of the ledger; more of them than filled rows is a stray cell


@dataclass(frozen=True)
class _Sheet:
    """What the second reader sees of a sheet: places only, no values."""

    last_row: int
    first_row: int
    last_column: int
    filled_rows: int
    hidden_rows: int
    unstored: tuple[int, int] | None
    merged: tuple[str, ...]


def read_xlsx_records(source: Source, *, sheet: int | str | None = None) -> Records:
    """Read the records of one sheet.

    Parameters
    ----------
    source : Source
    sheet : int (from 1) or name; needed only where more than one sheet holds data

    Returns
    -------
    Records; dates are ISO text in the workbook's own epoch, booleans TRUE and FALSE, error cells their text

    Raises
    ------
    DataError
        E201-E209 as in the container's checks; E205 no data; E214 too large; E231 merged cells over data;
        E232 a formula without a stored value; E233 several sheets with data.
    """
    parts = inflate_parts(source)
    try:
        paths = _sheet_paths(parts)
        seen = {number: _scan(parts[path]) for number, (_, path) in enumerate(paths, 1) if path in parts}
    except (ParseError, DefusedXmlException, KeyError, ValueError):
        source.refuse("E208", "a whole workbook is needed; a part of this one cannot be read. Save it again.")
    if not seen:
        source.refuse("E208", "a workbook with a sheet is needed; this one has none. Save it again.")
    number = _choose_sheet(source, sheet, [name for name, _ in paths], seen)
    scan = seen[number]
    _check_sheet(source, number, scan)
    rows, date_typed = _read_rows(source, number, scan)
    notes = (
        (f"{scan.hidden_rows} rows are hidden or filtered in the sheet; they were read",)
        if scan.hidden_rows
        else ()
    )
    coded = code_rows(zip(rows, range(scan.first_row, scan.first_row + len(rows)), strict=True), pads=True)
    return Records(coded, number, scan.last_row - scan.first_row, date_typed, notes)


def _sheet_paths(parts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Name and part of each worksheet, in the order of the tabs."""
    targets = {
        link.attrib["Id"]: posixpath.normpath(posixpath.join("/xl", link.attrib["Target"])).lstrip("/")
        for link in fromstring(parts["xl/_rels/workbook.xml.rels"])
        if link.attrib.get("Type", "").endswith("/worksheet")
    }
    found = []
    for element in fromstring(parts["xl/workbook.xml"]).iter():
        if _local(element.tag) == "sheet":
            link = next((value for key, value in element.attrib.items() if _local(key) == "id"), "")
            found.append((element.attrib.get("name", ""), targets.get(link, "")))
    return found


def _scan(data: bytes) -> _Sheet:
    """Walk through the XML of a sheet and note where things are."""
    first = last = last_column = filled = hidden = row = column = 0
    hides = holds = False
    unstored, merged = None, []
    formula = value = False
    for event, element in iterparse(io.BytesIO(data), events=("start", "end")):
        tag = _local(element.tag)
        if event == "start":
            if tag == "row":
                row = int(element.attrib.get("r", row + 1))
                hides, holds, column = element.attrib.get("hidden") in ("1", "true"), False, 0
            elif tag == "c":
                column = _column(element.attrib.get("r", "")) or column + 1
                formula = value = False
        elif tag in ("v", "t") and element.text:
            value = True
        elif tag == "f":
            formula = True
        elif tag == "c":
            if value:
                first, last, last_column, holds = first or row, row, max(last_column, column), True
            if formula and not value and unstored is None:
                unstored = (row, column)
        elif tag == "mergeCell":
            merged.append(element.attrib.get("ref", ""))
        elif tag == "row":
            filled, hidden = filled + holds, hidden + (hides and holds)
            element.clear()
    return _Sheet(last, first, last_column, filled, hidden, unstored, tuple(merged))


def _choose_sheet(source: Source, sheet: int | str | None, names: list[str], seen: dict[int, _Sheet]) -> int:
    filled = [number for number, scan in seen.items() if scan.last_row]
    if sheet is not None:
        number = names.index(sheet) + 1 if isinstance(sheet, str) and sheet in names else sheet
        if number not in seen:
            source.refuse(
                "E233",
                f"the sheet asked for is not in the workbook, which has {len(seen)}. Give sheet = 1 to "
                f"{len(seen)}.",
            )
        return int(number)
    if len(filled) > 1:
        listed = ", ".join(map(str, filled))
        source.refuse(
            "E233",
            f"one sheet of data is needed; sheets {listed} hold data. Give sheet (its number).",
        )
    return filled[0] if filled else min(seen)


def _check_sheet(source: Source, number: int, scan: _Sheet) -> None:
    if not scan.last_row:
        source.refuse(
            "E205",
            "a table with a header is needed; the sheet is empty. Export the data again.",
            sheet=number,
        )
    if scan.last_row * scan.last_column > MAX_SHEET_CELLS:
        source.refuse(
            "E214",
            f"a sheet of at most {MAX_SHEET_CELLS:,} cells is needed; this one is larger. Remove stray cells "
            "far from the table.",
            sheet=number,
        )
    blank_rows = scan.last_row - scan.first_row + 1 - scan.filled_rows
    if blank_rows > max(_MAX_BLANK_ROWS, scan.filled_rows):
        source.refuse(
            "E214",
            f"the rows of a sheet must stand together; {blank_rows:,} blank ones lie between them. Remove "
            "stray cells far below the table.",
            sheet=number,
        )
    for reference in scan.merged:
        corner = re.match(r"([A-Z]+)([0-9]+)", reference)
        if corner and int(corner[2]) <= scan.last_row and _column(reference) <= scan.last_column:
            message = (
                "every cell must stand alone; cells are merged over the table here. Unmerge them and fill in "
                "each cell."
            )
            source.refuse("E231", message, sheet=number, row=int(corner[2]), column=_column(reference))
    if scan.unstored:
        message = (
            "stored values are needed; a formula here has none. Open the workbook in a spreadsheet program "
            "and save it."
        )
        source.refuse("E232", message, sheet=number, row=scan.unstored[0], column=scan.unstored[1])


def _read_rows(source: Source, number: int, scan: _Sheet) -> tuple[list[list[str]], frozenset[int]]:
    """Rows from the first to the last filled one as text, and the columns that hold nothing but dates."""
    dates: set[int] = set()
    others: set[int] = set()
    rows: list[list[str]] = []
    for values in _values(source, number, scan):
        while values and values[-1] is None:
            values.pop()
        if rows:
            for position, value in enumerate(values):
                if value is not None:
                    (dates if isinstance(value, date) else others).add(position)
        rows.append([_as_text(value) for value in values])
    while rows and len(rows) > 1 and not rows[-1] and len(rows) > scan.last_row - scan.first_row + 1:
        rows.pop()
    if rows:
        rows[0] = rows[0][: _filled_width(rows[0])]
    return rows, frozenset(dates - others)


def _values(source: Source, number: int, scan: _Sheet) -> Iterator[list]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # openpyxl's warnings quote cells; what they warn of shows as an error cell
        try:
            book = openpyxl.load_workbook(
                io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False
            )
            sheet = book[book.sheetnames[number - 1]]
            sheet.reset_dimensions()
            for row in sheet.iter_rows(min_row=scan.first_row, max_row=scan.last_row, values_only=True):
                yield list(row)
        except _TORN:
            source.refuse(
                "E208", "a whole workbook is needed; a part of this one cannot be read. Save it again."
            )


def _as_text(value: object) -> str:
    """One cell as text; never more precise than the spreadsheet, and whole where it shows a whole number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _MAX_EXACT else format(value, ".15g")
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time(0) else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat() if isinstance(value, date) else value.replace(microsecond=0).isoformat()
    return str(value).strip()


def _filled_width(row: list[str]) -> int:
    return max((position + 1 for position, cell in enumerate(row) if cell), default=0)


def _column(reference: str) -> int:
    """Column number of a reference such as AB12; 0 where there is none."""
    letters = re.match(r"[A-Z]*", reference.upper())
    number = 0
    for letter in letters[0] if letters else "":
        number = number * 26 + ord(letter) - 64
    return number


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
