"""Errors of fixed effects that hold when the covariance of a patient's rows is not the model's: CR2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from outcomes.models.mixed.kenward_roger import SmallSample
from outcomes.models.stacks import Array, list_patient_rows

_NO_ROOM = 1e-10  # eigenvalue over the largest, below which a direction is taken up by the fixed effects


@dataclass(frozen=True, eq=False)
class RobustSample(SmallSample):
    """Cluster-robust errors by patient, with degrees of freedom for each contrast.

    Attributes
    ----------
    spread : array (N, p, p), K_i = M X_i'W_i A_i V_i A_i'W_i X_i M, what patient i adds to the variance
    reach : array (N, p, p), J_i = X_i'A_i'W_i X_i M
    """

    spread: Array
    reach: Array

    def rescale(self, scale: Array) -> RobustSample:
        """The same for columns that are `scale` times as large."""
        unit = np.outer(scale, scale)
        return replace(
            self,
            phi=self.phi / unit,
            covariance=self.covariance / unit,
            spread=self.spread / unit,
            reach=self.reach * scale[:, None] / scale,
        )

    def find_df(self, rows: Array) -> Array:
        """Degrees of freedom of each row by Satterthwaite, V being the model's covariance."""
        found = []
        for row in rows:
            own = np.einsum("a,iab,b->i", row, self.spread, row, optimize=True)
            reach = self.reach @ row
            shared = np.einsum("ia,ab,ib->i", reach, self.phi, reach, optimize=True)
            joint = self.phi @ (reach.T @ reach)
            below = (own**2).sum() - 2 * own @ shared + np.einsum("ab,ba->", joint, joint)
            found.append((own - shared).sum() ** 2 / below if below > 0 else np.nan)
        return np.array(found)


def measure_robust(
    x: Array, rest: Array, codes: Array, phi: Array, cover: Callable[[Array], Array]
) -> RobustSample:
    """Compute the bias-reduced sandwich by patient.

    Parameters
    ----------
    x : array (n, p)
    rest : array (n,), residuals y - X b
    codes : array (n,), patients numbered 0, 1, ...
    phi : array (p, p), M, the generalized least squares covariance of the fixed effects
    cover : function of row numbers (patients, rows of each) that gives their covariances V_i of the model

    Notes
    -----
    With V_i = L_i L_i', W_i = V_i^-1 and B_i = L_i'(V_i - X_i M X_i')L_i, the matrix A_i = L_i B_i^(-1/2)
    L_i' makes the estimate sum M X_i'W_i A_i r_i r_i'A_i'W_i X_i M unbiased if the model is right [1]_ [2]_.

    References
    ----------
    .. [1] Bell RM, McCaffrey DF (2002). Survey Methodology 28:169-181.
    .. [2] Pustejovsky JE, Tipton E (2018). J Bus Econ Stat 36:672-683. doi:10.1080/07350015.2016.1247004
    """
    count = x.shape[1]
    covariance = np.zeros((count, count))
    spread, reach = np.empty((2, int(codes.max()) + 1, count, count))
    for whose, rows in list_patient_rows(codes):
        own, v = x[rows], cover(rows)
        root = np.linalg.cholesky(v)
        left = root.transpose(0, 2, 1) @ (v - own @ phi @ own.transpose(0, 2, 1)) @ root
        values, vectors = np.linalg.eigh(left)
        room = values > _NO_ROOM * values[:, -1:]
        powers = np.where(room, np.abs(np.where(room, values, 1.0)) ** -0.5, 0.0)
        half = root @ vectors
        adjust = (half * powers[:, None, :]) @ half.transpose(0, 2, 1)
        weighted = adjust @ np.linalg.solve(v, own)  # A_i'W_i X_i
        seen = (weighted.transpose(0, 2, 1) @ rest[rows][:, :, None])[:, :, 0] @ phi
        covariance += seen.T @ seen
        spread[whose] = phi @ weighted.transpose(0, 2, 1) @ v @ weighted @ phi
        reach[whose] = own.transpose(0, 2, 1) @ weighted @ phi
    empty = np.empty((0, count, count))
    return RobustSample("robust", "", phi, covariance, empty, np.empty((0, 0)), np.nan, spread, reach)
