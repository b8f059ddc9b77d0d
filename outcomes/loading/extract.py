"""What a reader of one file hands on: its frame, and the one reason for which each other row is excluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

ROW_COLUMNS = (
    "row_uid", "input", "sha256", "role", "sheet", "row", "status", "reason", "column", "left_out",
    "assessment_row",
)  # fmt: skip

REASONS = (
    "duplicate_file", "blank_row", "summary_row", "row_length", "other_resource", "other_instrument",
    "lookalike", "panel_code", "test_response", "not_completed", "not_done", "not_administered",
    "missing_id", "excel_error", "bad_date", "partial_date", "date_out_of_range", "answer_conflict",
    "not_a_number", "not_integer", "missing_code", "out_of_range", "missing_score", "no_answers",
    "total_mismatch", "session_conflict", "duplicate", "conflicting_duplicate",
)  # fmt: skip
"""The closed list of reasons, in order of precedence: the first that applies wins."""


_RANK = {reason: place for place, reason in enumerate(REASONS)}
_NONE = len(REASONS)


@dataclass(frozen=True)
class Extract:
    """One file, read.

    Attributes
    ----------
    role : str, "scores", "infusions" or "patients"
    frame : DataFrame with the load_cohort columns of ITEMS, INFUSIONS or PATIENTS; ids and sites as written
    rows : DataFrame with the columns of LEDGER, one row per physical data row (the header is none)
    notes : tuple of str, decisions and their evidence; no cell value
    """

    role: str
    frame: pd.DataFrame
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()


def rank_reasons(reasons: pd.Series) -> np.ndarray:
    """Give the place of each reason in the closed list; one past the end where there is none."""
    codes, found = pd.factorize(reasons)
    return np.array([*(_RANK[str(reason)] for reason in found), _NONE])[codes]


def name_reasons(ranks: np.ndarray, index: pd.Index) -> pd.Series:
    """Give the reasons of these places; missing one past the end."""
    names = np.array([*REASONS, pd.NA], dtype=object)
    return pd.Series(names[ranks], index=index, dtype="string")


def first_fault(
    index: pd.Index, faults: Sequence[tuple[int | None, pd.Series]]
) -> tuple[pd.Series, pd.Series]:
    """Give per row the first reason of the closed list among several columns, and the column that holds it.

    Parameters
    ----------
    index : Index of the rows
    faults : pairs of a column position (0, 1, ...; None where no single column is at fault) and a Series of
        reasons or NA

    Returns
    -------
    reason : Series of string, missing where no column is at fault
    column : Series of Int64, counted from 1; missing where there is no fault or no single column
    """
    if not faults:
        return pd.Series(pd.NA, index=index, dtype="string"), pd.Series(pd.NA, index=index, dtype="Int64")
    ranks = np.column_stack([rank_reasons(reasons) for _, reasons in faults])
    places = ranks.argmin(axis=1)
    lowest = ranks[np.arange(len(ranks)), places]
    columns = np.array([0 if position is None else position + 1 for position, _ in faults])
    column = pd.Series(columns[places], index=index, dtype="Int64")
    return name_reasons(lowest, index), column.mask((lowest == _NONE) | (column == 0))
