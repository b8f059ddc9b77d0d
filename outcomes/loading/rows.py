"""The rows of a file that hold records, and the ledger lines of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.loading.extract import ROW_COLUMNS
from outcomes.loading.numbers import find_missing, parse_decimal
from outcomes.loading.tables import Table

SUMMARY_WORDS = frozenset(("total", "sum", "mean", "average", "count", "n"))
"""An id cell that says this, in a row without date and visit, is the summary of a table and no patient."""


WRITTEN = ("csv", "xlsx")
"""Kinds of files that people write in, below and between the records."""


def judge_rows(
    table: Table, *, id_column: int | None, when_columns: Sequence[int], score_columns: Sequence[int]
) -> pd.Series:
    """Give each row that is no record its reason: that of the table, or "summary_row".

    Parameters
    ----------
    table : Table
    id_column : position of the patient id; None where every row is a person of its own
    when_columns : positions of date, day and visit, as far as the file has them
    score_columns : positions of answers and totals

    Returns
    -------
    Series of string with the index of the cells; missing where the row holds a record

    Notes
    -----
    A summary row names a summary word, or nothing beside numbers, as its id and has no date or visit; or it
    stands below the first blank row after which no row is complete (id, date or visit, and a score). Only
    tables that people write (text, workbooks) have summary rows.
    """
    if table.kind not in WRITTEN:
        return table.row_faults
    cells, fault = table.cells, table.row_faults
    is_blank = fault.eq("blank_row").fillna(False).to_numpy(dtype=bool)
    is_ragged = fault.eq("row_length").fillna(False).to_numpy(dtype=bool)
    scores = cells[list(score_columns)]
    filled = find_filled(scores).any(axis=1)
    has_when = (
        (cells[list(when_columns)] != "").any(axis=1).to_numpy(dtype=bool)
        if when_columns
        else np.zeros(len(cells), bool)
    )
    if id_column is None:
        has_id, summary = np.ones(len(cells), bool), np.zeros(len(cells), bool)
    else:
        id_cells = cells[id_column]
        has_id = (id_cells != "").to_numpy(dtype=bool)
        word = id_cells.str.casefold().isin(SUMMARY_WORDS).to_numpy(dtype=bool)
        nameless = ~has_id & ~has_when
        summary = word & ~has_when
        if nameless.any():
            summary[nameless] = _has_number(scores.loc[nameless])
    complete = has_id & filled & ~is_blank & ~is_ragged & ~summary & (has_when | (not when_columns))
    after = np.arange(len(cells)) > _end_of_table(is_blank, complete)
    reason = fault.copy()
    return reason.mask(pd.Series(~is_blank & (summary | after), index=cells.index), "summary_row")


def make_rows(
    table: Table,
    role: str,
    *,
    reason: pd.Series,
    column: pd.Series,
    left_out: pd.Series,
    assessment_row: pd.Series,
) -> pd.DataFrame:
    """Give the ledger lines of a file: used where there is no reason, excluded otherwise.

    Parameters
    ----------
    table : Table
    role : "scores", "infusions" or "patients"
    reason, column, left_out, assessment_row : Series with the index of the cells, as in LEDGER
    """
    used = reason.isna()
    rows = pd.DataFrame(
        {
            "row_uid": table.row_uids,
            "input": pd.Series(table.number, index=reason.index, dtype="Int64"),
            "sha256": pd.Series(table.sha256, index=reason.index, dtype="string"),
            "role": pd.Series(role, index=reason.index, dtype="string"),
            "sheet": pd.Series(table.sheet, index=reason.index, dtype="Int64"),
            "row": pd.Series(reason.index, index=reason.index, dtype="Int64"),
            "status": pd.Series(np.where(used, "used", "excluded"), index=reason.index, dtype="string"),
            "reason": reason.astype("string"),
            "column": column.astype("Int64").mask(used),
            "left_out": left_out.astype("string"),
            "assessment_row": assessment_row.astype("string").where(used),
        }
    )
    return rows[list(ROW_COLUMNS)].reset_index(drop=True)


def exclude_all(table: Table, role: str, reason: str) -> pd.DataFrame:
    """Give the ledger lines of a file of which every row is excluded for the same reason."""
    index = table.cells.index
    nothing = pd.Series(pd.NA, index=index, dtype="string")
    return make_rows(
        table,
        role,
        reason=pd.Series(reason, index=index, dtype="string"),
        column=pd.Series(pd.NA, index=index, dtype="Int64"),
        left_out=nothing,
        assessment_row=nothing,
    )


def _end_of_table(is_blank: np.ndarray, complete: np.ndarray) -> int:
    """The place of the first blank row after which no row is complete; the last place where there is none."""
    last_complete = int(np.flatnonzero(complete)[-1]) if complete.any() else -1
    later = np.flatnonzero(is_blank[last_complete + 1 :])
    return last_complete + 1 + int(later[0]) if len(later) else len(is_blank)


def find_filled(cells: pd.DataFrame) -> np.ndarray:
    """True for each cell that is neither blank nor a word that always means missing."""
    flat = pd.Series(cells.to_numpy(dtype=object).ravel(), dtype=object)
    return ~find_missing(flat).to_numpy(dtype=bool).reshape(cells.shape)


def _has_number(cells: pd.DataFrame) -> np.ndarray:
    """True for each row that holds a number."""
    flat = pd.Series(cells.to_numpy(dtype=object).ravel(), dtype=object)
    is_number = parse_decimal(flat).value.notna().to_numpy(dtype=bool).reshape(cells.shape)
    return np.asarray(is_number.any(axis=1))
