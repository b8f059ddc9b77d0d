"""Strict tables: a CSV or XLSX file as text cells with their physical rows, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from outcomes.errors import LedgerError, Problem
from outcomes.loading.arrays import choose_text, text_array
from outcomes.loading.coded import Distinct, write_numbers
from outcomes.loading.csv_table import read_csv_records
from outcomes.loading.records import Shaped, shape_records
from outcomes.loading.source import Source, read_source, where
from outcomes.loading.xlsx_table import read_xlsx_records

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class _Cells:
    """The cells of a table: as they were given, or made from its codes when somebody first asks for them."""

    def __get__(self, table: Table, owner: type | None = None) -> pd.DataFrame:
        if vars(table)["cells"] is None:
            assert table.shaped is not None
            vars(table)["cells"] = table.shaped.make_cells()
        cells: pd.DataFrame = vars(table)["cells"]
        return cells

    def __set__(self, table: Table, cells: pd.DataFrame | None) -> None:
        vars(table)["cells"] = cells


@dataclass(frozen=True, eq=False)
class Table:
    """One table of one file, all cells as text.

    Attributes
    ----------
    number : int, number of the input
    sha256 : str, first 12 characters of the file's SHA-256
    kind : str, "csv" or "xlsx"
    sheet : int, number of the sheet from 1; 0 for text files
    header : tuple of str, the header as in the file (trimmed), one per column
    cells : DataFrame of str, columns 0, 1, ... by position, index = physical row as an editor or Excel
        numbers it (for text the line on which the record starts); blank is ""; cells are trimmed; dates of a
        workbook are ISO text
    row_faults : Series of string with the index of cells: "blank_row", "row_length" (its cells are kept
        blank) or missing
    date_typed : frozenset of int, positions of the columns whose filled cells are all dates to the
        spreadsheet
    notes : tuple of str, decisions and their evidence
    n_rows : int, physical data rows counted by a second reader; equal to len(cells)
    header_row : int, physical row of the header
    shaped : Shaped or None, the cells as codes; `cells` given as None are made from them when asked for
    """

    number: int
    sha256: str
    kind: str
    sheet: int
    header: tuple[str, ...]
    cells: pd.DataFrame
    row_faults: pd.Series
    date_typed: frozenset[int]
    notes: tuple[str, ...]
    n_rows: int
    header_row: int = 1
    shaped: Shaped | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Codes count only where no other cells are given beside them."""
        if vars(self)["cells"] is not None:
            object.__setattr__(self, "shaped", None)

    @property
    def index(self) -> pd.Index:
        """The physical rows, the index of cells."""
        return self.row_faults.index

    def where(self, row: int | None = None, column: int | None = None) -> str:
        """The place for a message; `row` is physical, `column` a position from 0 (printed from 1)."""
        return where(
            self.number, self.sha256, sheet=self.sheet, row=row, column=None if column is None else column + 1
        )

    def problem(
        self, code: str, message: str, *, row: int | None = None, column: int | None = None
    ) -> Problem:
        """A Problem at this place."""
        return Problem(code, self.where(row, column), message)

    @cached_property
    def row_uids(self) -> pd.Series:
        """'input:sheet:row' of each row, with the index of cells."""
        texts = write_numbers(f"{self.number}:{self.sheet}:", self.index.to_numpy())
        return pd.Series(text_array(texts), index=self.index, copy=False)

    @cached_property
    def filled(self) -> pd.Series:
        """Whether each column (by position) holds anything in any row."""
        positions = range(len(self.header))
        return pd.Series(
            [bool((self.distinct(p).texts != "").any()) for p in positions], positions, dtype=bool
        )

    def distinct(self, position: int) -> Distinct:
        """The cells of a column as codes; found once."""
        if self.shaped is not None:
            return self.shaped.columns[position]
        if position not in self._found:
            self._found[position] = Distinct.of_cells(self.cells[position])
        return self._found[position]

    def texts(self, position: int) -> pd.Series:
        """The cells of a column as string, missing where blank, with the index of cells."""
        distinct = self.distinct(position)
        named = choose_text([text or None for text in distinct.texts], distinct.codes)
        return pd.Series(named, index=self.index, copy=False)

    @cached_property
    def _found(self) -> dict[int, Distinct]:
        return {}


