"""What further estimates need from a fitted model; found in `fit.extras["parts"]`."""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.models.design import Design
from outcomes.models.kenward_roger import SmallSample
from outcomes.models.spread import Spread
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
