"""The choice of one questionnaire among several: nearest, then earliest, then latest on the clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.endpoints.days import fill_clock


def choose_nearest(candidates: pd.DataFrame) -> pd.DataFrame:
    """Keep one row per group: the least distance, then the earliest day, then the latest clock time.

    Parameters
    ----------
    candidates : DataFrame with group, distance and day (int), clock (seconds, -1 where unknown),
        assessment_id

    Returns
    -------
    DataFrame, the chosen rows ordered by group; rows alike in all of these are told apart by assessment_id,
    so that the order of the input never matters
    """
    keys = ["group", "distance", "day", "clock"]
    alike = candidates.duplicated(keys, keep=False)
    # Only rows that are alike need their ids compared: sorting all ids would take most of the time.
    rank = (
        pd.factorize(candidates["assessment_id"].where(alike), sort=True)[0]
        if alike.any()
        else np.zeros(len(alike))
    )
    columns = [candidates[name].to_numpy(dtype="int64") for name in keys]
    order = np.lexsort([rank, -columns[3], columns[2], columns[1], columns[0]])
    return candidates.iloc[order].drop_duplicates("group")


def list_course_visits(scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Give each questionnaire after a start once for every series of its patient that had begun by then.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline
    courses : DataFrame with patient_id, series, instrument and start_day; its index names the course

    Returns
    -------
    DataFrame with course, day (of that series), in_home (whether it is the home series), usable
    (endpoint_use), total, clock, days_since_infusion, timing_class and assessment_id; acute scores are kept
    with usable False
    """
    taken = [
        "patient_id",
        "instrument",
        "series",
        "day",
        "total",
        "clock",
        "days_since_infusion",
        "timing_class",
        "assessment_id",
        "endpoint_use",
    ]
    use = scores["endpoint_use"].fillna(False) | (scores["timing_class"] == "acute").fillna(False)
    visits = scores.loc[use.to_numpy(dtype=bool), taken].rename(columns={"series": "home", "day": "home_day"})
    keys = courses.loc[courses["series"].notna(), ["patient_id", "instrument", "series", "start_day"]]
    visits = visits.merge(
        keys.rename_axis("course").reset_index(), on=["patient_id", "instrument"], how="inner"
    )
    homes = keys.rename(columns={"series": "home", "start_day": "home_start_day"})
    visits = visits[(visits["series"] <= visits["home"]).to_numpy(dtype=bool)].merge(
        homes, on=["patient_id", "instrument", "home"], how="left", validate="many_to_one"
    )
    return visits.assign(
        day=visits["home_day"] + visits["home_start_day"] - visits["start_day"],
        in_home=visits["series"] == visits["home"],
        usable=visits["endpoint_use"].astype(bool),
        clock=fill_clock(visits["clock"]),
    )


def find_window_scores(
    visits: pd.DataFrame, offset: pd.Series, *, window: tuple[int, int], target: int, courses: pd.Index
) -> pd.DataFrame:
    """Find each course's score in a window: usable, with a total, nearest to the target.

    Parameters
    ----------
    visits : DataFrame of list_course_visits
    offset : Series, days of these visits from the anchor of the window
    window : first and last day, both included
    target : int, day that the score should be nearest to
    courses : Index of the courses wanted

    Returns
    -------
    DataFrame indexed by courses: total, day, timing_class, days_since_infusion, in_home (missing without a
    score), has_unusable (an incomplete questionnaire lies in the window), has_acute
    """
    inside = visits[offset.between(*window).fillna(False).to_numpy(dtype=bool)]
    inside = inside.assign(distance=(offset.reindex(inside.index) - target).abs(), group=inside["course"])
    chosen = choose_nearest(inside[inside["usable"] & inside["total"].notna()]).set_index("course")
    found = chosen[["total", "day", "timing_class", "days_since_infusion", "in_home"]].reindex(courses)
    unusable = inside.loc[inside["usable"] & inside["total"].isna(), "course"]
    acute = inside.loc[~inside["usable"], "course"]
    return found.assign(has_unusable=courses.isin(unusable), has_acute=courses.isin(acute))
