"""Model means at chosen days, overall or by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from outcomes.models.estimates.cells import Weights, build_cells
from outcomes.models.estimates.means_table import (
    list_names,
    list_remarks,
    tabulate_means,
    take_parts,
    withhold_means,
    wrap_means,
)
from outcomes.models.fit import Fit
from outcomes.models.mixed.checks import list_cell_cautions


def estimate_marginal_means(
    fit: Fit,
    *,
    at: Mapping[str, Sequence[Any]],
    by: str | Sequence[str] | None = None,
    weights: Weights = "equal",
    level: float = 0.95,
) -> Fit:
    """Give the average score that a mixed model expects at chosen days, overall or by group.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model
    at : mapping, variable of the formula to values, for example {"day": [7, 28, 84]}
    by : str or list of str, categories of the formula; one mean for each level
    weights : {"equal", "observed"}
        How the levels of other categories are averaged: equally, or by their shares among patients.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has [by], [at], estimate, std_error, df, conf_low, conf_high, kind ("mean"), on the scale of
        the scores. Numeric covariates that are not in `at` stand at their mean over patients.

    Raises
    ------
    EstimationError
        If the fit is no mixed model, a variable or value is not of the model, a day lies beyond a spline, or
        a term has no finite value there (the logarithm of a negative number).

    Notes
    -----
    The mean of a cell is l'b with l the average row of the design over the cell; its standard error and
    degrees of freedom are those of the contrast l by the method of the fit (Kenward-Roger by default), never
    residual ones. Where values lie outside the data, or more than 20 percent of patients have no score on or
    after a day, the verdict is CAUTION; with `by` this is judged within each level, and the note names it.

    References
    ----------
    .. [1] Searle SR, Speed FM, Milliken GA. Am Stat 1980;34:216-221. doi:10.1080/00031305.1980.10483031
    .. [2] Kenward MG, Roger JH. Biometrics 1997;53:983-997. doi:10.2307/2533558

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> noise = 3 * np.sin(np.arange(160) * 1.7) + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> means = oc.estimate_marginal_means(growth, at={"day": [7, 28]})
    >>> means.table["day"].tolist()
    [7, 28]
    """
    by = list_names(by)
    if fit.verdict == "NOT ESTIMABLE":
        return withhold_means(fit, at, by, "Marginal means")
    parts = take_parts(fit)
    cells, rows = build_cells(parts.design, at, by, weights)
    cautions = list_cell_cautions(parts.design, cells, parts.small.find_df(rows))
    table = tabulate_means(parts, cells, rows, level, kind="mean", tested=False)
    return wrap_means(
        fit,
        table,
        "Marginal means",
        (*cautions, *list_remarks(parts, cells)),
        cautions,
        {"weights": weights, "level": level},
    )