Table.cells = _Cells()  # type: ignore[assignment]  # here, so that the field has no default


def read_table(
    path: str | Path,
    *,
    number: int,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: int | str | None = None,
    count: Callable[[int], None] | None = None,
) -> Table:
    """Read a CSV or XLSX file as strict text cells; the content decides the kind, not the name.

    Parameters
    ----------
    path : path of a regular file
    number : int, number of the input, for messages and row uids
    encoding, delimiter : str or None, for text files whose bytes do not settle them
    sheet : int (from 1), name or None, for workbooks with several sheets of data
    count : callable that is given the number of rows of a text file read so far, or None

    Returns
    -------
    Table; every physical row below the header is in `cells` once, blank rows too

    Raises
    ------
    DataError
        E201-E219, E231-E233: the bytes are no table, or one that could be read in two ways.
    LedgerError
        E900 where two independent readers count different rows.
    """
    return read_source_table(
        read_source(path, number=number), encoding=encoding, delimiter=delimiter, sheet=sheet, count=count
    )


def read_source_table(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: int | str | None = None,
    count: Callable[[int], None] | None = None,
) -> Table:
    """Read the table in bytes that were read before; otherwise as read_table."""
    kind = find_kind(source)
    if kind == "xlsx":
        records = read_xlsx_records(source, sheet=sheet)
    else:
        records = read_csv_records(source, encoding=encoding, delimiter=delimiter, count=count)
    shaped = shape_records(records, source)
    header, n_rows = shaped.header, len(shaped.row_faults)
    if n_rows != records.counted:
        message = (
            "two readers must count the same rows; one found {}, the other {}. Please report this; "
            "nothing was loaded."
        )
        raise LedgerError(
            Problem("E900", source.where(sheet=records.sheet), message.format(n_rows, records.counted))
        )
    return Table(
        number=source.number,
        sha256=source.sha256,
        kind=kind,
        sheet=records.sheet,
        header=header,
        cells=None,  # type: ignore[arg-type]
        row_faults=shaped.row_faults,
        date_typed=frozenset(position for position in records.date_typed if position < len(header)),
        notes=records.notes,
        n_rows=records.counted,
        header_row=records.coded.header_place,
        shaped=shaped,
    )


def find_kind(source: Source) -> str:
    """Decide "csv" or "xlsx" from the bytes; anything else, and a name that contradicts the bytes, is
    refused.
    """
    data, start = source.data, source.data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(_ZIP):
        if source.suffix in (".csv", ".tsv", ".tab", ".txt"):
            source.refuse(
                "E206",
                "the name says text, the content is a zip or workbook. Give it its right ending, or export "
                "CSV.",
            )
        return "xlsx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            source.refuse(
                "E208", "an unprotected workbook is needed; this one has a password. Save it without one."
            )
        source.refuse(
            "E207", "an .xlsx or .csv file is needed; this is an old spreadsheet. Save it as .xlsx or .csv."
        )
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<odm")):
        source.refuse(
            "E206", "a CSV or XLSX table is needed; this is HTML or XML. Export the data as .xlsx or .csv."
        )
    if start.startswith(
        (b"header record*******library", b"$fl2", b"$fl3", b"<stata_dta>", b"%pdf", b"\x1f\x8b")
    ):
        source.refuse(
            "E206",
            "a CSV or XLSX table is needed; this is another kind of file. Export the data as .xlsx or .csv.",
        )
    if source.suffix in (".fsh", ".yaml", ".yml"):
        source.refuse(
            "E219", "exported data are needed; this is the source of a definition. Give the export."
        )
    if start.startswith((b"{", b"[{")) or source.suffix in (".json", ".ndjson"):
        source.refuse(
            "E206", "a CSV or XLSX table is needed; this is JSON. Export the data as .xlsx or .csv."
        )
    if source.suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods") and data:
        source.refuse(
            "E206",
            "the name says workbook, the content is not one. Give it its right ending, or save it again.",
        )
    return "csv"
