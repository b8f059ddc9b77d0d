"""What further estimates need from a fitted model; found in `fit.extras["parts"]`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.errors import EstimationError
from outcomes.models.mixed.design import Design
from outcomes.models.mixed.kenward_roger import SmallSample
from outcomes.models.mixed.likelihood import collect_sums, predict_effects
from outcomes.models.mixed.spread import Spread
from outcomes.models.stacks import Array


@dataclass(frozen=True, eq=False)
class MixedParts:
    """The parts of a fit of fit_mixed_model or fit_mmrm.

    Attributes
    ----------
    design : Design
    fixed : array (p,), the fixed effects
    small : SmallSample, standard errors and degrees of freedom, on the scale of the columns
    spread : Spread, the variance of one score
    """

    design: Design
    fixed: Array
    small: SmallSample
    spread: Spread

    def predict_patients(self) -> tuple[Array, Array, Array, Array]:
        """K_i = Psi (I + Z_i'Z_i Psi)^-1, Z_i'Z_i, Z_i'[X_i y_i] and the effects, each by patient."""
        design = self.design
        if design.sites is not None:
            raise EstimationError("The effects of single patients need a fit without sites=. Fit that first.")
        x, z = design.x.to_numpy(dtype=float), design.z.to_numpy(dtype=float)
        sums = collect_sums(x, design.y, z, design.codes)
        zz, zx = np.moveaxis(sums.zz, -1, 0), np.moveaxis(sums.zx, -1, 0)
        gain, effects = predict_effects(zz, zx, self.spread.omega / self.spread.residual, self.fixed)
        return gain, zz, zx, effects

    def cover_rows(self, rows: Array) -> Array:
        """The model's covariance V_i of the rows (patients, rows of each) of each patient."""
        z = self.design.z.to_numpy(dtype=float)[rows]
        own = z @ self.spread.omega @ z.transpose(0, 2, 1) + self.spread.residual * np.eye(rows.shape[1])
        return np.asarray(own + (self.spread.base - self.spread.residual))  # a site is shared by the rows
