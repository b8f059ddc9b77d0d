"""The covariance of repeated visits at which the restricted likelihood is highest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import Structure
from outcomes.models.visits.patterns import (
    Level,
    PatternSums,
    Slopes,
    differentiate_patterns,
    evaluate_patterns,
)

_STEPS, _ENOUGH, _STILL_GAINED = 100, 1e-11, 1e-6
_LIFT = 0.05  # smallest eigenvalue of the start, as a share of the largest


@dataclass(frozen=True, eq=False)
class Summit:
    """The highest point that Newton's steps found."""

    theta: Array
    level: Level
    slopes: Slopes
    decrease: float


def start_sigma(residual: Array, codes: Array, visits: Array, size: int) -> Array:
    """Pairwise products of the residuals, with the small eigenvalues lifted."""
    wide = np.full((int(codes.max()) + 1, size), np.nan)
    wide[codes, visits] = residual
    there = ~np.isnan(wide)
    filled = np.where(there, wide, 0.0)
    counts = np.maximum(there.T.astype(float) @ there, 1.0)
    values, vectors = np.linalg.eigh(filled.T @ filled / counts)
    lifted = np.maximum(values, _LIFT * values.max())
    return np.asarray((vectors * lifted) @ vectors.T)


def climb(sums: PatternSums, structure: Structure, sigma: Array) -> Summit:
    """Take Newton's steps with positive curvatures, halved until the likelihood rises."""
    theta = structure.start(sigma)
    level = evaluate_patterns(sums, structure.shape(theta).sigma)
    decrease = np.inf
    for _ in range(_STEPS):
        if not np.isfinite(level.deviance):
            break
        shape = structure.shape(theta)
        slopes = differentiate_patterns(sums, level, shape.slopes, shape.curves)
        values, vectors = np.linalg.eigh(slopes.hessian)
        curvature = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
        step = -vectors @ ((vectors.T @ slopes.gradient) / curvature)
        decrease = float(-slopes.gradient @ step / 2)
        if not decrease > _ENOUGH:
            return Summit(theta, level, slopes, decrease)
        moved = _search(sums, structure, theta, step, level)
        if moved is None:
            return Summit(theta, level, slopes, decrease)
        theta, level = moved
    size = structure.n_parameters
    blank = Slopes(np.zeros(size), np.full((size, size), np.nan), np.zeros(0))
    return Summit(theta, level, blank, decrease)


def _search(
    sums: PatternSums, structure: Structure, theta: Array, step: Array, level: Level
) -> tuple[Array, Level] | None:
    """Halve the step until the deviance falls; None where it never does."""
    share = 1.0
    while share > 1e-10:
        new = theta + share * step
        positive = structure.name == "us" or (new[: structure.n_variances] > 0).all()
        found = evaluate_patterns(sums, structure.shape(new).sigma) if positive else None
        if found is not None and found.deviance < level.deviance:
            return new, found
        share /= 2
    return None


def list_summit_failures(summit: Summit) -> list[str]:
    """Why the point is no maximum; empty where it is one."""
    if not np.isfinite(summit.level.deviance):
        return ["The likelihood cannot be computed: the covariance of the visits is not positive definite."]
    if not np.isfinite(summit.slopes.hessian).all() or not summit.decrease < _STILL_GAINED:
        return ["No maximum of the likelihood was found."]
    size = np.sqrt(np.abs(np.diag(summit.slopes.hessian)))
    if np.linalg.eigvalsh(summit.slopes.hessian / np.outer(size, size))[0] <= 1e-10:
        return ["The data do not determine the covariance of the visits; try one with fewer parameters."]
    return []
