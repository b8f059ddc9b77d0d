"""Every patient's path through the states of a course: not responding, responding, lost, again, stopped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.coding import share_columns
from outcomes.endpoints.competing import find_stop_days
from outcomes.endpoints.response import meets_response_at
from outcomes.endpoints.visits import list_visits
from outcomes.schema import require_columns

STATES = ("not responding", "responding", "response lost", "responding again", "stopped")
_SCORES = (
    "assessment_id", "patient_id", "series", "instrument", "day", "clock", "total", "endpoint_use",
    "infusion_number", "days_since_infusion",
)  # fmt: skip
_CARRIED = ["patient_id", "site", "route", "series", "instrument"]
_COURSES = (
    *_CARRIED, "baseline", "start_observed", "eligible_reason", "last_infusion_day", "induction_status",
    "observed_until_day",
)  # fmt: skip
_SOON = 28  # days between the last score and the end of the export in which a next score may still come
_NOT_DUE = "not_matured"  # who is not due yet is looked at as far as seen


def build_states(
    scores: pd.DataFrame, courses: pd.DataFrame, *, until_day: int = 180, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Give the stretches of days that each patient of series 1 spent in each state, as far as is known.

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
        start, stop (days; in the state on (start, stop]), last (True on the last stretch of a patient) and
        ongoing (True on a last stretch after which more is known or may come: a score after `until_day`, or
        an export that ends within 28 days). Who has no later score and did not stop has no row: nothing is
        known of them after day 0.

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
    build_relapse_times. Changes are dated at the visit, which is late by part of a gap. Stopped, as in
    build_competing_times: the induction is incomplete and no response was seen up to the day after the last
    infusion; it begins then, lasts to `until_day`, and later scores are not used.

    Examples
    --------
    >>> import outcomes as oc
    >>> days = {"study_day": "Int64"}
    >>> infusions = oc.INFUSIONS.empty().reindex(range(4))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3, 7, 10]).astype(days)
    >>> patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="p1", observed_until_day=200)
    >>> patients = patients.astype({"observed_until_day": "Int64"})
    >>> scores = oc.SCORES.empty().reindex(range(4)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[0, 9, 31, 45], total=[18, 6, 13, 14])
    >>> scores = scores.astype({**days, "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions, patients)
    >>> courses = oc.build_courses(scores, infusions, patients)
    >>> oc.build_states(scores, courses)[["state", "start", "stop"]].values.tolist()
    [['not responding', 0, 9], ['responding', 9, 31], ['response lost', 31, 45]]
    """
    profile = get_profile(profile)
    require_columns(scores, _SCORES, caller="build_states")
    require_columns(courses, _COURSES, caller="build_states")
    with share_columns():
        chosen = _choose(courses)
        visits = list_visits(scores, chosen)
        later = visits.loc[(visits["day"] > until_day).to_numpy(dtype=bool), "course"].unique()
        visits = visits[(visits["day"] <= until_day).to_numpy(dtype=bool)]
        visits = visits.assign(day=visits["day"].clip(lower=1)).drop_duplicates(
            ["course", "day"], keep="last"
        )
        visits = visits.assign(met=meets_response_at(visits, chosen, profile=profile))
    stop = find_stop_days(chosen, visits.loc[visits["met"]].groupby("course")["day"].min())
    stop = stop[(stop < until_day).fillna(False)]
    pieces = pd.concat(
        [_cut(visits[~visits["course"].isin(stop.index)]), _list_stopped(stop, until_day)], ignore_index=True
    ).sort_values(["course", "start"], ignore_index=True)
    last = ~pieces.duplicated("course", keep="last")
    ends = pieces["course"].map(chosen["observed_until_day"])
    more = pieces["course"].isin(later) | (ends - pieces["stop"] <= _SOON).fillna(False)
    ongoing = last & more & (pieces["state"] != STATES[4])
    carried = chosen.loc[pieces["course"], _CARRIED].set_index(pieces.index)
    pieces = pieces.assign(last=last, ongoing=ongoing.astype(bool))
    return pd.concat([carried, pieces[["state", "start", "stop", "last", "ongoing"]]], axis=1)


def _choose(courses: pd.DataFrame) -> pd.DataFrame:
    """Series 1 of those whose start was observed, with a baseline at caseness, matured or not."""
    reason = courses["eligible_reason"]
    kept = (
        (courses["series"] == 1).fillna(False)
        & courses["start_observed"].fillna(False).astype(bool)
        & courses["baseline"].notna()
        & (reason.isna() | (reason == _NOT_DUE).fillna(False))
    )
    return courses[kept].sort_values(["patient_id", "instrument"], ignore_index=True)


def _cut(visits: pd.DataFrame) -> pd.DataFrame:
    """Stretches between changes of state; until a score, the state is that of the score before it."""
    course = visits["course"]
    before = visits.groupby("course")["met"].shift(1, fill_value=False)
    turns = (visits["met"] != before).groupby(course).cumsum()
    number = np.minimum(turns, 2 + turns % 2)  # lost again is lost, again responding is that
    rows = visits.assign(
        state=pd.Series(np.asarray(STATES)[number], index=visits.index).groupby(course).shift(1),
        start=visits.groupby("course")["day"].shift(1).fillna(0),
        turn=turns.groupby(course).shift(1).fillna(0),
    ).fillna({"state": STATES[0]})
    return (
        rows.groupby(["course", "turn", "state"], as_index=False)
        .agg(start=("start", "min"), stop=("day", "max"))
        .drop(columns="turn")
        .astype({"start": "Int64", "stop": "Int64"})
    )


def _list_stopped(stop: pd.Series, until_day: int) -> pd.DataFrame:
    """Two stretches of each course that was stopped without response: before the day, and after it."""
    before = pd.DataFrame({"course": stop.index, "state": STATES[0], "start": 0, "stop": stop.to_numpy()})
    after = pd.DataFrame(
        {"course": stop.index, "state": STATES[4], "start": stop.to_numpy(), "stop": until_day}
    )
    return pd.concat([before, after], ignore_index=True).astype({"start": "Int64", "stop": "Int64"})
