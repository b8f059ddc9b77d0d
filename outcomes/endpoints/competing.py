"""Response or stopping, whichever came first."""

from __future__ import annotations

import pandas as pd

from outcomes.errors import DataError
from outcomes.schema import require_columns

_KEY = ["patient_id", "series", "instrument"]
_STOPPED = "incomplete"


def build_competing_times(events: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """Give for each patient-series what came first: the event of interest, stopping treatment, or neither.

    Parameters
    ----------
    events : DataFrame (EVENTS of build_onset_times), one endpoint
    courses : DataFrame (COURSES) of the same patients

    Returns
    -------
    DataFrame
        The rows of `events` with cause: the endpoint, "stopped", or missing where censored; time and event
        follow it. One row per row of `events`.

    Raises
    ------
    DataError
        If a column is missing, or `courses` lack a patient-series of `events`.

    Notes
    -----
    Stopped: the induction is incomplete and no event was seen up to the day after the last infusion of the
    series; it is dated there, and later scores are not used. Events are dated at the visit that showed them.
    Someone who stops can no longer respond to the series: a curve that censors them there speaks of a world
    without stopping, a cumulative incidence of this one.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> key = {"series": 1, "instrument": "phq9"}
    >>> events = pd.DataFrame({
    ...     "patient_id": ["A", "B", "C"], **key, "endpoint": "response", "included": True,
    ...     "time": [9, 30, 20], "event": [True, True, False],
    ... })
    >>> courses = pd.DataFrame({
    ...     "patient_id": ["A", "B", "C"], **key, "last_infusion_day": [18, 4, 18],
    ...     "induction_status": ["complete", "incomplete", "complete"],
    ... })
    >>> oc.build_competing_times(events, courses)[["time", "cause"]].values.tolist()
    [[9, 'response'], [5, 'stopped'], [20, <NA>]]
    """
    require_columns(events, (*_KEY, "endpoint", "included", "time", "event"), caller="build_competing_times")
    require_columns(courses, (*_KEY, "last_infusion_day", "induction_status"), caller="build_competing_times")
    known = courses[[*_KEY, "last_infusion_day", "induction_status"]].drop_duplicates(_KEY)
    rows = events.merge(known, on=_KEY, how="left", validate="many_to_one", indicator=True)
    included = rows["included"].fillna(False).astype(bool)
    lacking = int((included & (rows["_merge"] == "left_only")).sum())
    if lacking:
        raise DataError(
            f"build_competing_times needs the courses of the same patients; {lacking} rows of events have "
            "none. Give the courses that the events were built with.",
            code="E250",
        )
    seen = rows["event"].fillna(False).astype(bool)
    stop_day = find_stop_days(rows, rows["time"].where(seen))
    stopped = included & stop_day.notna()
    cause = rows["endpoint"].astype("string").where(seen & included).mask(stopped, "stopped")
    return rows.drop(columns=["last_infusion_day", "induction_status", "_merge"]).assign(
        time=rows["time"].astype("Int64").mask(stopped, stop_day),
        event=cause.notna().astype("boolean").where(included),
        cause=cause,
    )


def find_stop_days(courses: pd.DataFrame, event_day: pd.Series) -> pd.Series:
    """Give the day on which treatment was stopped without the event; missing where it was not.

    Parameters
    ----------
    courses : DataFrame with last_infusion_day and induction_status
    event_day : Series, the day of the event by the index of `courses`; missing without one

    Returns
    -------
    Series of Int64, the day after the last infusion of an incomplete induction
    """
    day = (courses["last_infusion_day"] + 1).astype("Int64")
    before = (event_day.reindex(courses.index) <= day).fillna(False).astype(bool)
    return day.where((courses["induction_status"] == _STOPPED).fillna(False).astype(bool) & ~before)
