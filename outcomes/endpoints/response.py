"""Response: the total has improved by the profile's share of baseline, or by its number of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change import select_judged
from outcomes.endpoints.rules import (
    is_at_least,
    keep_where,
    lay_along,
    lay_percent,
    measure_improvement,
    reaches_caseness,
)


def derive_response(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Flag the assessments at which the total has improved by the profile's response percentage of baseline.

    Parameters
    ----------
    scores : DataFrame with instrument, total, baseline and change (points)
    profile : str or Profile; response_percent (50 is the usual criterion), response_points,
        partial_response_percent and caseness are used

    Returns
    -------
    DataFrame, the same rows with response and partial_response (boolean); missing where change is, where
    baseline is 0 or below caseness (not eligible), and for an instrument that the profile gives none

    Raises
    ------
    DataError
        If a column of derive_change is missing.

    Notes
    -----
    With improvement I = baseline B - total F (F - B where higher is better), response means
    ``100 * I >= response_percent * B`` [1]_ and ``I >= response_points``; a condition that the profile drops
    always holds. A partial response is none, and yet ``100 * I >= partial_response_percent * B``. The
    comparison is made in whole numbers: at B = 15 a total of 7 responds and 8 does not.

    References
    ----------
    .. [1] Rush AJ, Kraemer HC, Sackeim HA, et al. (2006). Report by the ACNP Task Force on response and
       remission in major depressive disorder. Neuropsychopharmacology 31:1841-1853.
       doi:10.1038/sj.npp.1301131

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"total": [7, 8], "baseline": [15, 15], "change": [-8, -7]}, dtype="Int64")
    >>> oc.derive_response(scores.assign(instrument="phq9"))["response"].tolist()
    [True, False]
    """
    profile = get_profile(profile)
    total = select_judged(scores, caller="derive_response")
    met = meets_response(scores["baseline"], total, scores["instrument"], profile=profile)
    eligible = reaches_caseness(scores["baseline"], scores["instrument"], profile=profile)
    partial = meets_partial_response(scores["baseline"], total, scores["instrument"], profile=profile)
    return scores.assign(response=keep_where(met, eligible), partial_response=keep_where(partial, eligible))


def meets_response_at(visits: pd.DataFrame, courses: pd.DataFrame, *, profile: Profile) -> pd.Series:
    """Tell at which visits (course, total) of these courses (baseline, instrument) response is met (bool)."""
    of_course = courses.loc[visits["course"], ["baseline", "instrument"]].set_index(visits.index)
    met = meets_response(of_course["baseline"], visits["total"], of_course["instrument"], profile=profile)
    return met.fillna(False).astype(bool)


def meets_response(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where a total is a response to its baseline (boolean), whether or not the patient is eligible."""
    improvement = measure_improvement(baseline, total, instrument)
    top, enough = _falls_by(baseline, improvement, instrument, profile.by_instrument("response_percent"))
    points = lay_along(instrument, profile.by_instrument("response_points"))
    met = (enough | top.isna()) & is_at_least(improvement, points)
    return keep_where(met, (top.notna() | points.notna()) & (baseline != 0) & improvement.notna())


def meets_partial_response(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where a total is a partial response to its baseline and no response (boolean), without a gate."""
    improvement = measure_improvement(baseline, total, instrument)
    limits = profile.by_instrument("partial_response_percent")
    top, enough = _falls_by(baseline, improvement, instrument, limits)
    responds = meets_response(baseline, total, instrument, profile=profile)
    return keep_where(enough & ~responds, top.notna() & responds.notna())


def _falls_by(
    baseline: pd.Series, improvement: pd.Series, instrument: pd.Series, percent: Mapping[str, Any]
) -> tuple[pd.Series, pd.Series]:
    """Give the percentage's numerator (missing without one), and where the improvement reaches it exactly."""
    top, bottom = lay_percent(instrument, percent)
    return top, 100 * improvement * bottom >= top * baseline
