"""Differences of model means: between days, between groups, and of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.estimates.cells import Weights, build_cells
from outcomes.models.estimates.means_table import (
    list_names,
    list_remarks,
    tabulate_means,
    take_parts,
    withhold_means,
    wrap_means,
)
from outcomes.models.estimates.multiplicity import Adjustment, adjust_dunnett, adjust_holm
from outcomes.models.fit import Fit
from outcomes.models.mixed.checks import list_cell_cautions
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.stacks import Array

_EFFECT = ("effect_size", "effect_low", "effect_high")


def compare_marginal_means(
    fit: Fit,
    *,
    at: Mapping[str, Sequence[Any]],
    reference: Mapping[str, Any] | None = None,
    pairwise: str | None = None,
    by: str | Sequence[str] | None = None,
    weights: Weights = "equal",
    adjust: Adjustment = "none",
    effect_size: bool = False,
    level: float = 0.95,
) -> Fit:
    """Give the differences of model means: from a reference day, a reference group, or between all pairs.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model or fit_mmrm
    at : mapping, variable of the formula to values, for example {"day": [28, 84]}
    reference : mapping, variable to the value that the others are compared with
        {"day": 0} gives changes since day 0; {"route": "IV"} gives each other route minus IV on each day;
        {"route": "IV", "day": 0} gives differences of changes.
    pairwise : str, instead of `reference`: a category of which all pairs of levels are compared
    by : str or list of str, further categories; categories of `reference` and `pairwise` are added
    weights : {"equal", "observed"}
        As in estimate_marginal_means.
    adjust : {"none", "holm", "dunnett"}
        For the number of comparisons, all rows of the table being one family. Holm adjusts p-values only;
        dunnett (the multivariate t, with the smallest degrees of freedom of the family) also the intervals.
    effect_size : bool
        Add the difference over the model's standard deviation of a score at the start.
    level : float
        Of the intervals.

    Returns
    -------
    Fit
        `table` has [by], [at], estimate (value minus reference), std_error, df, statistic, p_value, conf_low,
        conf_high, kind ("difference"); with `adjust` p_adjusted; with `effect_size` effect_size, effect_low,
        effect_high. With `pairwise` its column says which level minus which.

    Raises
    ------
    EstimationError
        As estimate_marginal_means; also if the reference names nothing that can be compared, or neither or
        both of `reference` and `pairwise` are given.

    Notes
    -----
    The contrast is the difference of the rows of two cells. Standardized by the standard deviation at the
    start, sqrt(z'Omega z + s2) at the value 0 of the variables of re_formula (the first visit of a model
    for repeated measures), its interval by the delta method holds the error of that standard deviation [3]_.
    It is no d of paired changes: compare it only with effects over a baseline standard deviation.

    References
    ----------
    .. [1] Searle SR, Speed FM, Milliken GA. Am Stat 1980;34:216-221. doi:10.1080/00031305.1980.10483031
    .. [2] Dunnett CW (1955). J Am Stat Assoc 50:1096-1121. doi:10.1080/01621459.1955.10501294
    .. [3] Feingold A (2009). Psychol Methods 14:43-53. doi:10.1037/a0014699

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
    if bool(reference) == bool(pairwise) or adjust not in get_args(Adjustment):
        raise EstimationError(
            "compare_marginal_means needs either reference= or pairwise=, and adjust 'none', 'holm' or "
            "'dunnett'. Give for example reference={'day': 0}."
        )
    base = dict(reference or {})
    involved = [*base, *([pairwise] if pairwise else [])]
    by = list(dict.fromkeys([*list_names(by), *(name for name in involved if name not in at)]))
    more = [*(["p_adjusted"] if adjust != "none" else []), *(_EFFECT if effect_size else [])]
    if fit.verdict == "NOT ESTIMABLE":
        return withhold_means(fit, at, by, "Differences of marginal means", ("statistic", "p_value", *more))
    parts = take_parts(fit)
    wider = {name: _add_value(values, base, name) for name, values in at.items()}
    cells, rows = build_cells(parts.design, wider, by, weights)
    if any(not _matches(cells[name], value).any() for name, value in base.items()):
        raise EstimationError(
            "compare_marginal_means needs a reference that the model knows, such as {'day': 0}; "
            "a value of reference= is none of the model's levels. Name a level, or a value of what is in at=."
        )
    compared, contrasts = (
        _pair_levels(cells, rows, pairwise) if pairwise else _subtract_reference(cells, rows, base)
    )
    # the reference cells too: a difference leans on both of its sides
    cautions = list_cell_cautions(parts.design, cells, parts.small.find_df(rows))
    table = tabulate_means(parts, compared, contrasts, level, kind="difference", tested=True)
    notes = [*cautions, *list_remarks(parts, cells)]
    if adjust == "none":
        notes.append("Intervals and p-values are not adjusted for the number of comparisons.")
    else:
        table, said = _adjust(parts, table, contrasts, adjust, level)
        notes.append(said)
    if effect_size:
        table, said = _standardize(parts, table, level)
        notes.append(said)
    said = (
        f"all pairs of {pairwise}" if pairwise else ", ".join(f"{name} = {one}" for name, one in base.items())
    )
    settings = {"reference": said, "weights": weights, "level": level, "adjustment": adjust}
    return wrap_means(fit, table, "Differences of marginal means", tuple(notes), cautions, settings)


