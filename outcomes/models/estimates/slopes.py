"""Each patient's own rate of change from a mixed model, and whether it is more than error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.estimates.predictions import predict_own
from outcomes.models.fit import Fit, withhold
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.stacks import Array

_CRITICAL = 1.96
_COLUMNS = ("term", "estimate", "std_error", "statistic", "conf_low", "conf_high", "n_scores", "class")


def estimate_slopes(
    fit: Fit,
    *,
    variable: str = "day",
    min_scores: int = 3,
    critical: float = _CRITICAL,
    lower_is_better: bool = True,
) -> Fit:
    """Estimate each patient's own slope, and class it as improved, unchanged or deteriorated (index HLM).

    Parameters
    ----------
    fit : Fit of fit_mixed_model, with `variable` as a term by itself in the formula and in re_formula
    variable : str, the column of time
    min_scores : int, patients with fewer scores get no class
    critical : float, the index (slope / its error) that is exceeded by a reliable change
    lower_is_better : bool

    Returns
    -------
    Fit
        `table` has one row per patient: term (the patient), estimate (points per unit of `variable`),
        std_error, statistic (the index), conf_low, conf_high, n_scores, class. `extras["counts"]` counts the
        classes. The verdict is that of the model.

    Raises
    ------
    EstimationError
        If the fit holds no mixed model, or the slope of a patient is not one number in it.

    Notes
    -----
    The slope of a patient is the average slope plus the patient's own deviation, b + u_i, and is judged by
    itself [1]_. A slope judged against the average patient would call slow improvers deteriorated. Its error
    holds that of b, that of u_i and their covariance: Phi + Var(u-hat - u) + 2 Cov(b, u-hat - u), with the
    variances of the model taken as known.

    References
    ----------
    .. [1] Bryk AS, Raudenbush SW (1987). Psychol Bull 101:147-158. doi:10.1037/0033-2909.101.1.147

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> wave = np.sin(np.arange(160) * 1.7)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> own = np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> scores["total"] = 16 - 0.2 * scores["day"] + 2 * wave + 3 * own + 0.1 * own * scores["day"]
    >>> slopes = oc.estimate_slopes(oc.fit_mixed_model(scores, "total ~ day"))
    >>> int(slopes.extras["counts"]["k"].sum())
    40
    """
    parts = fit.extras.get("parts")
    if fit.verdict == "NOT ESTIMABLE":
        blank = withhold(pd.DataFrame({"term": pd.Series(dtype="string")}).reindex(columns=list(_COLUMNS)))
        return Fit(f"Slopes from {fit.kind}", blank, "NOT ESTIMABLE", fit.notes, fit.settings)
    if not isinstance(parts, MixedParts):
        message = "estimate_slopes needs a fit of fit_mixed_model; another one was given. Fit that first."
        raise EstimationError(message)
    fixed_at, random_at = _find_columns(parts, variable)
    count = len(parts.design.labels)
    x, z = np.zeros((count, len(parts.fixed))), np.zeros((count, len(parts.spread.omega)))
    x[:, fixed_at] = z[:, random_at] = 1
    slope, error = predict_own(parts, x, z, np.arange(count))
    table = _tabulate(parts, slope, error, min_scores, critical, lower_is_better)
    counts = table["class"].value_counts().reindex(["improved", "unchanged", "deteriorated"], fill_value=0)
    few = int(table["class"].isna().sum())
    notes = [f"{few} patients with fewer than {min_scores} scores have no class."] if few else []
    return Fit(
        f"Slopes by {variable} from {fit.kind}",
        table,
        fit.verdict,
        notes=(*notes, *fit.notes),
        settings={**fit.settings, "variable": variable, "critical": critical, "min_scores": min_scores},
        n_rows=fit.n_rows,
        n_patients=fit.n_patients,
        extras={"counts": counts.rename("k").rename_axis("class").reset_index()},
    )


def _find_columns(parts: MixedParts, variable: str) -> tuple[int, int]:
    """Give the place of the variable among the fixed and the random effects, if it stands by itself."""
    holding = [term for term in parts.design.terms if variable in term]
    columns = list(parts.design.z.columns.astype(str))
    if holding != [variable] or variable not in columns or len(parts.design.terms[variable]) != 1:
        message = (
            f"A slope by {variable} needs it as one straight term of the formula, without spline or "
            f"interaction, and in re_formula. Fit for example 'total ~ {variable}' with '~{variable}'."
        )
        raise EstimationError(message)
    return parts.design.terms[variable][0], columns.index(variable)


def _tabulate(
    parts: MixedParts, slope: Array, error: Array, min_scores: int, critical: float, lower_is_better: bool
) -> pd.DataFrame:
    index, n_scores = slope / error, np.bincount(parts.design.codes)
    better = -index if lower_is_better else index
    named = np.select([better > critical, better < -critical], ["improved", "deteriorated"], "unchanged")
    half = stats.norm.ppf(0.975) * error
    table = pd.DataFrame(
        {
            "term": parts.design.labels.astype(str),
            "estimate": slope,
            "std_error": error,
            "statistic": index,
            "conf_low": slope - half,
            "conf_high": slope + half,
            "n_scores": n_scores,
            "class": pd.Series(named, dtype="string"),
        }
    ).astype({"term": "string", "n_scores": "Int64"})
    return table.assign(**{"class": table["class"].where(table["n_scores"] >= min_scores)})
