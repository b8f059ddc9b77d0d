"""The rows of a file that hold records, and the ledger lines of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from outcomes.loading.arrays import choose_text, repeat_number, repeat_text, whole_array
from outcomes.loading.extract import ROW_COLUMNS, name_reasons, rank_faults
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
    index, n_rows = table.index, len(table.index)
    ranks = rank_faults(n_rows, [(None, table.row_faults)])
    is_blank, is_ragged = ranks.has("blank_row"), ranks.has("row_length")
    filled, has_when = flag_filled(table, score_columns), flag_written(table, when_columns)
    if id_column is None:
        has_id, summary = np.ones(n_rows, bool), np.zeros(n_rows, bool)
    else:
        ids = table.distinct(id_column)
        has_id = ids.flag(ids.texts != "")
        summary = ids.flag(ids.series.str.casefold().isin(SUMMARY_WORDS)) & ~has_when
        nameless = ~has_id & ~has_when
        if nameless.any():
            summary[nameless] = _has_number(table.cells.loc[nameless, list(score_columns)])
    complete = has_id & filled & ~is_blank & ~is_ragged & ~summary & (has_when | (not when_columns))
    after = np.arange(n_rows) > _end_of_table(is_blank, complete)
    return name_reasons(ranks.mark(~is_blank & (summary | after), "summary_row").ranks, index)


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
    used, n_rows = reason.isna().to_numpy(dtype=bool), len(reason)
    rows = {
        "row_uid": table.row_uids.array.copy(),
        "input": repeat_number(table.number, n_rows),
        "sha256": repeat_text(table.sha256, n_rows),
        "role": repeat_text(role, n_rows),
        "sheet": repeat_number(table.sheet, n_rows),
        "row": whole_array(reason.index.to_numpy(dtype=np.int64), np.zeros(n_rows, dtype=bool)),
        "status": choose_text(["excluded", "used"], used.astype(np.int8)),
        "reason": reason.astype("string", copy=False).array,
        "column": column.astype("Int64", copy=False).mask(used).array,
        "left_out": left_out.astype("string", copy=False).array,
        "assessment_row": assessment_row.astype("string", copy=False).where(used).array,
    }
    return pd.DataFrame({name: rows[name] for name in ROW_COLUMNS}, copy=False)


def exclude_all(table: Table, role: str, reason: str) -> pd.DataFrame:
    """Give the ledger lines of a file of which every row is excluded for the same reason."""
    index = table.index
    nothing = pd.Series(pd.NA, index=index, dtype="string")
    return make_rows(
        table,
        role,
        reason=pd.Series(reason, index=index, dtype="string"),
        column=pd.Series(pd.NA, index=index, dtype="Int64"),
        left_out=nothing,
        assessment_row=nothing,
    )


def flag_filled(table: Table, positions: Sequence[int]) -> np.ndarray:
    """True for each row with a cell of these columns that is neither blank nor a missing word."""
    return _any_cell(table, positions, lambda texts: ~find_missing(texts))


def flag_written(table: Table, positions: Sequence[int]) -> np.ndarray:
    """True for each row with a cell of these columns that is not blank."""
    return _any_cell(table, positions, lambda texts: texts != "")


def _any_cell(table: Table, positions: Sequence[int], judge: Callable[[pd.Series], pd.Series]) -> np.ndarray:
    """True for each row with a cell of these columns that is judged so; each text is judged once."""
    found = np.zeros(len(table.index), dtype=bool)
    for position in positions:
        cells = table.distinct(position)
        found |= cells.flag(judge(cells.series))
        if found.all():
            break
    return found


def _end_of_table(is_blank: np.ndarray, complete: np.ndarray) -> int:
    """The place of the first blank row after which no row is complete; the last place where there is none."""
    last_complete = int(np.flatnonzero(complete)[-1]) if complete.any() else -1
    later = np.flatnonzero(is_blank[last_complete + 1 :])
    return last_complete + 1 + int(later[0]) if len(later) else len(is_blank)


def _has_number(cells: pd.DataFrame) -> np.ndarray:
    """True for each row that holds a number."""
    flat = pd.Series(cells.to_numpy(dtype=object).ravel(), dtype=object)
    is_number = parse_decimal(flat).value.notna().to_numpy(dtype=bool).reshape(cells.shape)
    return np.asarray(is_number.any(axis=1))
