"""What a model leaves over, row by row, and how the patients' own effects lie: for pictures of its fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.estimates.means_table import take_parts
from outcomes.models.fit import Fit, withhold
from outcomes.models.stacks import Array, list_patient_rows

_COLUMNS = ("patient", "fitted", "residual", "standardized", "normal_quantile")
_FAR, _SKEWED = 4.0, 1.0


def estimate_residuals(fit: Fit) -> Fit:
    """Give the residual of each row and the effects of each patient, with the normal quantiles of both.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model without sites, or from fit_mmrm

    Returns
    -------
    Fit
        `table` has one row per row of the fit: patient, the numeric variables of the formula, fitted (x'b),
        residual, standardized (residuals of a patient made independent by the model's covariance, with
        variance 1), normal_quantile (what `standardized` would be if normal). `extras["patients"]` has one
        row per patient and random effect: patient, effect, value, standardized, normal_quantile; empty for
        fit_mmrm.

    Raises
    ------
    EstimationError
        If the fit is none of these models.

    Notes
    -----
    Standardized residuals are L_i^-1 (y_i - X_i b), V_i = L_i L_i' [1]_: scaled by their own covariance,
    unlike raw ones, they can be judged together. Predicted effects are drawn to zero and look more normal
    than the truth. CAUTION where one lies beyond 4, or their skewness beyond 1.

    References
    ----------
    .. [1] Fitzmaurice GM, Laird NM, Ware JH (2011). Applied Longitudinal Analysis, chapter 10.
       doi:10.1002/9781119513469

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 2, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> rest = oc.estimate_residuals(oc.fit_mixed_model(scores, "total ~ day", re_formula="~1"))
    >>> len(rest.table), len(rest.extras["patients"])
    (160, 40)
    """
    if fit.verdict == "NOT ESTIMABLE":
        blank = withhold(pd.DataFrame(columns=list(_COLUMNS)))
        return Fit(f"Residuals of {fit.kind}", blank, "NOT ESTIMABLE", fit.notes, fit.settings)
    parts = take_parts(fit)
    design = parts.design
    fitted = design.x.to_numpy(dtype=float) @ parts.fixed
    residual = design.y - fitted
    standardized = np.empty_like(residual)
    for _, rows in list_patient_rows(design.codes):
        root = np.linalg.cholesky(parts.cover_rows(rows))
        standardized[rows] = np.linalg.solve(root, residual[rows][:, :, None])[:, :, 0]
    numbers = design.frame.select_dtypes("number")
    table = pd.DataFrame({"patient": design.labels[design.codes], **numbers.to_dict("series")}).assign(
        fitted=fitted,
        residual=residual,
        standardized=standardized,
        normal_quantile=_find_quantiles(standardized),
    )
    far, skew = int((np.abs(standardized) > _FAR).sum()), float(stats.skew(standardized))
    notes = [f"{far} standardized residuals lie beyond {_FAR:g}."] if far else []
    if abs(skew) > _SKEWED:
        notes.append(f"The standardized residuals are skewed ({skew:.1f}): look at plot_quantiles.")
    return Fit(
        f"Residuals of {fit.kind}", table, "CAUTION" if notes else fit.verdict, (*notes, *fit.notes),
        fit.settings, fit.n_rows, fit.n_patients, extras={"patients": _list_effects(fit)},
    )  # fmt: skip


def _list_effects(fit: Fit) -> pd.DataFrame:
    parts = take_parts(fit)
    design, columns = parts.design, ["patient", "effect", "value", "standardized", "normal_quantile"]
    if not parts.spread.residual:
        return pd.DataFrame(columns=columns)
    effects = parts.predict_patients()[-1]
    found = []
    for name, values in zip(design.z.columns.astype(str), effects.T, strict=True):
        spread = values.std()
        standardized = values / spread if spread > 0 else values
        found.append(
            pd.DataFrame(
                {
                    "patient": design.labels, "effect": name, "value": values, "standardized": standardized,
                    "normal_quantile": _find_quantiles(standardized),
                }
            )
        )  # fmt: skip
    return pd.concat(found, ignore_index=True)[columns]


def _find_quantiles(values: Array) -> Array:
    """Normal quantiles of the ranks, (rank - 3/8) / (n + 1/4)."""
    return np.asarray(stats.norm.ppf((stats.rankdata(values) - 0.375) / (len(values) + 0.25)))
