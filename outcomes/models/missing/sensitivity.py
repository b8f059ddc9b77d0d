"""Differences between arms when scores are missing for a reason: reference arms and deltas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.fit import Fit, Verdict
from outcomes.models.missing.completed_visits import Rule
from outcomes.models.missing.imputed_refits import (
    RULES,
    SENSITIVITY,
    ErrorMethod,
    Prepared,
    check_words,
    choose_raised,
    draw_courses,
    prepare_course,
    refit_without_each,
    withhold_table,
)
from outcomes.models.stacks import Array

_TITLE = "Differences with missing scores imputed"
_COLUMNS = ("visit", "group", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")


def estimate_imputed_differences(
    scores: pd.DataFrame,
    formula: str,
    *,
    visit: str,
    arm: str | None,
    reference: Any = None,
    rule: Rule = "mar",
    delta: float = 0.0,
    delta_arms: Sequence[Any] | None = None,
    covariates: Sequence[str] = ("baseline",),
    groups: str = "patient_id",
    standard_error: ErrorMethod = "jackknife",
    draws: int = 100,
    seed: int = 1,
    level: float = 0.95,
) -> Fit:
    """Compare arms at each visit after missing scores are filled in by a rule about patients who dropped out.

    Parameters
    ----------
    scores : DataFrame, one row per patient and visit with a score, as for fit_mmrm
    formula : str
        Of the model for repeated measures (unstructured) that fills in, for example
        "change ~ baseline * visit + arm * visit". Its variables do not vary within a patient, but `visit`.
    visit, arm, groups : str, columns; `arm` may be None: then the mean at each visit is estimated
    reference : level of `arm` that the others are compared with
    rule : {"mar", "j2r", "cr", "cir"}
        Missing at random, jump to reference, copy reference, copy increments in reference [1]_. Gaps before a
        later score are missing at random under each.
    delta : float
        Score points added to scores filled in after dropout; positive is worse.
    delta_arms : sequence, levels of `arm` that delta is added in; None for all but the reference (for
        everybody without an arm)
    covariates : sequence of str, variables of the formula in the analysis of covariance at each visit
    standard_error : {"jackknife", "rubin"}
        Jackknife over patients of the conditional mean: how the estimate varies in repeated trials [2]_.
        Rubin: `draws` random imputations from patients drawn with replacement, pooled; under a reference rule
        its error keeps the information that the missing scores would have had [3]_, and is larger.
    draws, seed : int, of Rubin's method
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per visit and arm other than the reference: visit, group, estimate, std_error, df,
        statistic, p_value, conf_low, conf_high, n_imputed (scores filled in at the visit). For the jackknife
        df is infinite.

    Raises
    ------
    EstimationError
        If a word is unknown, or a variable is not of the formula or varies within a patient.
    DataError
        If a column is missing.

    Notes
    -----
    y_mis = m_mis + S_mo S_oo^-1 (y_obs - m_obs), m being the mean under the rule and S the covariance of the
    visits; then an analysis of covariance at each visit on arm and covariates. Patients without any score in
    `scores` are unknown here and cannot be filled in.

    References
    ----------
    .. [1] Carpenter JR, Roger JH, Kenward MG (2013). J Biopharm Stat 23:1352-1371.
       doi:10.1080/10543406.2013.834911
    .. [2] Wolbers M, Noci A, Delmar P, et al. (2022). Pharm Stat 21:1246-1257. doi:10.1002/pst.2234
    .. [3] Cro S, Carpenter JR, Kenward MG (2019). J R Stat Soc A 182:623-645. doi:10.1111/rssa.12423

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 3, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "week": [1, 2, 4, 8] * 40})
    >>> scores["arm"] = ["A" if i // 4 % 2 else "B" for i in range(160)]
    >>> scores["total"] = 16 - 0.5 * scores["week"] + noise
    >>> seen = scores[(scores["week"] < 8) | (noise < 1)]
    >>> jump = oc.estimate_imputed_differences(
    ...     seen, "total ~ C(week) * arm", visit="week", arm="arm", reference="A", rule="j2r", covariates=[]
    ... )
    >>> jump.table["visit"].tolist()
    ['1', '2', '4', '8']
    """
    settings = {
        "formula": formula, "visit": visit, "arm": arm, "reference": reference, "rule": rule, "delta": delta,
        "delta_arms": None if delta_arms is None else ", ".join(map(str, delta_arms)),
        "covariates": ", ".join(covariates), "groups": groups,
        "standard_error": standard_error, "level": level,
    }  # fmt: skip
    if standard_error == "rubin":
        settings |= {"draws": draws, "seed": seed}
    check_words(rule, standard_error, arm, delta_arms)
    prepared = prepare_course(scores, formula, visit, arm, reference, groups, list(covariates))
    if isinstance(prepared, Fit):
        return withhold_table(prepared, _TITLE, _COLUMNS, settings)
    raised = choose_raised(prepared.course, reference, delta_arms)
    if standard_error == "jackknife":
        spread = refit_without_each(prepared, rule, raised)
        estimate, error = spread.read(delta)
        df, failed = np.full(estimate.shape, np.inf), spread.failed
    else:
        estimate, error, df, failed = draw_courses(prepared, rule, raised * delta, draws, seed, level)
    table = _tabulate(prepared, estimate, error, df, level)
    notes = (
        f"{rule.upper()}: {RULES[rule]}.",
        *([SENSITIVITY] if rule != "mar" or delta else []),
        *([f"{failed} of the refits found no optimum and were left out."] if failed else []),
        *_describe_error(standard_error, rule),
        *prepared.fit.notes,
    )
    verdict: Verdict = "CAUTION" if failed else prepared.fit.verdict
    return Fit(
        f"{_TITLE} of {prepared.course.data.design.response}", table, verdict, notes, settings,
        prepared.fit.n_rows, prepared.fit.n_patients,
    )  # fmt: skip


def _tabulate(prepared: Prepared, estimate: Array, error: Array, df: Array, level: float) -> pd.DataFrame:
    course = prepared.course
    at = [
        (place, number) for place in range(len(course.data.names)) for number in range(len(prepared.groups))
    ]
    table = pd.DataFrame(
        {
            "visit": [course.data.names[place] for place, _ in at],
            "group": [prepared.groups[number] for _, number in at],
            "estimate": [estimate[number, place] for place, number in at],
            "std_error": [error[number, place] for place, number in at],
            "df": [df[number, place] for place, number in at],
        }
    )
    half = stats.t.ppf((1 + level) / 2, table["df"]) * table["std_error"]
    statistic = table["estimate"] / table["std_error"]
    missing = np.isnan(course.y).sum(axis=0)
    return table.assign(
        statistic=statistic,
        p_value=2 * stats.t.sf(statistic.abs(), table["df"]),
        conf_low=table["estimate"] - half,
        conf_high=table["estimate"] + half,
        n_imputed=[int(missing[place]) for place, _ in at],
    )


def _describe_error(standard_error: str, rule: Rule) -> list[str]:
    if standard_error == "jackknife":
        return [
            "Errors: jackknife over patients, refitting each time; intervals use the normal distribution."
        ]
    kept = " It keeps the information that the missing scores would have had." if rule != "mar" else ""
    return [f"Errors: Rubin's rules over random imputations.{kept}"]
