"""Scores from baseline to endpoint: mean change, reliable change and the course in between."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.schema import require_columns
from outcomes.summaries.effect_sizes import SIZES
from outcomes.summaries.groups import By, add_shares, find_mean_interval, is_true, list_by, select_headline
from outcomes.summaries.mean_change import describe_change, expect_regression
from outcomes.summaries.rules import count_classes, list_rules

DAYS_OF_WEEK = 7
_SIZE_COLUMNS = (("d", ""), ("d", "_low"), ("d", "_high"), ("g", ""))
TIMINGS = ("trough", "early", "later")


def summarize_scores(courses: pd.DataFrame, *, by: By = None, level: float = 0.95) -> pd.DataFrame:
    """Describe the change from baseline to endpoint: means, mean change, its interval, effect sizes.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted.
    by : str or list of str, optional
        Columns of COURSES that make the groups. A group with nobody stays, with n = 0.
    level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        Two rows per group and instrument: population `paired` (due, with both totals, no gate) and
        `eligible` (baseline at or above caseness, with both totals). n, n_missing (of the population,
        without both totals), baseline_mean, baseline_sd, endpoint_mean, endpoint_sd, correlation (of baseline
        and endpoint total), mean_change (endpoint minus baseline, points), change_sd, conf_low, conf_high,
        and of each effect size d_baseline, d_av and d_z its limits (d_baseline_low, d_baseline_high ...) and
        its Hedges correction (g_baseline ...); expected_regression (points of improvement to expect from the
        gate alone; missing for `paired`), retest and retest_source (with its status where that is not
        verified). Missing where n is too small: 1 for means, 2 for the rest.

    Notes
    -----
    With I the improvement (baseline minus endpoint where lower is better): ``d_baseline = mean(I) /
    SD(baseline)``, ``d_av = mean(I) / ((SD(baseline) + SD(endpoint)) / 2)``, ``d_z = mean(I) / SD(I)``;
    positive is better. They are never interchangeable: d_z divides by the spread of the changes, which the
    correlation decides. ``g = d (1 - 3 / (4 df - 1))`` with df = n - 1 [1]_. The interval of the mean change
    is Student's. That of d_z comes from the noncentral t distribution; those of d_baseline and d_av from the
    delta method with the variance of the SDs, ``Var(d) = SD(I)^2 / (n S^2) + d^2 Var(S) / S^2``, and
    Student's quantile. ``expected_regression = (1 - r) (mean baseline of the eligible - mean baseline of all
    who started)``, with r the instrument's first verified test-retest reliability (the first of any status
    where none is verified); without any treatment a group chosen for high scores is expected to fall by that
    much.

    References
    ----------
    .. [1] Hedges LV (1981). J Educ Stat 6:107-128. doi:10.3102/10769986006002107; Lakens D (2013). Front
       Psychol 4:863. doi:10.3389/fpsyg.2013.00863

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "eligible": [True, True, False],
    ...     "baseline": [20, 16, 6], "endpoint_total": [10, 8, 6],
    ... })
    >>> oc.summarize_scores(courses)[["population", "n", "mean_change"]].values.tolist()
    [['paired', 3, -6.0], ['eligible', 2, -9.0]]
    """
    rows, groups = select_headline(
        courses, by=by, needs=("due", "eligible", "baseline", "endpoint_total"), caller="summarize_scores"
    )
    due, eligible = is_true(rows["due"]), is_true(rows["eligible"])
    paired = describe_change(rows, groups, "paired", due, level)
    gated = describe_change(rows, groups, "eligible", eligible, level)
    regression = expect_regression(rows, groups, eligible)
    table = pd.concat([paired.join(regression), gated.join(regression)])
    # Without a gate nobody was chosen for a high score.
    expected = table["expected_regression"].where(table["population"] == "eligible")
    table = table.assign(expected_regression=expected).sort_index(kind="stable").reset_index(drop=True)
    means = ["baseline_mean", "baseline_sd", "endpoint_mean", "endpoint_sd", "correlation"]
    change = ["mean_change", "change_sd", "conf_low", "conf_high"]
    sizes = [f"{letter}_{name}{end}" for name in SIZES for letter, end in _SIZE_COLUMNS]
    numbers = [*means, *change, *sizes, "expected_regression", "retest"]
    shown = ["instrument", "population", "n", "n_missing", *numbers, "retest_source"]
    return table[[*list_by(by), *shown]].astype({"population": "string", **dict.fromkeys(numbers, "Float64")})


def summarize_reliable_change(
    courses: pd.DataFrame, *, by: By = None, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Count who improved, stayed or deteriorated by more than chance, by the profile's rule and others.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted; no gate on the baseline.
    by : str or list of str, optional
        Columns of COURSES that make the groups. A group with nobody stays, with n = 0.
    profile : str or Profile
        `reliable_change` and `min_percent_denominator` are used; the alternatives are the instrument's
        registry.

    Returns
    -------
    DataFrame
        Per group, instrument and rule four rows: class `improved`, `unchanged`, `deteriorated` (k of n with
        both totals) and `not measured` (k of n due with a baseline). rule (id), points, k, n, share,
        conf_low, conf_high (Wilson), percent_shown, n_out_of_reach (of n, those whose baseline leaves no
        room for such a change in that direction), rule_text. The first rule is the profile's.

    Notes
    -----
    Improved: ``I >= points``; deteriorated: ``-I >= points``; unchanged: neither [1]_. The classes exclude
    one another. `improved` here has no gate: it is not `reliable_improvement` of `summarize_endpoints`,
    which counts the eligible.

    References
    ----------
    .. [1] Jacobson NS, Truax P. Clinical significance: a statistical approach to defining meaningful change
       in psychotherapy
       research. J Consult Clin Psychol 1991;59:12-19. doi:10.1037/0022-006X.59.1.12

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True,
    ...     "baseline": [20, 16, 12, 14], "endpoint_total": [10, 12, 18, None],
    ... })
    >>> change = oc.summarize_reliable_change(courses).query("points == 6")
    >>> change[["class", "k", "n"]].values.tolist()
    [['improved', 1, 3], ['unchanged', 1, 3], ['deteriorated', 1, 3], ['not measured', 1, 4]]
    """
    profile = get_profile(profile)
    rows, groups = select_headline(
        courses, by=by, needs=("due", "baseline", "endpoint_total"), caller="summarize_reliable_change"
    )
    counts = [
        count_classes(rows[rows["instrument"] == instrument], own, rule)
        for instrument, own in groups.groupby("instrument", sort=False)
        for rule in list_rules(str(instrument), profile)
    ]
    columns = [
        *list_by(by),
        "instrument",
        "rule",
        "points",
        "class",
        "k",
        "n",
        "share",
        "conf_low",
        "conf_high",
    ]
    columns += ["percent_shown", "n_out_of_reach", "rule_text"]
    if not counts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(counts)
    # The groups of an instrument stay together, as the other summaries have them: group, instrument, rule,
    # class.
    table = table.sort_index(kind="stable").reset_index(drop=True)
    return add_shares(table, least=profile.value("min_percent_denominator"))[columns]


