"""Remission: the total is below the profile's cut-off."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change import select_judged
from outcomes.endpoints.rules import is_below, keep_where, lay_along, reaches_caseness


def derive_remission(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Flag the assessments at which the total is below the profile's remission cut-off.

    Parameters
    ----------
    scores : DataFrame with instrument, total, baseline and change (points)
    profile : str or Profile; remission_op, remission_value and caseness are used

    Returns
    -------
    DataFrame, the same rows with remission (boolean); missing where change is, where baseline is below
    caseness (not eligible: low already), and for an instrument that the profile gives no remission. For PCL-5
    the flag means "below cut-off" and is never to be called remission; the profile's remission_label holds
    the word.

    Raises
    ------
    DataError
        If a column of derive_change is missing.

    Notes
    -----
    Remission means ``F remission_op remission_value``, by default F < 5 for PHQ-9 [1]_: a total of 5 is a
    remission under "<=" and not under "<", so that operator and value belong beside every rate.

    References
    ----------
    .. [1] Kroenke K, Spitzer RL, Williams JBW (2001). The PHQ-9: validity of a brief depression severity
       measure. J Gen Intern Med 16:606-613. doi:10.1046/j.1525-1497.2001.016009606.x

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"total": [4, 5], "baseline": [15, 15], "change": [-11, -10]}, dtype="Int64")
    >>> oc.derive_remission(scores.assign(instrument="phq9"))["remission"].tolist()
    [True, False]
    """
    profile = get_profile(profile)
    total = select_judged(scores, caller="derive_remission")
    met = meets_remission(total, scores["instrument"], profile=profile)
    eligible = reaches_caseness(scores["baseline"], scores["instrument"], profile=profile)
    return scores.assign(remission=keep_where(met, eligible))


def meets_remission(total: pd.Series, instrument: pd.Series, *, profile: Profile) -> pd.Series:
    """Tell where a total is below the remission cut-off (boolean), whether or not the patient is eligible."""
    operators = lay_along(instrument, profile.by_instrument("remission_op"), dtype="string")
    limits = lay_along(instrument, profile.by_instrument("remission_value"))
    return keep_where(is_below(total, operators, limits), operators.notna() & limits.notna() & total.notna())
