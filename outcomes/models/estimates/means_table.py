"""The tables of model means and their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, worst_verdict
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.stacks import Array


def list_names(by: str | Sequence[str] | None) -> list[str]:
    """The names of by= as a list."""
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def take_parts(fit: Fit) -> MixedParts:
    """The parts of a mixed model, or EstimationError."""
    parts = fit.extras.get("parts")
    if not isinstance(parts, MixedParts):
        raise EstimationError(
            "Marginal means need a Fit of fit_mixed_model; another kind was given. Run fit_mixed_model first."
        )
    return parts


def withhold_means(
    fit: Fit, at: Mapping[str, Sequence[Any]], by: list[str], title: str, more: Sequence[str] = ()
) -> Fit:
    """The cells without a number, where the model gives none."""
    table = pd.DataFrame(list(product(*at.values())), columns=list(at))
    columns = [*by, *at, "estimate", "std_error", "df", "conf_low", "conf_high", *more]
    return Fit(
        title,
        table.reindex(columns=columns),
        "NOT ESTIMABLE",
        notes=fit.notes,
        settings=fit.settings,
        n_rows=fit.n_rows,
        n_patients=fit.n_patients,
    )


def list_remarks(parts: MixedParts, cells: pd.DataFrame) -> list[str]:
    """How the variables that are not in the cells were set."""
    frame = parts.design.frame
    rest = [name for name in parts.design.spec_variables if name not in cells.columns]
    numbers = [name for name in rest if not isinstance(frame[name].dtype, pd.CategoricalDtype)]
    groups = [name for name in rest if name not in numbers]
    remarks = [f"At their mean over patients: {', '.join(numbers)}."] if numbers else []
    return [*remarks, *([f"Averaged over the levels of {', '.join(groups)}."] if groups else [])]


def tabulate_means(
    parts: MixedParts, cells: pd.DataFrame, rows: Array, level: float, *, kind: str, tested: bool
) -> pd.DataFrame:
    """Estimates of the rows with errors and intervals, and tests where asked for."""
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


def wrap_means(
    fit: Fit,
    table: pd.DataFrame,
    title: str,
    notes: tuple[str, ...],
    cautions: list[str],
    settings: dict[str, Any],
) -> Fit:
    """The result, with the worst verdict of model and cells."""
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
