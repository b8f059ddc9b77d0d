"""Formulas: which columns they name, and the numbers they make of a frame."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError

from outcomes.errors import EstimationError
from outcomes.models.mixed.time_shapes import SHAPES


def list_formula_variables(formula: str, frame: pd.DataFrame) -> list[str]:
    """The columns of the frame that a one-sided formula names."""
    return find_variables(parse_formula(make_one_sided(formula), "formula"), frame)


def build_columns(formula: str, frame: pd.DataFrame, *, argument: str) -> pd.DataFrame:
    """The columns of a one-sided formula."""
    return pd.DataFrame(build_matrices(parse_formula(make_one_sided(formula), argument), frame)[0])


def make_one_sided(re_formula: str | None) -> str:
    """Write a formula with its tilde; None is level only."""
    text = "~ 1" if re_formula is None else re_formula
    return text if "~" in text else f"~ {text}"


def parse_formula(formula: str, argument: str) -> Formula:
    """Read a formula, or raise EstimationError."""
    try:
        return Formula(formula)
    except FormulaicError as error:
        raise EstimationError(
            f"The model cannot read {argument}: it is not written as a model formula "
            f"({type(error).__name__}). Write for example 'total ~ day * route + baseline'."
        ) from None


def find_variables(side: Formula, scores: pd.DataFrame) -> list[str]:
    """The columns that the factors name; formulaic's own list leaves out those inside bs()."""
    found: list[str] = []
    for factor in (factor for term in side for factor in term.factors):
        if factor.expr in scores.columns:
            found.append(factor.expr)
            continue
        try:
            tree = ast.parse(re.sub(r"`([^`]*)`", r"\1", factor.expr), mode="eval")
        except SyntaxError:
            continue
        found.extend(
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in scores.columns
        )
    return list(dict.fromkeys(found))


def type_variables(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64; text, flags and categories as categories that occur."""
    typed, wrong = {}, []
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            typed[name] = column.cat.remove_unused_categories()
        elif pd.api.types.is_bool_dtype(column.dtype):
            typed[name] = column.astype(bool).astype("category")
        elif pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
            typed[name] = column.astype("float64")
        else:
            levels = column.astype(object).astype("category")
            if pd.api.types.infer_dtype(levels.cat.categories, skipna=False) in ("string", "empty"):
                typed[name] = levels
            else:
                wrong.append(str(name))
    if wrong:
        raise EstimationError(
            f"The model needs numbers or text in the variables of the formula; {', '.join(wrong)} hold "
            "something else. Turn dates into days, and convert with astype."
        )
    return pd.DataFrame(typed)


def refuse_single_levels(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise if a category of the formula has one level in the rows: it would vanish without a word."""
    single = [
        name
        for name in names
        if isinstance(frame[name].dtype, pd.CategoricalDtype) and len(frame[name].cat.categories) < 2
    ]
    if single and len(frame):
        raise EstimationError(
            f"The model needs two levels in each category; {', '.join(single)} has one in the rows "
            "that are left. Leave it out of the formula."
        )


def build_matrices(formula: Formula, frame: pd.DataFrame) -> list[Any]:
    """The matrix of each side of the formula."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is named below
            built = formula.get_model_matrix(frame, context=SHAPES, na_action="ignore", output="pandas")
    except FormulaicError as error:
        raise EstimationError(
            f"The model cannot compute the formula ({type(error).__name__}): each name must be a "
            "column of the frame, or a function such as bs, ns, piecewise, poly, C, np.log. Look at "
            "names and values."
        ) from None
    sides = [built.lhs, built.rhs] if hasattr(built, "lhs") else [built]
    columns = [(str(name), side[name]) for side in sides for name in side.columns]
    bad = [name for name, column in columns if not np.isfinite(column.to_numpy(dtype=float)).all()]
    if bad:
        raise EstimationError(
            f"The model needs finite numbers; {', '.join(bad)} has others. Look at that term."
        )
    return sides
