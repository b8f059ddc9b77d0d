"""The choice of one questionnaire among several: nearest, then earliest, then latest on the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd


def choose_nearest(candidates: pd.DataFrame) -> pd.DataFrame:
    """Keep one row per group: the least distance, then the earliest day, then the latest clock time.

    Parameters
    ----------
    candidates : DataFrame with group, distance and day (int), clock (seconds, -1 where unknown), assessment_id

    Returns
    -------
    DataFrame, the chosen rows ordered by group; rows alike in all of these are told apart by assessment_id, so that
    the order of the input never matters
    """
    keys = ["group", "distance", "day", "clock"]
    alike = candidates.duplicated(keys, keep=False)
    # Only rows that are alike need their ids compared: sorting all ids would dominate the time of a large cohort.
    rank = pd.factorize(candidates["assessment_id"].where(alike), sort=True)[0] if alike.any() else np.zeros(len(alike))
    columns = [candidates[name].to_numpy(dtype="int64") for name in keys]
    order = np.lexsort([rank, -columns[3], columns[2], columns[1], columns[0]])
    return candidates.iloc[order].drop_duplicates("group")
