"""The tables of a mixed model: fixed effects, variances, and one test for each term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.models.coefficients import frame_coefficients
from outcomes.models.fit import MODEL_COLUMNS
from outcomes.models.mixed.design import Design
from outcomes.models.mixed.kenward_roger import SmallSample
from outcomes.models.mixed.likelihood import Point
from outcomes.models.stacks import Array


def blank_table(terms: Sequence[str] | pd.Index) -> pd.DataFrame:
    """The table of a model that was not fitted: the terms, and no number."""
    table = pd.DataFrame({"term": [str(term) for term in terms]}, columns=list(MODEL_COLUMNS))
    return table.astype(dict.fromkeys(MODEL_COLUMNS[1:], "float64")).assign(kind="fixed")


def tabulate_effects(design: Design, fixed: Array, small: SmallSample, level: float) -> pd.DataFrame:
    """Fixed effects with tests and intervals."""
    rows = np.eye(len(fixed))
    errors, df = small.find_errors(rows), small.find_df(rows)
    return frame_coefficients(design.x.columns, fixed, errors, level, df=df).assign(kind="fixed")


def tabulate_variances(design: Design, omega: Array, point: Point, sites: str | None) -> pd.DataFrame:
    """Variances and covariances on the score scale: between patients, between sites, residual."""
    names = [str(name) for name in design.z.columns]
    variances = [
        (f"variance {names[a]}" if a == b else f"covariance {names[b]}, {names[a]}", omega[a, b])
        for a, b in zip(*np.tril_indices(len(names)), strict=True)
    ]
    if sites:
        variances.append((f"variance {sites}", point.scale * point.site if point.n_sites else 0.0))
    return frame_variances([*variances, ("variance residual", point.scale)])


def frame_variances(rows: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """Rows of the table for variances and the like, which have an estimate only."""
    table = pd.DataFrame(rows, columns=["term", "estimate"]).reindex(columns=list(MODEL_COLUMNS))
    return table.astype(dict.fromkeys(MODEL_COLUMNS[1:], "float64")).assign(kind="variance")


def tabulate_tests(design: Design, fixed: Array, small: SmallSample) -> pd.DataFrame:
    """One joint test per term of the formula: all its coefficients are zero."""
    rows = np.eye(len(fixed))
    tested = [
        (term, *small.test_jointly(rows[where], fixed))
        for term, where in design.terms.items()
        if where and term != "1"
    ]
    return pd.DataFrame(tested, columns=["term", "statistic", "df_numerator", "df_denominator", "p_value"])
