"""Who is stable at a landmark: in remission at most of the last scores, or in response at the very last."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.remission import meets_remission
from outcomes.endpoints.response import meets_response
from outcomes.endpoints.visits import list_visits


def tell_stable(scores: pd.DataFrame, courses: pd.DataFrame, *, profile: Profile) -> pd.Series:
    """Tell which courses are stable at the end of the post-induction window.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline
    courses : DataFrame (COURSES), index 0, 1, ...; anchored at the first infusion
    profile : Profile; post_window_days, the stable_ keys, and those of remission and response are used

    Returns
    -------
    Series of boolean with the index of courses; missing where there are too few scores, or neither remission
    nor response is defined

    Notes
    -----
    Of the usable scores in the window, one per day, the last stable_scores count; there must be
    stable_min_scores. Stable remission: stable_min_remission of them are in remission. Else stable response:
    the last stable_min_response of them all meet response [1]_.

    References
    ----------
    .. [1] Daly EJ, Trivedi MH, Janik A, et al. (2019). Efficacy of esketamine nasal spray plus oral
       antidepressant treatment for relapse prevention in patients with treatment-resistant depression. JAMA
       Psychiatry 76:893-903. doi:10.1001/jamapsychiatry.2019.1189
    """
    first, last = profile.value("post_window_days")
    anchored = profile.value("endpoint_anchor") == "last_induction_infusion"
    anchor = courses["last_induction_day"] if anchored else pd.Series(0, index=courses.index, dtype="Int64")
    visits = list_visits(scores, courses)
    offset = visits["day"] - visits["course"].map(anchor)
    visits = visits[offset.between(first, last).fillna(False).to_numpy(dtype=bool)]
    visits = visits.groupby("course", sort=False).tail(profile.value("stable_scores"))
    of_course = courses.loc[visits["course"], ["instrument", "baseline"]].set_index(visits.index)
    instrument = of_course["instrument"]
    remitted = meets_remission(visits["total"], instrument, profile=profile)
    responds = meets_response(of_course["baseline"], visits["total"], instrument, profile=profile)
    by_course = visits["course"]
    remissions = remitted.fillna(False).astype("Int64").groupby(by_course).sum()
    final = responds.groupby(by_course).tail(profile.value("stable_min_response"))
    responses = final.fillna(False).astype("Int64").groupby(by_course).sum()
    counts = by_course.value_counts().reindex(courses.index).fillna(0)
    stable = (remissions >= profile.value("stable_min_remission")) | (
        responses >= profile.value("stable_min_response")
    )
    judged = (remitted.notna() | responds.notna()).groupby(by_course).all()
    enough = (counts >= profile.value("stable_min_scores")) & judged.reindex(courses.index, fill_value=False)
    return stable.reindex(courses.index).astype("boolean").where(enough)
