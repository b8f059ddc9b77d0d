"""Why a row cannot be used: of several faults the first of the closed list stands, at its first column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.loading.extract import REASONS

_RANK = {reason: place for place, reason in enumerate(REASONS)}
_NONE = len(REASONS)


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
