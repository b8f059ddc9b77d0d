"""Kenward-Roger and Satterthwaite: errors and degrees of freedom of fixed effects in small samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from outcomes.models.mixed.likelihood import PatientSums, Pieces, Point, contract_units, list_units
from outcomes.models.stacks import Array, contract, multiply

DfMethod = Literal["kenward-roger", "satterthwaite", "residual", "normal", "robust", "kenward-roger-full"]
Information = Literal["expected", "observed"]

_SINGULAR_INFORMATION = 1e12


@dataclass(frozen=True, eq=False)
class SmallSample:
    """How sure the fixed effects are; every standard error and degree of freedom is read from here.

    Attributes
    ----------
    method : str, one of kenward-roger, satterthwaite, residual, normal
    information : str, 'expected' or 'observed' for the covariance parameters; empty where none is used
    phi : array (p, p), generalized least squares covariance of the fixed effects
    covariance : array (p, p), the covariance that gives standard errors: phi, or its Kenward-Roger adjustment
    slopes : array (k, p, p), P_k, derivatives of the inverse of phi in (vech(Omega), s2)
    weight : array (k, k), covariance of the estimates of (vech(Omega), s2)
    fixed_df : float, n - p for residual, infinite for normal; missing for the other methods
    """

    method: str
    information: str
    phi: Array
    covariance: Array
    slopes: Array
    weight: Array
    fixed_df: float

    def rescale(self, scale: Array) -> SmallSample:
        """The same for columns that are `scale` times as large."""
        unit = np.outer(scale, scale)
        return replace(
            self, phi=self.phi / unit, covariance=self.covariance / unit, slopes=self.slopes * unit
        )

    def find_errors(self, rows: Array) -> Array:
        """Standard errors of the contrasts in the rows."""
        return np.sqrt(np.einsum("ra,ab,rb->r", rows, self.covariance, rows))

    def find_df(self, rows: Array) -> Array:
        """Degrees of freedom of each row l: 2 (l'Phi l)^2 / (g'Wg), g_k = l'Phi P_k Phi l."""
        if not np.isnan(self.fixed_df):
            return np.full(len(rows), self.fixed_df)
        half = rows @ self.phi
        gradient = np.einsum("ra,kab,rb->rk", half, self.slopes, half, optimize=True)
        spread = np.einsum("rk,kl,rl->r", gradient, self.weight, gradient)
        size = np.einsum("ra,ra->r", half, rows)
        return np.divide(2 * size**2, spread, out=np.full(len(rows), np.nan), where=spread > 0)

    def test_jointly(self, rows: Array, fixed: Array) -> tuple[float, int, float, float]:
        """F, its two degrees of freedom and p for the hypothesis that all contrasts in the rows are zero."""
        count = len(rows)
        value = rows @ fixed
        wald = float(value @ np.linalg.solve(rows @ self.covariance @ rows.T, value)) / count
        if count == 1:
            shrink, below = 1.0, float(self.find_df(rows)[0])
        elif self.method.startswith("kenward-roger"):
            shrink, below = _scale_joint_test(self, rows)
        else:
            shrink, below = 1.0, _pool_df(self, rows)
        statistic = shrink * wald
        return statistic, count, below, float(stats.f.sf(statistic, count, below))


