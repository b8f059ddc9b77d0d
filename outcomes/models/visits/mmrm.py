"""Models for repeated measures: a mean per visit, and a covariance of visits in place of random effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.fit import Fit
from outcomes.models.mixed.design import MISSING_AT_RANDOM, build_design, refuse_aliased
from outcomes.models.mixed.kenward_roger import DfMethod, Information
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.mixed.table import blank_table, frame_variances, tabulate_effects, tabulate_tests
from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import COVARIANCES, Structure
from outcomes.models.visits.pattern_optimum import Summit, list_summit_failures
from outcomes.models.visits.repeated_visits import RepeatedVisits
from outcomes.models.visits.visit_checks import (
    check_arguments,
    list_visit_cautions,
    list_visit_refusals,
    refuse_repeats,
)
from outcomes.schema import require_columns

_TITLE = "Model for repeated measures"


def fit_mmrm(
    scores: pd.DataFrame,
    formula: str,
    *,
    visit: str,
    groups: str = "patient_id",
    covariance: str | Sequence[str] = "unstructured",
    df_method: DfMethod = "kenward-roger",
    information: Information = "observed",
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
    covariance : str or sequence of str
        One of "unstructured", "heterogeneous toeplitz", "toeplitz", "heterogeneous ar1", "ar1",
        "heterogeneous compound symmetry" and "compound symmetry". Of a sequence, the first that can be
        estimated is used; the notes say what came before it and why it failed.
    df_method : {"kenward-roger", "kenward-roger-full", "satterthwaite", "residual", "normal", "robust"}
        Kenward-Roger is the linear variant; the full one adds second derivatives of the covariance in
        variances and correlations, as SAS does. They differ for structures that are not linear (ar1, and
        those with a variance per visit). Robust as in fit_mixed_model.
    information : {"observed", "expected"}
        How sure the covariance is, for degrees of freedom: observed as in SAS, expected as in pbkrtest.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has one row per fixed effect, and one per variance and correlation of visits (column kind:
        fixed, variance). `extras["sigma"]` is the covariance of the visits as a frame, `extras["tests"]`
        tests each term jointly, `extras["deviance"]` is -2 log of the restricted likelihood, and
        `extras["robust"]`, unless the covariance is unstructured, has the fixed effects with robust errors,
        which do not lean on the structure. It serves estimate_marginal_means and compare_marginal_means.

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
    asked = (covariance,) if isinstance(covariance, str) else tuple(covariance)
    check_arguments(asked, df_method, information, visit, level)
    require_columns(scores, [visit, groups], caller="fit_mmrm")
    placed = scores.assign(_visit=pd.Categorical(scores[visit], ordered=False))
    design = build_design(placed, formula, groups=groups, re_formula="~ 0 + _visit")
    settings = {
        "formula": formula, "visit": visit, "groups": groups, "covariance": ", then ".join(asked),
        "estimation": "REML", "df_method": df_method, "information": information, "level": level,
    }  # fmt: skip
    if isinstance(design, tuple):
        return Fit(_TITLE, blank_table(()), "NOT ESTIMABLE", notes=design, settings=settings)
    whose: dict[str, Any] = {
        "kind": f"{_TITLE} of {design.response}", "n_rows": len(design.y), "n_patients": len(design.labels),
    }  # fmt: skip
    data = RepeatedVisits.start(design)
    refuse_repeats(data)
    tried: dict[str, list[str]] = {}
    for name in asked:
        structure = Structure(COVARIANCES[name], len(data.names))
        summit = None
        tried[name] = list_visit_refusals(data, structure)
        if not tried[name]:
            refuse_aliased(design.x, argument="formula")
            summit = data.climb(structure)
            tried[name] = list_summit_failures(summit)
        if not tried[name]:
            break
    failed = [_say_failure(name, reasons, asked) for name, reasons in tried.items() if reasons]
    if summit is None or tried[name]:
        notes = (*failed, *design.notes)
        table = blank_table(design.x.columns)
        return Fit(table=table, verdict="NOT ESTIMABLE", notes=notes, settings=settings, **whose)
    used = f"The covariance is {name}, the first of those asked for that can be estimated."
    sigma = structure.shape(summit.theta).sigma
    cautions = [*([*failed, used] if failed else []), *list_visit_cautions(data, sigma)]
    fixed, small = data.recover_fixed(summit), data.measure(summit, structure, df_method, information)
    table = pd.concat(
        [tabulate_effects(design, fixed, small, level), _tabulate_sigma(sigma, data.names)], ignore_index=True
    )
    return Fit(
        table=table,
        verdict="CAUTION" if cautions else "OK",
        notes=(*cautions, *design.notes, MISSING_AT_RANDOM),
        settings={**settings, "covariance": name},
        extras={
            **_add_robust(data, summit, structure, fixed, level),
            "sigma": pd.DataFrame(sigma, index=data.names, columns=data.names),
            "tests": tabulate_tests(design, fixed, small),
            "parts": MixedParts(design, fixed, small, data.find_spread(summit, structure, small)),
            "deviance": data.recover_deviance(summit),
        },
        **whose,
    )


def _add_robust(
    data: RepeatedVisits, summit: Summit, structure: Structure, fixed: Array, level: float
) -> dict[str, pd.DataFrame]:
    """Fixed effects with robust errors beside those that lean on a structure."""
    if structure.name == "us":
        return {}
    small = data.measure(summit, structure, "robust", "observed")
    return {"robust": tabulate_effects(data.design, fixed, small, level)}


def _say_failure(name: str, reasons: list[str], asked: tuple[str, ...]) -> str:
    said = " ".join(reasons)
    return f"{name}: {said}" if len(asked) > 1 else said


def _tabulate_sigma(sigma: Array, names: list[str]) -> pd.DataFrame:
    spread = np.sqrt(np.diag(sigma))
    rows = [(f"variance {name}", value) for name, value in zip(names, np.diag(sigma), strict=True)]
    rows += [
        (f"correlation {names[b]}, {names[a]}", sigma[a, b] / (spread[a] * spread[b]))
        for a, b in zip(*np.tril_indices(len(names), -1), strict=True)
    ]
    return frame_variances(rows)
