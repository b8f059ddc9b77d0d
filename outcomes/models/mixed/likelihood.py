"""The restricted likelihood of a mixed model, computed from small sums per patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from outcomes.models.stacks import Array, contract, invert, multiply

_BLOCK = 3_000  # patients whose sums fit the cache together


@dataclass(frozen=True, eq=False)
class PatientSums:
    """All that the likelihood needs from the rows; m = p + 1 columns [X y], q columns Z, N patients.

    Where sites have random effects, one column of ones and zeros per site stands before those of X: m = S + p
    + 1. The patient is the last axis, so that sums over patients are matrix products.

    Attributes
    ----------
    zz : array (q, q, N), Z_i'Z_i
    zx : array (q, m, N), Z_i'[X_i y_i]
    xx : array (m, m), [X y]'[X y] over all rows
    n_rows : int
    n_sites : int, S; 0 without effects of sites
    """

    zz: Array
    zx: Array
    xx: Array
    n_rows: int
    n_sites: int = 0

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return self.zz.shape[-1]

    @property
    def n_fixed(self) -> int:
        """Number of fixed effects."""
        return self.xx.shape[0] - 1 - self.n_sites

    @property
    def n_random(self) -> int:
        """Number of random effects per patient."""
        return self.zz.shape[0]

    def blocks(self) -> Iterator[slice]:
        """Blocks of patients."""
        yield from (slice(start, start + _BLOCK) for start in range(0, self.n_patients, _BLOCK))

    def drop_sites(self) -> PatientSums:
        """The same sums without effects of sites."""
        count = self.n_sites
        return replace(self, zx=self.zx[:, count:], xx=self.xx[count:, count:], n_sites=0)


@dataclass(frozen=True, eq=False)
class Point:
    """The likelihood at one relative covariance Psi = LL' of the random effects (Omega = s2 Psi).

    Attributes
    ----------
    factor : array (q, q), L
    deviance : float, -2 log L; infinite where it cannot be computed
    effects : array (S + p,), predicted effects of the sites, then the generalized least squares estimate
    scale : float, residual variance s2
    inverse : array (S + p, S + p), Q = ([K X]'V^-1[K X] + diag(1/psi_s, 0))^-1, V without sites, over s2
    counted : array (S + p, S + p), the inverse of that part of Q^-1 whose log-determinant is in the deviance
    inner : array (q, q, N), M_i = L (I + L'Z_i'Z_i L)^-1 L'
    degrees : int, n - p (REML) or n (ML)
    reml : bool
    site : float, variance between sites over s2; 0 without
    n_sites : int
    """

    factor: Array
    deviance: float
    effects: Array
    scale: float
    inverse: Array
    counted: Array
    inner: Array
    degrees: int
    reml: bool
    site: float
    n_sites: int

    @property
    def psi(self) -> Array:
        """The relative covariance Psi."""
        return self.factor @ self.factor.T

    @property
    def fixed(self) -> Array:
        """The fixed effects."""
        return self.effects[self.n_sites :]

    @property
    def phi(self) -> Array:
        """Cov(fixed), by generalized least squares."""
        return self.scale * self.inverse[self.n_sites :, self.n_sites :]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Derivatives at one point; U_i = Z_i'V_i^-1[K X y], G_i = Z_i'V_i^-1 Z_i.

    Attributes
    ----------
    gradient : array (q, q), D, the derivative of the deviance in Psi: d dev / d psi_k = sum(D * E_k)
    slopes : array (k,), the derivative in vech(Psi), then (with sites) in log(psi_s)
    hessian : array (k, k), second derivatives in the same
    products : array (k, m, m), T_k = sum_i U_i'E_k U_i, then I / psi_s
    size : float, largest element of sum G_i
    """

    gradient: Array
    slopes: Array
    hessian: Array
    products: Array
    size: float


def collect_sums(x: Array, y: Array, z: Array, codes: Array, *, sites: Array | None = None) -> PatientSums:
    """Sum the rows of each patient; `codes` number patients, `sites` sites 0, 1, ... without a gap."""
    count = 0 if sites is None else int(sites.max()) + 1
    dummies = (
        np.zeros((0, len(y))) if sites is None else np.equal.outer(np.arange(count), sites).astype(float)
    )
    xy, z = np.concatenate([dummies, x.T, y[None]]), z.T
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        xy, z, codes = xy[:, order], z[:, order], codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ones = [(column == 1).all() for column in z]  # a product less where a column is the intercept
    products = (xy if one else column * xy for column, one in zip(z, ones, strict=True))
    zx = np.stack([np.add.reduceat(product, starts, axis=1) for product in products])
    zz = np.stack([np.add.reduceat(column * z, starts, axis=1) for column in z])
    return PatientSums(zz, zx, xy @ xy.T, len(y), count)


def evaluate_likelihood(sums: PatientSums, factor: Array, *, reml: bool, site: float = 0.0) -> Point:
    """The profiled deviance and the generalized least squares fit at Psi = LL' and the site variance.

    Notes
    -----
    With V_i = I + Z_i Psi Z_i', W = [X y]'V^-1[X y] and r2 the residual sum of squares in W,

        -2 log L = sum log|V_i| + [REML] log|W_xx| + df (1 + log(2 pi r2 / df)),

    in the convention of lme4 and statsmodels. Effects of S sites are columns K before X with a ridge:
    1 / psi_s is added to their diagonal of W; then log|V| gains S log(psi_s) + log|W_KK|, and log|W_kk| +
    log|W_xx| after K is removed is log|W| over both.
    """
    n_sites, degrees = sums.n_sites, sums.n_rows - (sums.n_fixed if reml else 0)
    middle_of, identity = np.kron(factor.T, factor.T), np.eye(len(factor))[:, :, None]
    inner, total, logs = np.empty_like(sums.zz), sums.xx.copy(), 0.0
    for block in sums.blocks():
        zz, zx = sums.zz[..., block], sums.zx[..., block]
        turned = (middle_of @ zz.reshape(len(middle_of), -1)).reshape(zz.shape)
        inverse, log_determinant = invert(turned + identity)
        inner[..., block] = (middle_of.T @ inverse.reshape(len(middle_of), -1)).reshape(zz.shape)
        total -= contract(zx, multiply(inner[..., block], zx))
        logs += log_determinant
    if n_sites:
        total[np.arange(n_sites), np.arange(n_sites)] += 1 / site
        logs += n_sites * np.log(site)
    try:
        root = np.linalg.cholesky(total[:-1, :-1])
        half = np.linalg.solve(root, total[:-1, -1])
        rest = float(total[-1, -1] - half @ half)
    except np.linalg.LinAlgError:
        rest = np.nan
    if not rest > 0:
        empty = np.full((len(total) - 1, len(total) - 1), np.nan)
        return Point(factor, np.inf, empty[:, 0], np.nan, empty, empty, inner, degrees, reml, site, n_sites)
    inverse_root = np.linalg.inv(root)
    effects, inverse = inverse_root.T @ half, inverse_root.T @ inverse_root
    counted = inverse
    if not reml:
        counted = np.zeros_like(inverse)
        counted[:n_sites, :n_sites] = inverse_root[:n_sites, :n_sites].T @ inverse_root[:n_sites, :n_sites]
    logs += 2 * np.log(np.diag(root)[: None if reml else n_sites]).sum()
    deviance = float(logs + degrees * (1 + np.log(2 * np.pi * rest / degrees)))
    scale = rest / degrees
    return Point(factor, deviance, effects, scale, inverse, counted, inner, degrees, reml, site, n_sites)


def differentiate_likelihood(sums: PatientSums, point: Point) -> Pieces:
    """First and second derivatives of the deviance in Psi (and the site variance), with their parts."""
    size, n_sites = sums.n_random, sums.n_sites
    units = list_units(size)
    weights = np.append(-point.effects, 1.0)  # v: [K X y] v is the residual
    grams = np.zeros((size, size, len(weights), len(weights)))
    within_sum, known_sum, residual_sum = (np.zeros((size, size)) for _ in range(3))
    traces, bends = (
        np.zeros((size**2, size**2)) for _ in range(2)
    )  # sums of G x G, and of G x what is removed
    for block in sums.blocks():
        within, cross = _cross(sums, point, block)
        for a in range(size):
            for b in range(a + 1):
                grams[a, b] += cross[a] @ cross[b].T
        seen = np.stack([weights @ cross[a] for a in range(size)])  # h_i = Z_i'V_i^-1 r_i
        known = _gather(point.counted, cross[:, :-1])
        residual = seen[:, None] * seen[None, :] / point.scale
        flat = within.reshape(size**2, -1)
        traces += flat @ flat.T
        bends += flat @ (residual + known).reshape(size**2, -1).T
        within_sum += within.sum(axis=-1)
        known_sum += known.sum(axis=-1)
        residual_sum += residual.sum(axis=-1)
    products = np.stack(
        [
            grams[a, b] if a == b else grams[a, b] + grams[a, b].T
            for a, b in zip(*np.tril_indices(size), strict=True)
        ]
    )
    gradient = within_sum - residual_sum - known_sum
    slopes = np.einsum("ab,kab->k", gradient, units)
    hessian = -contract_units(units, traces) + 2 * _symmetric(contract_units(units, bends))
    if n_sites:
        ridge = np.zeros((1, *products.shape[1:]))
        ridge[0, np.arange(n_sites), np.arange(n_sites)] = 1 / point.site
        products = np.concatenate([products, ridge])
        lost = (
            np.trace(point.counted[:n_sites, :n_sites]) + weights[:n_sites] @ weights[:n_sites] / point.scale
        )
        slopes = np.append(slopes, n_sites - lost / point.site)
        hessian = np.pad(hessian, (0, 1))
        hessian[-1, -1] = lost / point.site
    hessian += _bend_by_profiling(point, products, weights)
    return Pieces(gradient, slopes, hessian, products, float(np.abs(within_sum).max()))


def _cross(sums: PatientSums, point: Point, block: slice) -> tuple[Array, Array]:
    """G_i and U_i of a block of patients."""
    zz, zx = sums.zz[..., block], sums.zx[..., block]
    outer = np.eye(sums.n_random)[:, :, None] - multiply(zz, point.inner[..., block])
    return multiply(outer, zz), multiply(outer, zx)


def _gather(matrix: Array, cross: Array) -> Array:
    """U_i B U_i' of each patient, (q, q, N); B is symmetric."""
    found = np.empty((len(cross), len(cross), cross.shape[-1]))
    for a, one in enumerate(cross):
        half = matrix @ one
        for b in range(a + 1):
            found[a, b] = found[b, a] = np.einsum("mn,mn->n", half, cross[b])
    return found


def _bend_by_profiling(point: Point, products: Array, weights: Array) -> Array:
    """What estimated effects, residual variance and the counted determinant add to the Hessian."""
    moved = products @ weights  # T_k v
    slopes, curves = moved[:, :-1], moved @ weights
    half = point.counted @ products[:, :-1, :-1]
    bend = -2 * slopes @ point.inverse @ slopes.T / point.scale - np.einsum("kab,lba->kl", half, half)
    return np.asarray(bend - np.outer(curves, curves) / (point.degrees * point.scale**2))


def predict_effects(zz: Array, zx: Array, psi: Array, fixed: Array) -> tuple[Array, Array]:
    """Give Omega Z'V^-1 as Psi (I + Z'Z Psi)^-1, (N, q, q), and each patient's own effects, (N, q).

    `zz` and `zx` have the patient first here.
    """
    gain = psi @ np.linalg.inv(np.eye(len(psi)) + zz @ psi)
    return gain, (gain @ (zx[:, :, -1] - zx[:, :, :-1] @ fixed)[:, :, None])[:, :, 0]


def list_units(size: int) -> Array:
    """The symmetric unit matrices E_k of the lower triangle, row by row (the order of statsmodels)."""
    rows, columns = np.tril_indices(size)
    units = np.zeros((len(rows), size, size))
    which = np.arange(len(rows))
    units[which, rows, columns] = units[which, columns, rows] = 1
    return units


def contract_units(units: Array, flat: Array) -> Array:
    """The matrix of sum_i tr(E_k A_i E_l B_i) from the sums over i of A_i x B_i, (q^2, q^2)."""
    size = units.shape[1]
    turned = flat.reshape(size, size, size, size).transpose(3, 0, 1, 2).reshape(size**2, size**2)
    rows = units.reshape(len(units), -1)
    return np.asarray(rows @ turned @ rows.T)


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
