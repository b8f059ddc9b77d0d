"""What keeps a million rows quick: patients as numbers, and columns that are not copied in between."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pandas as pd


def share_columns() -> AbstractContextManager[None]:
    """Let intermediate frames share their columns instead of copying them, where none is changed in place.

    The option of pandas is that of the whole process while the block runs. What leaves the block must be
    copied after it, so that nothing handed out shares memory with what came in.
    """
    return pd.option_context("mode.copy_on_write", True)


def code_ids(*frames: pd.DataFrame) -> tuple[tuple[pd.DataFrame, ...], pd.Index]:
    """Give the frames with patient_id as whole numbers, and the ids by number.

    Parameters
    ----------
    *frames : DataFrames with patient_id

    Returns
    -------
    tuple of the frames, shallow copies; and the Index of ids in their order, so that sorting by number is
    sorting by id. Frames in which an id is missing are given back as they are, with an empty Index.
    """
    ids = pd.concat([frame["patient_id"] for frame in frames], ignore_index=True)
    codes, names = pd.factorize(ids, sort=True)
    if (codes < 0).any():
        return frames, pd.Index([], dtype="string")
    coded, start = [], 0
    for frame in frames:
        own = pd.Series(codes[start : start + len(frame)], index=frame.index)
        coded.append(frame.assign(patient_id=own))
        start += len(frame)
    return tuple(coded), pd.Index(names)


def name_ids(frame: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """Give a frame whose patient_id was coded its ids back."""
    if not len(names):
        return frame
    return frame.assign(patient_id=names.take(frame["patient_id"].to_numpy()).astype("string"))
