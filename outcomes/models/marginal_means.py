"""Model means at chosen days, and differences between them, from a mixed model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from formulaic.errors import FormulaicError
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.design import Design
from outcomes.models.fit import Fit, worst_verdict
from outcomes.models.likelihood import Array
from outcomes.models.mixed import MixedParts
from outcomes.models.mixed_checks import FEW_DF

LOST_SHARE = 0.20             # share of patients without a later score above which a day is read with care

Weights = Literal["equal", "observed"]


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
        `table` has [by], [at], estimate, std_error, df, conf_low, conf_high, kind ("mean"); on the score scale.
        Numeric covariates that are not in `at` stand at their mean over patients.

    Raises
    ------
    EstimationError
        If the fit is no mixed model, a variable or value is not of the model, or a day lies beyond a spline.

    Notes
    -----
    The mean of a cell is l'b with l the average row of the design over the cell; its standard error and degrees of
    freedom are those of the contrast l by the method of the fit (Kenward-Roger by default), never residual ones.
    Where more than 20 percent of patients have no score on or after a day, the verdict is CAUTION.

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
    >>> growth = oc.fit_mixed_model(scores.assign(total=16 - 0.2 * scores["day"] + noise), "total ~ day", re_formula="~1")
    >>> means = oc.estimate_marginal_means(growth, at={"day": [7, 28]})
    >>> means.table["day"].tolist()
    [7, 28]
    """
    by = _list_names(by)
    if fit.verdict == "NOT ESTIMABLE":
        return _withhold_all(fit, at, by, "Marginal means")
    parts = _take_parts(fit)
    cells, rows = _build_rows(parts.design, at, by, weights)
    cautions, remarks = _judge(parts, cells, at, parts.small.find_df(rows))
    table = _tabulate(parts, cells, rows, level, kind="mean", tested=False)
    return _wrap(fit, table, "Marginal means", (*cautions, *remarks), cautions,
                 {"weights": weights, "level": level})


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
    The contrast is the difference of the rows of two cells. Each interval and p-value stands alone: nothing is
    adjusted for the number of comparisons.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> noise = 3 * np.sin(np.arange(160) * 1.7) + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> growth = oc.fit_mixed_model(scores.assign(total=16 - 0.2 * scores["day"] + noise), "total ~ day", re_formula="~1")
    >>> change = oc.compare_marginal_means(growth, at={"day": [28]}, reference={"day": 0})
    >>> bool(change.table["estimate"].lt(0).all())
    True
    """
    by = list(dict.fromkeys([*_list_names(by), *(name for name in reference if name not in at)]))
    if fit.verdict == "NOT ESTIMABLE":
        return _withhold_all(fit, at, by, "Differences of marginal means")
    parts = _take_parts(fit)
    wider = {name: _add_value(values, reference, name) for name, values in at.items()}
    cells, rows = _build_rows(parts.design, wider, by, weights)
    if not reference or any(not _matches(cells[name], value).any() for name, value in reference.items()):
        raise EstimationError(
            "compare_marginal_means needs a reference that the model knows, such as {'day': 0} or {'route': 'IV'}; "
            "a value of reference= is none of the model's levels. Name a level, or a value of a variable in at=."
        )
    compared, rows = _subtract_reference(cells, rows, reference)
    cautions, remarks = _judge(parts, cells, wider, parts.small.find_df(rows))
    table = _tabulate(parts, compared, rows, level, kind="difference", tested=True)
    said = ", ".join(f"{name} = {value}" for name, value in reference.items())
    notes = (*cautions, *remarks, "Intervals and p-values are not adjusted for the number of comparisons.")
    return _wrap(fit, table, "Differences of marginal means", notes, cautions,
                 {"reference": said, "weights": weights, "level": level, "adjustment": "none"})


def _list_names(by: str | Sequence[str] | None) -> list[str]:
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def _take_parts(fit: Fit) -> MixedParts:
    parts = fit.extras.get("parts")
    if not isinstance(parts, MixedParts):
        raise EstimationError("Marginal means need a Fit of fit_mixed_model; another kind was given. Run fit_mixed_model first.")
    return parts


def _withhold_all(fit: Fit, at: Mapping[str, Sequence[Any]], by: list[str], title: str) -> Fit:
    table = pd.DataFrame(list(product(*at.values())), columns=list(at))
    columns = [*by, *at, "estimate", "std_error", "df", "conf_low", "conf_high"]
    return Fit(title, table.reindex(columns=columns), "NOT ESTIMABLE", notes=fit.notes, settings=fit.settings,
               n_rows=fit.n_rows, n_patients=fit.n_patients)


def _build_rows(
    design: Design, at: Mapping[str, Sequence[Any]], by: list[str], weights: Weights
) -> tuple[pd.DataFrame, Array]:
    """The cells (by x at) and for each the average row of the design over the levels of the other categories."""
    frame = design.frame[[name for name in design.frame.columns if name in design.spec_variables]]
    _check_request(frame, at, by, weights)
    categories = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    cells = pd.DataFrame(
        list(product(*(frame[name].cat.categories for name in by), *at.values())), columns=[*by, *at], dtype=object
    )
    others = [name for name in categories if name not in cells.columns]
    mixing = _weigh_levels(frame, others, design.codes, weights)
    grid = cells.merge(mixing, how="cross", validate="many_to_many")
    points = pd.DataFrame({
        name: pd.Categorical(grid[name], categories=frame[name].cat.categories) if name in categories
        else grid[name].astype("float64") if name in grid.columns
        else np.full(len(grid), design.average_over_patients(frame[name]))
        for name in frame.columns
    }, index=grid.index)
    try:
        matrix = design.spec.get_model_matrix(points, context={"np": np}, na_action="raise").to_numpy(dtype=float)
    except FormulaicError as error:
        raise EstimationError(
            f"The model cannot be evaluated at the values of at= ({type(error).__name__}): a spline holds only between the "
            f"first and the last day of the data. Ask for values inside the data."
        ) from None
    weighted = (matrix * grid["weight"].to_numpy(dtype=float)[:, None]).reshape(len(cells), len(mixing), matrix.shape[1])
    return cells.infer_objects(), weighted.sum(axis=1)


def _check_request(frame: pd.DataFrame, at: Mapping[str, Sequence[Any]], by: list[str], weights: str) -> None:
    names = [*by, *at]
    unknown = [name for name in names if name not in frame.columns]
    numeric = [name for name in by if name in frame.columns and not isinstance(frame[name].dtype, pd.CategoricalDtype)]
    if unknown or numeric or not names or len(set(names)) < len(names) or weights not in ("equal", "observed"):
        raise EstimationError(
            f"Marginal means need at= (variables of the formula with their values), by= (its categories) without repeats, and "
            f"weights 'equal' or 'observed'; not so: {', '.join([*unknown, *numeric]) or 'a repeat, an empty request or weights='}. "
            f"Name variables of the right-hand side: {', '.join(frame.columns)}."
        )
    for name, values in at.items():
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray | pd.Series | pd.Index) or not len(values):
            raise EstimationError(f"at= needs a list of values for each variable; {name} has none. Write {{'{name}': [...]}}.")
        known = frame[name]
        category = isinstance(known.dtype, pd.CategoricalDtype)
        fits = pd.Series(list(values)).isin(known.cat.categories) if category else pd.to_numeric(
            pd.Series(list(values)), errors="coerce").pipe(lambda one: one.notna() & np.isfinite(one.astype(float)))
        if not fits.all():
            raise EstimationError(
                f"at= needs {'levels of the model' if category else 'numbers'} for {name}; {int((~fits).sum())} of "
                f"{len(fits)} values are something else. Look at the levels of that variable."
            )


def _weigh_levels(frame: pd.DataFrame, others: list[str], codes: Array, weights: Weights) -> pd.DataFrame:
    """One row per combination of levels of the other categories, with its weight; weights add to 1."""
    if not others:
        return pd.DataFrame({"weight": [1.0]})
    if weights == "equal":
        mixing = pd.DataFrame(list(product(*(frame[name].cat.categories for name in others))), columns=others, dtype=object)
        return mixing.assign(weight=1 / len(mixing))
    share = 1 / np.bincount(codes)[codes] / (codes.max() + 1)         # each patient counts once, whatever the rows
    shares = frame[others].astype(object).assign(weight=share).groupby(others, as_index=False, sort=True)["weight"].sum()
    return shares[[*others, "weight"]]


def _add_value(values: Sequence[Any], reference: Mapping[str, Any], name: str) -> list[Any]:
    listed = list(values)
    return listed if name not in reference or reference[name] in listed else [reference[name], *listed]


def _matches(column: pd.Series, value: Any) -> pd.Series:
    return (column == value).astype(bool)


def _subtract_reference(cells: pd.DataFrame, rows: Array, reference: Mapping[str, Any]) -> tuple[pd.DataFrame, Array]:
    """Subtract from each cell the cell that differs in the reference variable only, one variable after the other."""
    for name, value in reference.items():
        keys = [other for other in cells.columns if other != name]
        chosen = _matches(cells[name], value).to_numpy()
        base = cells.loc[chosen, keys].assign(base=np.flatnonzero(chosen), one=1)
        paired = cells.assign(one=1).merge(base, on=[*keys, "one"], how="left", validate="many_to_one")
        rows = (rows - rows[paired["base"].to_numpy(dtype=int)])[~chosen]
        cells = cells.loc[~chosen].reset_index(drop=True)
    return cells, rows


def _judge(
    parts: MixedParts, cells: pd.DataFrame, at: Mapping[str, Sequence[Any]], df: Array
) -> tuple[list[str], list[str]]:
    """Cautions about the days and degrees of freedom, and remarks on how other variables were set."""
    design, cautions = parts.design, []
    if (df < FEW_DF).any():
        cautions.append(f"The smallest degrees of freedom are {np.nanmin(df):.1f}; below {FEW_DF:.0f} intervals depend on the model.")
    for name in at:
        known = design.frame[name]
        if not isinstance(known.dtype, pd.CategoricalDtype) and (
            pd.to_numeric(cells[name]).max() > known.max() or pd.to_numeric(cells[name]).min() < known.min()
        ):
            cautions.append(f"Some values of {name} lie outside the data: the model is drawn out beyond them.")
    if "day" in at and not isinstance(design.frame["day"].dtype, pd.CategoricalDtype):
        last = design.frame["day"].groupby(design.codes).max()
        lost = [day for day in at["day"] if (last < day).mean() > LOST_SHARE]
        if lost:
            cautions.append(
                f"More than {LOST_SHARE:.0%} of patients have no score on or after day {', '.join(f'{day:g}' for day in lost)}: "
                f"those means lean on scores missing at random."
            )
    rest = [name for name in design.spec_variables if name not in cells.columns and name in design.frame.columns]
    numbers = [name for name in rest if not isinstance(design.frame[name].dtype, pd.CategoricalDtype)]
    groups = [name for name in rest if name not in numbers]
    remarks = [f"At their mean over patients: {', '.join(numbers)}."] if numbers else []
    return cautions, [*remarks, *([f"Averaged over the levels of {', '.join(groups)}."] if groups else [])]


def _tabulate(
    parts: MixedParts, cells: pd.DataFrame, rows: Array, level: float, *, kind: str, tested: bool
) -> pd.DataFrame:
    estimate, errors, df = rows @ parts.fixed, parts.small.find_errors(rows), parts.small.find_df(rows)
    half = stats.t.ppf((1 + level) / 2, df) * errors
    test = {"statistic": estimate / errors, "p_value": 2 * stats.t.sf(np.abs(estimate / errors), df)} if tested else {}
    return cells.assign(estimate=estimate, std_error=errors, df=df, **test,
                        conf_low=estimate - half, conf_high=estimate + half, kind=kind)


def _wrap(
    fit: Fit, table: pd.DataFrame, title: str, notes: tuple[str, ...], cautions: list[str], settings: dict[str, Any]
) -> Fit:
    verdict = worst_verdict([fit.verdict, "CAUTION" if cautions else "OK"])
    outcome = fit.kind.removeprefix("Mixed model ")
    return Fit(f"{title} {outcome}", table, verdict, notes=(*notes, *fit.notes), settings={**fit.settings, **settings},
               n_rows=fit.n_rows, n_patients=fit.n_patients)
