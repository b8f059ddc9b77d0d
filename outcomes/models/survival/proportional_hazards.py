"""The score test of proportional hazards, as in R's survival from version 3."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.stacks import Array
from outcomes.models.survival.cox_engine import CoxFit
from outcomes.models.survival.cox_rows import CoxRows
from outcomes.models.survival.risk_sets import find_information

Transform = Literal["km", "rank", "identity", "log"]


def check_transform(transform: str) -> None:
    """Raise if there is no such transform."""
    if transform not in get_args(Transform):
        raise EstimationError(
            f"transform must be one of {', '.join(get_args(Transform))}; another word was given. Use one."
        )


def tabulate_proportional_hazards(
    fit: CoxFit, rows: CoxRows, columns: pd.DataFrame, transform: Transform
) -> pd.DataFrame:
    """Test each variable (its columns together), and all together.

    Notes
    -----
    With Schoenfeld sums u_t and information V_t at each event day, and a transform g of time: U = sum g u,
    A = sum g V, B = sum g^2 V, C = B - A I^-1 A; chi-square U'C^-1 U.
    """
    size = len(fit.fixed)
    score, first, second = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
    curve = _trace_km(rows)
    middle = None
    for _, part, sums in fit.parts:
        scale = _transform(part.days, rows, curve, transform)
        middle = scale.mean() if middle is None else middle
        weight = (scale - middle)[part.death_day]
        place = np.searchsorted(part.days, part.stop[part.event])
        score += (part.x[part.event] * (scale - middle)[place][:, None]).sum(axis=0) - weight @ sums.mean
        first += find_information(part, sums, weight)
        second += find_information(part, sums, weight**2)
    inner = second - first @ fit.covariance @ first
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(columns.columns.astype(str)):
        groups.setdefault(name.split("[")[0], []).append(number)
    tested = [(name, *_test(score, inner, places)) for name, places in groups.items()]
    tested.append(("GLOBAL", *_test(score, inner, list(range(size)))))
    return pd.DataFrame(tested, columns=["term", "statistic", "df", "p_value"]).assign(transform=transform)


def _test(score: Array, inner: Array, places: list[int]) -> tuple[float, int, float]:
    block = inner[np.ix_(places, places)]
    if np.linalg.cond(block) > 1e12:
        return np.nan, len(places), np.nan
    statistic = float(score[places] @ np.linalg.solve(block, score[places]))
    return statistic, len(places), float(stats.chi2.sf(statistic, len(places)))


def _trace_km(rows: CoxRows) -> tuple[Array, Array]:
    """Event days of all rows, and the Kaplan-Meier curve just before each."""
    days, deaths = np.unique(rows.stop[rows.event], return_counts=True)
    at_stop = len(rows.stop) - np.searchsorted(np.sort(rows.stop), days, side="left")
    at_start = len(rows.start) - np.searchsorted(np.sort(rows.start), days, side="left")
    after = np.cumprod(1 - deaths / (at_stop - at_start))
    return days, np.append(1.0, after[:-1])


def _transform(days: Array, rows: CoxRows, curve: tuple[Array, Array], transform: Transform) -> Array:
    if transform == "identity":
        return days
    if transform == "log":
        return np.log(days)
    if transform == "rank":
        ordered = np.sort(rows.stop)
        return (np.searchsorted(ordered, days, "left") + np.searchsorted(ordered, days, "right") + 1) / 2
    return np.asarray(1 - curve[1][np.searchsorted(curve[0], days)])
