"""Shares of patients who reached an endpoint, each with its rule, numerator, denominator and interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from outcomes.definitions.endpoint_words import NOT_DEFINED, name_endpoint, name_rule
from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.summaries.clusters import find_clustered_interval, measure_clusters
from outcomes.summaries.groups import (
    By,
    add_shares,
    is_true,
    list_by,
    require_course_columns,
    select_series,
    sum_by_group,
)
from outcomes.summaries.rate_checks import find_out_of_reach, refuse_other_profile

GATED = (
    "response",
    "partial_response",
    "remission",
    "mcid_reached",
    "recovery",
    "reliable_improvement",
    "reliable_recovery",
)
"""Endpoints of the eligible."""
UNGATED = ("clinically_significant_change", "reliable_deterioration", "any_worsening")
"""Endpoints of everyone due with both totals."""
HEADLINE = {
    "all_eligible_and_observed": ("all_eligible", "observed"),
    "all_eligible": ("all_eligible",),
    "observed": ("observed",),
}
"""The denominators that lead, by `headline_denominator`."""
_SHOWN = [
    "endpoint", "label", "rule", "denominator", "headline", "k", "n", "share", "conf_low", "conf_high",
    "n_missing", "completeness", "n_out_of_reach", "percent_shown",
]  # fmt: skip


def summarize_endpoints(
    courses: pd.DataFrame,
    *,
    by: By = None,
    endpoints: Sequence[str] | None = None,
    window: int | None = None,
    series: Literal["first", "all"] = "first",
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Count who reached each endpoint, on every denominator, side by side.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        One row per patient, series and instrument.
    by : str or list of str, optional
        Columns of COURSES that make the groups, for example "site" or ["quarter", "route"]. A group with
        nobody stays, with n = 0.
    endpoints : sequence of str, optional
        Some of response, partial_response, remission, mcid_reached, recovery, reliable_improvement,
        reliable_recovery, clinically_significant_change, reliable_deterioration and any_worsening; all that
        the frame has by default.
    window : int, optional
        Target day of a follow-up window, such as 90; None: the post-induction window.
    series : {"first", "all"}
        "first": series 1 only, so that a person counts once and a later series never stands in for the
        first. "all": every series counts, with intervals that allow for patients counted several times.
    profile : str or Profile
        The one that build_courses was given. Rules, headline_denominator and min_percent_denominator are
        used.

    Returns
    -------
    DataFrame
        One row per group, instrument, endpoint and denominator: label (as printed; remission of PCL-5 is
        "below cut-off"), rule (with operator and value, "total < 5"), headline (boolean; True where the
        profile lets the denominator lead), k, n (Int64), share, conf_low, conf_high (Float64; missing where n
        is 0), n_missing (no total in the window), completeness (measured of those who belong), n_out_of_reach
        (of n, those whose baseline lies so near the end of the scale that the points cannot be reached;
        missing where no points are asked for), percent_shown (boolean; False below the smallest denominator
        for a percentage: print "3 of 8"). An endpoint that the profile does not define has the rule "not
        defined here" and neither k nor n. With series="all" also n_patients.

    Raises
    ------
    DataError
        If a column is missing, an endpoint or window is unknown, or the courses were built under another
        profile, so that the rules printed would not be those counted.

    Notes
    -----
    Endpoints of the eligible: ``all_eligible`` k of all, a missing total counts as not achieved;
    ``observed`` k of those with a total; ``bounds_low`` k of all, and ``bounds_high`` (k + missing) of all.
    Clinically significant change, reliable deterioration and any worsening: ``paired``, k of those due who
    have both totals, without a gate on the baseline: missing is not deterioration. ``model_based`` stands in
    estimate_rates.

    Intervals are Wilson's, 95 % [1]_. With series="all" they are Wilson's with n divided by the design
    effect, the variance of the share between patients over that of as many independent series [2]_; where
    the share is 0 or 1, n is the number of patients.

    References
    ----------
    .. [1] Wilson EB (1927). J Am Stat Assoc 22:209-212. doi:10.1080/01621459.1927.10502953
    .. [2] Korn EL, Graubard BI (1998). Survey Methodology 24:193-201; Dean N, Pagano M (2015). J Surv Stat
       Methodol 3:484-503. doi:10.1093/jssam/smv024

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "eligible": True,
    ...     "response": pd.array([True, True, False, None], dtype="boolean"),
    ... })
    >>> rates = oc.summarize_endpoints(courses)
    >>> rates[["rule", "denominator", "k", "n"]].values.tolist()[:2]
    [['improvement >= 50 %', 'all_eligible', 2, 4], ['improvement >= 50 %', 'observed', 2, 3]]
    """
    profile = get_profile(profile)
    judged = _read_window(courses, window)
    chosen = _choose_endpoints(judged, endpoints)
    needs = ["due", "eligible", *(["patient_id"] if series == "all" else [])]
    require_course_columns(judged, by=by, needs=needs, caller="summarize_endpoints")
    rows, groups = select_series(judged, by=by, series=series)
    refuse_other_profile(rows, [one for one in chosen if one in GATED], profile=profile)
    counts = [_count(rows, groups, endpoint, profile, clustered=series == "all") for endpoint in chosen]
    table = pd.concat(counts).sort_index(kind="stable").reset_index(drop=True)
    table = _blank_undefined(_add_words(table, profile))
    table = add_shares(table, least=profile.value("min_percent_denominator"))
    more = []
    if series == "all":
        low, high = find_clustered_interval(table)
        table, more = table.assign(conf_low=low, conf_high=high), ["n_patients"]
    return table[[*list_by(by), "instrument", *_SHOWN, *more]]


