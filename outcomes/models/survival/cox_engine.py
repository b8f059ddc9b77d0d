"""The optimum of Cox's partial likelihood over strata, and what is read off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array
from outcomes.models.survival.cox_rows import CoxRows
from outcomes.models.survival.risk_sets import (
    RiskRows,
    RiskSums,
    find_hazards,
    find_information,
    find_residuals,
    find_score,
    sum_risk_sets,
)

_STEPS, _ENOUGH = 50, 1e-12


@dataclass(frozen=True, eq=False)
class CoxFit:
    """The optimum; covariates are centered at their means over rows.

    Attributes
    ----------
    fixed : array (p,)
    covariance : array (p, p), inverse of the information
    log_likelihood : float
    center : array (p,)
    parts : list of (rows of the stratum, RiskRows, RiskSums)
    """

    fixed: Array
    covariance: Array
    log_likelihood: float
    center: Array
    parts: list[tuple[Array, RiskRows, RiskSums]]

    def make_robust(self, clusters: Array) -> Array:
        """The sandwich over clusters."""
        total = np.zeros((int(clusters.max()) + 1, len(self.fixed)))
        for whose, rows, sums in self.parts:
            np.add.at(total, clusters[whose], find_residuals(rows, sums))
        return np.asarray(self.covariance @ (total.T @ total) @ self.covariance)

    def find_risk(self, day: float, column: int, value: float) -> float:
        """The share with the event by a day, with one covariate at a value and the others at their means."""
        shift = np.exp(self.fixed[column] * (value - self.center[column]))
        found, count = 0.0, 0
        for whose, rows, sums in self.parts:
            hazard = find_hazards(rows, sums)[rows.days <= day].sum() if len(rows.days) else 0.0
            found, count = found + len(whose) * (1 - np.exp(-hazard * shift)), count + len(whose)
        return found / count


def climb_cox(x: Array, rows: CoxRows) -> CoxFit | None:
    """Take Newton's steps, halved until the likelihood rises; None where they lead nowhere."""
    center = x.mean(axis=0)
    scale = x.std(axis=0)
    scaled = (x - center) / scale
    strata = np.zeros(len(x), dtype=int) if rows.strata is None else rows.strata
    order = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    built = [
        (whose, RiskRows.build(scaled[whose], rows.start[whose], rows.stop[whose], rows.event[whose]))
        for whose in order
        if rows.event[whose].any()
    ]
    fixed = np.zeros(x.shape[1])
    sums = [sum_risk_sets(one, fixed) for _, one in built]
    for _ in range(_STEPS):
        score = sum(find_score(one, each) for (_, one), each in zip(built, sums, strict=True))
        information = sum(find_information(one, each) for (_, one), each in zip(built, sums, strict=True))
        try:
            step = np.linalg.solve(np.asarray(information), np.asarray(score))
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        now = sum(each.log_likelihood for each in sums)
        if score @ step / 2 < _ENOUGH:
            break
        for halving in range(20):
            tried = [sum_risk_sets(one, fixed + step / 2**halving) for _, one in built]
            if sum(each.log_likelihood for each in tried) >= now - 1e-10:
                break
        fixed, sums = fixed + step / 2**halving, tried
    else:
        return None
    covariance = np.linalg.inv(np.asarray(information)) / np.outer(scale, scale)
    parts = []
    for whose, one in built:
        plain = RiskRows.build(x[whose] - center, one.start, one.stop, one.event)
        parts.append((whose, plain, sum_risk_sets(plain, fixed / scale)))
    return CoxFit(fixed / scale, covariance, float(sum(each.log_likelihood for each in sums)), center, parts)
