"""Shares of patients who reached an endpoint, each with its numerator, denominator and interval."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.summaries.groups import By, add_shares, is_true, list_by, select_headline, sum_by_group

GATED = ("response", "remission", "reliable_improvement")
UNGATED = ("reliable_deterioration", "any_worsening")


def summarize_endpoints(
    courses: pd.DataFrame, *, by: By = None, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Count who reached each endpoint in the post-induction window, on every denominator, side by side.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        One row per patient, series and instrument. Series 1 only is counted: a person counts once, and a
        later series never stands in for the first.
    by : str or list of str, optional
        Columns of COURSES that make the groups, for example "site" or ["quarter", "route"]. A group with
        nobody stays, with n = 0.
    profile : str or Profile
        `min_percent_denominator` is used.

    Returns
    -------
    DataFrame
        One row per group, instrument, endpoint and denominator: k, n (Int64), share, conf_low, conf_high
        (Float64; missing where n is 0), n_missing (no total in the window), completeness (measured of those
        who belong), percent_shown (boolean; False below the smallest denominator for a percentage: print "3
        of 8").

    Notes
    -----
    Response, remission and reliable improvement, among the eligible: ``all_eligible`` k of all, a missing
    total counts as not achieved; ``observed`` k of those with a total; ``bounds_low`` k of all, and
    ``bounds_high`` (k + missing) of all. Reliable deterioration and any worsening: ``paired``, k of those
    due who have both totals, without a gate on the baseline. Intervals are Wilson's, 95 % [1]_.

    References
    ----------
    .. [1] Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc
       1927;22:209-212.
       doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "eligible": True,
    ...     "response": pd.array([True, True, False, None], dtype="boolean"),
    ...     "remission": pd.array([True, False, False, None], dtype="boolean"),
    ...     "reliable_improvement": pd.array([True, True, False, None], dtype="boolean"),
    ...     "reliable_deterioration": pd.array([False, False, False, None], dtype="boolean"),
    ...     "any_worsening": pd.array([False, False, True, None], dtype="boolean"),
    ... })
    >>> rates = oc.summarize_endpoints(courses)
    >>> rates.query("endpoint == 'response'")[["denominator", "k", "n"]].values.tolist()
    [['all_eligible', 2, 4], ['observed', 2, 3], ['bounds_low', 2, 4], ['bounds_high', 3, 4]]
    """
    profile = get_profile(profile)
    rows, groups = select_headline(
        courses, by=by, needs=("due", "eligible", *GATED, *UNGATED), caller="summarize_endpoints"
    )
    counts = [
        *(_count(rows, groups, endpoint, belongs=rows["eligible"], gated=True) for endpoint in GATED),
        *(_count(rows, groups, endpoint, belongs=rows["due"], gated=False) for endpoint in UNGATED),
    ]
    table = pd.concat(counts).sort_index(kind="stable").reset_index(drop=True)
    table = add_shares(table, least=profile.value("min_percent_denominator"))
    shown = [
        "endpoint",
        "denominator",
        "k",
        "n",
        "share",
        "conf_low",
        "conf_high",
        "n_missing",
        "completeness",
    ]
    return table[[*list_by(by), "instrument", *shown, "percent_shown"]]


def _count(
    rows: pd.DataFrame, groups: pd.DataFrame, endpoint: str, *, belongs: pd.Series, gated: bool
) -> pd.DataFrame:
    """One row per group and denominator, in the order of the groups (their index repeats)."""
    flag, within = rows[endpoint], is_true(belongs)
    counted = {"reached": within & flag, "measured": within & flag.notna(), "everyone": within}
    found = sum_by_group(rows, groups, counted)
    missing = found["everyone"] - found["measured"]
    completeness = (
        found["measured"].astype("Float64") / found["everyone"].where(found["everyone"] > 0)
    ).astype("Float64")
    ways = {
        "all_eligible": (found["reached"], found["everyone"]),
        "observed": (found["reached"], found["measured"]),
        "bounds_low": (found["reached"], found["everyone"]),
        "bounds_high": (found["reached"] + missing, found["everyone"]),
    }
    chosen = ways if gated else {"paired": ways["observed"]}
    return pd.concat(
        [
            groups.assign(
                endpoint=endpoint, denominator=name, k=k, n=n, n_missing=missing, completeness=completeness
            )
            for name, (k, n) in chosen.items()
        ]
    ).astype({"endpoint": "string", "denominator": "string"})
