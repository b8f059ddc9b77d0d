"""The engine of a mixed model: its optimum brought back to the scale of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from outcomes.models.mixed.design import Design
from outcomes.models.mixed.kenward_roger import DfMethod, Information, SmallSample, measure_small_sample
from outcomes.models.mixed.likelihood import PatientSums, Point, collect_sums, list_units
from outcomes.models.mixed.optimum import Optimum
from outcomes.models.mixed.result import find_dense_disagreements, find_disagreements
from outcomes.models.mixed.robust import measure_robust
from outcomes.models.mixed.spread import Spread
from outcomes.models.stacks import Array


@dataclass(frozen=True, eq=False)
class Engine:
    """The patient sums in units in which columns have mean square one and the outcome is what OLS leaves."""

    x: Array
    y: Array
    z: Array
    x_scale: Array
    z_scale: Array
    ols: Array
    codes: Array
    sites: Array | None
    sums: PatientSums

    @classmethod
    def start(cls, design: Design) -> Engine:
        """Scale the columns and sum the rows."""
        x, z = design.x.to_numpy(dtype=float), design.z.to_numpy(dtype=float)
        x_scale, z_scale = (np.sqrt(np.einsum("ra,ra->a", one, one) / len(one)) for one in (x, z))
        x, z = x / x_scale, z / z_scale
        ols = np.linalg.solve(x.T @ x, x.T @ design.y)
        y = design.y - x @ ols  # keeps digits when the scores are far from zero
        sums = collect_sums(x, y, z, design.codes, sites=design.sites)
        return cls(x, y, z, x_scale, z_scale, ols, design.codes, design.sites, sums)

    def doubt(self, optimum: Optimum) -> list[str]:
        """What another computation of the likelihood says against the optimum."""
        if optimum.point.n_sites and self.sites is not None:
            return find_dense_disagreements(self.x, self.y, self.z, self.codes, self.sites, optimum)
        return find_disagreements(self.x, self.y, self.z, self.codes, optimum)

    def recover_fixed(self, optimum: Optimum) -> Array:
        """Fixed effects on the scale of the columns."""
        return (self.ols + optimum.point.fixed) / self.x_scale

    def recover_omega(self, optimum: Optimum) -> Array:
        """Covariance of the random effects on the scale of the columns."""
        return optimum.point.scale * optimum.point.psi / np.outer(self.z_scale, self.z_scale)

    def recover_deviance(self, optimum: Optimum) -> float:
        """-2 log L on the scale of the columns; the restricted one depends on it."""
        return optimum.point.deviance + (2 * float(np.log(self.x_scale).sum()) if optimum.point.reml else 0.0)

    def find_spread(self, optimum: Optimum, small: SmallSample) -> Spread:
        """The variance of one score on the scale of the columns, with its derivatives."""
        point, units = optimum.point, list_units(self.sums.n_random)
        between = point.scale * point.site if point.n_sites else 0.0
        added = 1 + bool(point.n_sites)  # variance between sites, residual variance
        return Spread(
            omega=self.recover_omega(optimum),
            base=point.scale + between,
            residual=point.scale,
            units=np.concatenate(
                [units / np.outer(self.z_scale, self.z_scale), np.zeros((added, *units.shape[1:]))]
            ),
            bases=np.append(np.zeros(len(units)), np.ones(added)),
            weight=small.weight,
        )

    def measure(
        self, optimum: Optimum, method: DfMethod, information: Information | None
    ) -> tuple[SmallSample, SmallSample | None]:
        """The method asked for, and of Kenward-Roger and Satterthwaite the other where it can be had."""
        singular = optimum.rank < self.sums.n_random
        pair = {"kenward-roger": "satterthwaite", "satterthwaite": "kenward-roger"}.get(method)
        second = pair if optimum.point.reml and not singular else None
        usual: dict[Any, Information] = {"kenward-roger": "expected", "satterthwaite": "observed"}
        found = [
            self._measure_one(optimum, one, "expected" if singular else chosen or usual.get(one, "expected"))
            for one, chosen in ((method, information), (second, None))
            if one
        ]
        return found[0], found[1] if second else None

    def _measure_one(self, optimum: Optimum, method: Any, information: Information) -> SmallSample:
        point = optimum.point
        if method == "robust":
            small = self._measure_robustly(point)
        else:
            sums = self.sums if point.n_sites else self.sums.drop_sites()
            small = measure_small_sample(sums, point, optimum.pieces, method=method, information=information)
        return small.rescale(self.x_scale)

    def _measure_robustly(self, point: Point) -> SmallSample:
        def cover(rows: Array) -> Array:
            z = self.z[rows]
            return point.scale * (np.eye(rows.shape[1]) + z @ point.psi @ z.transpose(0, 2, 1))

        return measure_robust(self.x, self.y - self.x @ point.fixed, self.codes, point.phi, cover)
