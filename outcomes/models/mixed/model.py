"""Mixed models of scores over time: average course, differences between groups, spread between patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, capture_warnings
from outcomes.models.mixed.checks import list_cautions, list_failures, list_refusals, settle_verdict
from outcomes.models.mixed.design import MISSING_AT_RANDOM, build_design, refuse_aliased
from outcomes.models.mixed.engine import Engine
from outcomes.models.mixed.kenward_roger import DfMethod, Information, SmallSample
from outcomes.models.mixed.optimum import find_optimum
from outcomes.models.mixed.outside_engine import fit_components, refuse_components
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.mixed.result import build_result
from outcomes.models.mixed.table import blank_table, tabulate_effects, tabulate_tests, tabulate_variances

_TITLE = "Mixed model"


def fit_mixed_model(
    scores: pd.DataFrame,
    formula: str,
    *,
    groups: str = "patient_id",
    re_formula: str | None = "~day",
    sites: str | None = None,
    vc_formula: Mapping[str, str] | None = None,
    reml: bool = True,
    df_method: DfMethod = "kenward-roger",
    information: Information | None = None,
    level: float = 0.95,
) -> Fit:
    """Fit the average course of a score, with each patient's own level and slope.

    Parameters
    ----------
    scores : DataFrame, one row per assessment of one instrument; needs the columns that the formula names.
        Where the frame has endpoint_use, rows that serve no endpoint are left out, except each series'
        baseline. With `baseline` on the right-hand side, rows of day 0 or earlier are left out.
    formula : str
        Outcome and fixed effects, for example "total ~ bs(day, df=4) * route + baseline".
    groups : str
        Column that names the patient.
    re_formula : str or None
        Random effects of a patient: "~day" is level and slope, None or "~1" is level only.
    sites : str or None
        Column of the site; each site then has a random level of its own, besides those of its patients. A
        patient may be seen at several sites. With fewer than five sites, put the site into `formula` instead.
    vc_formula : mapping of names to one-sided formulas, optional
        Independent variance components within patients, such as {"rater": "0 + C(rater)"}. The engine does
        not have them: statsmodels fits the model, with normal tests; the verdict is CAUTION at best.
    reml : bool
        True for restricted maximum likelihood; False for maximum likelihood (to compare fixed parts).
    df_method : {"kenward-roger", "satterthwaite", "residual", "normal", "robust"}
        Kenward-Roger also adjusts the standard errors; it needs reml=True. Robust
        errors (CR2, with Satterthwaite degrees of freedom [3]_) also hold where the rows of a patient vary
        together otherwise than the model says; they need independent patients, so not `sites`.
    information : {"expected", "observed"} or None
        How sure the variances are, for degrees of freedom. None: expected for Kenward-Roger, as in pbkrtest,
        and observed for Satterthwaite, as in lmerTest. A singular fit always uses the expected one.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has one row per fixed effect and one per variance or covariance between patients and the
        residual variance, on the score scale (column kind: fixed, variance). `extras["tests"]` tests each
        term of the formula jointly; `extras["deviance"]` is -2 log L (restricted for REML). `model` is the
        MixedLMResults of statsmodels at the same optimum; with `sites` there is none, because statsmodels has
        no such result.

    Raises
    ------
    EstimationError
        If the formula cannot be read or computed, columns repeat one another, or there is more than one
        instrument.
    DataError
        If the frame lacks the column `groups`.

    Notes
    -----
    For patient i, y_i = X_i b + Z_i u_i + e_i with u_i ~ N(0, Omega) and e_i ~ N(0, s2 I). Scores that are
    missing at random given those seen do not bias b. Standard errors are those of generalized least squares,
    s2 (X'V^-1 X)^-1, or their Kenward-Roger adjustment; the `bse` of statsmodels come from another matrix and
    differ slightly. Coefficients of a spline mean nothing one by one: use estimate_marginal_means.

    References
    ----------
    .. [1] Laird NM, Ware JH. Biometrics 1982;38:963-974. doi:10.2307/2529876
    .. [2] Kenward MG, Roger JH. Biometrics 1997;53:983-997. doi:10.2307/2533558
    .. [3] Pustejovsky JE, Tipton E. J Bus Econ Stat 2018;36:672-683. doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> wave = np.sin(np.arange(160) * 1.7)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 16 - 0.2 * scores["day"] + 3 * wave + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> growth.verdict
    'OK'
    >>> growth.table["term"].tolist()
    ['Intercept', 'day', 'variance Intercept', 'variance residual']
    """
    _check_arguments(df_method, information, reml=reml, level=level, sites=sites)
    settings = {
        "formula": formula,
        "re_formula": re_formula or "~1",
        "groups": groups,
        **({"sites": sites} if sites else {}),
        "estimation": "REML" if reml else "ML",
        "df_method": df_method,
        "level": level,
    }
    components = dict(vc_formula or {})
    if components:
        refuse_components(sites, df_method)
        settings |= {"vc_formula": str(components), "df_method": "normal"}
    design = build_design(
        scores, formula, groups=groups, re_formula=re_formula, sites=sites, components=components.values()
    )
    if isinstance(design, tuple):
        return Fit(_TITLE, blank_table(()), "NOT ESTIMABLE", notes=design, settings=settings)
    whose: dict[str, Any] = {
        "kind": f"{_TITLE} of {design.response}",
        "settings": settings,
        "n_rows": len(design.y),
        "n_patients": len(design.labels),
    }
    refusals = list_refusals(design)
    if refusals:
        return Fit(
            table=blank_table(design.x.columns),
            verdict="NOT ESTIMABLE",
            notes=(*refusals, *design.notes),
            **whose,
        )
    refuse_aliased(design.x, argument="formula")
    refuse_aliased(design.z, argument="re_formula")
    if components:
        return fit_components(design, components, reml=reml, level=level, whose=whose)
    with capture_warnings() as warned, np.errstate(all="ignore"):
        engine = Engine.start(design)
        optimum = find_optimum(engine.sums, reml=reml)
        if not np.isfinite(optimum.point.deviance):
            return Fit(
                table=blank_table(design.x.columns),
                verdict="NOT ESTIMABLE",
                notes=(*optimum.doubts, *design.notes),
                **whose,
            )
        small, other = engine.measure(optimum, df_method, information)
        fixed = engine.recover_fixed(optimum)
        failures = list_failures(design, optimum, fixed, small, engine.x_scale)
        model = None
        if not failures:
            failures = engine.doubt(optimum)
        if not failures and not sites:
            units = {"x_scale": engine.x_scale, "z_scale": engine.z_scale}
            model = build_result(design, fixed, optimum.point, optimum.pieces, **units)
    cautions = [] if failures else list_cautions(design, optimum, small, other)
    if failures:
        table, extras = blank_table(design.x.columns), dict[str, Any]()
    else:
        omega = engine.recover_omega(optimum)
        table = tabulate_effects(design, fixed, small, level)
        more = tabulate_variances(design, omega, optimum.point, sites)
        table = pd.concat([table, more], ignore_index=True)
        extras = {
            "tests": tabulate_tests(design, fixed, small),
            "parts": MixedParts(design, fixed, small, engine.find_spread(optimum, small)),
            "deviance": engine.recover_deviance(optimum),
        }
    if small.information:
        whose["settings"] = {**settings, "information": small.information}
    return Fit(
        table=table,
        verdict=settle_verdict(failures, cautions),
        notes=(*failures, *cautions, *_describe(small), *design.notes, *warned, MISSING_AT_RANDOM),
        model=model,
        extras=extras,
        **whose,
    )


def _check_arguments(
    df_method: str, information: str | None, *, reml: bool, level: float, sites: str | None
) -> None:
    known = get_args(DfMethod)[
        :-1
    ]  # second derivatives of V are zero here, so that no full variant is needed
    if df_method not in known or information not in (None, *get_args(Information)):
        raise EstimationError(
            f"df_method must be one of {', '.join(known)}, and information expected, observed or None; "
            "another word was given. Use one."
        )
    if df_method == "kenward-roger" and not reml:
        raise EstimationError(
            "Kenward-Roger is defined for REML; reml=False was given. Use reml=True or "
            "df_method='satterthwaite'."
        )
    if df_method == "robust" and sites is not None:
        raise EstimationError(
            "Robust errors need patients who are independent of one another; with sites= they are not. Leave "
            "out sites=, or use df_method='kenward-roger'."
        )
    if not 0 < level < 1:
        raise EstimationError(
            "level must lie between 0 and 1; another number was given. Use for example 0.95."
        )


def _describe(small: SmallSample) -> list[str]:
    if small.method == "satterthwaite" and small.information == "expected":
        return ["Satterthwaite degrees of freedom use expected information, because the fit is singular."]
    if small.method == "normal":
        return ["Tests and intervals use the normal distribution; in small samples they are too narrow."]
    return []
