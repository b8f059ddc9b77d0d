"""Relapse more than once: every stretch in response, up to the relapse that ends it."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.coding import share_columns
from outcomes.endpoints.relapse import build_relapse_times, find_relapses
from outcomes.endpoints.response import meets_response_at
from outcomes.endpoints.visits import list_visits, take_first

_KEY = ["patient_id", "series", "instrument"]
_ENDS = "new_series"  # another series is a course of its own
_NOT_NOW = "not in response again"


def build_recurrent_times(
    scores: pd.DataFrame, courses: pd.DataFrame, *, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Give every stretch in which a patient was in response and could relapse, one row each.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
    courses : DataFrame (COURSES) of the same scores
    profile : str or Profile; the relapse_ keys, the response_ keys and maintenance are used

    Returns
    -------
    DataFrame
        The columns of EVENTS, one row per patient-series, instrument and stretch with follow-up, and: episode
        (1, 2, ...), entry and time (at risk in (entry, time], days from origin_day, the day of the
        post-induction score), gap (time - entry) and event; left and right are on the same clock. Courses
        that build_relapse_times leaves out or that have no follow-up have no row; there they are counted.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Episode 1 is the row of build_relapse_times. After a relapse a patient is not at risk until the first
    later score that meets response; from there the same rule of relapse is applied, with this score as F0. A
    new series ends follow-up. For the model of Andersen and Gill [1]_ use ``fit_cox(..., entry="entry",
    recurrent=True)``; with ``strata="episode"`` it is that of Prentice, Williams and Peterson [2]_ in total
    time, and in gap time with the same strata, gap as time and no entry.

    References
    ----------
    .. [1] Andersen PK, Gill RD. Cox's regression model for counting processes: a large sample study. Ann
       Stat 1982;10:1100-1120. doi:10.1214/aos/1176345976
    .. [2] Prentice RL, Williams BJ, Peterson AV. On the regression analysis of multivariate failure time
       data. Biometrika 1981;68:373-379. doi:10.1093/biomet/68.2.373

    Examples
    --------
    >>> import outcomes as oc
    >>> days = {"study_day": "Int64"}
    >>> infusions = oc.INFUSIONS.empty().reindex(range(4))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3, 7, 10]).astype(days)
    >>> patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="p1", observed_until_day=200)
    >>> patients = patients.astype({"observed_until_day": "Int64"})
    >>> scores = oc.SCORES.empty().reindex(range(7)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[0, 31, 45, 55, 70, 90, 96], total=[18, 6, 13, 14, 5, 15, 16])
    >>> scores = scores.astype({**days, "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions, patients)
    >>> courses = oc.build_courses(scores, infusions, patients)
    >>> rows = oc.build_recurrent_times(scores, courses)
    >>> rows[["episode", "entry", "time", "event"]].values.tolist()
    [[1, 0, 14, True], [2, 39, 59, True]]
    """
    profile = get_profile(profile)
    ordered = courses.sort_values(_KEY, ignore_index=True)
    found = [build_relapse_times(scores, ordered, profile=profile).assign(episode=1)]
    first_day = found[0]["origin_day"]
    with share_columns():
        visits = list_visits(scores, ordered)
        visits = visits.assign(met=meets_response_at(visits, ordered, profile=profile))
        while len(again := _find_next_response(found[-1], visits)):
            others = pd.Series(_NOT_NOW, index=ordered.index, dtype="string").mask(
                ordered.index.isin(again.index)
            )
            now = ordered.assign(
                endpoint_day=again["day"].reindex(ordered.index),
                endpoint_total=again["total"].reindex(ordered.index),
            )
            following = find_relapses(scores, now, others, endpoint="relapse", confirm=True, profile=profile)
            found.append(following.assign(episode=len(found) + 1))
    rows = pd.concat(found)
    rows = rows[(rows["included"] & (rows["time"] > 0)).fillna(False).to_numpy(dtype=bool)]
    shift = rows["origin_day"] - first_day.loc[rows.index]
    rows = rows.assign(
        gap=rows["time"], entry=shift, origin_day=rows["origin_day"] - shift,
        **{name: rows[name] + shift for name in ("left", "right", "time")},
    )  # fmt: skip
    return rows.sort_values([*_KEY, "episode"], ignore_index=True)


def _find_next_response(events: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Give day and total of the first response after each relapse, by course; none after a new series."""
    relapsed = (events["event"] & (events["reason"] != _ENDS)).fillna(False)
    since = (events["origin_day"] + events["time"]).where(relapsed)
    later = visits["met"] & (visits["day"] > visits["course"].map(since)).fillna(False)
    return take_first(visits, later)[["day", "total"]]
