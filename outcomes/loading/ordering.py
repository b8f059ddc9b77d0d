"""Rows by patient and time: columns of a frame as whole numbers that sort and repeat as their values do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

_ORDER = ("patient_id", "date", "study_day", "clock", "instrument")


class Places:
    """The columns of a frame as whole numbers, each found once.

    Parameters
    ----------
    frame : DataFrame; texts sort by code point, so that no locale matters, and missing values last
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._found: dict[str, tuple[np.ndarray, int]] = {}

    def number_rows(self, columns: Sequence[str]) -> np.ndarray:
        """Give each row one whole number: smaller where the columns, one after the other, are smaller.

        Returns
        -------
        array of int64; equal where all columns are equal, missing values being equal to each other
        """
        numbers, size = np.zeros(len(self.frame), dtype=np.int64), 1
        for name in columns:
            places, n_places = self._places(name)
            if n_places <= 1:
                continue
            if (
                size * n_places >= 2**62
            ):  # too many to be told apart by one number; those that occur are fewer
                found, numbers = np.unique(numbers, return_inverse=True)
                size = len(found)
            numbers, size = numbers * n_places + places, size * n_places
        return numbers

    def find_repeated(self, columns: Sequence[str], *, keep: Literal["first", False]) -> np.ndarray:
        """True for the rows that are equal to another one: to an earlier one, or (False) to any."""
        return pd.Series(self.number_rows(columns)).duplicated(keep=keep).to_numpy(dtype=bool)

    def _places(self, name: str) -> tuple[np.ndarray, int]:
        """The place of each value among the sorted distinct ones, missing last; and how many there are."""
        if name not in self._found:
            column = self.frame[name]
            cells = np.asarray(column, dtype=object) if column.dtype == "string" else column.array
            if column.isna().all():
                return np.zeros(len(column), dtype=np.int64), 1
            codes, found = pd.factorize(cells)
            values = found.tolist()
            ranks = np.full(len(values) + 1, len(values))  # the last one is met by code -1, which is missing
            ranks[sorted(range(len(values)), key=values.__getitem__)] = np.arange(len(values))
            self._found[name] = ranks[codes], len(values) + bool((codes < 0).any())
        return self._found[name]


def find_order(places: Places) -> np.ndarray:
    """Give the rows by patient and time; what is then still equal by the text of its row_uid."""
    frame = places.frame
    numbers = places.number_rows([name for name in _ORDER if name in frame.columns])
    order = np.argsort(numbers, kind="stable")
    sorted_numbers = numbers[order]
    again = np.flatnonzero(sorted_numbers[1:] == sorted_numbers[:-1])
    if len(again) and "row_uid" in frame.columns:
        tied = np.union1d(again, again + 1)
        uids = np.asarray(frame["row_uid"], dtype=object)
        order[tied] = sorted(order[tied].tolist(), key=lambda row: (numbers[row], uids[row]))
    return order


def take_rows(frame: pd.DataFrame, order: np.ndarray) -> pd.DataFrame:
    """The rows in another order, numbered anew; the memory of what does not move is shared."""
    index = pd.RangeIndex(len(order))
    if (order[1:] > order[:-1]).all():
        same = frame.copy(deep=False)
        same.index = index
        return same
    columns = {
        name: column.array if _is_empty(column) else column.array.take(order)
        for name, column in frame.items()
    }
    return pd.DataFrame(columns, index=index, copy=False)


def _is_empty(column: pd.Series) -> bool:
    """Whether every value is missing, so that no order changes the column."""
    return bool(len(column)) and column.iloc[0] is pd.NA and bool(column.isna().all())
