"""Response: the total has improved by the profile's share of baseline, or by its number of points."""

from __future__ import annotations

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
    profile : str or Profile; response_percent (50 is the usual criterion), response_points and caseness are
        used

    Returns
    -------
    DataFrame, the same rows with response (boolean); missing where change is, where baseline is 0 or below
    caseness (not eligible), and for an instrument that the profile gives no response

    Raises
    ------
    DataError
        If a column of derive_change is missing.

    Notes
    -----
    With improvement I = baseline B - total F (F - B where higher is better), response means
    ``100 * I >= response_percent * B`` and ``I >= response_points``; a condition that the profile drops
    always holds. The comparison is made in whole numbers: at B = 15 a total of 7 responds and 8 does not.

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
    return scores.assign(response=keep_where(met, eligible))


def meets_response(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where a total is a response to its baseline (boolean), whether or not the patient is eligible."""
    improvement = measure_improvement(baseline, total, instrument)
    top, bottom = lay_percent(instrument, profile.by_instrument("response_percent"))
    points = lay_along(instrument, profile.by_instrument("response_points"))
    enough = ((100 * improvement * bottom >= top * baseline) | top.isna()) & is_at_least(improvement, points)
    return keep_where(enough, (top.notna() | points.notna()) & (baseline != 0) & improvement.notna())