def _adjust(
    parts: MixedParts, table: pd.DataFrame, rows: Array, adjust: Adjustment, level: float
) -> tuple[pd.DataFrame, str]:
    family = f"the {len(table)} comparisons of this table"
    if adjust == "holm":
        table = table.assign(p_adjusted=adjust_holm(table["p_value"].to_numpy()))
        return table, f"p_adjusted is adjusted for {family} (Holm); the intervals are not."
    df = float(table["df"].min())
    covariance = rows @ parts.small.covariance @ rows.T
    adjusted, critical = adjust_dunnett(table["statistic"].to_numpy(), covariance, df, level)
    half = critical * table["std_error"]
    table = table.assign(
        p_adjusted=adjusted, conf_low=table["estimate"] - half, conf_high=table["estimate"] + half
    )
    return table, f"p_adjusted and the intervals hold for {family} together (multivariate t, {df:.1f} df)."


def _standardize(parts: MixedParts, table: pd.DataFrame, level: float) -> tuple[pd.DataFrame, str]:
    """Differences over the model's standard deviation of a score at the start, with delta-method limits."""
    design = parts.design
    if "_visit" in design.frame.columns:
        z, where = np.eye(len(parts.spread.omega))[:1], "the first visit"
    else:
        names = sorted(design.z_spec.required_variables & set(design.frame.columns))
        z = design.make_rows(pd.DataFrame(dict.fromkeys(names, 0.0), index=[0]), random=True)
        where = ", ".join(f"{name} = 0" for name in names) or "any time"
    variance, error = (float(one[0]) for one in parts.spread.find_variances(z))
    effect = table["estimate"] / np.sqrt(variance)
    doubt = 0.0 if np.isnan(error) else error**2
    spread = np.sqrt(table["std_error"] ** 2 / variance + effect**2 * doubt / (4 * variance**2))
    half = stats.t.ppf((1 + level) / 2, table["df"]) * spread
    table = table.assign(effect_size=effect, effect_low=effect - half, effect_high=effect + half)
    return table, (
        f"effect_size is the difference over {np.sqrt(variance):.2f} points, the model's standard deviation "
        f"of a score at {where}."
    )


def _pair_levels(cells: pd.DataFrame, rows: Array, name: str) -> tuple[pd.DataFrame, Array]:
    """Subtract each earlier level from each later one, within the other cells."""
    levels = list(dict.fromkeys(cells[name]))
    found, contrasts = [], []
    for first, second in combinations(levels, 2):
        one, other = (_matches(cells[name], level).to_numpy() for level in (first, second))
        found.append(cells[other].assign(**{name: f"{second} - {first}"}))
        contrasts.append(rows[other] - rows[one])
    if not found:
        raise EstimationError(f"pairwise= needs two levels; {name} has one. Name another category.")
    return pd.concat(found, ignore_index=True), np.concatenate(contrasts)


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
