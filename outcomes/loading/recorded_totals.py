"""Totals as the export states them: a check on complete rows, never a source."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from outcomes.errors import Problem
from outcomes.loading.numbers import FAR, parse_whole
from outcomes.loading.plan import MAX_BAD_SHARE, QuestionnairePlan
from outcomes.loading.tables import Table


def check_totals(
    table: Table,
    plan: QuestionnairePlan,
    rows: np.ndarray,
    *,
    summed: np.ndarray,
    written: Callable[[], np.ndarray],
    recorded: np.ndarray,
    free: np.ndarray,
) -> tuple[np.ndarray, list[Problem], list[str]]:
    """Compare recorded totals with the items, in complete rows only.

    Parameters
    ----------
    table : Table
    plan : QuestionnairePlan
    rows : array of bool, the rows of the table that are judged; the other arrays are of these rows
    summed : array of float, the sum of the item scores; nan where an item is missing
    written : callable that gives an array of float, the sum of the items as they were written, before any
        decoding
    recorded : array of float, the recorded totals; nan where there is none
    free : array of bool, rows without another fault

    Returns
    -------
    array of bool, True where the totals differ; questions (E251 above a fifth of the complete rows); and
    notes
    """
    id, nothing = plan.instrument.id, np.zeros(len(free), dtype=bool)
    judged = free & ~np.isnan(summed) & ~np.isnan(recorded)
    differs = judged & (summed != recorded)
    gaps = int((free & np.isnan(summed) & ~np.isnan(recorded)).sum())
    notes = (
        [f"{id}: recorded_total_unverified in {gaps} rows whose items are not all answered"] if gaps else []
    )
    if differs.any() and (written()[judged] == recorded[judged]).all():
        said = f"{id}: recorded_total_is_code_sum in all {int(judged.sum())} complete rows; the items count"
        return nothing, [], [*notes, said]
    count = int(differs.sum())
    if count <= MAX_BAD_SHARE * judged.sum():
        return differs, [], notes
    more = _extra_sum(table, plan, rows, summed, recorded, judged)
    message = (
        f"{id}: recorded totals must agree with the items; {count} of {int(judged.sum())} complete rows "
        f'differ{more}. Say recorded_total = "ignore" in the '
        "layout to score from the items, or name the right columns."
    )
    return differs, [table.problem("E251", message, column=plan.total)], notes


def _extra_sum(
    table: Table,
    plan: QuestionnairePlan,
    rows: np.ndarray,
    summed: np.ndarray,
    total: np.ndarray,
    judged: np.ndarray,
) -> str:
    """Say so where the recorded total holds a column numbered on after the items."""
    for position in plan.extra:
        cells = table.distinct(position).at(rows)
        value = parse_whole(cells.series, low=-FAR, high=FAR).value
        more = value.to_numpy(dtype=float, na_value=0.0)[cells.codes]
        agree = int((summed[judged] + more[judged] == total[judged]).sum())
        if agree * 2 > judged.sum():
            return f"; with column {position + 1} added {agree} agree"
    return ""
