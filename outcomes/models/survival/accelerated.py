"""Parametric times to an event that visits bracket: accelerated failure time models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from outcomes.errors import EstimationError
from outcomes.models.coefficients import add_ratios, frame_coefficients
from outcomes.models.fit import MODEL_COLUMNS, Fit, Verdict
from outcomes.models.mixed.design import refuse_aliased
from outcomes.models.mixed.formula import build_columns, list_formula_variables, type_variables
from outcomes.models.mixed.table import frame_variances
from outcomes.models.stacks import Array
from outcomes.models.survival.event_times import FEW_EVENTS, count_patients, read_intervals
from outcomes.schema import require_columns

_TINY = 1e-300
_FLAT = 1e-4  # score times standard error at the optimum


@dataclass(frozen=True)
class _Shape:
    """Of the error e in log T = x'b + s e: log F, log(1 - F) and log f."""

    log_cdf: Callable[[Array], Array]
    log_sf: Callable[[Array], Array]
    log_pdf: Callable[[Array], Array]


_SHAPES = {
    "weibull": _Shape(
        lambda z: np.log(np.maximum(-np.expm1(-np.exp(z)), _TINY)),
        lambda z: -np.exp(z),
        lambda z: z - np.exp(z),
    ),
    "lognormal": _Shape(stats.norm.logcdf, stats.norm.logsf, stats.norm.logpdf),
    "loglogistic": _Shape(stats.logistic.logcdf, stats.logistic.logsf, stats.logistic.logpdf),
}


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
    if distribution not in _SHAPES:
        raise EstimationError(
            f"distribution must be one of {', '.join(_SHAPES)}; another word was given. Use one."
        )
    variables = list_formula_variables(formula, events)
    require_columns(events, variables, caller="fit_interval_regression")
    rows, notes = read_intervals(events, by=None, caller="fit_interval_regression")
    complete = rows[variables].notna().all(axis=1) & ((rows["left"] > 0) | np.isfinite(rows["right"]))
    if not complete.all():
        notes.append(f"Left out: {int((~complete).sum())} rows without a covariate or without follow-up.")
    rows = rows[complete].reset_index(drop=True)
    columns = build_columns(formula, type_variables(rows[variables]), argument="formula")
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
    if events_seen < FEW_EVENTS * parameters:
        reason = f"{events_seen} events for {parameters} parameters: at least {FEW_EVENTS} each are needed."
        return Fit(title, blank, "NOT ESTIMABLE", (reason, *notes), **whose)
    refuse_aliased(columns, argument="formula")
    with np.errstate(all="ignore"):
        unit = np.append(np.sqrt((x**2).mean(axis=0)), 1.0)  # so that one step of the differences suits all
        found = {name: _climb(x / unit[:-1], left, right, shape) for name, shape in _SHAPES.items()}
    best = found[distribution]
    if best is None:
        reason = "Two starts of the optimizer ended at different results, or at no optimum."
        return Fit(title, blank, "NOT ESTIMABLE", (reason, *notes), **whose)
    theta, covariance = best[0] / unit, best[1] / np.outer(unit, unit)
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


def _climb(x: Array, left: Array, right: Array, shape: _Shape) -> tuple[Array, Array, float] | None:
    """The optimum in (b, log s), its covariance and the log-likelihood; None where two starts disagree."""
    middle = np.where(np.isfinite(right), (left + np.where(np.isfinite(right), right, 0)) / 2, left * 1.5)
    logs = np.log(np.maximum(middle, 0.5))
    start = np.linalg.lstsq(x, logs, rcond=None)[0]
    spread = np.log(max((logs - x @ start).std(), 0.1))

    def lose(theta: Array) -> float:
        return -_sum_likelihood(theta, x, left, right, shape)

    ends = []
    for first in (np.append(start, spread), np.append(start * 0.9 + 0.3, spread + 0.7)):
        one = optimize.minimize(lose, first, method="BFGS", options={"gtol": 1e-7, "maxiter": 500})
        one = optimize.minimize(
            lose, one.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
        )
        ends.append(_take_newton_steps(one.x, lose))
    theta, value = min(ends, key=lambda end: end[1])
    if abs(ends[0][1] - ends[1][1]) > 1e-5:
        return None
    hessian = _differentiate_twice(theta, lose)[1]
    if (np.linalg.eigvalsh(hessian) <= 0).any():
        return None
    return theta, np.linalg.inv(hessian), -value


def _sum_likelihood(theta: Array, x: Array, left: Array, right: Array, shape: _Shape) -> float:
    middle, scale = x @ theta[:-1], np.exp(theta[-1])
    low, high = (
        (np.log(np.maximum(one, _TINY)) - middle) / scale
        for one in (left, np.where(np.isfinite(right), right, 1.0))
    )
    exact, open_end, from_start = left == right, ~np.isfinite(right), left == 0
    # log(F(R) - F(L)) from the tail that keeps the digits
    upper, lower = shape.log_sf(np.where(from_start, 0.0, low)), shape.log_sf(high)
    between = upper + np.log(np.maximum(-np.expm1(np.minimum(lower - upper, -1e-16)), _TINY))
    whole = np.where(from_start, shape.log_cdf(high), between)
    density = shape.log_pdf(high) - np.log(scale) - np.log(np.where(exact, np.maximum(right, _TINY), 1.0))
    parts = np.where(open_end, shape.log_sf(low), np.where(exact, density, whole))
    return float(np.where(np.isfinite(parts), parts, -1e10).sum())


def _take_newton_steps(theta: Array, lose: Callable[[Array], float]) -> tuple[Array, float]:
    value = lose(theta)
    for _ in range(5):
        gradient, hessian = _differentiate_twice(theta, lose)
        try:
            tried = theta - np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        if not lose(tried) < value:
            break
        theta, value = tried, lose(tried)
    return theta, value


def _differentiate_twice(theta: Array, lose: Callable[[Array], float]) -> tuple[Array, Array]:
    """Central differences of fourth order in the gradient's steps."""
    size, step = len(theta), 1e-3
    moves = np.eye(size) * step
    gradient = np.array(
        [
            (8 * (lose(theta + m) - lose(theta - m)) - (lose(theta + 2 * m) - lose(theta - 2 * m)))
            / (12 * step)
            for m in moves
        ]
    )
    middle = lose(theta)
    hessian = np.empty((size, size))
    for a in range(size):
        m = moves[a]
        hessian[a, a] = (
            -lose(theta + 2 * m)
            + 16 * lose(theta + m)
            - 30 * middle
            + 16 * lose(theta - m)
            - lose(theta - 2 * m)
        ) / (12 * step**2)
        for b in range(a):
            n = moves[b]
            hessian[a, b] = hessian[b, a] = (
                lose(theta + m + n) - lose(theta + m - n) - lose(theta - m + n) + lose(theta - m - n)
            ) / (4 * step**2)
    return gradient, hessian


def _tabulate(columns: pd.DataFrame, theta: Array, covariance: Array, level: float) -> pd.DataFrame:
    error = np.sqrt(np.diag(covariance))[:-1]
    effects = frame_coefficients(columns.columns, theta[:-1], error, level).assign(kind="fixed")
    effects = add_ratios(effects, "time_ratio")
    return pd.concat([effects, frame_variances([("scale", float(np.exp(theta[-1])))])], ignore_index=True)