def _read_window(courses: pd.DataFrame, window: int | None) -> pd.DataFrame:
    """Give the courses with the columns of a follow-up window under the names of the post-induction ones."""
    if window is not None:
        if f"due_{window}" not in courses.columns:
            message = (
                f"summarize_endpoints needs the columns of a {window}-day window. build_courses() makes "
                "those of the follow_up_windows of a profile."
            )
            raise DataError(message, code="E250")
        names = ["due", "eligible", "change_class", *GATED, *UNGATED]
        plain = courses.drop(columns=[one for one in (*names, "endpoint_total") if one in courses.columns])
        named = {f"{one}_{window}": one for one in names} | {f"total_{window}": "endpoint_total"}
        courses = plain.rename(columns=named)
    if "change_class" not in courses.columns:
        return courses
    return courses.assign(clinically_significant_change=find_significant_change(courses))


def find_significant_change(courses: pd.DataFrame) -> pd.Series:
    """Tell who recovered by the class of clinically significant change; missing without a class."""
    recovered = (courses["change_class"] == "recovered").astype("boolean")
    return recovered.where(courses["change_class"].notna())


def _choose_endpoints(courses: pd.DataFrame, endpoints: Sequence[str] | None) -> list[str]:
    known = [*GATED, *UNGATED]
    if endpoints is None:
        found = [one for one in known if one in courses.columns]
        if found:
            return found
        raise DataError("summarize_endpoints needs COURSES: run build_courses() first.", code="E250")
    if not set(endpoints) <= set(known):
        message = f"endpoints may be {', '.join(known)}; another word was given. Correct it."
        raise DataError(message, code="E250")
    missing = [one for one in endpoints if one not in courses.columns]
    if missing:
        message = f"summarize_endpoints needs the column {missing[0]}: run build_courses() first."
        raise DataError(message, code="E250")
    return [one for one in known if one in endpoints]


def _count(
    rows: pd.DataFrame, groups: pd.DataFrame, endpoint: str, profile: Profile, *, clustered: bool
) -> pd.DataFrame:
    """One row per group and denominator, in the order of the groups (their index repeats)."""
    gated = endpoint in GATED
    flag, within = rows[endpoint], is_true(rows["eligible" if gated else "due"])
    measured, stuck = within & flag.notna(), find_out_of_reach(rows, endpoint, profile=profile)
    found = sum_by_group(
        rows,
        groups,
        {
            "reached": within & is_true(flag),
            "measured": measured,
            "everyone": within,
            "stuck": within & is_true(stuck),
            "stuck_measured": measured & is_true(stuck),
        },
    )
    missing = found["everyone"] - found["measured"]
    share = found["measured"].astype("Float64") / found["everyone"].where(found["everyone"] > 0)
    ways = {
        "all_eligible": (within, found["reached"], found["everyone"], found["stuck"]),
        "observed": (measured, found["reached"], found["measured"], found["stuck_measured"]),
        "bounds_low": (within, found["reached"], found["everyone"], found["stuck"]),
        "bounds_high": (within, found["reached"] + missing, found["everyone"], found["stuck"]),
    }
    chosen = ways if gated else {"paired": ways["observed"]}
    reached = is_true(flag)
    parts = []
    for name, (counted, k, n, out) in chosen.items():
        part = groups.assign(endpoint=endpoint, denominator=name, k=k, n=n, n_missing=missing)
        part = part.assign(
            completeness=share.astype("Float64"),
            n_out_of_reach=out if stuck.notna().any() else pd.array([pd.NA] * len(groups), dtype="Int64"),
            headline=name in HEADLINE[profile.value("headline_denominator")] or name == "paired",
        )
        if clustered:
            hits = (reached | flag.isna()) if name == "bounds_high" else reached
            part = part.join(measure_clusters(rows, groups, counted, hits).set_axis(part.index))
        parts.append(part)
    return pd.concat(parts).astype({"endpoint": "string", "denominator": "string", "headline": "boolean"})


def _add_words(table: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    pairs = list(zip(table["endpoint"], table["instrument"], strict=True))
    rules = {pair: name_rule(*map(str, pair), profile=profile) for pair in set(pairs)}
    names = {pair: name_endpoint(*map(str, pair), profile=profile) for pair in set(pairs)}
    return table.assign(
        rule=pd.array([rules[pair] for pair in pairs], dtype="string"),
        label=pd.array([names[pair] for pair in pairs], dtype="string"),
    )


def _blank_undefined(table: pd.DataFrame) -> pd.DataFrame:
    undefined = table["rule"] == NOT_DEFINED
    counts = ["k", "n", "n_missing", "completeness", "n_out_of_reach"]
    return table.assign(**{name: table[name].mask(undefined) for name in counts})
