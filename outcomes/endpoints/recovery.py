"""Recovery and clinically significant change: out of the range of cases, by more than measurement error."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change import select_judged
from outcomes.endpoints.reliable_change import improves_reliably
from outcomes.endpoints.rules import (
    is_below,
    keep_where,
    lay_along,
    measure_improvement,
    name_first,
    reaches_caseness,
)


def derive_recovery(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Flag important change and recovery, and name the class of clinically significant change.

    Parameters
    ----------
    scores : DataFrame with instrument, total, baseline and change (points)
    profile : str or Profile; mcid, caseness, reliable_change, csc_min_points and csc_cutoff with
        csc_cutoff_op are used

    Returns
    -------
    DataFrame, the same rows with mcid_reached, recovery and reliable_recovery (boolean; missing where change
    is or where baseline is below caseness) and change_class (string): recovered, improved, unchanged or
    deteriorated, for everyone with a change. What the profile leaves without its number is missing.

    Raises
    ------
    DataError
        If a column of derive_change is missing.

    Notes
    -----
    With baseline B, total F, improvement I, reliable change RC and cut c: mcid_reached ``I >= mcid``;
    recovery ``B >= caseness and F < caseness``; reliable recovery = recovery and ``I >= RC``. Classes [1]_,
    with P the csc_min_points (by default RC): recovered, B not below c, F below c (by csc_cutoff_op) and ``I
    >= P``; improved, ``I >= P`` only; deteriorated, ``-I >= P``; else unchanged.

    References
    ----------
    .. [1] Jacobson NS, Truax P (1991). Clinical significance: a statistical approach to defining meaningful
       change in psychotherapy research. J Consult Clin Psychol 59:12-19. doi:10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.endpoints.recovery import derive_recovery
    >>> scores = pd.DataFrame({"total": [9, 13], "baseline": [16, 20], "change": [-7, -7]}, dtype="Int64")
    >>> derive_recovery(scores.assign(instrument="phq9"))["change_class"].tolist()
    ['recovered', 'improved']
    """
    profile = get_profile(profile)
    total = select_judged(scores, caller="derive_recovery")
    baseline, instrument = scores["baseline"], scores["instrument"]
    eligible = reaches_caseness(baseline, instrument, profile=profile)
    recovered = recovers(baseline, total, instrument, profile=profile)
    reliably = improves_reliably(baseline, total, instrument, profile=profile)
    return scores.assign(
        mcid_reached=keep_where(changes_importantly(baseline, total, instrument, profile=profile), eligible),
        recovery=keep_where(recovered, eligible),
        reliable_recovery=keep_where(recovered & reliably, eligible & recovered.notna() & reliably.notna()),
        change_class=name_change_class(baseline, total, instrument, profile=profile),
    )


def changes_importantly(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Tell where the improvement is at least the smallest important one (boolean), without a gate."""
    points = lay_along(instrument, profile.by_instrument("mcid"))
    return (measure_improvement(baseline, total, instrument) >= points).astype("boolean")


def recovers(baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile) -> pd.Series:
    """Tell where the baseline reaches caseness and the total no longer does; missing without caseness."""
    defined = lay_along(instrument, profile.by_instrument("caseness")).notna()
    case_before = reaches_caseness(baseline, instrument, profile=profile)
    case_after = reaches_caseness(total, instrument, profile=profile)
    return keep_where(case_before & ~case_after, defined & baseline.notna() & total.notna())


def name_change_class(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Name the class of clinically significant change (string); missing where points or cut are lacking."""
    operators = lay_along(instrument, profile.by_instrument("csc_cutoff_op"), dtype="string")
    limits = lay_along(instrument, profile.by_instrument("csc_cutoff"))
    crossed = ~is_below(baseline, operators, limits) & is_below(total, operators, limits)
    points = lay_along(instrument, _list_csc_points(profile))
    improvement = measure_improvement(baseline, total, instrument)
    improved, worse = improvement >= points, -improvement >= points
    rules = {"recovered": improved & crossed, "improved": improved, "deteriorated": worse}
    judged = operators.notna() & limits.notna() & improved.notna()
    return name_first(rules, otherwise="unchanged").where(judged)


def _list_csc_points(profile: Profile) -> dict[str, int | None]:
    """The points of a clinically significant change by instrument; by default those of reliable change."""
    reliable, own = profile.by_instrument("reliable_change"), profile.by_instrument("csc_min_points")
    return {id: reliable[id] if points == "reliable_change" else points for id, points in own.items()}
