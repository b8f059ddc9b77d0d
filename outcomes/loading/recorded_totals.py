"""Totals as the export states them: a check on complete rows, never a source."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.numbers import parse_whole
from outcomes.loading.plan import FAR, MAX_BAD_SHARE, QuestionnairePlan
from outcomes.loading.tables import Table


def check_totals(
    table: Table,
    plan: QuestionnairePlan,
    matrix: np.ndarray,
    raw_sum: np.ndarray,
    recorded: pd.Series,
    reason: pd.Series,
    column: pd.Series,
    cells: pd.DataFrame,
) -> tuple[pd.Series, pd.Series, list[Problem], list[str]]:
    """Compare recorded totals with the items, in complete rows only."""
    instrument, total = plan.instrument, recorded.to_numpy(dtype=float, na_value=np.nan)
    summed, free = matrix.sum(axis=1), reason.isna().to_numpy()
    judged = free & ~np.isnan(summed) & ~np.isnan(total)
    differs = judged & (summed != total)
    notes, problems = [], []
    gaps = int((free & np.isnan(summed) & ~np.isnan(total)).sum())
    if gaps:
        notes.append(
            f"{instrument.id}: recorded_total_unverified in {gaps} rows whose items are not all answered"
        )
    if differs.any() and (raw_sum[judged] == total[judged]).all():
        notes.append(
            f"{instrument.id}: recorded_total_is_code_sum in all {int(judged.sum())} complete rows; "
            "scored from the labels"
        )
        return reason, column, problems, notes
    count = int(differs.sum())
    if count > MAX_BAD_SHARE * judged.sum():
        message = (
            f"{instrument.id}: recorded totals must agree with the items; {count} of "
            f"{int(judged.sum())} complete rows differ"
            f"{_extra_sum(plan, cells, summed, total, judged)}. "
            'Say recorded_total = "ignore" in the layout to score from the items, or name the right columns.'
        )
        problems.append(table.problem("E251", message, column=plan.total))
    differ = pd.Series(differs, index=reason.index)
    return reason.mask(differ, "total_mismatch"), column.mask(differ, (plan.total or 0) + 1), problems, notes


def _extra_sum(
    plan: QuestionnairePlan, cells: pd.DataFrame, summed: np.ndarray, total: np.ndarray, judged: np.ndarray
) -> str:
    """Say so where the recorded total holds a column numbered on after the items."""
    for position in plan.extra:
        more = parse_whole(cells[position], low=-FAR, high=FAR).value.to_numpy(dtype=float, na_value=0.0)
        agree = int((summed[judged] + more[judged] == total[judged]).sum())
        if agree * 2 > judged.sum():
            return f"; with column {position + 1} added {agree} agree"
    return ""
