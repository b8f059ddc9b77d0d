"""The optimum of a mixed model's likelihood, and the certificate that it is one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from outcomes.models.mixed.likelihood import (
    PatientSums,
    Pieces,
    Point,
    differentiate_likelihood,
    evaluate_likelihood,
)
from outcomes.models.stacks import Array

SEARCH_LIMIT = 2_000  # patients up to which the derivative-free search is run
_NEARLY_SINGULAR = 1e-2  # scaled eigenvalue ratio below which the reduced rank is fitted too
_NEWTON_STEPS = 100
_EM_STEPS = 1
_ENOUGH = 1e-10  # gain of a Newton step in deviance; a relative rule stops too early on large data
_ROUGHLY_ENOUGH = 1e-4  # of the second start, whose last step is then of the order of 1e-8
_SAME_DEVIANCE = 2e-4  # 1e-4 in log L
_SAME_ERRORS = 1e-3  # fixed effects, in standard errors
_START_SITE, _NO_VARIANCE = 0.1, 1e-6  # variance between sites over residual variance
_FARTHEST = 3.0  # longest step in the logarithm of the variance between sites


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the likelihood is highest, and what was done to make sure.

    Attributes
    ----------
    point : Point
    pieces : Pieces, derivatives at the point
    decrease : float, what one more Newton step would still gain in deviance
    edge : float, smallest slope of the deviance into the cone where Psi is singular; 0 where it is not;
        negative where the edge is false
    eigenvalue_ratio : float, smallest over largest eigenvalue of the scaled Psi
    rank : int, rank of Psi
    doubts : tuple of str, why the point is not certified; empty where it is
    """

    point: Point
    pieces: Pieces
    decrease: float
    edge: float
    eigenvalue_ratio: float
    rank: int
    doubts: tuple[str, ...] = ()


def find_optimum(sums: PatientSums, *, reml: bool) -> Optimum:
    """Climb from two starts, search without derivatives, and say what speaks against the result.

    Notes
    -----
    Newton steps in the elements of L without bounds (Psi = LL'), from a step of the EM algorithm. At a
    bound diag(L) = 0 the gradient 2DL has a zero column, so a bounded search could stay there; instead a
    nearly singular Psi is fitted again with one rank less and the lower deviance is kept. The optimum on the
    cone Psi >= 0 is certified by D Psi = 0 and D >= 0 on the null space of Psi, D being the derivative in
    Psi. The variance between sites, where there is one, is climbed in its logarithm; a variance that runs to
    zero is at its edge, and the optimum without sites is given instead.
    """
    start = _start_psi(sums)
    first = _climb(sums, _take_em_steps(sums, start, reml), _START_SITE, reml)
    if sums.n_sites and first.point.site < _NO_VARIANCE:
        return find_optimum(sums.drop_sites(), reml=reml)
    second = _climb(sums, np.sqrt(16 * start), 16 * _START_SITE, reml, enough=_ROUGHLY_ENOUGH)
    best = second if second.point.deviance < first.point.deviance - _SAME_DEVIANCE else first
    doubts = [*_find_faults(best), *_compare(first, second)]
    if sums.n_patients <= SEARCH_LIMIT and np.isfinite(best.point.deviance):
        searched = _search_freely(sums, start, reml)
        if searched < best.point.deviance - _SAME_DEVIANCE:
            doubts.append("A search without derivatives found a higher likelihood than the optimum.")
    return replace(best, doubts=tuple(doubts))


def _start_psi(sums: PatientSums) -> Array:
    return np.diag(sums.n_rows / np.einsum("aai->a", sums.zz))


def _take_em_steps(sums: PatientSums, psi: Array, reml: bool) -> Array:
    factor = np.linalg.cholesky(psi)
    for _ in range(_EM_STEPS):
        point = evaluate_likelihood(sums, factor, reml=reml, site=_START_SITE)
        if not np.isfinite(point.deviance):
            break
        gradient = differentiate_likelihood(sums, point).gradient
        factor = _take_root(psi - psi @ gradient @ psi / sums.n_patients, len(psi))
        psi = factor @ factor.T
    return factor


def _climb(sums: PatientSums, factor: Array, site: float, reml: bool, *, enough: float = _ENOUGH) -> Optimum:
    best = _take_newton_steps(sums, factor, site, len(factor), reml, enough)
    for rank in range(len(factor) - 1, -1, -1):
        if best.eigenvalue_ratio >= _NEARLY_SINGULAR:
            break
        reduced = _take_newton_steps(
            sums, _take_root(best.point.psi, rank), best.point.site, rank, reml, enough
        )
        if not reduced.point.deviance <= best.point.deviance + 1e-8:
            break
        best = reduced
    for _ in range(5):
        if not _edge_is_false(best):
            break
        _, vectors = _null_space_slopes(best)
        push = np.outer(vectors[:, 0], vectors[:, 0]) * 1e-3
        pushed = _take_root(best.point.psi + push, len(factor))
        again = _take_newton_steps(sums, pushed, best.point.site, len(factor), reml, enough)
        if not again.point.deviance < best.point.deviance:
            break
        best = again
    return best


