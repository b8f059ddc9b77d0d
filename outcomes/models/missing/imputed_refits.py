"""Missing scores filled in again and again: without each patient, or for patients drawn with replacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit
from outcomes.models.missing.completed_visits import Course, Rule, build_course
from outcomes.models.missing.rubin import pool_imputations
from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import Structure
from outcomes.models.visits.mmrm import fit_mmrm
from outcomes.models.visits.repeated_visits import RepeatedVisits

ErrorMethod = Literal["jackknife", "rubin"]
RULES: dict[Rule, str] = {
    "mar": "missing at random: as patients of the same arm with the same scores go on",
    "j2r": "jump to reference: after dropout as the reference arm",
    "cr": "copy reference: as if in the reference arm from the start",
    "cir": "copy increments in reference: the level kept, changes after dropout as in the reference arm",
}
SENSITIVITY = "A sensitivity analysis: it does not start from scores missing at random."


@dataclass(frozen=True, eq=False)
class Prepared:
    """The fit that fills in, and the rows of the analysis that are reported."""

    fit: Fit
    course: Course
    fixed: Array
    sigma: Array
    rows: list[int]
    groups: list[str]


@dataclass(frozen=True, eq=False)
class Spread:
    """Estimates and their slopes in delta, (rows, V), and the same without each patient, (N, rows, V)."""

    estimate: Array
    slope: Array
    estimates: Array
    slopes: Array
    failed: int

    def read(self, delta: float) -> tuple[Array, Array]:
        """Estimate and jackknife error at a delta."""
        left = self.estimates + delta * self.slopes
        count = len(left)
        error = np.sqrt((count - 1) / count * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
        return self.estimate + delta * self.slope, error


def prepare_course(
    scores: pd.DataFrame, formula: str, visit: str, arm: str | None, reference: Any, groups: str,
    covariates: list[str],
) -> Prepared | Fit:  # fmt: skip
    """Fit the model that fills in and spread the rows over patients and visits; the fit if it cannot."""
    fit = fit_mmrm(scores, formula, visit=visit, groups=groups, df_method="residual")
    if fit.verdict == "NOT ESTIMABLE":
        return fit
    parts = fit.extras["parts"]
    data = RepeatedVisits.start(parts.design)
    course = build_course(
        data,
        Structure("us", len(data.names)),
        visit=visit,
        arm=arm,
        reference=reference,
        covariates=covariates,
    )
    levels = (
        []
        if arm is None
        else [str(one) for one in parts.design.frame[arm].cat.categories if one != reference]
    )
    rows, named = ([0], ["all"]) if arm is None else (list(range(1, len(levels) + 1)), levels)
    return Prepared(fit, course, parts.fixed, fit.extras["sigma"].to_numpy(), rows, named)


def choose_raised(course: Course, reference: Any, delta_arms: Sequence[Any] | None) -> Array:
    """Where delta is added, (N, V)."""
    chosen = (
        course.arms != str(reference)
        if delta_arms is None
        else np.isin(course.arms, list(map(str, delta_arms)))
    )
    return (course.after & np.isnan(course.y) & chosen[:, None]).astype(float)


def refit_without_each(prepared: Prepared, rule: Rule, raised: Array) -> Spread:
    """Leave out each patient, fit again, fill in again and analyze again."""
    course, rows = prepared.course, prepared.rows
    filled = course.complete(prepared.fixed, prepared.sigma, rule)
    estimate, slope = course.analyze(filled)[0][rows], course.analyze(raised)[0][rows]
    estimates, slopes, failed = [], [], 0
    for patient in range(len(course.y)):
        keep = np.arange(len(course.y)) != patient
        refitted = course.refit(keep.astype(float), prepared.sigma)
        if refitted is None:
            failed += 1
            continue
        without = course.complete(*refitted, rule)
        estimates.append(course.analyze(without, keep)[0][rows])
        slopes.append(course.analyze(raised, keep)[0][rows])
    return Spread(estimate, slope, np.array(estimates), np.array(slopes), failed)


def draw_courses(
    prepared: Prepared, rule: Rule, shift: Array, draws: int, seed: int, level: float
) -> tuple[Array, Array, Array, int]:
    """Pooled estimates, errors and degrees of freedom of random imputations, (rows, V)."""
    course, rng, failed = prepared.course, np.random.default_rng(seed), 0
    count, found, variances = len(course.y), [], []
    for _ in range(draws):
        weights = np.bincount(rng.integers(0, count, count), minlength=count).astype(float)
        refitted = course.refit(weights, prepared.sigma)
        if refitted is None:
            failed += 1
            continue
        one, variance = course.analyze(course.complete(*refitted, rule, rng) + shift)
        found.append(one[prepared.rows])
        variances.append(variance[prepared.rows])
    every, within = np.array(found), np.array(variances)
    complete_df = count - course.analysis.shape[1]
    shape = every.shape[1:]
    pooled = [
        pool_imputations(every[:, row, at], within[:, row, at], df_complete=complete_df, level=level)
        for row, at in np.ndindex(shape)
    ]
    estimate, variance, df = (
        np.array([getattr(one, name) for one in pooled]).reshape(shape)
        for name in ("estimate", "variance", "df")
    )
    return estimate, np.sqrt(variance), df, failed


def check_words(rule: str, standard_error: str, arm: str | None, delta_arms: Sequence[Any] | None) -> None:
    """Raise if a word is unknown, or a rule needs an arm that is not named."""
    if rule not in RULES or standard_error not in get_args(ErrorMethod):
        raise EstimationError(
            f"rule must be one of {', '.join(RULES)}, standard_error jackknife or rubin; another word was "
            "given. Use one."
        )
    if arm is None and (rule != "mar" or delta_arms is not None):
        raise EstimationError(
            "Without arm= there is no reference: rule must be 'mar', and delta is added for everybody. Leave "
            "out rule= and delta_arms=, or name the arm."
        )


def withhold_table(fit: Fit, title: str, columns: Sequence[str], settings: dict[str, Any]) -> Fit:
    """The table of an analysis that cannot be made, with the reasons of the model."""
    blank = pd.DataFrame(columns=list(columns))
    return Fit(title, blank, "NOT ESTIMABLE", fit.notes, settings, fit.n_rows, fit.n_patients)
