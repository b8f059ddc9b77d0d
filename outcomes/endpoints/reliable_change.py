"""Reliable change: more than measurement error alone would often make, for better or for worse."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change import select_judged
from outcomes.endpoints.rules import keep_where, lay_along, measure_improvement, reaches_caseness


def derive_reliable_change(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Flag reliable improvement, reliable deterioration and any worsening against baseline.

    Parameters
    ----------
    scores : DataFrame with instrument, total, baseline and change (points)
    profile : str or Profile; reliable_change and caseness are used

    Returns
    -------
    DataFrame, the same rows with reliable_improvement (boolean; missing where change is, or where baseline is
    below caseness), reliable_deterioration and any_worsening (boolean; missing where change is: there is no
    gate for harm). The two reliable flags are missing for an instrument that the profile gives no reliable
    change.

    Raises
    ------
    DataError
        If a column of derive_change is missing.

    Notes
    -----
    With improvement I and reliable change RC in points [1]_: improvement ``I >= RC``; deterioration
    ``-I >= RC``; any worsening ``I < 0``. A baseline below RC cannot improve reliably, and one above maximum
    - RC cannot deteriorate reliably.

    References
    ----------
    .. [1] Jacobson NS, Truax P (1991). Clinical significance: a statistical approach to defining meaningful
       change in psychotherapy research. J Consult Clin Psychol 59:12-19. doi:10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"total": [18, 13], "baseline": [12, 12], "change": [6, 1]}, dtype="Int64")
    >>> flagged = oc.derive_reliable_change(scores.assign(instrument="phq9"))
    >>> flagged["reliable_deterioration"].tolist(), flagged["any_worsening"].tolist()
    ([True, False], [True, True])
    """
    profile = get_profile(profile)
    total = select_judged(scores, caller="derive_reliable_change")
    baseline, instrument = scores["baseline"], scores["instrument"]
    eligible = reaches_caseness(baseline, instrument, profile=profile)
    improved = improves_reliably(baseline, total, instrument, profile=profile)
    return scores.assign(
        reliable_improvement=keep_where(improved, eligible),
        reliable_deterioration=deteriorates_reliably(baseline, total, instrument, profile=profile),
        any_worsening=worsens(baseline, total, instrument),
    )


def improves_reliably(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where the improvement is at least the reliable change (boolean), without a gate."""
    points = lay_along(instrument, profile.by_instrument("reliable_change"))
    return (measure_improvement(baseline, total, instrument) >= points).astype("boolean")


def deteriorates_reliably(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where the worsening is at least the reliable change (boolean)."""
    points = lay_along(instrument, profile.by_instrument("reliable_change"))
    return (-measure_improvement(baseline, total, instrument) >= points).astype("boolean")


def worsens(baseline: pd.Series, total: pd.Series, instrument: pd.Series) -> pd.Series:
    """Tell where the total is worse than baseline by any amount (boolean)."""
    return (measure_improvement(baseline, total, instrument) < 0).astype("boolean")
