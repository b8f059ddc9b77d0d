"""Model means at chosen days, and differences between them, from a mixed model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.cells import Weights, build_cells
from outcomes.models.fit import Fit, worst_verdict
from outcomes.models.mixed import MixedParts
from outcomes.models.mixed_checks import list_cell_cautions
from outcomes.models.stacks import Array


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
    by = _list_names(by)
    if fit.verdict == "NOT ESTIMABLE":
        return _withhold_all(fit, at, by, "Marginal means")
    parts = _take_parts(fit)
    cells, rows = build_cells(parts.design, at, by, weights)
    cautions = list_cell_cautions(parts.design, cells, parts.small.find_df(rows))
    table = _tabulate(parts, cells, rows, level, kind="mean", tested=False)
    return _wrap(
        fit,
        table,
        "Marginal means",
        (*cautions, *_list_remarks(parts, cells)),
        cautions,
        {"weights": weights, "level": level},
    )


def compare_marginal_means(
    fit: Fit,
    *,
    at: Mapping[str, Sequence[Any]],
    reference: Mapping[str, Any],
    by: str | Sequence[str] | None = None,
    weights: Weights = "equal",
    level: float = 0.95,
) -> Fit:
    """Give the differences of model means from a reference day, a reference group, or both.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model
    at : mapping, variable of the formula to values, for example {"day": [28, 84]}
    reference : mapping, variable to the value that the others are compared with
        {"day": 0} gives changes since day 0; {"route": "IV"} gives each other route minus IV on each day;
        {"route": "IV", "day": 0} gives differences of changes.
    by : str or list of str, further categories; categories of `reference` are added
    weights : {"equal", "observed"}
        As in estimate_marginal_means.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has [by], [at], estimate (value minus reference), std_error, df, statistic, p_value, conf_low,
        conf_high, kind ("difference").

    Raises
    ------
    EstimationError
        As estimate_marginal_means; also if the reference names nothing that can be compared.

    Notes
    -----
    The contrast is the difference of the rows of two cells. Each interval and p-value stands alone: nothing
    is adjusted for the number of comparisons.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> noise = 3 * np.sin(np.arange(160) * 1.7) + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> change = oc.compare_marginal_means(growth, at={"day": [28]}, reference={"day": 0})
    >>> bool(change.table["estimate"].lt(0).all())
    True
    """
    by = list(dict.fromkeys([*_list_names(by), *(name for name in reference if name not in at)]))
    if fit.verdict == "NOT ESTIMABLE":
        return _withhold_all(fit, at, by, "Differences of marginal means")
    parts = _take_parts(fit)
    wider = {name: _add_value(values, reference, name) for name, values in at.items()}
    cells, rows = build_cells(parts.design, wider, by, weights)
    if not reference or any(not _matches(cells[name], value).any() for name, value in reference.items()):
        raise EstimationError(
            "compare_marginal_means needs a reference that the model knows, such as {'day': 0}; "
            "a value of reference= is none of the model's levels. Name a level, or a value of what is in at=."
        )
    compared, rows = _subtract_reference(cells, rows, reference)
    # the reference cells too: a difference leans on both of its sides
    cautions = list_cell_cautions(parts.design, cells, parts.small.find_df(rows))
    table = _tabulate(parts, compared, rows, level, kind="difference", tested=True)
    said = ", ".join(f"{name} = {value}" for name, value in reference.items())
    notes = (
        *cautions,
        *_list_remarks(parts, cells),
        "Intervals and p-values are not adjusted for the number of comparisons.",
    )
    return _wrap(
        fit,
        table,
        "Differences of marginal means",
        notes,
        cautions,
        {"reference": said, "weights": weights, "level": level, "adjustment": "none"},
    )


def _list_names(by: str | Sequence[str] | None) -> list[str]:
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def _take_parts(fit: Fit) -> MixedParts:
    parts = fit.extras.get("parts")
    if not isinstance(parts, MixedParts):
        raise EstimationError(
            "Marginal means need a Fit of fit_mixed_model; another kind was given. Run fit_mixed_model first."
        )
    return parts


def _withhold_all(fit: Fit, at: Mapping[str, Sequence[Any]], by: list[str], title: str) -> Fit:
    table = pd.DataFrame(list(product(*at.values())), columns=list(at))
    columns = [*by, *at, "estimate", "std_error", "df", "conf_low", "conf_high"]
    return Fit(
        title,
        table.reindex(columns=columns),
        "NOT ESTIMABLE",
        notes=fit.notes,
        settings=fit.settings,
        n_rows=fit.n_rows,
        n_patients=fit.n_patients,
    )


def _add_value(values: Sequence[Any], reference: Mapping[str, Any], name: str) -> list[Any]:
    listed = list(values)
    return listed if name not in reference or reference[name] in listed else [reference[name], *listed]


def _matches(column: pd.Series, value: Any) -> pd.Series:
    return (column == value).astype(bool)


def _subtract_reference(
    cells: pd.DataFrame, rows: Array, reference: Mapping[str, Any]
) -> tuple[pd.DataFrame, Array]:
    """Subtract from each cell the one that differs in the reference variable only, variable by variable."""
    for name, value in reference.items():
        keys = [other for other in cells.columns if other != name]
        chosen = _matches(cells[name], value).to_numpy()
        base = cells.loc[chosen, keys].assign(base=np.flatnonzero(chosen), one=1)
        paired = cells.assign(one=1).merge(base, on=[*keys, "one"], how="left", validate="many_to_one")
        rows = (rows - rows[paired["base"].to_numpy(dtype=int)])[~chosen]
        cells = cells.loc[~chosen].reset_index(drop=True)
    return cells, rows


def _list_remarks(parts: MixedParts, cells: pd.DataFrame) -> list[str]:
    """How the variables that are not in the cells were set."""
    frame = parts.design.frame
    rest = [name for name in parts.design.spec_variables if name not in cells.columns]
    numbers = [name for name in rest if not isinstance(frame[name].dtype, pd.CategoricalDtype)]
    groups = [name for name in rest if name not in numbers]
    remarks = [f"At their mean over patients: {', '.join(numbers)}."] if numbers else []
    return [*remarks, *([f"Averaged over the levels of {', '.join(groups)}."] if groups else [])]


def _tabulate(
    parts: MixedParts, cells: pd.DataFrame, rows: Array, level: float, *, kind: str, tested: bool
) -> pd.DataFrame:
    estimate, errors, df = rows @ parts.fixed, parts.small.find_errors(rows), parts.small.find_df(rows)
    half = stats.t.ppf((1 + level) / 2, df) * errors
    test = (
        {"statistic": estimate / errors, "p_value": 2 * stats.t.sf(np.abs(estimate / errors), df)}
        if tested
        else {}
    )
    return cells.assign(
        estimate=estimate,
        std_error=errors,
        df=df,
        **test,
        conf_low=estimate - half,
        conf_high=estimate + half,
        kind=kind,
    )


def _wrap(
    fit: Fit,
    table: pd.DataFrame,
    title: str,
    notes: tuple[str, ...],
    cautions: list[str],
    settings: dict[str, Any],
) -> Fit:
    verdict = worst_verdict([fit.verdict, "CAUTION" if cautions else "OK"])
    outcome = fit.kind.removeprefix("Mixed model ")
    return Fit(
        f"{title} {outcome}",
        table,
        verdict,
        notes=(*notes, *fit.notes),
        settings={**fit.settings, **settings},
        n_rows=fit.n_rows,
        n_patients=fit.n_patients,
    )
