"""The maximum likelihood estimate of interval-censored times with its certificate, many samples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

GAP = 1e-8  # a certificate above this is no certificate
_ITERATIONS = 200
_SHARP_STEPS = 30  # quadratic convergence: two or three are the rule
_SAME = 1e-13  # masses that move by less than this have settled
_FREE = 1e-4  # a place whose multiplier is a smaller share of n than this may have mass at the optimum
_TO_BOUNDARY = 0.995
_TINY = 1e-14  # least mass that an interval of the sample is taken to cover


@dataclass(frozen=True)
class Support:
    """Where an interval-censored sample can have mass, and the runs of these places that its rows cover.

    Attributes
    ----------
    low, high : arrays of length m, the intervals (low, high] of the support; low = high is an exact day
    first, last : arrays, the first and last support interval of each distinct run
    counts : array, how many rows cover just this run
    """

    low: np.ndarray
    high: np.ndarray
    first: np.ndarray
    last: np.ndarray
    counts: np.ndarray


def find_support(left: np.ndarray, right: np.ndarray) -> Support:
    """Find the maximal intersections of intervals (left, right] on whole days; right may be infinite.

    Notes
    -----
    An exact day t stands for (t - 1/2, t]; no other end lies between, so this is (t-, t]. With all ends
    sorted (at ties a right end before a left end), a left end followed at once by a right end is a support
    interval.
    """
    opened = np.where(left == right, left - 0.5, left)
    ends = np.concatenate([opened, right])
    is_left = np.repeat([True, False], len(opened))
    order = np.lexsort((is_left, ends))
    ends, is_left = ends[order], is_left[order]
    pair = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    low, high = ends[pair], ends[pair + 1]
    first = np.searchsorted(low, opened, side="left")
    last = np.searchsorted(high, right, side="right") - 1
    runs, counts = np.unique(first * len(low) + last, return_counts=True)
    return Support(np.where(low % 1 == 0, low, high), high, runs // len(low), runs % len(low), counts)


def maximize_likelihood(
    support: Support, counts: np.ndarray, *, gap: float = GAP, exact: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the masses that maximize the likelihood, and the certificate gap, for each row of counts.

    Parameters
    ----------
    support : Support
    counts : array (samples, distinct intervals), how often each distinct interval occurs in each sample
    gap : float, the certificate at which the interior point method stops
    exact : bool, then settle the masses to rounding; without it they are right to about sqrt(gap)

    Returns
    -------
    tuple of array (samples, m) and array (samples,)

    Notes
    -----
    Maximizes ``sum_i w_i log(sum_j a_ij p_j) - n sum_j p_j`` over p >= 0, whose optimum sums to one, by a
    primal-dual interior point method: Newton steps on ``d(p) - n + z = 0``, ``p z = mu`` with mu falling to
    0, where ``d_j = sum_i w_i a_ij / (a p)_i``. As each interval covers a run of the support, d and the
    Hessian are cumulative sums. Certificate: ``gap = max_j d_j / n - 1``; the log-likelihood is within n
    gap of its maximum. The masses are not yet: a place with no mass whose multiplier ``n - d_j`` is zero too
    keeps about sqrt(gap). So `exact` takes Newton steps on ``sum_i w_i log(sum_j a_ij p_j) - n/2 (sum_j
    p_j)^2``, which has the same optimum; each step maximizes the quadratic expansion over p >= 0 by
    non-negative least squares, where a place without mass is exactly 0 (the constrained Newton method [1]_).
    Places whose multiplier is far from zero are left at 0; the certificate is taken over all places.

    References
    ----------
    .. [1] Wang Y. On fast computation of the non-parametric maximum likelihood estimate of a mixing
       distribution. J R Stat Soc B 2007;69:185-198. doi:10.1111/j.1467-9868.2007.00583.x
    """
    weights = counts.astype(float)
    n = weights.sum(axis=1, keepdims=True)
    m = len(support.high)
    mass = np.full((len(weights), m), 1.0 / m)
    for _ in range(5):  # self-consistency steps, from equal masses
        mass = mass * _gradient(support, weights, mass) / n
    mass = np.maximum(mass, 1e-3 / m)
    dual = 0.1 * n / m / mass  # centered: every product mass x dual is the same
    reached = np.full(len(weights), np.inf)
    best = mass / mass.sum(axis=1, keepdims=True)
    active = np.arange(len(weights))
    for _ in range(_ITERATIONS):
        mass_now, dual_now = _newton_step(support, weights[active], n[active], mass[active], dual[active])
        mass[active], dual[active] = mass_now, dual_now
        whole = mass_now / mass_now.sum(axis=1, keepdims=True)
        found = (_gradient(support, weights[active], whole) / n[active]).max(axis=1) - 1
        better = found < reached[active]
        best[active[better]], reached[active[better]] = whole[better], found[better]
        # Go on two orders below the gap that was asked for: masses converge after the likelihood.
        active = active[(reached[active] > 0.01 * gap) & np.isfinite(mass_now).all(axis=1)]
        if not len(active):
            break
    if exact:
        settled = [_sharpen(support, *one) for one in zip(weights, best, reached, strict=True)]
        best, reached = np.array([mass for mass, _ in settled]), np.array([found for _, found in settled])
    return best, reached


