"""Shapes of a course in time for formulas: straight pieces, and natural splines with knots that stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError


def piecewise(values: Any, knots: float | Sequence[float]) -> pd.DataFrame:
    """Straight pieces that meet at the knots: one column per piece, its coefficient the slope there.

    For example "piecewise(day, 21)": the slope in the first three weeks, then the slope of maintenance.
    """
    numbers, ends = _read(values), _check_knots(knots)
    edges = [-np.inf, *ends, np.inf]
    columns = {}
    for low, high in pairwise(edges):
        start = 0.0 if np.isinf(low) else low
        name = (
            f"to {high:g}" if np.isinf(low) else f"from {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
        )
        columns[name] = np.clip(numbers, low, high) - start
    return pd.DataFrame(columns, index=getattr(values, "index", None))


def ns(
    values: Any, knots: Sequence[float] = (7, 21, 42), lower: float = 0, upper: float = 84
) -> pd.DataFrame:
    """A natural cubic spline, straight outside of lower and upper; one column fewer than knots and ends.

    The knots are those given, whatever the data, so that fits and predictions share one basis. Coefficients
    mean nothing one by one. Restricted cubic splines as in Harrell FE (2015), Regression Modeling Strategies,
    doi:10.1007/978-3-319-19425-7, section 2.4.5.
    """
    numbers = _read(values)
    every = np.array([lower, *_check_knots(knots), upper], dtype=float)
    if (np.diff(every) <= 0).any():
        raise EstimationError("ns() needs knots between lower and upper. Give them in rising order.")
    last, before, width = every[-1], every[-2], (every[-1] - every[0]) ** 2
    powers = np.maximum(numbers[:, None] - every, 0.0) ** 3
    columns = {"linear": numbers}
    for place, knot in enumerate(every[:-2]):
        bend = powers[:, place] - powers[:, -2] * (last - knot) / (last - before)
        columns[f"bend {knot:g}"] = (bend + powers[:, -1] * (before - knot) / (last - before)) / width
    return pd.DataFrame(columns, index=getattr(values, "index", None))


SHAPES = {"np": np, "piecewise": piecewise, "ns": ns}
"""What a formula may use besides the functions of formulaic (bs, cr, poly, C)."""


def _read(values: Any) -> np.ndarray[Any, Any]:
    return np.asarray(values, dtype=float)


def _check_knots(knots: float | Sequence[float]) -> list[float]:
    listed = [float(knots)] if isinstance(knots, int | float) else [float(one) for one in knots]
    if not listed or (np.diff(listed) <= 0).any() or not np.isfinite(listed).all():
        raise EstimationError("Knots must be numbers in rising order. Write for example [21] or [7, 21, 42].")
    return listed
