"""Models that the engine does not have: variance components within patients, fitted by statsmodels itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from outcomes.errors import EstimationError
from outcomes.models.coefficients import frame_coefficients
from outcomes.models.fit import Fit, capture_warnings
from outcomes.models.mixed.design import MISSING_AT_RANDOM, Design
from outcomes.models.mixed.formula import build_columns
from outcomes.models.mixed.table import blank_table, frame_variances
from outcomes.models.stacks import Array

_OUTSIDE = (
    "Variance components are outside of this package's engine: statsmodels fitted the model with its own "
    "optimizers, from several of which the best is taken. Tests and intervals use the normal distribution."
)
_METHODS = ("bfgs", "lbfgs", "powell")
_SAME, _FLAT = 1e-2, 1e-2  # in log L; score times standard error


def fit_components(
    design: Design, components: Mapping[str, str], *, reml: bool, level: float, whose: dict[str, Any]
) -> Fit:
    """Fit a model with independent variance components, and judge the optimum by more than `converged`.

    Parameters
    ----------
    design : Design
    components : mapping of names to one-sided formulas, such as {"rater": "0 + C(rater)"}
    reml, level : as in fit_mixed_model
    whose : title, settings and counts of the result

    Notes
    -----
    NOT ESTIMABLE where the optimizers disagree, the score at the optimum is not zero, or fixed effects are
    exactly 0, which statsmodels may report as converged (issue 10239). Otherwise always CAUTION.
    """
    names, colnames, mats = [], [], []
    for name, formula in components.items():
        columns = build_columns(formula, design.frame, argument="vc_formula")
        values = columns.to_numpy(dtype=float)
        own = [values[design.codes == patient] for patient in range(len(design.labels))]
        used = [np.flatnonzero(one.any(axis=0)) for one in own]
        names.append(name)
        mats.append([one[:, at] for one, at in zip(own, used, strict=True)])
        colnames.append([[str(columns.columns[int(place)]) for place in at] for at in used])
    labels = design.labels.to_numpy()[design.codes]
    results, notes = [], []
    for method in _METHODS:
        with capture_warnings() as warned, np.errstate(all="ignore"):
            model = MixedLM(design.y, design.x, labels, design.z, exog_vc=VCSpec(names, colnames, mats))
            try:
                results.append(model.fit(reml=reml, method=[method]))
            except (np.linalg.LinAlgError, ValueError):
                notes.append(f"{method}: the optimizer of statsmodels failed.")
        notes += warned
    results = [one for one in results if np.isfinite(one.llf)]
    said = (_OUTSIDE, *dict.fromkeys(notes), *design.notes)
    reasons = _list_reasons(results) if results else ["No optimizer of statsmodels reached an optimum."]
    if reasons:
        return Fit(
            table=blank_table(design.x.columns), verdict="NOT ESTIMABLE", notes=(*reasons, *said), **whose
        )
    best = max(results, key=lambda one: float(one.llf))
    return Fit(
        table=_tabulate(design, best, names, level), verdict="CAUTION", notes=(*said, MISSING_AT_RANDOM),
        model=best, extras={"deviance": -2 * float(best.llf)}, **whose,
    )  # fmt: skip


def _list_reasons(results: list[Any]) -> list[str]:
    best = max(results, key=lambda one: float(one.llf))
    reasons = []
    if sum(best.llf - one.llf < _SAME for one in results) < 2:
        reasons.append("The optimizers of statsmodels end at different optima.")
    fixed, errors = best.fe_params.to_numpy(), best.bse_fe.to_numpy()
    if not (np.isfinite(fixed).all() and np.isfinite(errors).all()) or (fixed == 0).any():
        reasons.append("A fixed effect is exactly zero, or it or its error is not a number.")
    score = np.asarray(best.model.score_full(best.params_object, calc_fe=True)[0])
    if not (np.abs(score) * errors < _FLAT).all():
        reasons.append("The likelihood has a slope at the optimum that statsmodels reports.")
    return reasons


def _tabulate(design: Design, best: Any, names: list[str], level: float) -> pd.DataFrame:
    fixed, errors = best.fe_params.to_numpy(), best.bse_fe.to_numpy()
    effects = frame_coefficients(design.x.columns, fixed, errors, level).assign(kind="fixed")
    omega: Array = np.asarray(best.cov_re)
    columns = [str(name) for name in design.z.columns]
    rows = [
        (f"variance {columns[a]}" if a == b else f"covariance {columns[b]}, {columns[a]}", omega[a, b])
        for a, b in zip(*np.tril_indices(len(columns)), strict=True)
    ]
    rows += [(f"variance {name}", float(one)) for name, one in zip(names, best.vcomp, strict=True)]
    return pd.concat(
        [effects, frame_variances([*rows, ("variance residual", float(best.scale))])], ignore_index=True
    )


def refuse_components(sites: str | None, df_method: str) -> None:
    """Raise where variance components are asked for with what only the engine has."""
    if sites is not None or df_method in ("satterthwaite", "robust"):
        raise EstimationError(
            "With vc_formula= statsmodels fits the model: sites=, Satterthwaite and robust errors are not to "
            "be had. Leave them out, and use df_method='normal'."
        )