def sum_log_likelihood(support: Support, counts: np.ndarray, mass: np.ndarray) -> float:
    """Return ``sum_i w_i log P(left_i < T <= right_i)``; an exact day counts with its mass."""
    covered = _cover(support, mass[None, :])[0]
    return float(counts @ np.log(covered))


def _sharpen(support: Support, weights: np.ndarray, mass: np.ndarray, gap: float) -> tuple[np.ndarray, float]:
    """Settle the masses of one sample; those given are kept where no step leads to a certificate as good."""
    seen = weights > 0
    places = np.arange(len(mass))
    covers = ((support.first[seen, None] <= places) & (places <= support.last[seen, None])).astype(float)
    counts, n = weights[seen], weights.sum()
    root = np.sqrt(counts)
    now, best = mass, (mass, gap)
    slack = 1 - covers.T @ (counts / np.maximum(covers @ now, _TINY)) / n
    free = np.flatnonzero(slack < _FREE)
    for _ in range(_SHARP_STEPS):
        # With s = a / (a p), log(a q / a p) is s q - 1 - (s q - 1)^2 / 2 to second order: squares of s q - 2.
        scaled = covers[:, free] * (root / np.maximum(covers @ now, _TINY))[:, None]
        whole = np.full(len(free), np.sqrt(n))
        system = np.column_stack([np.vstack([scaled, whole]), np.append(2 * root, 0)])
        triangle = np.linalg.qr(system).R
        try:
            masses, _ = nnls(triangle[:, :-1], triangle[:, -1], maxiter=30 * len(mass))
        except RuntimeError:  # the active set did not settle; what was certified before stands
            break
        step = np.zeros(len(mass))
        step[free] = masses / masses.sum()
        covered = covers @ step
        if not (covered > _TINY).all():
            break
        found = float((covers.T @ (counts / covered)).max() / n - 1)
        moved, now = np.abs(step - now).max(), step
        if found <= max(best[1], _SAME):
            best = (step, found)
        if moved < _SAME:
            break
    return best


def _cover(support: Support, mass: np.ndarray) -> np.ndarray:
    """Mass that each distinct interval covers."""
    padded = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
    return padded[:, support.last + 1] - padded[:, support.first]


def _spread(support: Support, values: np.ndarray) -> np.ndarray:
    """Sum over the distinct intervals that cover each support interval: the transpose of `_cover`."""
    steps = np.zeros((len(values), len(support.high) + 1))
    rows = np.arange(len(values))[:, None]
    np.add.at(steps, (rows, support.first), values)
    np.add.at(steps, (rows, support.last + 1), -values)
    return np.cumsum(steps, axis=1)[:, :-1]


def _gradient(support: Support, weights: np.ndarray, mass: np.ndarray) -> np.ndarray:
    covered = _cover(support, mass)
    return _spread(support, weights / np.where(weights > 0, np.maximum(covered, _TINY), 1.0))


def _newton_step(
    support: Support, weights: np.ndarray, n: np.ndarray, mass: np.ndarray, dual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    m = mass.shape[1]
    covered = np.where(weights > 0, np.maximum(_cover(support, mass), _TINY), 1.0)
    gradient = _spread(support, weights / covered)
    curvature = weights / covered**2
    # H_jk = sum of the curvature over the intervals with first <= min(j, k) and last >= max(j, k): a sum
    # over a quadrant.
    corner = np.zeros((len(mass), m, m))
    corner[:, support.first, support.last] = curvature
    upper = np.cumsum(np.cumsum(corner, axis=1)[:, :, ::-1], axis=2)[:, :, ::-1]
    upper = np.triu(upper)
    hessian = upper + np.swapaxes(np.triu(upper, 1), 1, 2)
    centre = 0.1 * (mass * dual).mean(axis=1, keepdims=True)
    diagonal = np.arange(m)
    hessian[:, diagonal, diagonal] += dual / mass
    d_mass = np.linalg.solve(hessian, (gradient - n + centre / mass)[:, :, None])[:, :, 0]
    d_dual = centre / mass - dual - dual / mass * d_mass
    step = np.minimum(_longest(mass, d_mass), _longest(dual, d_dual))
    return mass + step * d_mass, dual + step * d_dual


def _longest(value: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The longest step, at most 1, that keeps every value positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = np.where(change < 0, -value / change, np.inf).min(axis=1, keepdims=True)
    return np.minimum(1.0, _TO_BOUNDARY * limit)
