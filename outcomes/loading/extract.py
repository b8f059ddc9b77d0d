"""What a reader of one file hands on: its frame, and the one reason for which each other row is excluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from outcomes.loading.arrays import choose_text, whole_array
from outcomes.schema import EXCLUDED

ROW_COLUMNS = (
    "row_uid", "input", "sha256", "role", "sheet", "row", "status", "reason", "column", "left_out",
    "assessment_row",
)  # fmt: skip

REASONS = (
    "duplicate_file", "blank_row", "summary_row", "row_length", "other_resource", "other_instrument",
    "lookalike", "panel_code", "test_response", "not_completed", "not_done", "not_administered", "other_drug",
    "missing_id", "excel_error", "bad_date", "partial_date", "date_out_of_range", "answer_conflict",
    "not_a_number", "not_integer", "missing_code", "out_of_range", "missing_score", "no_answers",
    "total_mismatch", "session_conflict", "duplicate", "conflicting_duplicate",
)  # fmt: skip
"""The closed list of reasons, in order of precedence: the first that applies wins."""


_RANK = {reason: place for place, reason in enumerate(REASONS)}
NO_REASON = len(REASONS)
"""The rank of a row without a fault, behind those of all reasons."""


@dataclass(frozen=True)
class Extract:
    """One file, read.

    Attributes
    ----------
    role : str, "scores", "infusions" or "patients"
    frame : DataFrame with the load_cohort columns of ITEMS, INFUSIONS or PATIENTS; ids and sites as written
    rows : DataFrame with the columns of LEDGER, one row per physical data row (the header is none)
    notes : tuple of str, decisions and their evidence; no cell value
    excluded : DataFrame (EXCLUDED), questionnaires with answers that are left out of the frame
    """

    role: str
    frame: pd.DataFrame
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()
    excluded: pd.DataFrame = field(default_factory=EXCLUDED.empty)


@dataclass(frozen=True, eq=False)
class RowFaults:
    """The first fault of each row.

    Attributes
    ----------
    ranks : array of int8, the place of the reason in the closed list; NO_REASON where there is none
    columns : array of int16, the column at fault, counted from 1; 0 where there is none or no single one
    """

    ranks: np.ndarray
    columns: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """True for each row at fault."""
        return self.ranks != NO_REASON

    def has(self, reason: str) -> np.ndarray:
        """True for each row with this reason."""
        return self.ranks == _RANK[reason]

    def where(self, kept: np.ndarray) -> RowFaults:
        """The faults of these rows only."""
        if not self.found.any():
            return self
        return RowFaults(
            np.where(kept, self.ranks, np.int8(NO_REASON)), np.where(kept, self.columns, np.int16(0))
        )

    def at(self, rows: np.ndarray) -> RowFaults:
        """The faults of these rows (flags) alone."""
        return self if rows.all() else RowFaults(self.ranks[rows], self.columns[rows])

    def or_earlier(self, other: RowFaults) -> RowFaults:
        """Of two faults per row the one that comes first in the closed list."""
        earlier = other.ranks < self.ranks
        if not earlier.any():
            return self
        return RowFaults(
            np.where(earlier, other.ranks, self.ranks), np.where(earlier, other.columns, self.columns)
        )

    def mark(self, rows: np.ndarray, reason: str, column: int = 0) -> RowFaults:
        """Give these rows another reason."""
        if not rows.any():
            return self
        return RowFaults(
            np.where(rows, np.int8(_RANK[reason]), self.ranks), np.where(rows, np.int16(column), self.columns)
        )


def no_faults(n_rows: int) -> RowFaults:
    """Rows without any fault."""
    return RowFaults(np.full(n_rows, NO_REASON, dtype=np.int8), np.zeros(n_rows, dtype=np.int16))


def rank_reasons(reasons: pd.Series) -> np.ndarray:
    """Give the place of each reason in the closed list; one past the end where there is none."""
    codes, found = pd.factorize(reasons)
    return np.array([*(_RANK[str(reason)] for reason in found), NO_REASON], dtype=np.int8)[codes]


def name_reasons(ranks: np.ndarray, index: pd.Index) -> pd.Series:
    """Give the reasons of these places; missing one past the end."""
    return pd.Series(choose_text([*REASONS, None], ranks), index=index, copy=False)


def number_columns(columns: np.ndarray, index: pd.Index) -> pd.Series:
    """Give the columns at fault as Int64, missing where there is none."""
    return pd.Series(whole_array(columns.astype(np.int64), columns == 0), index=index, copy=False)


def rank_faults(n_rows: int, faults: Sequence[tuple[int | None, pd.Series]]) -> RowFaults:
    """Give per row the first fault of several columns; faults as in first_fault."""
    first = no_faults(n_rows)
    for position, reasons in faults:
        if reasons.isna().all():
            continue
        ranks = rank_reasons(reasons)
        column = 0 if position is None else position + 1
        first = first.or_earlier(RowFaults(ranks, np.full(n_rows, column, dtype=np.int16)))
    return first


def rank_places(places: np.ndarray, position: int, reasons: pd.Series) -> RowFaults:
    """Give per row the fault of its distinct cell, all of them in one column."""
    if reasons.isna().all():
        return no_faults(len(places))
    ranks = rank_reasons(reasons)[places]
    return RowFaults(ranks, np.where(ranks == NO_REASON, 0, position + 1).astype(np.int16))


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
    first = rank_faults(len(index), faults)
    return name_reasons(first.ranks, index), number_columns(first.columns, index)


def name_flagged(flags: pd.Series, reason: str) -> pd.Series:
    """The same reason for each flagged row, missing for the others."""
    return pd.Series(pd.NA, index=flags.index, dtype="string").mask(flags.astype(bool), reason)


def name_left_out(reasons: Mapping[str, pd.Series]) -> pd.Series:
    """Join what was left out, and why: "gad7=out_of_range;pcl5:week 4=not_a_number"."""
    text: pd.Series | None = None
    for id, reason in reasons.items():
        part = (id + "=" + reason).astype("string")
        text = part if text is None else text.str.cat(part, sep=";").fillna(text).fillna(part)
    assert text is not None
    return text


def differ_in_reason(left_out: pd.Series) -> pd.Series:
    """True where instruments were left out for different reasons, of which the row's own is only one."""
    found = left_out.dropna().str.findall(r"=([a-z_]+)")
    differ = found[found.map(lambda reasons: len(set(reasons)) > 1).astype(bool)]
    return pd.Series(left_out.index.isin(differ.index), index=left_out.index)


def stack_excluded(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Give the questionnaires of several parts that were left out and whose patient is known (EXCLUDED)."""
    frames = [part[part["patient_id"].notna()] for part in parts if len(part)]
    dtypes = {column.name: column.dtype for column in EXCLUDED.columns}
    if not frames:
        return EXCLUDED.empty()
    return pd.concat(frames, ignore_index=True).reindex(columns=list(dtypes)).astype(dtypes)
