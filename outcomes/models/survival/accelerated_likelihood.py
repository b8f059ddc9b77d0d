"""The likelihood of an accelerated failure time model for intervals, and the way to its maximum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from outcomes.models.stacks import Array

_TINY = 1e-300
_STEPS, _HALVINGS = 100, 40
_SETTLED = 1e-10  # what a Newton step would still gain in log-likelihood
_SAME_OPTIMUM = 1e-5


@dataclass(frozen=True)
class Shape:
    """Of the error e in log T = x'b + s e: log F, log(1 - F), log f, and two derivatives of log f."""

    log_cdf: Callable[[Array], Array]
    log_sf: Callable[[Array], Array]
    log_pdf: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    bend: Callable[[Array], Array]


SHAPES = {
    "weibull": Shape(
        lambda z: np.log(np.maximum(-np.expm1(-np.exp(z)), _TINY)),
        lambda z: -np.exp(z),
        lambda z: z - np.exp(z),
        lambda z: 1 - np.exp(z),
        lambda z: -np.exp(z),
    ),
    "lognormal": Shape(
        stats.norm.logcdf, stats.norm.logsf, stats.norm.logpdf, np.negative, lambda z: -np.ones_like(z)
    ),
    "loglogistic": Shape(
        stats.logistic.logcdf, stats.logistic.logsf, stats.logistic.logpdf,
        lambda z: -np.tanh(z / 2), lambda z: -2 * stats.logistic.pdf(z),
    ),
}  # fmt: skip


def climb_accelerated(x: Array, left: Array, right: Array, shape: Shape) -> tuple[Array, Array, float] | None:
    """Find the maximum by Newton steps from two starts.

    Parameters
    ----------
    x : array (n, p)
    left, right : arrays (n,) of days, the event in (left, right]; equal at an exact day, right infinite
        without an event
    shape : Shape

    Returns
    -------
    tuple of (b, log s), its covariance and the log-likelihood; None where the starts end at different
    likelihoods or the information is not positive definite
    """
    middle = np.where(np.isfinite(right), (left + np.where(np.isfinite(right), right, 0)) / 2, left * 1.5)
    logs = np.log(np.maximum(middle, 0.5))
    start = np.linalg.lstsq(x, logs, rcond=None)[0]
    spread = np.log(max((logs - x @ start).std(), 0.1))
    ends = [
        _take_newton_steps(first, x, left, right, shape)
        for first in (np.append(start, spread), np.append(start * 0.9 + 0.3, spread + 0.7))
    ]
    theta, value, information = max(ends, key=lambda end: end[1])
    if abs(ends[0][1] - ends[1][1]) > _SAME_OPTIMUM or not (np.linalg.eigvalsh(information) > 0).all():
        return None
    return theta, np.linalg.inv(information), value


def _take_newton_steps(
    theta: Array, x: Array, left: Array, right: Array, shape: Shape
) -> tuple[Array, float, Array]:
    """Steps along the Newton direction, with negative curvature turned round, halved until they gain."""
    value, gradient, information = expand_likelihood(theta, x, left, right, shape)
    for _ in range(_STEPS):
        size, axes = np.linalg.eigh(information)
        size = np.maximum(np.abs(size), 1e-8 * np.abs(size).max())
        step = axes @ (axes.T @ gradient / size)
        if gradient @ step < _SETTLED:
            break
        for halving in range(_HALVINGS):
            tried = theta + step / 2**halving
            found = expand_likelihood(tried, x, left, right, shape)
            if found[0] > value:
                break
        else:
            break
        theta, (value, gradient, information) = tried, found
    return theta, value, information


def expand_likelihood(
    theta: Array, x: Array, left: Array, right: Array, shape: Shape
) -> tuple[float, Array, Array]:
    """Give the log-likelihood at (b, log s), its gradient, and the negative Hessian.

    Notes
    -----
    With z_k = (log t_k - x'b) / s at both ends, each row is a function of z_L and z_R: log(F(z_R) - F(z_L)),
    taken from the tail that keeps the digits, or log f(z) - log s - log t at an exact day. The chain rule
    needs dz/db = -x / s, dz/dlog s = -z, d2z/db dlog s = x / s and d2z/(dlog s)^2 = z.
    """
    scale = np.exp(theta[-1])
    exact, ended, from_start = left == right, np.isfinite(right), left == 0
    low, high = (
        (np.log(np.maximum(one, 1e-12)) - x @ theta[:-1]) / scale
        for one in (left, np.where(ended, right, 1.0))
    )
    upper = np.where(from_start, 0.0, shape.log_sf(low))
    lower = np.where(ended, shape.log_sf(high), -np.inf)
    between = upper + np.log(np.maximum(-np.expm1(np.minimum(lower - upper, -1e-16)), _TINY))
    whole = np.where(from_start & ended, shape.log_cdf(high), np.where(ended, between, upper))
    density = shape.log_pdf(high) - theta[-1] - np.log(np.where(exact, np.maximum(right, _TINY), 1.0))
    parts = np.where(exact, density, whole)
    value = float(np.where(np.isfinite(parts), parts, -1e10).sum())

    at_low = np.where(from_start | exact, 0.0, np.exp(np.minimum(shape.log_pdf(low) - whole, 600)))
    at_high = np.where(ended & ~exact, np.exp(np.minimum(shape.log_pdf(high) - whole, 600)), 0.0)
    low, high = np.where(from_start, 0.0, low), np.where(ended, high, 0.0)
    first = np.stack([-at_low, np.where(exact, shape.slope(high), at_high)])  # by z_L, z_R
    second = np.stack(
        [
            -at_low * shape.slope(low) - at_low**2,
            np.where(exact, shape.bend(high), at_high * shape.slope(high) - at_high**2),
        ]
    )
    crossed = at_low * at_high
    ends = np.stack([low, high])
    steps = [np.column_stack([-x / scale, -end]) for end in ends]  # of z by theta
    gradient = sum(one.T @ weight for one, weight in zip(steps, first, strict=True))
    gradient = gradient - np.append(np.zeros(x.shape[1]), exact.sum())
    hessian = sum((one * weight[:, None]).T @ one for one, weight in zip(steps, second, strict=True))
    mixed = (steps[0] * crossed[:, None]).T @ steps[1]
    hessian = hessian + mixed + mixed.T
    turned = x.T @ first.sum(axis=0) / scale
    hessian[:-1, -1] += turned
    hessian[-1, :-1] += turned
    hessian[-1, -1] += (first * ends).sum()
    return value, np.asarray(gradient), -hessian
