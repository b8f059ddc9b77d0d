"""Strict tables: a file as text cells with their physical rows, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.errors import LedgerError, Problem
from outcomes.loading.arrays import choose_text, text_array
from outcomes.loading.choices import is_missing_label
from outcomes.loading.codebook import Field
from outcomes.loading.coded import Distinct
from outcomes.loading.csv_table import read_csv_records
from outcomes.loading.kinds import find_kind
from outcomes.loading.records import Shaped, shape_records
from outcomes.loading.redcap.events import Event
from outcomes.loading.source import Source, read_source, where
from outcomes.loading.statistical.reader import KINDS, read_statistical_records
from outcomes.loading.xlsx_table import read_xlsx_records


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
    kind : str, what the bytes are: "csv", "xlsx", or another that find_kind names
    sheet : int, number of the sheet from 1; 0 for text files
    header : tuple of str, the header as in the file (trimmed), one per column
    cells : DataFrame of str, columns 0, 1, ... by position, index = physical row as an editor or Excel
        numbers it (for text the line on which the record starts), or the case number; blank is ""; cells are
        trimmed; dates of a workbook or statistics package are ISO text
    row_faults : Series of string with the index of cells: the reason for which a row is no record of ours
        ("blank_row"; "row_length", its cells are kept blank; others where a format says so), or missing
    date_typed : frozenset of int, positions of the columns whose filled cells are all dates to the
        spreadsheet or statistics package
    notes : tuple of str, decisions and their evidence
    n_rows : int, physical data rows counted by a second reader; equal to len(cells)
    header_row : int, physical row of the header; 0 where names are no row of the file
    format : str, the kind of layout where the format itself says it ("fhir", "qualtrics" ...); else empty
    codebook : mapping of position to Field, what the file itself says about its columns
    roles : mapping of role to position, or to None where no column has it: what the format itself says and
        headers are not asked for; a layout may say otherwise
    questions : tuple of Problem, what the format leaves open
    events : tuple of Event, the events of a REDCap project in their order, where the file itself has them
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
    format: str = ""
    codebook: Mapping[int, Field] = field(default_factory=dict)
    roles: Mapping[str, int | None] = field(default_factory=dict)
    questions: tuple[Problem, ...] = ()
    events: tuple[Event, ...] = ()
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
        file = f"{self.number}:{self.sheet}:"
        texts = [f"{file}{row}" for row in self.index.tolist()]
        return pd.Series(text_array(np.array(texts, dtype=object)), index=self.index, copy=False)

    def with_cells(self, columns: Mapping[int, pd.Series]) -> Table:
        """The same table with other cells in these columns; what the file holds is not changed."""
        cells = self.cells.copy(deep=False)
        for position, made in columns.items():
            cells[position] = made
        return replace(self, cells=cells)

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

    def row_texts(self, row: int) -> list[str]:
        """The cells of one row, counted from 0."""
        return [self.distinct(position).text(row) for position in range(len(self.header))]

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
    """Read a file as strict text cells; the content decides the kind, not the name.

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
    source = read_source(path, number=number)
    return read_source_table(
        source, find_kind(source), encoding=encoding, delimiter=delimiter, sheet=sheet, count=count
    )


def read_source_table(
    source: Source,
    kind: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: int | str | None = None,
    count: Callable[[int], None] | None = None,
    patients_in_columns: bool = False,
) -> Table:
    """Read the table in bytes whose kind, as find_kind names it, is known; otherwise as read_table.

    Where the layout says that columns are patients, the header may hold numbers.
    """
    if kind == "xlsx":
        records = read_xlsx_records(source, sheet=sheet)
    elif kind in KINDS:
        records = read_statistical_records(source, kind, encoding=encoding)
    elif kind != "csv":
        source.refuse("E206", "a table is needed; this is another kind of file.")
    else:
        records = read_csv_records(source, encoding=encoding, delimiter=delimiter, count=count)
    shaped = shape_records(records, source, patients_in_columns=patients_in_columns)
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
        codebook=records.codebook,
        shaped=shaped,
    )


def spell_labels(table: Table, positions: Iterable[int]) -> Table:
    """Write the value labels of the file in place of their codes, in columns that hold words.

    Parameters
    ----------
    table : Table
    positions : the columns; a code without a label stays, one whose label says missing becomes blank

    Returns
    -------
    Table
    """
    words = {
        position: {
            code: "" if is_missing_label(label) else label
            for code, label in table.codebook[position].choices.items()
            if label
        }
        for position in positions
        if position in table.codebook
    }
    if not words:
        return table
    codes = {position: table.cells[position] for position in words}
    return table.with_cells({p: cells.map(words[p]).fillna(cells) for p, cells in codes.items()})
