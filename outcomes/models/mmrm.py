"""Models for repeated measures: a mean per visit, and a covariance of visits in place of random effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.covariances import LADDER, Structure
from outcomes.models.design import Design, build_design, refuse_aliased
from outcomes.models.fit import Fit
from outcomes.models.kenward_roger import DfMethod, SmallSample, adjust_covariance, take_plain
from outcomes.models.mixed import MixedParts
from outcomes.models.mixed_table import blank_table, frame_variances, tabulate_effects, tabulate_tests
from outcomes.models.pattern_optimum import Summit, climb, list_summit_failures, start_sigma
from outcomes.models.patterns import PatternSums, collect_patterns, sum_curves
from outcomes.models.stacks import Array
from outcomes.schema import require_columns

COVARIANCES: Mapping[str, str] = {
    "unstructured": "us",
    "heterogeneous toeplitz": "toeph",
    "toeplitz": "toep",
    "heterogeneous ar1": "ar1h",
    "ar1": "ar1",
    "heterogeneous compound symmetry": "csh",
    "compound symmetry": "cs",
}
_TITLE = "Model for repeated measures"
_FEW_PATIENTS, _NEARLY_SINGULAR = 10, 1e-4


def fit_mmrm(
    scores: pd.DataFrame,
    formula: str,
    *,
    visit: str,
    groups: str = "patient_id",
    covariance: str = "unstructured",
    df_method: DfMethod = "kenward-roger",
    level: float = 0.95,
) -> Fit:
    """Fit a model for repeated measures: any mean by visit, and a covariance of the visits.

    Parameters
    ----------
    scores : DataFrame, one row per patient and visit of one instrument; needs the columns of the formula.
        Rows that serve no endpoint are left out as in fit_mixed_model.
    formula : str
        Outcome and fixed effects, for example "total ~ C(visit) * arm + baseline".
    visit : str
        Column of the scheduled visit: text, category or number; its values are taken in their order.
    groups : str
        Column that names the patient.
    covariance : str
        One of "unstructured", "heterogeneous toeplitz", "toeplitz", "heterogeneous ar1", "ar1",
        "heterogeneous compound symmetry" and "compound symmetry".
    df_method : {"kenward-roger", "satterthwaite", "residual", "normal"}
        Both of the first use the observed information; Kenward-Roger is the linear variant, without second
        derivatives of the covariance, which equals that of SAS for the unstructured covariance.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has one row per fixed effect, and one per variance and correlation of visits (column kind:
        fixed, variance). `extras["sigma"]` is the covariance of the visits as a frame, `extras["tests"]`
        tests each term jointly, `extras["deviance"]` is -2 log of the restricted likelihood. It serves
        estimate_marginal_means and compare_marginal_means.

    Raises
    ------
    EstimationError
        If a patient has two rows at one visit (choose one score per visit first), a word is unknown, the
        formula cannot be read, columns repeat one another, or there is more than one instrument.
    DataError
        If a column is missing.

    Notes
    -----
    Rows of one patient are multivariate normal with covariance Sigma over the visits seen, estimated by
    restricted maximum likelihood from sums over patients who share a pattern of visits [1]_. Scores missing
    at random given those seen do not bias the means; nothing is carried forward. If two visits are never
    seen together their covariance cannot be estimated: NOT ESTIMABLE, with the structures to try instead.

    References
    ----------
    .. [1] Mallinckrodt CH, Clark WS, David SR (2001). J Biopharm Stat 11:9-21. doi:10.1081/BIP-100104194
    .. [2] Kenward MG, Roger JH (1997). Biometrics 53:983-997. doi:10.2307/2533558

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> wave = np.sin(np.arange(160) * 1.7)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "week": [1, 2, 4, 8] * 40})
    >>> scores["total"] = 16 - 0.5 * scores["week"] + 3 * wave + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> fit = oc.fit_mmrm(scores, "total ~ C(week)", visit="week", covariance="compound symmetry")
    >>> fit.verdict, fit.n_patients
    ('OK', 40)
    """
    _check_arguments(covariance, df_method, visit, level)
    require_columns(scores, [visit, groups], caller="fit_mmrm")
    placed = scores.assign(_visit=pd.Categorical(scores[visit], ordered=False))
    design = build_design(placed, formula, groups=groups, re_formula="~ 0 + _visit")
    settings = {
        "formula": formula, "visit": visit, "groups": groups, "covariance": covariance, "estimation": "REML",
        "df_method": df_method, "information": "observed", "level": level,
    }  # fmt: skip
    if isinstance(design, tuple):
        return Fit(_TITLE, blank_table(()), "NOT ESTIMABLE", notes=design, settings=settings)
    names = [str(name) for name in design.frame["_visit"].cat.categories]
    visits = design.frame["_visit"].cat.codes.to_numpy()
    whose: dict[str, Any] = {
        "kind": f"{_TITLE} of {design.response}", "settings": settings, "n_rows": len(design.y),
        "n_patients": len(design.labels),
    }  # fmt: skip
    _refuse_repeats(design, visits)
    structure = Structure(COVARIANCES[covariance], len(names))
    refusals = _list_refusals(design, visits, names, structure)
    if refusals:
        return Fit(
            table=blank_table(design.x.columns), verdict="NOT ESTIMABLE",
            notes=(*refusals, *design.notes), **whose,
        )  # fmt: skip
    refuse_aliased(design.x, argument="formula")
    x = design.x.to_numpy(dtype=float)
    scale = np.sqrt((x**2).mean(axis=0))
    ols = np.linalg.lstsq(x / scale, design.y, rcond=None)[0]
    residual = design.y - x / scale @ ols
    sums = collect_patterns(x / scale, residual, design.codes, visits, len(names))
    with np.errstate(all="ignore"):
        summit = climb(sums, structure, start_sigma(residual, design.codes, visits, len(names)))
    failures = list_summit_failures(summit)
    if failures:
        return Fit(
            table=blank_table(design.x.columns), verdict="NOT ESTIMABLE",
            notes=(*failures, *design.notes), **whose,
        )  # fmt: skip
    shape = structure.shape(summit.theta)
    small = _measure(sums, summit, shape.slopes, df_method, scale)
    fixed, sigma = (ols + summit.level.fixed) / scale, shape.sigma
    cautions = _list_cautions(sigma, visits, names)
    effects = tabulate_effects(design, fixed, small, level)
    table = pd.concat([effects, _tabulate_sigma(sigma, names)], ignore_index=True)
    deviance = summit.level.deviance + 2 * np.log(scale).sum()
    return Fit(
        table=table,
        verdict="CAUTION" if cautions else "OK",
        notes=(*cautions, *design.notes),
        extras={
            "sigma": pd.DataFrame(sigma, index=names, columns=names),
            "tests": tabulate_tests(design, fixed, small),
            "parts": MixedParts(design, fixed, small),
            "deviance": float(deviance),
        },
        **whose,
    )


def _check_arguments(covariance: str, df_method: str, visit: str, level: float) -> None:
    if covariance not in COVARIANCES:
        message = f"covariance must be one of {', '.join(COVARIANCES)}; another word was given. Use one."
        raise EstimationError(message)
    if df_method not in get_args(DfMethod):
        message = (
            f"df_method must be one of {', '.join(get_args(DfMethod))}; another word was given. Use one."
        )
        raise EstimationError(message)
    if not isinstance(visit, str):
        raise EstimationError("visit must be the name of one column. Name the column.")
    if not 0 < level < 1:
        raise EstimationError(
            "level must lie between 0 and 1; another number was given. Use for example 0.95."
        )


def _refuse_repeats(design: Design, visits: Array) -> None:
    pairs = pd.Series(list(zip(design.codes, visits, strict=True)))
    repeated = int(pairs.duplicated().sum())
    if repeated:
        raise EstimationError(
            f"fit_mmrm needs one row per patient and visit; {repeated} rows repeat one. Choose one score for "
            "each visit first, for example the one nearest to its day."
        )


def _list_refusals(design: Design, visits: Array, names: list[str], structure: Structure) -> list[str]:
    """Reasons in words why nothing can be estimated from this design."""
    if len(names) < 2:
        return ["There is one visit only; a covariance needs two."]
    if np.ptp(design.y) == 0:
        return ["The outcome is the same in all rows."]
    there = np.zeros((len(design.labels), len(names)))
    there[design.codes, visits] = 1
    together = there.T @ there
    if structure.name == "us":
        rows, columns = np.nonzero(np.triu(together < 2, 1))
        if len(rows):
            pair = f"{names[rows[0]]} and {names[columns[0]]}"
            full = {short: word for word, short in COVARIANCES.items()}
            others = ", ".join(full[one] for one in LADDER)
            return [
                f"Visits {pair} are seen together in fewer than two patients: their covariance cannot be "
                f"estimated. Try covariance= {others}."
            ]
    n_parameters = design.x.shape[1] + structure.n_parameters
    if n_parameters > len(design.y) / 2:
        return [
            f"The model has {n_parameters} parameters for {len(design.y)} rows; two rows for each are needed."
        ]
    if len(design.labels) < structure.size + 2:
        return [f"There are {len(design.labels)} patients for {structure.size} visits; more are needed."]
    return []


def _measure(sums: PatternSums, summit: Summit, slopes: Array, method: DfMethod, scale: Array) -> SmallSample:
    """Standard errors and degrees of freedom, on the scale of the columns."""
    unit, phi = np.outer(scale, scale), summit.level.phi
    if method in ("residual", "normal"):
        return take_plain(phi / unit, method, sums.n_rows - sums.n_fixed)
    weight, covariance = 2 * np.linalg.inv(summit.slopes.hessian), phi
    if method == "kenward-roger":
        curves = sum_curves(sums, summit.level, slopes)
        covariance = adjust_covariance(phi, summit.slopes.bends, curves, weight)
    return SmallSample(
        method, "observed", phi / unit, covariance / unit, summit.slopes.bends * unit, weight, np.nan
    )


def _list_cautions(sigma: Array, visits: Array, names: list[str]) -> list[str]:
    spread = np.sqrt(np.diag(sigma))
    ratio = np.linalg.eigvalsh(sigma / np.outer(spread, spread))
    found = []
    if ratio[0] < _NEARLY_SINGULAR * ratio[-1]:
        found.append("The covariance of the visits is nearly singular: some visits are almost copies.")
    counts = np.bincount(visits, minlength=len(names))
    few = [f"{name} ({many})" for name, many in zip(names, counts, strict=True) if many < _FEW_PATIENTS]
    if few:
        found.append(f"Few patients are seen at {', '.join(few)}; at least {_FEW_PATIENTS} are advised.")
    return found


def _tabulate_sigma(sigma: Array, names: list[str]) -> pd.DataFrame:
    spread = np.sqrt(np.diag(sigma))
    rows = [(f"variance {name}", value) for name, value in zip(names, np.diag(sigma), strict=True)]
    rows += [
        (f"correlation {names[b]}, {names[a]}", sigma[a, b] / (spread[a] * spread[b]))
        for a, b in zip(*np.tril_indices(len(names), -1), strict=True)
    ]
    return frame_variances(rows)
