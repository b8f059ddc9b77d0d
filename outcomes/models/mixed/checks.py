"""When a mixed model may be believed: what is refused before the fit, and what is doubted after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.models.fit import Verdict
from outcomes.models.mixed.design import Design
from outcomes.models.mixed.kenward_roger import SmallSample
from outcomes.models.mixed.optimum import Optimum
from outcomes.models.stacks import Array

# The thresholds are this project's own; they are statistical, not clinical.
MIN_SPARE_PATIENTS = 3  # patients minus fixed effects that do not vary within patients
MIN_SHARE_TWO_ROWS = 0.5  # share of patients with two rows or more, for models with a random slope
FEW_PATIENTS = 30
FEW_DF = 8.0
LOST_SHARE = 0.20  # share of patients without a score on or after a day
DF_DISAGREEMENT = 0.25
NEARLY_SINGULAR = 1e-2
HIGH_CORRELATION = 0.99
FEW_SITES = 5
TINY_ERROR, HUGE_ERROR = 1e-8, 100.0  # standard error of the standardized effect, in SD of the outcome


def list_refusals(design: Design) -> list[str]:
    """Reasons in words why nothing can be estimated from this design; empty where it can be tried."""
    n_rows, n_patients = len(design.y), len(design.labels)
    n_random = design.z.shape[1]
    per_patient = np.bincount(design.codes)
    reasons = []
    if design.sites is not None and len(design.site_labels) < 2:
        reasons.append("There is one site only, so that sites and the average cannot be told apart.")
    if design.sites is not None and len(design.site_labels) >= n_patients:
        reasons.append("There are as many sites as patients, so that they cannot be told apart.")
    if np.ptp(design.y) == 0:
        reasons.append("The outcome is the same in all rows.")
    spare = n_patients - _count_patient_level(design)
    if spare < MIN_SPARE_PATIENTS:
        reasons.append(
            f"There are {n_patients} patients for {n_patients - spare} fixed effects that do not vary within "
            f"patients; at least {MIN_SPARE_PATIENTS} patients more than that are needed."
        )
    if per_patient.max() < 2:
        reasons.append("Each patient has one row, so that patients and residuals cannot be told apart.")
    elif n_random > 1 and (per_patient >= 2).mean() < MIN_SHARE_TWO_ROWS:
        reasons.append(
            f"{int((per_patient >= 2).sum())} of {n_patients} patients have two rows or more; "
            "a random slope needs half of them."
        )
    if n_rows <= n_patients * n_random:
        reasons.append(
            f"There are {n_rows} rows for {n_patients * n_random} random effects, {n_random} per patient; "
            "more rows are needed."
        )
    n_parameters = design.x.shape[1] + n_random * (n_random + 1) // 2 + 1
    if n_parameters > n_rows / 2:
        reasons.append(
            f"The model has {n_parameters} parameters for {n_rows} rows; two rows for each are needed."
        )
    return reasons


def list_failures(
    design: Design, optimum: Optimum, fixed: Array, small: SmallSample, sizes: Array
) -> list[str]:
    """Reasons in words why the numbers of a finished fit must not be shown.

    `sizes` are the root mean squares of the columns of the design.
    """
    reasons = list(optimum.doubts)
    variances = np.diag(small.covariance)
    if not (np.isfinite(fixed).all() and np.isfinite(variances).all() and (variances > 0).all()):
        return [*reasons, "An estimate or its standard error is not a number."]
    if np.isnan(small.find_df(np.eye(len(fixed)))).any():
        reasons.append("The data do not tell the variances apart, so that there are no degrees of freedom.")
    errors = np.sqrt(variances) * sizes / design.y.std()
    if (errors <= TINY_ERROR).any():
        reasons.append("A standard error is zero: the model reproduces the outcome exactly.")
    if (errors > HUGE_ERROR).any():
        reasons.append(f"A standard error is more than {HUGE_ERROR:.0f} standard deviations of the outcome.")
    if (fixed == 0).any() and (np.diag(optimum.point.psi) == 0).all():
        reasons.append("A fixed effect is exactly zero and the variance between patients is zero.")
    return reasons


def list_cautions(
    design: Design, optimum: Optimum, small: SmallSample, other: SmallSample | None
) -> list[str]:
    """Reasons in words to read a finished fit with care; `other` holds the other degrees of freedom."""
    rows = np.eye(len(small.phi))
    df = small.find_df(rows)
    reasons = [*_describe_singularity(design, optimum), *_doubt_sites(design, optimum)]
    if len(design.labels) < FEW_PATIENTS:
        reasons.append(f"There are {len(design.labels)} patients; fewer than {FEW_PATIENTS}.")
    if (df < FEW_DF).any():
        reasons.append(
            f"The smallest degrees of freedom of a fixed effect are {df.min():.1f}; below {FEW_DF:.0f} "
            "intervals depend on the model."
        )
    if other is not None:
        second = other.find_df(rows)
        apart = np.abs(df - second) > DF_DISAGREEMENT * np.minimum(df, second)
        if apart.any():
            reasons.append(
                f"Degrees of freedom of Kenward-Roger and Satterthwaite differ by over {DF_DISAGREEMENT:.0%} "
                f"for {int(apart.sum())} of {len(df)} fixed effects."
            )
    return reasons


def list_cell_cautions(design: Design, cells: pd.DataFrame, df: Array) -> list[str]:
    """Reasons in words to read marginal means in these cells with care.

    Ranges and losses are those of the rows and patients in the levels of each cell, not of everybody.
    """
    reasons = []
    if (df < FEW_DF).any():
        reasons.append(f"The smallest degrees of freedom are {np.nanmin(df):.1f}, fewer than {FEW_DF:.0f}.")
    frame = design.frame
    levels = [name for name in cells.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    numbers = [name for name in cells.columns if name not in levels]
    for _, asked in cells.groupby(levels, sort=False) if levels else [((), cells)]:
        chosen = asked[levels].iloc[0]
        whose = ", ".join(f"{name} = {chosen[name]}" for name in levels)
        within = (frame[levels].astype(object) == chosen).all(axis=1).to_numpy()
        known, codes = frame[within], design.codes[within]
        if known.empty:
            reasons.append(f"{whose}: no score at all, so that these means are the model's alone.")
            continue
        for name in numbers:
            found = _doubt_values(name, known[name], asked[name], codes)
            reasons.extend(f"{whose}: {one[0].lower()}{one[1:]}" if whose else one for one in found)
    return reasons


def _doubt_values(name: str, known: pd.Series, asked: pd.Series, codes: Array) -> list[str]:
    """Values beyond those seen, and days that too few patients reached."""
    values = np.unique(asked.to_numpy(dtype=float))
    reasons = []
    if values[-1] > known.max() or values[0] < known.min():
        reasons.append(f"Some values of {name} lie outside the data: the model is drawn out beyond them.")
    last = known.groupby(codes).max()
    lost = [value for value in values if (last < value).mean() > LOST_SHARE] if name == "day" else []
    if lost:
        reasons.append(
            f"More than {LOST_SHARE:.0%} of patients have no score on or after day "
            f"{', '.join(f'{day:g}' for day in lost)}: those means lean on scores missing at random."
        )
    return reasons


def _doubt_sites(design: Design, optimum: Optimum) -> list[str]:
    count = len(design.site_labels)
    if design.sites is None:
        return []
    few = f"There are {count} sites; with fewer than {FEW_SITES} the site belongs into the formula."
    zero = "The variance between sites is zero: the sites differ no more than their patients do."
    return [*([few] if count < FEW_SITES else []), *([] if optimum.point.n_sites else [zero])]


def settle_verdict(failures: list[str], cautions: list[str]) -> Verdict:
    """The verdict that follows from the reasons."""
    return "NOT ESTIMABLE" if failures else "CAUTION" if cautions else "OK"


def _describe_singularity(design: Design, optimum: Optimum) -> list[str]:
    psi = optimum.point.psi
    size = len(psi)
    sd = np.sqrt(np.diag(psi))
    names = [str(name) for name in design.z.columns]
    zero = [name for name, one in zip(names, sd, strict=True) if one == 0 or one < 1e-6 * max(1.0, sd.max())]
    if zero:
        return [f"The variance between patients is zero for: {', '.join(zero)}."]
    correlation = psi / np.outer(sd, sd) - np.eye(size)
    if size > 1 and optimum.rank < size:
        return [
            "Random effects are perfectly correlated (singular fit): the data do not carry all variances."
        ]
    if size > 1 and (
        np.abs(correlation).max() > HIGH_CORRELATION or optimum.eigenvalue_ratio < NEARLY_SINGULAR
    ):
        return ["The covariance of the random effects is nearly singular: the data hardly carry it."]
    return []


def _count_patient_level(design: Design) -> int:
    order = np.argsort(design.codes, kind="stable")
    same = np.diff(design.codes[order]) == 0
    columns = (design.x[name].to_numpy(dtype=float)[order] for name in design.x.columns)
    return sum(not (np.diff(column)[same] != 0).any() for column in columns)