def measure_small_sample(
    sums: PatientSums, point: Point, pieces: Pieces, *, method: DfMethod, information: Information
) -> SmallSample:
    """Compute what standard errors and degrees of freedom need, in the units of the sums.

    Parameters
    ----------
    sums, point, pieces : the patient sums, the optimum and the derivatives there
    method : {"kenward-roger", "satterthwaite", "residual", "normal"}; robust errors are made elsewhere
    information : {"expected", "observed"}
        Of the covariance parameters. At a singular Omega the observed one means nothing.

    Returns
    -------
    SmallSample

    Notes
    -----
    Parameters are (vech(Omega), s2), in which V is linear, so that second derivatives of V vanish (R = 0).
    With P_k = -X'V^-1 V_k V^-1 X, Q_kl = X'V^-1 V_k V^-1 V_l V^-1 X, t_kl = tr(V^-1 V_k V^-1 V_l)
    and Phi = (X'V^-1 X)^-1,

        I_kl  = (t_kl - 2 tr(Phi Q_kl) + tr(Phi P_k Phi P_l)) / 2,     W = I^-1   (expected REML information)
        Phi_A = Phi + 2 Phi { sum_kl W_kl (Q_kl - P_k Phi P_l) } Phi

    Kenward-Roger uses Phi_A, Satterthwaite Phi; W may also be the inverse of the observed information.

    Effects of sites are columns before X with a ridge 1 / psi_s. In the covariance of all of them, the same
    formulas hold with one more parameter, whose T is I / omega_s^2, whose second term is I / omega_s^3 and
    whose trace is S / omega_s^2 over the sites; the fixed effects are a block of the result.

    References
    ----------
    .. [1] Kenward MG, Roger JH. Biometrics 1997;53:983-997. doi:10.2307/2533558
    .. [2] Fai AH-T, Cornelius PL. J Stat Comput Simul 1996;54:363-378. doi:10.1080/00949659608811740
    """
    if method in ("residual", "normal"):
        return take_plain(point.phi, method, sums.n_rows - sums.n_fixed)
    slopes, curves, traces = _collect_derivatives(sums, point, pieces)
    whole = point.scale * point.inverse
    weight = (
        invert_expected(whole, slopes, curves, traces)
        if information == "expected"
        else _invert_observed(point, pieces)
    )
    adjusted = adjust_covariance(whole, slopes, curves, weight) if method == "kenward-roger" else whole
    own = slice(point.n_sites, None)
    solved = np.linalg.inv(point.phi) @ whole[own]
    return SmallSample(
        method=method,
        information=information,
        phi=point.phi,
        covariance=adjusted[own, own],
        slopes=solved @ slopes @ solved.T if point.n_sites else slopes,
        weight=weight,
        fixed_df=np.nan,
    )


def take_plain(phi: Array, method: str, residual_df: int) -> SmallSample:
    """Standard errors from phi alone, with n - p degrees of freedom, or with none for the normal."""
    empty = np.empty((0, len(phi), len(phi)))
    df = float(residual_df) if method == "residual" else np.inf
    return SmallSample(method, "", phi, phi, empty, np.empty((0, 0)), df)


def adjust_covariance(
    phi: Array, slopes: Array, curves: Array, weight: Array, seconds: Array | float = 0.0
) -> Array:
    """Phi_A = Phi + 2 Phi { sum_kl W_kl (Q_kl - P_k Phi P_l - R_kl / 4) } Phi, R of second derivatives."""
    bends = curves - seconds / 4 - np.einsum("kab,bc,lcd->klad", slopes, phi, slopes, optimize=True)
    middle = np.einsum("kl,klab->ab", weight, bends)
    return np.asarray(phi + phi @ (middle + middle.T) @ phi)


def _collect_derivatives(sums: PatientSums, point: Point, pieces: Pieces) -> tuple[Array, Array, Array]:
    """P_k, Q_kl and t_kl for (vech(Omega), omega_s, s2); in units of V, P and t over s2^2, Q over s2^3."""
    units = list_units(sums.n_random)
    size, count, sites = len(units), sums.xx.shape[0] - 1, sums.n_sites
    last = size + bool(sites)  # s2
    curves = np.zeros((last + 1, last + 1, count, count))
    traces, twice_sum = np.zeros((last + 1, last + 1)), np.zeros((count, count))
    second = sums.xx[:count, :count].copy()  # X'V0^-2 X
    flat, alone = np.zeros((sums.n_random**2, sums.n_random**2)), 0.0
    for block in sums.blocks():
        zz, raw, inner = sums.zz[..., block], sums.zx[:, :count, block], point.inner[..., block]
        outer = np.eye(sums.n_random)[:, :, None] - multiply(zz, inner)
        cross, within, held = multiply(outer, raw), multiply(outer, zz), multiply(inner, zz)
        twice, spread = multiply(outer, cross), multiply(inner, raw)  # Z'V0^-2 X
        second -= contract(raw, 2 * spread - multiply(held, spread))
        twice_sum += contract(twice, spread)
        both = _reshape(within) @ _reshape(within).T
        flat += both
        alone += float(np.einsum("abn,ban->", held, held) - 2 * np.einsum("aan->", held))
        doubled = multiply(outer, within).sum(axis=-1)
        for k, unit in enumerate(units):
            turned = np.tensordot(unit, cross, 1)
            curves[k, last] += contract(turned, twice)
            traces[k, last] += float((unit * doubled).sum())
            for number, other in enumerate(units[: k + 1]):
                curves[k, number] += contract(turned, multiply(within, np.tensordot(other, cross, 1)))
    for k in range(size):
        curves[last, k] = curves[k, last].T
        traces[last, k] = traces[k, last]
        for number in range(k):
            curves[number, k] = curves[k, number].T
    curves[last, last] = second - twice_sum
    traces[:size, :size] = contract_units(units, flat)
    traces[last, last] = sums.n_rows + alone
    products = pieces.products[:, :count, :count].copy()
    if sites:
        products[size] /= point.site
        curves[size, size] = products[size] / point.site
        traces[size, size] = sites / point.site**2
    slopes = -np.concatenate([products, second[None]])
    return slopes / point.scale**2, curves / point.scale**3, traces / point.scale**2


