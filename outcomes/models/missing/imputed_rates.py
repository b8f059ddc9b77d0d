"""Rates of the eligible with missing totals drawn from a mixed model: the model-based denominator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.definitions.endpoint_words import name_endpoint, name_rule
from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.endpoints import IMPROVEMENT_FLAGS, judge_totals
from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, Verdict, worst_verdict
from outcomes.models.missing.imputation import draw_totals
from outcomes.models.missing.rubin import pool_imputations
from outcomes.models.stacks import Array
from outcomes.notebook import follow
from outcomes.schema import require_columns
from outcomes.summaries.groups import is_true, list_by

_TITLE = "Model-based rates"
_ASSUMES = (
    "Assumes scores missing at random given those seen: a missing total is drawn from the patient's own "
    "course."
)
_NEEDED = ("patient_id", "instrument", "series", "day", "total", "baseline_of", "endpoint_use")
_COURSE = (
    "patient_id", "instrument", "series", "eligible", "baseline", "endpoint_total", "last_induction_day",
)  # fmt: skip
_COLUMNS = (
    "instrument", "term", "rule", "estimate", "conf_low", "conf_high", "df", "missing_information", "n",
    "n_observed", "n_missing",
)  # fmt: skip


def estimate_rates(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    endpoints: Sequence[str] = ("response", "remission"),
    by: str | Sequence[str] | None = None,
    seed: int = 1,
    level: float = 0.95,
    profile: str | Profile = "default",
) -> Fit:
    """Estimate the share of the eligible who reached an endpoint, with missing totals drawn from a model.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints), all questionnaires of these patients
    courses : DataFrame (COURSES) of the same patients, made under the same profile
    endpoints : sequence of str, flags of COURSES that the eligible have
    by : str or list of str, optional; columns of COURSES that make groups
    seed : int, of the random draws
    level : float, of the intervals
    profile : str or Profile; model_based_min_observed, model_based_draws and the rules are used

    Returns
    -------
    Fit
        `table` has one row per group, instrument and endpoint: term (the endpoint), rule, estimate, conf_low,
        conf_high (shares), df, missing_information (fraction of information that is missing), n (eligible),
        n_observed (with a total), n_missing, verdict (of the row). Series 1.

    Raises
    ------
    EstimationError
        If an endpoint is not one of the eligible.
    DataError
        If a column is missing.

    Notes
    -----
    Model: all totals of series 1 from the baseline (day 0) to the last day on which the window can close,
    whatever their baseline, on a curve of days (a cubic spline with 4 degrees of freedom; a line where there
    are too few days), with each patient's own level and slope. For each of m imputations the patients are
    drawn with replacement and the model is fitted again, so that its own uncertainty enters; then each
    missing total is drawn from the patient's conditional distribution at the window's target day, with the
    residual added, rounded and kept within the scale, and judged by the profile. Shares are pooled on the
    logit by Rubin's rules [1]_ with the degrees of freedom of Barnard and Rubin [2]_; a share of 0 or 1 is
    taken as (k + 1/2) / (n + 1). With fewer than model_based_min_observed observed totals: NOT ESTIMABLE.

    References
    ----------
    .. [1] Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. doi:10.1002/9780470316696
    .. [2] Barnard J, Rubin DB (1999). Biometrika 86:948-955. doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> import outcomes as oc
    >>> empty = oc.estimate_rates(
    ...     oc.SCORES.empty().assign(day=None, series=None, baseline_of=None, endpoint_use=None),
    ...     oc.COURSES.empty(),
    ... )
    >>> empty.verdict
    'NOT ESTIMABLE'
    """
    profile, groups = get_profile(profile), list_by(by)
    unknown = [one for one in endpoints if one not in IMPROVEMENT_FLAGS]
    if unknown:
        message = f"endpoints may be {', '.join(IMPROVEMENT_FLAGS)}; another word was given. Correct it."
        raise EstimationError(message)
    require_columns(scores, _NEEDED, caller="estimate_rates")
    require_columns(courses, (*_COURSE, *groups), caller="estimate_rates")
    settings = {
        "endpoints": ", ".join(endpoints), "draws": profile.value("model_based_draws"), "seed": seed,
        "level": level, "profile": profile.id, "hash": profile.hash,
    }  # fmt: skip
    used = scores[is_true(scores["series"] == 1) & scores["total"].notna()]
    eligible = courses[is_true(courses["series"] == 1) & is_true(courses["eligible"])]
    parts, notes, verdicts = [], [_ASSUMES], list[Verdict]()
    n_rows, n_patients = 0, eligible["patient_id"].nunique()
    with follow() as say:
        for id, own in eligible.groupby("instrument", observed=True):
            say(f"drawing missing totals of {id}")
            rows = _select_rows(used[is_true(used["instrument"] == id)], profile)
            table, verdict, said = _estimate_one(rows, own, str(id), endpoints, groups, seed, level, profile)
            parts.append(table)
            verdicts.append(verdict)
            notes += said
            n_rows += len(rows)
    columns = [*groups, *_COLUMNS, "verdict"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    if not parts:
        notes.append("Nobody is eligible.")
    all_out = not parts or set(verdicts) == {"NOT ESTIMABLE"}
    doubtful = worst_verdict(verdicts) != "OK"
    overall: Verdict = "NOT ESTIMABLE" if all_out else "CAUTION" if doubtful else "OK"
    return Fit(_TITLE, table, overall, tuple(notes), settings, n_rows, n_patients)


def _select_rows(scores: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Give the totals of the model: the baseline at day 0, and usable ones until the window closes."""
    at_baseline = is_true(scores["baseline_of"] == 1)
    day = scores["day"].astype("Int64").mask(at_baseline, 0)
    inside = is_true(scores["endpoint_use"]) & is_true(day > 0) & is_true(day <= profile.matured_day)
    rows = scores.assign(day=day)[at_baseline | inside]
    return rows[["patient_id", "day", "total"]].astype({"day": "float64", "total": "float64"})