def _take_newton_steps(
    sums: PatientSums, factor: Array, site: float, rank: int, reml: bool, enough: float
) -> Optimum:
    rows, columns = np.tril_indices(len(factor))
    rows, columns = rows[columns < rank], columns[columns < rank]
    factor = np.where(np.arange(len(factor)) < rank, factor, 0.0)
    point = evaluate_likelihood(sums, factor, reml=reml, site=site)
    decrease, last = np.inf, False
    for _ in range(_NEWTON_STEPS):
        if not np.isfinite(point.deviance):
            break
        pieces = differentiate_likelihood(sums, point)
        gradient, hessian = _differentiate_in_factor(pieces, point.factor, rows, columns)
        move, decrease = _find_step(gradient, hessian)
        if last:
            break  # the certificate: what a further step would gain
        last = decrease < enough  # that step is still taken: it doubles the digits
        point, gained = _search_line(sums, point, move, (rows, columns), reml)
        last = last or not gained
    if not np.isfinite(point.deviance):
        pieces = Pieces(*(np.full(1, np.nan),) * 4, size=np.nan)
        return Optimum(point, pieces, np.inf, 0.0, np.nan, rank)
    point = replace(point, factor=point.factor * np.where(np.diag(point.factor) < 0, -1.0, 1.0))
    found = Optimum(point, pieces, decrease, 0.0, _eigenvalue_ratio(sums, point.psi), rank)
    return replace(found, edge=float(_null_space_slopes(found)[0][0]) if rank < len(factor) else 0.0)


def _differentiate_in_factor(
    pieces: Pieces, factor: Array, rows: Array, columns: Array
) -> tuple[Array, Array]:
    size, count = len(factor), len(rows)
    units = np.zeros((count, size, size))
    units[np.arange(count), rows, columns] = 1
    moved = units @ factor.T
    moved = moved + moved.transpose(0, 2, 1)  # derivative of LL' in theta_t
    low = np.tril_indices(size)
    chain = moved[:, low[0], low[1]]  # (theta, psi)
    bend = 2 * (pieces.gradient @ units).reshape(count, size**2) @ units.reshape(count, size**2).T
    if len(pieces.slopes) > chain.shape[1]:  # the variance between sites
        chain, bend = np.pad(chain, (0, 1)), np.pad(bend, (0, 1))
        chain[-1, -1] = 1
    return chain @ pieces.slopes, chain @ pieces.hessian @ chain.T + bend


def _find_step(gradient: Array, hessian: Array) -> tuple[Array, float]:
    if not len(gradient):
        return gradient, 0.0
    values, vectors = np.linalg.eigh(hessian)
    sizes = np.abs(values)
    sizes = np.maximum(sizes, 1e-8 * max(sizes.max(), 1e-300))
    move = -vectors @ ((vectors.T @ gradient) / sizes)
    return move, float(-gradient @ move / 2)


def _search_line(
    sums: PatientSums, point: Point, move: Array, where: tuple[Array, Array], reml: bool
) -> tuple[Point, bool]:
    for halving in range(30):
        factor, step = point.factor.copy(), move / 2**halving
        factor[where] += step[: len(where[0])]
        farther = np.clip(step[-1], -_FARTHEST, _FARTHEST) if sums.n_sites else 0.0
        tried = evaluate_likelihood(sums, factor, reml=reml, site=point.site * np.exp(farther))
        if tried.deviance <= point.deviance + 1e-12 * abs(point.deviance):  # rounding is no rise
            return tried, tried.deviance < point.deviance
    return point, False


def _take_root(psi: Array, rank: int) -> Array:
    """The lower triangular L of that rank nearest to psi = LL'."""
    values, vectors = np.linalg.eigh(psi)
    values = np.where(np.arange(len(psi)) >= len(psi) - rank, np.maximum(values, 0), 0.0)
    order = np.argsort(-values, kind="stable")
    _, root = np.linalg.qr((vectors * np.sqrt(values))[:, order].T)
    return np.where(np.arange(len(psi)) < rank, root.T, 0.0)


def _eigenvalue_ratio(sums: PatientSums, psi: Array) -> float:
    size = np.sqrt(np.einsum("aai->a", sums.zz) / sums.n_rows)  # the unit of time must not matter
    values = np.linalg.eigvalsh(psi * np.outer(size, size))
    return float(max(values[0], 0) / values[-1]) if len(psi) > 1 and values[-1] > 0 else float(values[-1])


def _null_space_slopes(found: Optimum) -> tuple[Array, Array]:
    _, vectors = np.linalg.eigh(found.point.psi)
    null = vectors[:, : len(vectors) - found.rank]
    values, turned = np.linalg.eigh(null.T @ found.pieces.gradient @ null)
    return values, null @ turned


def _edge_is_false(found: Optimum) -> bool:
    return bool(found.edge < -1e-6 * found.pieces.size)


def _find_faults(found: Optimum) -> list[str]:
    if not np.isfinite(found.point.deviance):
        return ["The likelihood cannot be computed: the model reproduces the outcome exactly."]
    faults = []
    if not found.decrease < 1e-8:
        faults.append("The optimizer stopped before it reached the optimum.")
    if _edge_is_false(found):
        faults.append("The optimizer stopped at a false edge of the variances.")
    return faults


def _compare(first: Optimum, second: Optimum) -> list[str]:
    if not np.isfinite(first.point.deviance) or not np.isfinite(second.point.deviance):
        return []
    errors = np.sqrt(np.diag(first.point.phi))
    close = (np.abs(first.point.fixed - second.point.fixed) <= _SAME_ERRORS * errors).all()
    if close and abs(first.point.deviance - second.point.deviance) <= _SAME_DEVIANCE:
        return []
    return ["Two starts of the optimizer ended at different results."]


def _search_freely(sums: PatientSums, psi: Array, reml: bool) -> float:
    where = np.tril_indices(len(psi))

    def deviance(theta: Array) -> float:
        factor = np.zeros_like(psi)
        factor[where] = theta[: len(where[0])]
        site = np.exp(theta[-1]) if sums.n_sites else 0.0
        return evaluate_likelihood(sums, factor, reml=reml, site=site).deviance

    start = np.append(np.sqrt(psi)[where] + 0.1, [np.log(_START_SITE)] if sums.n_sites else [])
    found = minimize(
        deviance,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-5, "maxfev": 150 * len(start)},
    )
    return float(found.fun)
