"""How far scores of different patients lie apart in a model, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array


@dataclass(frozen=True, eq=False)
class Spread:
    """The variance of one score, z'Omega z + base, with derivatives in the covariance parameters.

    Attributes
    ----------
    omega : array (q, q), covariance of the random effects; of the visits in a model for repeated measures
    base : float, what all scores have besides: residual variance, and that between sites
    residual : float, residual variance; 0 in a model for repeated measures
    units : array (k, q, q), derivatives of omega
    bases : array (k,), derivatives of base
    weight : array (k, k), covariance of the parameters; empty where the fit has none
    """

    omega: Array
    base: float
    residual: float
    units: Array
    bases: Array
    weight: Array

    def find_variances(self, z: Array) -> tuple[Array, Array]:
        """The variance of a score at each row of Z, and the standard error of that variance (or missing)."""
        variance = np.einsum("ra,ab,rb->r", z, self.omega, z) + self.base
        if not self.weight.size:
            return variance, np.full(len(z), np.nan)
        slopes = np.einsum("ra,kab,rb->rk", z, self.units, z) + self.bases
        return variance, np.sqrt(np.einsum("rk,kl,rl->r", slopes, self.weight, slopes))
