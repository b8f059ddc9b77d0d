"""The restricted likelihood of a mixed model, computed from small sums per patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class PatientSums:
    """All that the likelihood needs from the rows; m = p + 1 columns [X y], q columns Z, N patients.

    Attributes
    ----------
    zz : array (N, q, q), Z_i'Z_i
    zx : array (N, q, m), Z_i'[X_i y_i]
    xx : array (m, m), [X y]'[X y] over all rows
    n_rows : int
    """

    zz: Array
    zx: Array
    xx: Array
    n_rows: int

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return self.zz.shape[0]

    @property
    def n_fixed(self) -> int:
        """Number of fixed effects."""
        return self.xx.shape[0] - 1

    @property
    def n_random(self) -> int:
        """Number of random effects per patient."""
        return self.zz.shape[1]


@dataclass(frozen=True, eq=False)
class Point:
    """The likelihood at one relative covariance Psi = LL' of the random effects (Omega = s2 Psi).

    Attributes
    ----------
    factor : array (q, q), L
    deviance : float, -2 log L; infinite where it cannot be computed
    fixed : array (p,), generalized least squares estimate
    scale : float, residual variance s2
    inverse : array (p, p), Q = (X'V^-1 X)^-1 in units of s2, so that Cov(fixed) = s2 Q
    inner : array (N, q, q), M_i = L (I + L'Z_i'Z_i L)^-1 L'
    degrees : int, n - p (REML) or n (ML)
    reml : bool
    """

    factor: Array
    deviance: float
    fixed: Array
    scale: float
    inverse: Array
    inner: Array
    degrees: int
    reml: bool

    @property
    def psi(self) -> Array:
        """The relative covariance Psi."""
        return self.factor @ self.factor.T


@dataclass(frozen=True, eq=False)
class Pieces:
    """What derivatives and degrees of freedom need at one point; U_i = Z_i'V_i^-1[X y], G_i = Z_i'V_i^-1 Z_i.

    Attributes
    ----------
    gradient : array (q, q), D, the derivative of the deviance in Psi: d dev / d psi_k = sum(D * E_k)
    hessian : array (k, k), second derivatives of the deviance in vech(Psi)
    products : array (k, m, m), T_k = sum_i U_i'E_k U_i
    within : array (N, q, q), G_i
    cross : array (N, q, m), U_i
    """

    gradient: Array
    hessian: Array
    products: Array
    within: Array
    cross: Array


def collect_sums(x: Array, y: Array, z: Array, codes: Array) -> PatientSums:
    """Sum the rows of each patient; `codes` number the patients 0, 1, ... N - 1 without a gap."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    xy, z = np.column_stack([x, y])[order], z[order]
    return PatientSums(
        zz=np.add.reduceat(z[:, :, None] * z[:, None, :], starts),
        zx=np.add.reduceat(z[:, :, None] * xy[:, None, :], starts),
        xx=xy.T @ xy,
        n_rows=len(y),
    )


def evaluate_likelihood(sums: PatientSums, factor: Array, *, reml: bool) -> Point:
    """The profiled deviance and the generalized least squares fit at Psi = LL'.

    Notes
    -----
    With V_i = I + Z_i Psi Z_i', W = [X y]'V^-1[X y] and r2 the residual sum of squares in W,

        -2 log L = sum log|V_i| + [REML] log|W_xx| + df (1 + log(2 pi r2 / df)),

    in the convention of lme4 and statsmodels.
    """
    n_fixed, degrees = sums.n_fixed, sums.n_rows - (sums.n_fixed if reml else 0)
    middle = np.eye(sums.n_random) + factor.T @ sums.zz @ factor
    inner = factor @ np.linalg.solve(middle, np.broadcast_to(factor.T, middle.shape))
    total = sums.xx - np.tensordot(sums.zx, inner @ sums.zx, axes=([0, 1], [0, 1]))
    try:
        root = np.linalg.cholesky(total[:n_fixed, :n_fixed])
    except np.linalg.LinAlgError:
        root = np.full((n_fixed, n_fixed), np.nan)
    half = np.linalg.solve(root, total[:n_fixed, n_fixed]) if np.isfinite(root).all() else root[:, 0]
    rest = float(total[n_fixed, n_fixed] - half @ half)
    if not rest > 0:
        empty = np.full((n_fixed, n_fixed), np.nan)
        return Point(factor, np.inf, empty[:, 0], np.nan, empty, inner, degrees, reml)
    inverse_root = np.linalg.inv(root)
    deviance = np.linalg.slogdet(middle)[1].sum() + degrees * (1 + np.log(2 * np.pi * rest / degrees))
    if reml:
        deviance += 2 * np.log(np.diag(root)).sum()
    fixed, inverse = inverse_root.T @ half, inverse_root.T @ inverse_root
    return Point(factor, float(deviance), fixed, rest / degrees, inverse, inner, degrees, reml)


def differentiate_likelihood(sums: PatientSums, point: Point) -> Pieces:
    """First and second derivatives of the deviance in Psi, with what they are made of."""
    n_fixed = sums.n_fixed
    units = list_units(sums.n_random)
    outer = np.eye(sums.n_random) - sums.zz @ point.inner
    within, cross = outer @ sums.zz, outer @ sums.zx
    weights = np.append(-point.fixed, 1.0)  # v: [X y] v is the residual
    seen = cross @ weights  # h_i = Z_i'V_i^-1 r_i
    known = cross[:, :, :n_fixed] @ point.inverse @ cross[:, :, :n_fixed].transpose(0, 2, 1)
    residual = seen[:, :, None] * seen[:, None, :] / point.scale
    gradient = within.sum(axis=0) - residual.sum(axis=0) - (known.sum(axis=0) if point.reml else 0)
    products = np.stack([np.tensordot(cross, unit @ cross, axes=([0, 1], [0, 1])) for unit in units])
    hessian = _second_derivatives(point, units, products, weights, within, known, residual)
    return Pieces(gradient, hessian, products, within, cross)


def predict_effects(zz: Array, zx: Array, psi: Array, fixed: Array) -> tuple[Array, Array]:
    """Give Omega Z'V^-1 as Psi (I + Z'Z Psi)^-1, (N, q, q), and each patient's own effects, (N, q)."""
    gain = psi @ np.linalg.inv(np.eye(len(psi)) + zz @ psi)
    return gain, (gain @ (zx[:, :, -1] - zx[:, :, :-1] @ fixed)[:, :, None])[:, :, 0]


def list_units(size: int) -> Array:
    """The symmetric unit matrices E_k of the lower triangle, row by row (the order of statsmodels)."""
    rows, columns = np.tril_indices(size)
    units = np.zeros((len(rows), size, size))
    which = np.arange(len(rows))
    units[which, rows, columns] = units[which, columns, rows] = 1
    return units


def sum_traces(units: Array, left: Array, right: Array) -> Array:
    """The matrix of sum_i tr(E_k left_i E_l right_i)."""
    size = units.shape[1]
    flat = left.reshape(len(left), -1).T @ right.reshape(len(right), -1)
    return np.einsum("kab,bcda,lcd->kl", units, flat.reshape(size, size, size, size), units, optimize=True)


def _second_derivatives(
    point: Point, units: Array, products: Array, weights: Array, within: Array, known: Array, residual: Array
) -> Array:
    n_fixed = len(point.fixed)
    moved = products @ weights  # T_k v
    slopes, curves = moved[:, :n_fixed], moved @ weights
    hessian = -sum_traces(units, within, within)
    hessian += 2 * _symmetric(sum_traces(units, within, residual))
    hessian -= 2 * slopes @ point.inverse @ slopes.T / point.scale
    hessian -= np.outer(curves, curves) / (point.degrees * point.scale**2)
    if point.reml:
        half = point.inverse @ products[:, :n_fixed, :n_fixed]
        hessian += 2 * _symmetric(sum_traces(units, within, known)) - np.einsum("kab,lba->kl", half, half)
    return hessian


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
