"""Parametric times to an event that visits bracket: accelerated failure time models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.coefficients import add_ratios, frame_coefficients
from outcomes.models.fit import MODEL_COLUMNS, Fit, Verdict
from outcomes.models.mixed.design import refuse_aliased
from outcomes.models.mixed.formula import (
    build_columns,
    list_formula_variables,
    refuse_single_levels,
    type_variables,
)
from outcomes.models.mixed.table import frame_variances
from outcomes.models.stacks import Array
from outcomes.models.survival.accelerated_likelihood import SHAPES, climb_accelerated
from outcomes.models.survival.event_times import (
    FEW_EVENTS,
    SEPARATED,
    count_patients,
    list_refusals,
    read_intervals,
)
from outcomes.schema import require_columns


def fit_interval_regression(
    events: pd.DataFrame, formula: str = "~ 1", *, distribution: str = "weibull", level: float = 0.95
) -> Fit:
    """Fit how covariates stretch or shrink the time to an event that is known only to lie between visits.

    Parameters
    ----------
    events : DataFrame as for fit_interval_survival, with the columns of the formula
    formula : str, covariates, for example "~ route + baseline"
    distribution : {"weibull", "lognormal", "loglogistic"}
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per coefficient (log days; exp of it is a time ratio: time_ratio, ratio_low,
        ratio_high) and one for the scale (kind: fixed, variance). `extras["likelihoods"]`: the log-likelihood
        of each distribution with this formula. NOT ESTIMABLE with fewer than five events per parameter, or
        where two starts disagree.

    Raises
    ------
    EstimationError
        As for fit_interval_survival; also for an unknown distribution.

    Notes
    -----
    log T = x'b + s e with e extreme-value, normal or logistic. Likelihood: F(R) - F(L) for (L, R], 1 - F(L)
    without an event, the density of T at an exact day [1]_. Compare the three likelihoods, and lay the
    curve over that of fit_interval_survival before believing one.

    References
    ----------
    .. [1] Odell PM, Anderson KM, D'Agostino RB (1992). Biometrics 48:951-959. doi:10.2307/2532360

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> rng = np.random.default_rng(1)
    >>> left = 7 * rng.integers(0, 6, 80)
    >>> events = pd.DataFrame({"arm": ["A", "B"] * 40, "left": left, "right": left + 7})
    >>> oc.fit_interval_regression(events, "~ arm").table["term"].tolist()
    ['Intercept', 'arm[T.B]', 'scale']
    """
    if distribution not in SHAPES:
        raise EstimationError(
            f"distribution must be one of {', '.join(SHAPES)}; another word was given. Use one."
        )
    variables = list_formula_variables(formula, events)
    require_columns(events, variables, caller="fit_interval_regression")
    rows, notes = read_intervals(events, by=None, caller="fit_interval_regression")
    complete = rows[variables].notna().all(axis=1) & ((rows["left"] > 0) | np.isfinite(rows["right"]))
    if not complete.all():
        notes.append(f"Left out: {int((~complete).sum())} rows without a covariate or without follow-up.")
    rows = rows[complete].reset_index(drop=True)
    frame = type_variables(rows[variables])
    refuse_single_levels(frame, variables)
    columns = build_columns(formula, frame, argument="formula")
    if columns.empty:
        columns = pd.DataFrame({"Intercept": np.ones(len(rows))})
    x, left, right = (
        columns.to_numpy(dtype=float),
        rows["left"].to_numpy(dtype=float),
        rows["right"].to_numpy(dtype=float),
    )
    title, settings = (
        "Interval-censored regression",
        {"distribution": distribution, "formula": formula, "level": level},
    )
    whose: dict[str, Any] = {"settings": settings, "n_rows": len(rows), "n_patients": count_patients(rows)}
    events_seen, parameters = int(np.isfinite(right).sum()), x.shape[1] + 1
    blank = pd.DataFrame(
        {"term": columns.columns.astype(str)},
        columns=[*MODEL_COLUMNS, "time_ratio", "ratio_low", "ratio_high"],
    )
    refusals = list_refusals(frame, np.isfinite(right), parameters)
    if refusals:
        return Fit(title, blank, "NOT ESTIMABLE", (*refusals, *notes), **whose)
    refuse_aliased(columns, argument="formula")
    with np.errstate(all="ignore"):
        unit = np.append(np.sqrt((x**2).mean(axis=0)), 1.0)  # so that the information is well scaled
        found = {name: climb_accelerated(x / unit[:-1], left, right, shape) for name, shape in SHAPES.items()}
    best = found[distribution]
    if best is None:
        reason = "Two starts of the optimizer ended at different results, or at no optimum."
        return Fit(title, blank, "NOT ESTIMABLE", (reason, *notes), **whose)
    theta, covariance = best[0] / unit, best[1] / np.outer(unit, unit)
    largest = np.maximum(np.abs(theta), np.sqrt(np.diag(covariance)))
    if (largest * np.append(np.ptp(x, axis=0), 1.0) > SEPARATED).any():
        reason = "A coefficient or the scale runs away: the intervals do not tell how far the times spread."
        return Fit(title, blank, "NOT ESTIMABLE", (reason, *notes), **whose)
    few = events_seen < 2 * FEW_EVENTS * parameters
    cautions = (
        [f"Few events ({events_seen}) for {parameters} parameters: errors are approximate."] if few else []
    )
    verdict: Verdict = "CAUTION" if cautions else "OK"
    likelihoods = pd.DataFrame(
        {
            "distribution": list(found),
            "log_likelihood": [np.nan if one is None else one[2] for one in found.values()],
        }
    )
    return Fit(
        title, _tabulate(columns, theta, covariance, level), verdict, (*cautions, *notes),
        extras={"likelihoods": likelihoods}, **whose,
    )  # fmt: skip


def _tabulate(columns: pd.DataFrame, theta: Array, covariance: Array, level: float) -> pd.DataFrame:
    error = np.sqrt(np.diag(covariance))[:-1]
    effects = frame_coefficients(columns.columns, theta[:-1], error, level).assign(kind="fixed")
    effects = add_ratios(effects, "time_ratio")
    return pd.concat([effects, frame_variances([("scale", float(np.exp(theta[-1])))])], ignore_index=True)
