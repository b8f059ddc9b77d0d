"""What a reader of one file hands on: its frame, and what became of each physical row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

ROW_COLUMNS = ("row_uid", "input", "sha256", "role", "sheet", "row", "status", "reason", "column", "left_out", "assessment_row")

REASONS = (
    "duplicate_file", "blank_row", "summary_row", "row_length", "other_resource", "other_instrument", "lookalike",
    "panel_code", "test_response", "not_completed", "not_done", "not_administered", "missing_id", "excel_error",
    "bad_date", "partial_date", "date_out_of_range", "answer_conflict", "not_a_number", "not_integer", "missing_code",
    "out_of_range", "missing_score", "no_answers", "total_mismatch", "session_conflict", "duplicate",
    "conflicting_duplicate",
)  # fmt: skip
"""The closed list of reasons, in order of precedence: the first that applies wins."""


@dataclass(frozen=True)
class Extract:
    """One file, read.

    Attributes
    ----------
    role : str, "scores", "infusions" or "patients"
    frame : DataFrame with the load_cohort columns of ITEMS, INFUSIONS or PATIENTS; patient_id and site as in the file
    rows : DataFrame with the columns of LEDGER, one row per physical data row of the file (the header is none)
    notes : tuple of str, decisions and their evidence; no cell value
    """

    role: str
    frame: pd.DataFrame
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()
