"""Scores at every visit: those seen, and for those missing what a model for repeated measures expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import Structure
from outcomes.models.visits.pattern_optimum import climb, list_summit_failures
from outcomes.models.visits.patterns import collect_patterns
from outcomes.models.visits.repeated_visits import RepeatedVisits

Rule = Literal["mar", "j2r", "cr", "cir"]


@dataclass(frozen=True, eq=False)
class Course:
    """Patients by visits; N patients, V visits, k columns of the analysis.

    Attributes
    ----------
    data : RepeatedVisits
    structure : Structure
    y : array (N, V), missing where there is no score
    own, reference : arrays (N, V, p), rows of the design as the patient is, and as if in the reference arm
    last : array of int (N,), visits up to the last score; later ones are missing after dropout
    analysis : array (N, k), columns of the analysis of covariance: one, arms, covariates
    arms : array (N,) of str, empty without arms
    """

    data: RepeatedVisits
    structure: Structure
    y: Array
    own: Array
    reference: Array
    last: Array
    analysis: Array
    arms: Array

    @property
    def after(self) -> Array:
        """Where a score is missing after dropout, (N, V)."""
        return np.arange(self.y.shape[1]) >= self.last[:, None]

    def refit(self, weights: Array, sigma: Array) -> tuple[Array, Array] | None:
        """Fixed effects and Sigma with patients counted `weights` times; None where there is no optimum."""
        data = self.data
        sums = collect_patterns(
            data.x, data.rest, data.design.codes, data.visits, len(data.names), weights=weights
        )
        with np.errstate(all="ignore"):
            summit = climb(sums, self.structure, sigma)
        if list_summit_failures(summit):
            return None
        return data.recover_fixed(summit), self.structure.shape(summit.theta).sigma

    def complete(
        self, fixed: Array, sigma: Array, rule: Rule, rng: np.random.Generator | None = None
    ) -> Array:
        """Scores with the missing ones at their conditional mean, or drawn, (N, V).

        Notes
        -----
        y_mis = m_mis + S_mo S_oo^-1 (y_obs - m_obs), m being the mean under the rule. A gap before a later
        score is missing at random under every rule.
        """
        own, mean = self.own @ fixed, self._take_means(fixed, rule)
        filled, seen = self.y.copy(), ~np.isnan(self.y)
        patterns, which = np.unique(seen, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            if pattern.all():
                continue
            whose, there, gone = np.flatnonzero(which.ravel() == number), np.flatnonzero(pattern), ~pattern
            gain = np.linalg.solve(sigma[np.ix_(there, there)], sigma[np.ix_(there, gone)]).T
            at_random, by_rule = (
                means[whose][:, gone] + (self.y[whose][:, there] - means[whose][:, there]) @ gain.T
                for means in (own, mean)
            )
            values = np.where(self.after[whose][:, gone], by_rule, at_random)
            if rng is not None:
                left = sigma[np.ix_(gone, gone)] - gain @ sigma[np.ix_(there, gone)]
                values += rng.standard_normal(values.shape) @ np.linalg.cholesky(left).T
            filled[np.ix_(whose, np.flatnonzero(gone))] = values
        return filled

    def analyze(self, filled: Array, keep: Array | None = None) -> tuple[Array, Array]:
        """Coefficients of the analysis of covariance at each visit, (k, V), and their variances."""
        columns = self.analysis if keep is None else self.analysis[keep]
        values = filled if keep is None else filled[keep]
        inverse = np.linalg.inv(columns.T @ columns)
        found = inverse @ (columns.T @ values)
        rest = values - columns @ found
        spread = (rest**2).sum(axis=0) / (len(columns) - columns.shape[1])
        return found, np.outer(np.diag(inverse), spread)

    def _take_means(self, fixed: Array, rule: Rule) -> Array:
        own, reference = self.own @ fixed, self.reference @ fixed
        if rule == "mar":
            return own
        if rule == "cr":
            return reference
        if rule == "j2r":
            return np.where(self.after, reference, own)
        before = np.maximum(self.last - 1, 0)[:, None]
        step = np.take_along_axis(own - reference, before, axis=1)
        return np.where(self.after, reference + step, own)


def build_course(
    data: RepeatedVisits,
    structure: Structure,
    *,
    visit: str,
    arm: str | None,
    reference: Any,
    covariates: list[str],
) -> Course:
    """Spread the rows over patients and visits.

    Raises
    ------
    EstimationError
        If a variable varies within a patient, or the arm or a covariate is not of the formula.
    """
    design = data.design
    fixed = [name for name in design.spec_variables if name != visit]
    _check_variables(data, fixed, arm, reference, covariates)
    count, size = len(design.labels), len(data.names)
    first = design.first_rows
    per_patient = design.frame[fixed].iloc[first].reset_index(drop=True)
    points = per_patient.loc[np.repeat(np.arange(count), size)].reset_index(drop=True)
    order = design.frame.drop_duplicates("_visit").sort_values("_visit")[[visit]]
    points[visit] = order.iloc[np.tile(np.arange(size), count)][visit].to_numpy()
    points[visit] = points[visit].astype(design.frame[visit].dtype)
    own = design.make_rows(points).reshape(count, size, -1)
    other = own
    if arm is not None:
        points[arm] = pd.Series([reference] * len(points)).astype(design.frame[arm].dtype)
        other = design.make_rows(points).reshape(count, size, -1)
    y = np.full((count, size), np.nan)
    y[design.codes, data.visits] = design.y
    last = size - np.argmax(~np.isnan(y)[:, ::-1], axis=1)
    columns, arms = [np.ones(count)], np.array([""] * count, dtype=object)
    if arm is not None:
        arms = per_patient[arm].astype(str).to_numpy(dtype=object)
        levels = [str(one) for one in per_patient[arm].cat.categories if one != reference]
        columns += [(arms == one).astype(float) for one in levels]
    for name in covariates:
        if isinstance(per_patient[name].dtype, pd.CategoricalDtype):
            dummies = pd.get_dummies(per_patient[name], dtype=float).to_numpy()
            columns += list((dummies - dummies.mean(axis=0)).T[1:])
        else:
            columns.append((per_patient[name] - per_patient[name].mean()).to_numpy(dtype=float))
    return Course(data, structure, y, own, other, last, np.column_stack(columns), arms)


def _check_variables(
    data: RepeatedVisits, fixed: list[str], arm: str | None, reference: Any, covariates: list[str]
) -> None:
    frame, codes = data.design.frame, data.design.codes
    unknown = [name for name in [*([arm] if arm else []), *covariates] if name not in fixed]
    if unknown:
        raise EstimationError(
            f"arm= and covariates= must be variables of the formula; not so: {', '.join(unknown)}. Add them."
        )
    first = frame.iloc[data.design.first_rows[codes]].reset_index(drop=True)
    varying = [name for name in fixed if (frame[name] != first[name]).any()]
    if varying:
        raise EstimationError(
            f"Imputation needs variables that are the same at all visits of a patient; {', '.join(varying)} "
            "varies. Use its value at the start."
        )
    if arm is not None and (
        not isinstance(frame[arm].dtype, pd.CategoricalDtype) or reference not in frame[arm].cat.categories
    ):
        raise EstimationError("reference= must be a level of the arm in the data. Name one of its levels.")
