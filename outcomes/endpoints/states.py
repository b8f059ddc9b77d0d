"""Every patient's path through the states of a course: not responding, responding, relapsed, stopped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.coding import share_columns
from outcomes.endpoints.response import meets_response
from outcomes.schema import require_columns

STATES = ("not responding", "responding", "response lost", "responding again")
_KEY = ["patient_id", "series", "instrument"]


def build_states(
    scores: pd.DataFrame, courses: pd.DataFrame, *, until_day: int = 180, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Give the stretches of days that each patient of series 1 spent in each state, as far as scores show.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
    courses : DataFrame (COURSES) of the same scores; those with a start observed and a baseline at caseness
    until_day : int, last day that is looked at
    profile : str or Profile; the response_ keys are used

    Returns
    -------
    DataFrame
        One row per patient, instrument and stretch: patient_id, site, route, series, instrument, state,
        start, stop (days; in the state on (start, stop]), last (True on the stretch in which the patient was
        last seen).

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    A state lasts from the score that shows it to the score that shows another, and ends at the last score:
    after it nothing is known. The states: not responding (from day 0), responding (at the first score that
    meets response), response lost (at the first later score that does not), responding again; lost again is
    response lost. These are single scores without confirmation; for relapse by the profile's rule see
    build_relapse_times. Changes are dated at the visit, which is late by part of a gap.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> key = {"patient_id": "A", "series": 1, "instrument": "phq9"}
    >>> scores = pd.DataFrame({
    ...     **key, "day": [0, 7, 14, 28], "total": [20, 8, 15, 6], "endpoint_use": [False, True, True, True],
    ... })
    >>> courses = pd.DataFrame({
    ...     **key, "site": "S", "route": "IV", "baseline": 20, "start_observed": True,
    ...     "baseline_reason": None, "eligible_reason": None,
    ... }, index=[0])
    >>> oc.build_states(scores, courses)[["state", "start", "stop"]].values.tolist()
    [['not responding', 0, 7], ['responding', 7, 14], ['response lost', 14, 28]]
    """
    profile = get_profile(profile)
    require_columns(scores, (*_KEY, "day", "total", "endpoint_use"), caller="build_states")
    require_columns(
        courses,
        (*_KEY, "site", "route", "baseline", "start_observed", "eligible_reason"),
        caller="build_states",
    )
    with share_columns():
        chosen = _choose(courses)
        seen = scores[
            (scores["series"] == 1).fillna(False)
            & scores["endpoint_use"].fillna(False).astype(bool)
            & scores["total"].notna()
            & (scores["day"] <= until_day).fillna(False)
        ]
        rows = seen[[*_KEY, "day", "total"]].merge(
            chosen[[*_KEY, "site", "route", "baseline"]], on=_KEY, how="inner", validate="many_to_one"
        )
        rows = rows.assign(day=rows["day"].clip(lower=1)).sort_values([*_KEY, "day"], ignore_index=True)
        rows = rows.drop_duplicates([*_KEY, "day"], keep="last").reset_index(drop=True)
        met = meets_response(
            rows["baseline"].astype("Int64"),
            rows["total"].astype("Int64"),
            rows["instrument"],
            profile=profile,
        )
    return _cut(rows.assign(met=met.fillna(False).astype(bool)))


def _choose(courses: pd.DataFrame) -> pd.DataFrame:
    """Series 1 of those whose start was observed, with a baseline at caseness, matured or not."""
    later = ("not_matured",)  # who is not due yet is looked at as far as seen
    reason = courses["eligible_reason"]
    kept = (
        (courses["series"] == 1).fillna(False)
        & courses["start_observed"].fillna(False).astype(bool)
        & courses["baseline"].notna()
        & (reason.isna() | reason.isin(later))
    )
    return courses[kept]


def _cut(rows: pd.DataFrame) -> pd.DataFrame:
    """Stretches between changes of state."""
    person = rows.groupby(_KEY, sort=False, observed=True)
    before = person["met"].shift(1, fill_value=False)
    turns = (rows["met"] != before).groupby([rows[name] for name in _KEY], sort=False).cumsum()
    number = np.minimum(turns, 2 + turns % 2)  # lost again is lost, again responding is that
    named = np.select([number == 0, number == 1, number == 2], STATES[:3], STATES[3])
    rows = rows.assign(_after=named, _turn=turns)
    person = rows.groupby(_KEY, sort=False, observed=True)
    rows = rows.assign(  # until a score, the state is that of the score before it
        _state=person["_after"].shift(1).fillna(STATES[0]),
        _start=person["day"].shift(1).fillna(0).astype("Int64"),
        _piece=person["_turn"].shift(1).fillna(0),
    )
    keys = [*_KEY, "site", "route", "_piece", "_state"]
    pieces = rows.groupby(keys, sort=False, observed=True, dropna=False).agg(
        start=("_start", "min"), stop=("day", "max")
    )
    pieces = pieces.reset_index().rename(columns={"_state": "state"})
    final = pieces.groupby(_KEY, sort=False, observed=True)["stop"].transform("max")
    pieces = pieces.assign(last=pieces["stop"] == final)
    return pieces[["patient_id", "site", "route", "series", "instrument", "state", "start", "stop", "last"]]
