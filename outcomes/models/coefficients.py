"""The rows of a table of coefficients: estimates with errors, tests and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.fit import MODEL_COLUMNS
from outcomes.models.stacks import Array


def frame_coefficients(
    terms: Sequence[str] | pd.Index,
    estimate: Array,
    error: Array,
    level: float,
    *,
    df: Array | float = np.inf,
) -> pd.DataFrame:
    """One row per term; with infinite degrees of freedom the normal distribution is used."""
    half = stats.t.ppf((1 + level) / 2, df) * error
    statistic = estimate / error
    return pd.DataFrame(
        {
            "term": pd.Index(terms).astype(str),
            "estimate": estimate,
            "std_error": error,
            "df": df,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), df),
            "conf_low": estimate - half,
            "conf_high": estimate + half,
        },
        columns=list(MODEL_COLUMNS),
    )


def add_ratios(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Add exp(estimate) under a name, with ratio_low and ratio_high; missing for the intercept."""
    columns = {name: "estimate", "ratio_low": "conf_low", "ratio_high": "conf_high"}
    intercept = table["term"] == "Intercept"
    return table.assign(**{new: np.exp(table[old]).mask(intercept) for new, old in columns.items()})


def frame_test(term: str, statistic: float, df: float, p_value: float) -> pd.DataFrame:
    """The one row of a test between groups."""
    row = {"term": term, "statistic": statistic, "df": df, "p_value": p_value}
    return pd.DataFrame([{**dict.fromkeys(MODEL_COLUMNS, np.nan), **row}])
