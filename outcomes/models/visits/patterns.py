"""The restricted likelihood of repeated visits, from sums over patients who were seen at the same visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array


@dataclass(frozen=True, eq=False)
class PatternSums:
    """All that the likelihood needs; m = p + 1 columns [X y], V visits.

    Attributes
    ----------
    seen : list of arrays, the visits of each pattern
    counts : array, patients of each pattern
    crosses : list of arrays (v, v, m, m), sums of x_a x_b' over the patients of a pattern
    n_rows, n_fixed, size : int, rows, p and V
    """

    seen: list[Array]
    counts: Array
    crosses: list[Array]
    n_rows: int
    n_fixed: int
    size: int


@dataclass(frozen=True, eq=False)
class Level:
    """The likelihood at one Sigma; deviance is infinite where Sigma is not positive definite."""

    deviance: float
    fixed: Array
    phi: Array
    inverses: list[Array]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives at one Sigma in parameters with the derivatives E_k (and second ones) of Sigma.

    Attributes
    ----------
    gradient : array (k,), of the deviance
    hessian : array (k, k), observed
    bends : array (k, p, p), P_k, derivatives of X'V^-1 X
    """

    gradient: Array
    hessian: Array
    bends: Array


def collect_patterns(
    x: Array, y: Array, codes: Array, visits: Array, size: int, *, weights: Array | None = None
) -> PatternSums:
    """Sum the rows of the patients of each pattern of visits; one row per patient and visit.

    `weights` (patients,) count patients several times or not at all.
    """
    n_patients, columns = int(codes.max()) + 1, np.column_stack([x, y])
    rows = np.zeros((n_patients, size, columns.shape[1]))
    rows[codes, visits] = columns
    there = np.zeros((n_patients, size), dtype=bool)
    there[codes, visits] = True
    patterns, which = np.unique(there, axis=0, return_inverse=True)
    many = np.ones(n_patients) if weights is None else weights
    seen, crosses = [], []
    for number, pattern in enumerate(patterns):
        at = np.flatnonzero(pattern)
        whose = which.ravel() == number
        flat = rows[whose][:, at].reshape(int(whose.sum()), -1)
        cross = (flat.T @ (flat * many[whose, None])).reshape(
            len(at), columns.shape[1], len(at), columns.shape[1]
        )
        seen.append(at)
        crosses.append(cross.transpose(0, 2, 1, 3))
    counts = np.bincount(which.ravel(), weights=many, minlength=len(patterns))
    n_rows = int(counts @ patterns.sum(axis=1))
    return PatternSums(seen, counts, crosses, n_rows, x.shape[1], size)


def evaluate_patterns(sums: PatternSums, sigma: Array) -> Level:
    """Evaluate -2 log of the restricted likelihood."""
    count = sums.n_fixed
    total, logs, inverses = np.zeros((count + 1, count + 1)), 0.0, []
    for at, many, cross in zip(sums.seen, sums.counts, sums.crosses, strict=True):
        try:
            factor = np.linalg.cholesky(sigma[np.ix_(at, at)])
        except np.linalg.LinAlgError:
            return Level(np.inf, np.zeros(count), np.zeros((count, count)), [])
        half = np.linalg.inv(factor)
        inverse = half.T @ half
        logs += many * 2 * np.log(np.diag(factor)).sum()
        total += np.tensordot(inverse, cross, 2)
        inverses.append(inverse)
    phi = np.linalg.inv(total[:count, :count])
    fixed = phi @ total[:count, count]
    rest = total[count, count] - total[count, :count] @ fixed
    sign, log_det = np.linalg.slogdet(total[:count, :count])
    if sign <= 0 or not np.isfinite(rest):
        return Level(np.inf, fixed, phi, inverses)
    constant = (sums.n_rows - count) * np.log(2 * np.pi)
    return Level(float(logs + log_det + rest + constant), fixed, phi, inverses)


def differentiate_patterns(sums: PatternSums, level: Level, slopes: Array, curves: Array) -> Slopes:
    """Gradient and observed Hessian of the deviance, and the derivatives of X'V^-1 X.

    Parameters
    ----------
    slopes, curves : arrays (k, V, V) and (k, k, V, V), first and second derivatives of Sigma
    """
    p, k, phi = sums.n_fixed, len(slopes), level.phi
    v = np.append(-level.fixed, 1.0)
    weigh = np.zeros((p + 1, p + 1))
    weigh[:p, :p] = phi
    weigh += np.outer(v, v)
    first = np.zeros((sums.size, sums.size))
    hessian, moved = np.zeros((k, k)), np.zeros((k, p + 1, p + 1))
    for at, many, cross, inverse in zip(sums.seen, sums.counts, sums.crosses, level.inverses, strict=True):
        place = np.ix_(at, at)
        own = slopes[:, at][:, :, at]
        mixed = np.tensordot(cross, weigh, ([2, 3], [0, 1]))
        around = inverse @ mixed @ inverse
        first[place] += many * inverse - around
        left = inverse @ own  # P E_k
        hessian += 2 * _trace_pairs(own, left @ around) - many * _trace_pairs(left, left)
        moved += np.tensordot(left @ inverse, cross, 2)  # P E_k P
    gradient = np.einsum("kab,ab->k", slopes, first)
    inside = moved[:, :p, :p]
    across = moved @ v
    half = phi @ inside
    hessian -= _trace_pairs(half, half) + 2 * across[:, :p] @ phi @ across[:, :p].T
    hessian = (hessian + hessian.T) / 2 + np.einsum("klab,ab->kl", curves, first)
    return Slopes(gradient, hessian, -inside)


def _trace_pairs(left: Array, right: Array) -> Array:
    """Give tr(L_k R_l) for every pair, (k, l)."""
    count = len(left)
    return np.asarray(left.reshape(count, -1) @ right.transpose(0, 2, 1).reshape(count, -1).T)


def sum_curves(sums: PatternSums, level: Level, slopes: Array) -> tuple[Array, Array]:
    """Give Q_kl = sum X'V^-1 E_k V^-1 E_l V^-1 X, (k, k, p, p), and sum tr(V^-1 E_k V^-1 E_l), (k, k)."""
    p, k = sums.n_fixed, len(slopes)
    curves, traces = np.zeros((k, k, p, p)), np.zeros((k, k))
    for at, many, cross, inverse in zip(sums.seen, sums.counts, sums.crosses, level.inverses, strict=True):
        left = inverse @ slopes[:, at][:, :, at]
        twice = left[:, None] @ (left @ inverse)[None]  # P E_k P E_l P
        curves += np.tensordot(twice, cross[:, :, :p, :p], 2)
        traces += many * _trace_pairs(left, left)
    return curves, traces


def sum_seconds(sums: PatternSums, level: Level, curves: Array) -> Array:
    """Give R_kl = sum X'V^-1 V_kl V^-1 X, (k, k, p, p), for second derivatives V_kl (k, k, V, V)."""
    p, k = sums.n_fixed, len(curves)
    seconds = np.zeros((k, k, p, p))
    for at, cross, inverse in zip(sums.seen, sums.crosses, level.inverses, strict=True):
        around = inverse @ curves[:, :, at][..., at] @ inverse
        seconds += np.tensordot(around, cross[:, :, :p, :p], 2)
    return seconds