def _estimate_one(
    rows: pd.DataFrame,
    courses: pd.DataFrame,
    instrument: str,
    endpoints: Sequence[str],
    groups: list[str],
    seed: int,
    level: float,
    profile: Profile,
) -> tuple[pd.DataFrame, Verdict, list[str]]:
    """Give the rows of one questionnaire, their verdict and notes."""
    title, observed = get_instrument(instrument).title, courses["endpoint_total"].notna()
    least = profile.value("model_based_min_observed")
    grid = courses[groups].drop_duplicates() if groups else pd.DataFrame(index=[0])
    blank = _blank_rows(grid, courses, instrument, endpoints, groups, profile)
    if observed.sum() < least:
        why = f"{title}: {observed.sum()} observed totals; a model-based rate needs {least}."
        return blank.assign(verdict="NOT ESTIMABLE"), "NOT ESTIMABLE", [why]
    missing = courses[~observed & courses["last_induction_day"].notna()]
    drawn, failed = draw_totals(rows, missing, instrument, seed, profile)
    if drawn is None:
        why = f"{title}: the mixed model of all totals could not be fitted."
        return blank.assign(verdict="NOT ESTIMABLE"), "NOT ESTIMABLE", [why]
    doubt = failed > 0.1 * profile.value("model_based_draws")
    notes = [f"{title}: {failed} of the refits did not reach a clean optimum."] if doubt else []
    judged = _judge_draws(courses, missing.index, drawn, endpoints, profile)
    table = _pool(blank, courses, judged, groups, level, least)
    few = is_true(table["verdict"] == "NOT ESTIMABLE")
    if few.any() and not few.all():
        notes.append(f"{title}: groups with fewer than {least} observed totals have no estimate.")
    verdict: Verdict = "NOT ESTIMABLE" if few.all() else "CAUTION" if doubt or few.any() else "OK"
    return table, verdict, notes


def _blank_rows(
    grid: pd.DataFrame, courses: pd.DataFrame, instrument: str, endpoints: Sequence[str], groups: list[str],
    profile: Profile,
) -> pd.DataFrame:  # fmt: skip
    counts = courses.assign(n=1, n_observed=courses["endpoint_total"].notna().astype(int))
    if groups:
        sums = counts.groupby(groups, observed=True, dropna=False)[["n", "n_observed"]].sum().reset_index()
        table = grid.merge(sums, on=groups, how="left", validate="1:1")
    else:
        table = pd.DataFrame({name: [counts[name].sum()] for name in ("n", "n_observed")})
    words = pd.DataFrame(
        {
            "endpoint": list(endpoints),
            "term": [name_endpoint(one, instrument, profile=profile) for one in endpoints],
            "rule": [name_rule(one, instrument, profile=profile) for one in endpoints],
        }
    )
    table = table.merge(words, how="cross").assign(instrument=instrument)
    table = table.assign(n_missing=table["n"] - table["n_observed"], verdict="OK")
    return table.assign(
        **dict.fromkeys(["estimate", "conf_low", "conf_high", "df", "missing_information"], np.nan)
    )


def _judge_draws(
    courses: pd.DataFrame, missing: pd.Index, drawn: Array, endpoints: Sequence[str], profile: Profile
) -> dict[str, Array]:
    """Give for each endpoint the flags of every eligible patient in every imputation, (m, patients)."""
    m = len(drawn)
    place = courses.index.get_indexer(missing)
    totals = np.tile(courses["endpoint_total"].to_numpy(dtype=float, na_value=np.nan), (m, 1))
    totals[:, place] = drawn
    flat = pd.Series(totals.ravel()).astype("Int64")
    baseline = pd.Series(np.tile(courses["baseline"].to_numpy(dtype="int64"), m)).astype("Int64")
    instrument = pd.Series(np.tile(courses["instrument"].to_numpy(), m), dtype="string")
    judged = judge_totals(baseline, flat, instrument, profile=profile)
    return {
        one: judged[one].astype("Float64").to_numpy(dtype=float, na_value=np.nan).reshape(m, -1)
        for one in endpoints
    }


def _pool(
    table: pd.DataFrame,
    courses: pd.DataFrame,
    judged: dict[str, Array],
    groups: list[str],
    level: float,
    least: int,
) -> pd.DataFrame:
    """Pool the shares of each group over the imputations."""
    keys = pd.MultiIndex.from_frame(courses[groups]) if groups else None
    found: list[dict[str, Any]] = []
    for row in [{str(name): value for name, value in one.items()} for one in table.to_dict("records")]:
        mine = np.ones(len(courses), dtype=bool)
        if keys is not None:
            mine = np.asarray(keys == tuple(row[name] for name in groups))
        flags = judged[row["endpoint"]][:, mine]
        if row["n_observed"] < least or np.isnan(flags).all():
            found.append({**row, "verdict": "NOT ESTIMABLE"})
            continue
        n, k = flags.shape[1], np.nansum(flags, axis=1)
        share = np.where((k > 0) & (k < n), k / n, (k + 0.5) / (n + 1))
        logit, variance = np.log(share / (1 - share)), 1 / (n * share * (1 - share))
        pooled = pool_imputations(logit, variance, df_complete=n - 1, level=level)
        ends = {"estimate": pooled.estimate, "conf_low": pooled.low, "conf_high": pooled.high}
        shares = {name: 1 / (1 + np.exp(-value)) for name, value in ends.items()}
        more = {"df": pooled.df, "missing_information": pooled.missing_information}
        found.append({**row, **shares, **more})
    return pd.DataFrame(found)
