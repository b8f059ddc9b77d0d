"""Visits: the scores of each patient-series in order, one per day, and questions about their sequence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.endpoints.baseline import KEY
from outcomes.endpoints.coding import code_ids
from outcomes.endpoints.days import fill_clock, measure_span
from outcomes.endpoints.windows import choose_nearest


def list_visits(scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Give the usable totals of the home series of each course, one per day, in order.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline
    courses : DataFrame with patient_id, series and instrument; its index (0, 1, ...) names the course

    Returns
    -------
    DataFrame with course, day, total, infusion_number and days_since_infusion, ordered by course and day; of
    several scores on one day the latest on the clock
    """
    usable = (scores["endpoint_use"] & scores["total"].notna()).fillna(False).to_numpy(dtype=bool)
    taken = [*KEY, "day", "total", "clock", "infusion_number", "days_since_infusion", "assessment_id"]
    known = courses.loc[courses["series"].notna(), KEY].rename_axis("course").reset_index()
    (visits, known), _ = code_ids(scores.loc[usable, taken], known)
    visits = visits.merge(known, on=KEY, how="inner", validate="many_to_one")
    day = visits["day"].to_numpy(dtype="int64")
    earliest, span = measure_span(day)
    group = visits["course"].to_numpy(dtype="int64") * span + day - earliest
    visits = visits.assign(clock=fill_clock(visits["clock"]), distance=0, group=group)
    columns = ["course", "day", "total", "infusion_number", "days_since_infusion"]
    return choose_nearest(visits)[columns].reset_index(drop=True)


def is_confirmed(
    visits: pd.DataFrame, holds: pd.Series, *, at_least: int, at_most: int | None = None
) -> pd.Series:
    """Tell from which visits on a state holds up to the first visit at least so many days later.

    Parameters
    ----------
    visits : DataFrame with course and day, in order
    holds : Series of bool, the state at each visit
    at_least : int, days after which the first later visit confirms
    at_most : int, optional; days within which that visit must lie

    Returns
    -------
    Series of bool; False where no later visit confirms
    """
    later = _find_later(visits, at_least)
    kept = holds.to_numpy(dtype=bool)
    broken = np.where(kept, len(visits), np.arange(len(visits)))
    next_break = np.minimum.accumulate(broken[::-1])[::-1]
    confirmed = kept & (later >= 0) & (next_break > later)
    return pd.Series(confirmed & _is_within(visits, later, at_most), index=visits.index)


def has_later_visit(visits: pd.DataFrame, *, at_least: int, at_most: int | None = None) -> pd.Series:
    """Tell which visits are followed by any visit so many days later."""
    later = _find_later(visits, at_least)
    return pd.Series((later >= 0) & _is_within(visits, later, at_most), index=visits.index)


def take_first(visits: pd.DataFrame, holds: pd.Series) -> pd.DataFrame:
    """Give the first visit of each course at which the state holds, indexed by course."""
    return visits[holds.to_numpy(dtype=bool)].drop_duplicates("course").set_index("course")


def take_last(visits: pd.DataFrame, holds: pd.Series) -> pd.DataFrame:
    """Give the last visit of each course at which the state holds, indexed by course."""
    return visits[holds.to_numpy(dtype=bool)].drop_duplicates("course", keep="last").set_index("course")


def measure_gaps(visits: pd.DataFrame) -> pd.Series:
    """Give the median days between visits, the origin of the clock included, by course (Float64)."""
    gaps = visits["day"] - visits.groupby("course")["day"].shift().fillna(0)
    return gaps.astype("Float64").groupby(visits["course"]).median()


def _find_later(visits: pd.DataFrame, at_least: int) -> np.ndarray:
    """Give the position of the course's first visit at least so many days later; -1 without one."""
    course = visits["course"].to_numpy(dtype="int64")
    day = visits["day"].to_numpy(dtype="int64")
    earliest, span = measure_span(day, day + at_least)
    key = course * span + day - earliest
    later = np.searchsorted(key, key + at_least)
    same = later < len(visits)
    same[same] = course[later[same]] == course[same]
    return np.where(same, later, -1)


def _is_within(visits: pd.DataFrame, later: np.ndarray, at_most: int | None) -> np.ndarray:
    if at_most is None or not len(visits):
        return np.ones(len(visits), dtype=bool)
    day = visits["day"].to_numpy(dtype="int64")
    return day[later] - day <= at_most
