"""Rows by patient and time: columns of a frame as whole numbers that sort and repeat as their values do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

_ORDER = ("patient_id", "date", "study_day", "clock", "instrument")


def number_rows(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Give each row one whole number: smaller where the columns, one after the other, are smaller.

    Parameters
    ----------
    frame : DataFrame; texts sort by code point, so that no locale matters, and missing values last
    columns : names, the first counts most

    Returns
    -------
    array of int64; equal where all columns are equal, missing values being equal to each other
    """
    numbers, size = np.zeros(len(frame), dtype=np.int64), 1
    for name in columns:
        places, n_places = _places(frame[name])
        if size * n_places >= 2**62:  # too many to be told apart by one number; those that occur are fewer
            found, numbers = np.unique(numbers, return_inverse=True)
            size = len(found)
        numbers, size = numbers * n_places + places, size * n_places
    return numbers


def sort_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by patient and time; what is then still equal by the text of its row_uid."""
    numbers = number_rows(frame, [name for name in _ORDER if name in frame.columns])
    order = np.argsort(numbers, kind="stable")
    sorted_numbers = numbers[order]
    again = np.flatnonzero(sorted_numbers[1:] == sorted_numbers[:-1])
    if len(again) and "row_uid" in frame.columns:
        places = np.union1d(again, again + 1)
        uids = frame["row_uid"].to_numpy(dtype=object)
        tied = order[places]
        order[places] = sorted(tied.tolist(), key=lambda row: (numbers[row], uids[row]))
    moved = frame if (order[1:] > order[:-1]).all() else frame.take(order)
    return moved.set_axis(pd.RangeIndex(len(frame)), axis=0, copy=False)


def _places(column: pd.Series) -> tuple[np.ndarray, int]:
    """The place of each value among the sorted distinct ones, missing last; and how many places there are."""
    codes, found = pd.factorize(column.to_numpy(dtype=object) if column.dtype == "string" else column.array)
    values = found.tolist()
    ranks = np.full(len(values) + 1, len(values))  # the last one is met by code -1, which is missing
    ranks[sorted(range(len(values)), key=values.__getitem__)] = np.arange(len(values))
    return ranks[codes], len(values) + bool((codes < 0).any())
