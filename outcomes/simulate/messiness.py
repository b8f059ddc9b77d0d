"""The faults of real exports, planted in counted numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.simulate.records import GAD7, PHQ9

EXPECTED = {
    "repeated_row": {"excluded": "duplicate", "rows_each": 1},
    "edited_repeat": {"excluded": "conflicting_duplicate", "rows_each": 2},
    "unreadable_date": {"excluded": "bad_date", "rows_each": 1},
    "missing_id": {"excluded": "missing_id", "rows_each": 1},
    "blank_row": {"excluded": "blank_row", "rows_each": 1},
    "summary_row": {"excluded": "summary_row", "rows_each": 1},
    "unfinished_survey": {"excluded": "no_answers", "rows_each": 1},
    "missed_appointment": {"excluded": "not_administered", "rows_each": 1},
    "file_loaded_twice": {"excluded": "duplicate_file", "rows_each": "all"},
    "mistyped_total": {"left_out": "phq9=total_mismatch", "rows_each": 1},
    "out_of_range": {"left_out": "phq9=out_of_range", "rows_each": 1},
    "skipped_item": {"missing": "total", "rows_each": 1},
    "declared_missing_code": {"missing": "total", "rows_each": 1},
    "unclear_dose": {"missing": "dose_mg", "rows_each": 1},
}
"""What the loader should make of each kind of fault: a reason of the ledger, or a value that is missing."""

MISSING_CODE = -99


def plant_faults(
    frame: pd.DataFrame, rates: dict[str, float], random: RandomState, *, candidates: pd.Series | None = None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Plant each kind of fault in rows of its own.

    Parameters
    ----------
    frame : DataFrame, one row per line of the export, with patient_id and date_text; index 0, 1, ...
    rates : dict of kind (see EXPECTED) to its share of the rows; at least one row, unless few are left
    random : RandomState
    candidates : boolean Series, optional; rows that may be touched (all by default)

    Returns
    -------
    tuple of the frame with the faults (repeats and blank rows stand right below the row they belong to) and a
    dict of kind to number planted
    """
    allowed = np.arange(len(frame)) if candidates is None else np.flatnonzero(candidates.to_numpy())
    free = random.permutation(allowed)
    whole = dict.fromkeys(frame.select_dtypes("int64").columns, "Int64")
    messy = frame.astype(whole).assign(line=np.arange(len(frame), dtype=float))
    planted = {}
    for kind, rate in rates.items():
        count = min(math.ceil(rate * len(frame)), len(free) // 4)
        rows, free = np.sort(free[:count]), free[count:]
        messy = _PLANTERS[kind](messy, pd.Index(rows), random)
        planted[kind] = int(count)
    return messy.sort_values("line", kind="stable", ignore_index=True).drop(columns="line"), planted


def add_counts(*counts: dict[str, int]) -> dict[str, int]:
    """Add up the numbers of planted faults by kind, in the order in which the kinds first appear."""
    kinds = dict.fromkeys(kind for count in counts for kind in count)
    return {kind: sum(count.get(kind, 0) for count in counts) for kind in kinds}


def can_be_spoiled(frame: pd.DataFrame) -> pd.Series:
    """Rows with a complete PHQ-9 and GAD-7, so that each fault has the one consequence stated for it."""
    return frame[[*PHQ9, *GAD7]].notna().all(axis=1)


def _repeat_row(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    return _append(frame, frame.loc[rows].assign(line=frame.loc[rows, "line"] + 0.5))


def _edit_repeat(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    """The same day once more, with another answer to one item of each questionnaire; totals follow."""
    copies = frame.loc[rows].assign(line=frame.loc[rows, "line"] + 0.5)
    for items, total in ((PHQ9, "phq9_total"), (GAD7, "gad7_total")):
        name = items[random.randint(len(items))]
        changed = copies[name].where(copies[name] > 0, 2) - 1
        copies = copies.assign(**{total: copies[total] + changed - copies[name], name: changed})
    return _append(frame, copies)


def _skip_item(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    """One PHQ-9 item is left open; the recorded total keeps the sum of the others."""
    return _set_item(frame, rows, random, pd.NA)


def _set_item(frame: pd.DataFrame, rows: pd.Index, random: RandomState, value: Any) -> pd.DataFrame:
    """Put a value into one PHQ-9 item of each row, and take the old answer out of the recorded total."""
    chosen = random.randint(len(PHQ9), size=len(rows))
    answers = frame.loc[rows, list(PHQ9)].to_numpy(dtype="int64")[np.arange(len(rows)), chosen]
    lost = pd.Series(answers, index=rows).reindex(frame.index, fill_value=0)
    items = {
        name: frame[name].mask(frame.index.isin(rows[chosen == k]), value) for k, name in enumerate(PHQ9)
    }
    return frame.assign(**items, phq9_total=frame["phq9_total"] - lost)


def _code_missing(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    """One PHQ-9 item holds the clinic's missing code; the calculated total is blank."""
    coded = _set_item(frame, rows, random, MISSING_CODE)
    return coded.assign(phq9_total=coded["phq9_total"].mask(coded.index.isin(rows)))


def _mistype_total(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    total = frame["phq9_total"]
    wrong = (total + 10).where(total < 18, total - 10)
    return frame.assign(phq9_total=wrong.where(frame.index.isin(rows), total))


def _double_digit(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    """A key pressed twice: 2 becomes 22; a zero becomes 9."""
    chosen = random.randint(len(PHQ9), size=len(rows))
    typed = {}
    for k, name in enumerate(PHQ9):
        twice = (frame[name] * 11).where(frame[name] > 0, 9)
        typed[name] = frame[name].mask(frame.index.isin(rows[chosen == k]), twice)
    return frame.assign(**typed)


def _spoil_date(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    year = frame["date_text"].astype(str).str[:4]
    return frame.assign(date_text=frame["date_text"].mask(frame.index.isin(rows), year + "-02-30"))


def _drop_id(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    return frame.assign(patient_id=frame["patient_id"].mask(frame.index.isin(rows)))


def _insert_blank(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    return _append(
        frame,
        frame.loc[rows].mask(frame.loc[rows, "line"].notna()).assign(line=frame.loc[rows, "line"] + 0.5),
    )


def _add_summary(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    """A line below the table with the mean PHQ-9 total, as spreadsheets end."""
    last = frame.loc[rows[:1]].mask(frame.loc[rows[:1], "line"].notna())
    mean = round(float(frame["phq9_total"].astype("Float64").mean()))
    return _append(frame, last.assign(patient_id="Mean", phq9_total=mean, line=float(len(frame) + len(rows))))


def _blur_dose(frame: pd.DataFrame, rows: pd.Index, random: RandomState) -> pd.DataFrame:
    return frame.assign(dose_mg=frame["dose_mg"].astype(object).mask(frame.index.isin(rows), "40-50 mg"))


def _append(frame: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    """Add rows under labels of their own, so that the labels of the others stay."""
    return pd.concat([frame, extra.astype(frame.dtypes).set_axis(range(len(frame), len(frame) + len(extra)))])


_PLANTERS: dict[str, Callable[[pd.DataFrame, pd.Index, RandomState], pd.DataFrame]] = {
    "repeated_row": _repeat_row,
    "edited_repeat": _edit_repeat,
    "skipped_item": _skip_item,
    "declared_missing_code": _code_missing,
    "mistyped_total": _mistype_total,
    "out_of_range": _double_digit,
    "unreadable_date": _spoil_date,
    "missing_id": _drop_id,
    "blank_row": _insert_blank,
    "summary_row": _add_summary,
    "unclear_dose": _blur_dose,
}