def summarize_trajectory(
    scores: pd.DataFrame,
    *,
    by: Literal["week", "infusion_number"] = "week",
    group: By = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Average the observed totals by week or by number of infusions, one score per patient in each.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
        Used are baselines and scores that may serve an endpoint (never the first hours after an infusion),
        of series 1.
    by : {"week", "infusion_number"}
        Week 0 is the baseline and week w the days 7 w - 6 to 7 w; or the number of infusions before the
        score, 0 the baseline.
    group : str or list of str, optional
        Columns of SCORES that make the groups.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per group, instrument and x: n (patients, one score each: the latest), mean, sd, conf_low,
        conf_high (Student; missing below two patients), mean_day (mean day of these scores; a baseline stands
        at day 0), n_trough, n_early, n_later (timing of these scores)
        and n_group (patients of the group with any score: by how much later means rest on those who
        stayed).

    Raises
    ------
    DataError
        If `by` is another word, or the scores lack derived columns.

    Notes
    -----
    ``mean -+ t(n - 1) sd / sqrt(n)`` over the patients seen there; nothing is carried forward. Those who
    stay are not those who left: a model (`fit_mixed_model`) is the estimate for everyone.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": ["A", "A", "B"], "instrument": "phq9", "series": 1, "day": [0, 9, 0], "clock": None,
    ...     "total": [18, 9, 12], "infusion_number": [0, 3, 0], "baseline_of": [1, None, 1],
    ...     "endpoint_use": [False, True, False],
    ...     "timing_class": ["pre_course", "early", "pre_course"],
    ... })
    >>> oc.summarize_trajectory(scores)[["week", "n", "mean", "n_group"]].values.tolist()
    [[0, 2, 15.0, 2], [2, 1, 9.0, 2]]
    """
    columns = list_by(group)
    if by not in ("week", "infusion_number"):
        raise DataError(
            'summarize_trajectory needs by="week" or by="infusion_number"; another word was given. Use one.'
        )
    needs = (
        "patient_id",
        "instrument",
        "series",
        "day",
        "clock",
        "total",
        "infusion_number",
        "baseline_of",
        "endpoint_use",
    )
    require_columns(scores, [*needs, "timing_class", *columns], caller="summarize_trajectory")
    latest = _keep_latest(_place(scores, by), [*columns, "instrument", "x", "patient_id"])
    timings = {f"n_{name}": (latest["timing_class"] == name) & (latest["x"] > 0) for name in TIMINGS}
    counted = latest.assign(_day=latest["day"].clip(lower=0).astype("Float64")).assign(
        **{name: is_true(flag).astype("Int64") for name, flag in timings.items()}
    )
    groups = counted.groupby([*columns, "instrument", "x"], dropna=False, observed=True)
    sums = {name: (name, "sum") for name in timings}
    means = {"mean": ("total", "mean"), "sd": ("total", "std"), "mean_day": ("_day", "mean")}
    table = groups.agg(n=("total", "size"), **means, **sums).reset_index()
    everyone = latest.groupby([*columns, "instrument"], dropna=False, observed=True)["patient_id"].nunique()
    people = everyone.rename("n_group").reset_index()
    table = table.merge(people, on=[*columns, "instrument"], how="left", validate="m:1")
    low, high = find_mean_interval(table["mean"], table["sd"], table["n"], level=level)
    table = (
        table.assign(conf_low=low, conf_high=high)
        .astype({"n": "Int64", "n_group": "Int64"})
        .rename(columns={"x": by})
    )
    shown = ["n", "mean", "sd", "conf_low", "conf_high", "mean_day", *timings, "n_group"]
    return table[[*columns, "instrument", by, *shown]]


def _place(scores: pd.DataFrame, by: str) -> pd.DataFrame:
    """The scores of series 1 that count, with x: 0 for the baseline, else the week or infusions before."""
    at_baseline = is_true(scores["baseline_of"] == 1)
    counts = (
        scores["total"].notna()
        & is_true(scores["series"] == 1)
        & (at_baseline | is_true(scores["endpoint_use"]))
    )
    weeks = ((scores["day"].astype("Int64") + DAYS_OF_WEEK - 1) // DAYS_OF_WEEK).clip(lower=1)
    place = (weeks if by == "week" else scores["infusion_number"].astype("Int64")).mask(at_baseline, 0)
    return scores.assign(x=place, total=scores["total"].astype("Float64"))[counts]


def _keep_latest(placed: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    order = ["day", "clock", *(["assessment_id"] if "assessment_id" in placed.columns else [])]
    return placed.sort_values(order, na_position="first").drop_duplicates(key, keep="last")
