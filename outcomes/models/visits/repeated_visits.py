"""The rows of a model for repeated measures in the units of its engine, and what is read off its optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.mixed.design import Design
from outcomes.models.mixed.kenward_roger import (
    DfMethod,
    Information,
    SmallSample,
    adjust_covariance,
    invert_expected,
    take_plain,
)
from outcomes.models.mixed.robust import measure_robust
from outcomes.models.mixed.spread import Spread
from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import Structure
from outcomes.models.visits.pattern_optimum import Summit, climb, start_sigma
from outcomes.models.visits.patterns import PatternSums, collect_patterns, sum_curves, sum_seconds


@dataclass(frozen=True, eq=False)
class RepeatedVisits:
    """Columns divided by their root mean square, the outcome as what ordinary least squares leave.

    Attributes
    ----------
    design : Design, with the visit as the categories of its column _visit
    visits : array of int (n,), place of each row's visit
    names : list of str, the visits in their order
    scale : array (p,), root mean squares of the columns
    x, rest : arrays (n, p) and (n,)
    ols : array (p,), ordinary least squares estimate in these units
    sums : PatternSums
    """

    design: Design
    visits: Array
    names: list[str]
    scale: Array
    x: Array
    rest: Array
    ols: Array
    sums: PatternSums

    @classmethod
    def start(cls, design: Design) -> RepeatedVisits:
        """Sum the rows by pattern of visits."""
        values = design.frame["_visit"].cat.categories
        names = [f"{name:g}" if isinstance(name, float) else str(name) for name in values]
        visits = design.frame["_visit"].cat.codes.to_numpy()
        x = design.x.to_numpy(dtype=float)
        scale = np.sqrt((x**2).mean(axis=0))
        x = x / np.where(scale > 0, scale, 1.0)
        ols = np.linalg.lstsq(x, design.y, rcond=None)[0]
        rest = design.y - x @ ols
        sums = collect_patterns(x, rest, design.codes, visits, len(names))
        return cls(design, visits, names, scale, x, rest, ols, sums)

    def climb(self, structure: Structure) -> Summit:
        """Find the highest restricted likelihood under a structure."""
        start = start_sigma(self.rest, self.design.codes, self.visits, len(self.names))
        with np.errstate(all="ignore"):
            return climb(self.sums, structure, start)

    def recover_fixed(self, summit: Summit) -> Array:
        """Fixed effects on the scale of the columns."""
        return np.asarray((self.ols + summit.level.fixed) / self.scale)

    def recover_deviance(self, summit: Summit) -> float:
        """-2 log of the restricted likelihood on the scale of the columns."""
        return float(summit.level.deviance + 2 * np.log(self.scale).sum())

    def find_spread(self, summit: Summit, structure: Structure, small: SmallSample) -> Spread:
        """The variance of one score at each visit, with its derivatives."""
        shape = structure.shape(summit.theta)
        return Spread(shape.sigma, 0.0, 0.0, shape.slopes, np.zeros(len(shape.slopes)), small.weight)

    def measure(
        self, summit: Summit, structure: Structure, method: DfMethod, information: Information
    ) -> SmallSample:
        """Standard errors and degrees of freedom, on the scale of the columns."""
        shape, phi = structure.shape(summit.theta), summit.level.phi
        if method in ("residual", "normal"):
            return take_plain(phi, method, self.sums.n_rows - self.sums.n_fixed).rescale(self.scale)
        if method == "robust":
            rest = self.rest - self.x @ summit.level.fixed

            def cover(rows: Array) -> Array:
                at = self.visits[rows]
                return np.asarray(shape.sigma[at[:, :, None], at[:, None, :]])

            return measure_robust(self.x, rest, self.design.codes, phi, cover).rescale(self.scale)
        weight, covariance, bends = 2 * np.linalg.inv(summit.slopes.hessian), phi, summit.slopes.bends
        if method != "satterthwaite" or information == "expected":
            curves, traces = sum_curves(self.sums, summit.level, shape.slopes)
            if information == "expected":
                weight = invert_expected(phi, bends, curves, traces)
            if method != "satterthwaite":
                # us, cs and toep are linear in the elements of Sigma, where second derivatives vanish
                full = method == "kenward-roger-full" and structure.name not in ("us", "cs", "toep")
                seconds = sum_seconds(self.sums, summit.level, shape.curves) if full else 0.0
                covariance = adjust_covariance(phi, bends, curves, weight, seconds)
        small = SmallSample(method, information, phi, covariance, bends, weight, np.nan)
        return small.rescale(self.scale)
