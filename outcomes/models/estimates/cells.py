"""The cells of marginal means: values of interest crossed with groups, and their average design rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.mixed.design import Design
from outcomes.models.stacks import Array

Weights = Literal["equal", "observed"]


def build_cells(
    design: Design, at: Mapping[str, Sequence[Any]], by: list[str], weights: Weights
) -> tuple[pd.DataFrame, Array]:
    """The cells (by x at), and for each the average row of the design over the other categories.

    Raises
    ------
    EstimationError
        If the request is not of the model, or the formula has no finite value there.
    """
    frame = design.frame[[name for name in design.frame.columns if name in design.spec_variables]]
    check_request(frame, at, by, weights)
    categories = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    cells = pd.DataFrame(
        list(product(*(frame[name].cat.categories for name in by), *at.values())),
        columns=[*by, *at],
        dtype=object,
    )
    others = [name for name in categories if name not in cells.columns]
    mixing = _weigh_levels(frame, others, design.codes, weights)
    grid = cells.merge(mixing, how="cross", validate="many_to_many")
    points = pd.DataFrame({name: _set_variable(grid, name, frame[name], design) for name in frame.columns})
    values = design.make_rows(points)
    _refuse_infinite(values.reshape(len(cells), len(mixing), -1), [str(name) for name in design.x.columns])
    weighted = values * grid["weight"].to_numpy(dtype=float)[:, None]
    rows = weighted.reshape(len(cells), len(mixing), -1).sum(axis=1)
    return cells.infer_objects(), rows


def _refuse_infinite(values: Array, names: list[str]) -> None:
    """Raise, naming the terms, if the formula has no finite value in some cells, such as a log below 0."""
    bad = ~np.isfinite(values)
    if bad.any():
        terms = ", ".join(name for number, name in enumerate(names) if bad[:, :, number].any())
        raise EstimationError(
            f"Marginal means need finite values of every term; {terms} has none in "
            f"{int(bad.any(axis=(1, 2)).sum())} of {len(values)} cells of at= and by=. "
            "Ask for values at which the term is defined."
        )


def _set_variable(grid: pd.DataFrame, name: str, known: pd.Series, design: Design) -> pd.Series:
    """The values of one variable on the grid; else its mean over patients."""
    if isinstance(known.dtype, pd.CategoricalDtype):
        return pd.Series(pd.Categorical(grid[name], dtype=known.dtype), index=grid.index)
    if name in grid.columns:
        return grid[name].astype("float64")
    return pd.Series(design.average_over_patients(known), index=grid.index)


def check_request(frame: pd.DataFrame, at: Mapping[str, Sequence[Any]], by: list[str], weights: str) -> None:
    """Raise if the request is not of the model."""
    names = [*by, *at]
    unknown = [name for name in names if name not in frame.columns]
    numeric = [
        name
        for name in by
        if name in frame.columns and not isinstance(frame[name].dtype, pd.CategoricalDtype)
    ]
    if (
        unknown
        or numeric
        or not names
        or len(set(names)) < len(names)
        or weights not in ("equal", "observed")
    ):
        raise EstimationError(
            "Marginal means need at= (variables of the formula with their values), by= (its categories) "
            "without repeats, and weights 'equal' or 'observed'; not so: "
            f"{', '.join([*unknown, *numeric]) or 'a repeat, an empty request or weights='}. "
            f"The right-hand side has: {', '.join(frame.columns)}; numbers belong in at=."
        )
    for name, values in at.items():
        if (
            isinstance(values, str)
            or not isinstance(values, Sequence | np.ndarray | pd.Series | pd.Index)
            or not len(values)
        ):
            raise EstimationError(
                f"at= needs a list of values for each variable; {name} has none. Write {{'{name}': [...]}}."
            )
        known = frame[name]
        category = isinstance(known.dtype, pd.CategoricalDtype)
        asked = pd.Series(list(values), dtype=object)
        numbers = pd.to_numeric(asked, errors="coerce").astype("float64")
        fits = asked.isin(known.cat.categories) if category else pd.Series(np.isfinite(numbers))
        if not fits.all():
            raise EstimationError(
                f"at= needs {'levels of the model' if category else 'numbers'} for {name}; "
                f"{int((~fits).sum())} of {len(fits)} are something else. Look at that variable."
            )


def _weigh_levels(frame: pd.DataFrame, others: list[str], codes: Array, weights: Weights) -> pd.DataFrame:
    """One row per combination of levels of the other categories, with its weight; weights add to 1."""
    if not others:
        return pd.DataFrame({"weight": [1.0]})
    if weights == "equal":
        mixing = pd.DataFrame(
            list(product(*(frame[name].cat.categories for name in others))), columns=others, dtype=object
        )
        return mixing.assign(weight=1 / len(mixing))
    share = 1 / np.bincount(codes)[codes] / (codes.max() + 1)  # each patient counts once, whatever the rows
    return frame[others].astype(object).assign(weight=share).groupby(others)["weight"].sum().reset_index()