def _reshape(stack: Array) -> Array:
    return stack.reshape(-1, stack.shape[-1])


def invert_expected(whole: Array, slopes: Array, curves: Array, traces: Array) -> Array:
    """The inverse of the expected information, (t_kl - 2 tr(Phi Q_kl) + tr(Phi P_k Phi P_l)) / 2."""
    half = whole @ slopes
    information = traces - 2 * np.einsum("ab,klba->kl", whole, curves) + np.einsum("kab,lba->kl", half, half)
    return _invert((information + information.T) / 4)


def _invert_observed(point: Point, pieces: Pieces) -> Array:
    """2 J^-1 for (vech(Psi), psi_s, s2), s2 not profiled, carried to (vech(Omega), omega_s, s2)."""
    weights = np.append(-point.effects, 1.0)
    products, hessian = pieces.products.copy(), pieces.hessian.copy()
    relative = point.psi[np.tril_indices(len(point.factor))]
    if point.n_sites:  # from log(psi_s) to psi_s
        products[-1] /= point.site
        hessian[-1] /= point.site
        hessian[:, -1] /= point.site
        relative = np.append(relative, point.site)
    curves = np.einsum("a,kab,b->k", weights, products, weights)
    size = len(curves)
    joint = np.empty((size + 1, size + 1))
    joint[:size, :size] = hessian + np.outer(curves, curves) / (point.degrees * point.scale**2)
    joint[:size, size] = joint[size, :size] = curves / point.scale**2
    joint[size, size] = point.degrees / point.scale**2
    carry = np.eye(size + 1)
    carry[:size] *= point.scale
    carry[:size, size] = relative
    return carry @ (2 * _invert(joint)) @ carry.T


def _invert(information: Array) -> Array:
    """The inverse; missing where the data do not tell the variances apart."""
    size = np.sqrt(np.abs(np.diag(information)))
    scaled = information / np.outer(size, size)
    if not np.isfinite(scaled).all() or np.linalg.cond(scaled) > _SINGULAR_INFORMATION:
        return np.full_like(information, np.nan)
    return np.linalg.inv(scaled) / np.outer(size, size)


def _scale_joint_test(small: SmallSample, rows: Array) -> tuple[float, float]:
    """The Kenward-Roger scale factor and denominator degrees of freedom for q rows."""
    q = len(rows)
    theta = rows.T @ np.linalg.solve(rows @ small.phi @ rows.T, rows)
    moved = theta @ small.phi @ small.slopes @ small.phi
    plain = np.einsum("kaa->k", moved)
    a1 = float(plain @ small.weight @ plain)
    a2 = float(np.einsum("kl,kab,lba->", small.weight, moved, moved))
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    below = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / below, (q - g) / below, (q + 2 - g) / below
    mean = 1 / (1 - a2 / q)
    variance = 2 / q * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * mean**2)
    df = 4 + (q + 2) / (q * rho - 1)
    return df / (mean * (df - 2)), df


def _pool_df(small: SmallSample, rows: Array) -> float:
    """The denominator degrees of freedom for several rows, from one for each independent direction."""
    if not np.isnan(small.fixed_df):
        return small.fixed_df
    _, vectors = np.linalg.eigh(rows @ small.phi @ rows.T)
    single = small.find_df(vectors.T @ rows)
    if np.ptp(single) < 1e-8 * single.max():
        return float(single[0])
    if (single <= 2).any():
        return 2.0
    total = (single / (single - 2)).sum()
    return float(2 * total / (total - len(rows)))
