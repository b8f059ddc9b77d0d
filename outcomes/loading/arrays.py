"""Whole columns of a frame, made from plain arrays without the copies and conversions cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray


def text_array(texts: np.ndarray) -> ExtensionArray:
    """Give str objects, and NA where there is none, the dtype string; held to that, not copied."""
    return pd.arrays.StringArray(texts)


def choose_text(texts: Sequence[str | None], places: np.ndarray) -> ExtensionArray:
    """Give each row the text at its place, None being missing; equal rows share one object."""
    return text_array(np.array([pd.NA if text is None else text for text in texts], dtype=object)).take(
        places
    )


def repeat_text(text: str | None, n_rows: int) -> ExtensionArray:
    """The same text in every row; None is missing."""
    return choose_text([text], np.zeros(n_rows, dtype=np.intp))


def repeat_number(number: int, n_rows: int) -> ExtensionArray:
    """The same whole number in every row."""
    return whole_array(np.full(n_rows, number, dtype=np.int64), np.zeros(n_rows, dtype=bool))


def whole_array(numbers: np.ndarray, missing: np.ndarray) -> ExtensionArray:
    """Whole numbers with the flags of those that are missing, in the nullable dtype of the same size."""
    return pd.arrays.IntegerArray(numbers, missing)


def missing_array(dtype: str, n_rows: int) -> ExtensionArray:
    """A column of that dtype in which every row is missing."""
    return pd.Series(pd.NA, index=pd.RangeIndex(n_rows), dtype=dtype).array


def split_whole(column: pd.Series | ExtensionArray) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers of a nullable column, 0 where missing, and the flags of the missing ones."""
    kind = column.dtype.numpy_dtype  # type: ignore[union-attr]
    return column.to_numpy(dtype=kind, na_value=0), np.asarray(column.isna(), dtype=bool)


def join_columns(frame: pd.DataFrame, columns: dict[str, ExtensionArray]) -> pd.DataFrame:
    """A frame with further columns that shares the memory of the first; for frames nobody else holds."""
    shared = {name: frame[name] for name in frame.columns}
    return pd.DataFrame({**shared, **columns}, index=frame.index, copy=False)
