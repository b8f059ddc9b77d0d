"""Moments, effect sizes and expected regression to the mean of a change, one row per group."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.endpoints.change_sample import find_reliability
from outcomes.summaries.effect_sizes import measure_effect_sizes
from outcomes.summaries.groups import find_mean_interval, sum_by_group


def describe_change(
    rows: pd.DataFrame, groups: pd.DataFrame, population: str, belongs: pd.Series, level: float
) -> pd.DataFrame:
    """Return counts, moments and effect sizes of those who belong and have both totals."""
    keys = list(groups.columns)
    both = belongs & rows["baseline"].notna() & rows["endpoint_total"].notna()
    found = sum_by_group(rows, groups, {"n": both, "_everyone": belongs})
    pairs = rows.loc[both, keys].assign(
        baseline=rows["baseline"].astype("Float64"), endpoint=rows["endpoint_total"].astype("Float64")
    )
    pairs = pairs.assign(change=pairs["endpoint"] - pairs["baseline"])
    moments = (
        pairs.groupby(keys, dropna=False, observed=True)
        .agg(
            baseline_mean=("baseline", "mean"),
            baseline_sd=("baseline", "std"),
            endpoint_mean=("endpoint", "mean"),
            endpoint_sd=("endpoint", "std"),
            mean_change=("change", "mean"),
            change_sd=("change", "std"),
        )
        .reset_index()
    )
    # sd(I)^2 = sd(B)^2 + sd(F)^2 - 2 r sd(B) sd(F)
    product = 2 * moments["baseline_sd"] * moments["endpoint_sd"]
    shared = moments["baseline_sd"] ** 2 + moments["endpoint_sd"] ** 2 - moments["change_sd"] ** 2
    moments = moments.assign(correlation=(shared / product.where(product > 0)).clip(-1, 1))
    table = found.merge(moments, on=keys, how="left", validate="1:1")
    improvement = table["mean_change"] * _find_direction(table["instrument"])
    low, high = find_mean_interval(table["mean_change"], table["change_sd"], table["n"], level=level)
    missing = table["_everyone"] - table["n"]
    table = table.assign(population=population, n_missing=missing, conf_low=low, conf_high=high)
    return table.assign(**measure_effect_sizes(table, improvement, level=level))


def expect_regression(rows: pd.DataFrame, groups: pd.DataFrame, eligible: pd.Series) -> pd.DataFrame:
    """Return the improvement to expect from the gate alone, with the reliability used and its source."""
    known = rows["baseline"].notna()
    above = _find_mean(rows, groups, eligible & known) - _find_mean(rows, groups, known)
    retests = {name: find_reliability(name) for name in groups["instrument"].unique()}
    r = groups["instrument"].map({name: value for name, (value, _) in retests.items()}).astype("Float64")
    source = (
        groups["instrument"].map({name: source for name, (_, source) in retests.items()}).astype("string")
    )
    expected = -_find_direction(groups["instrument"]) * (1 - r) * above
    return pd.DataFrame({"expected_regression": expected, "retest": r, "retest_source": source})


def _find_direction(instruments: pd.Series) -> pd.Series:
    """Sign that turns a change into an improvement: -1 where lower is better."""
    signs = {name: -1 if get_instrument(name).lower_is_better else 1 for name in instruments.unique()}
    return instruments.map(signs).astype("Int64")


def _find_mean(rows: pd.DataFrame, groups: pd.DataFrame, among: pd.Series) -> pd.Series:
    keys = list(groups.columns)
    values = rows.loc[among, keys].assign(_mean=rows["baseline"].astype("Float64"))
    means = values.groupby(keys, dropna=False, observed=True)["_mean"].mean().reset_index()
    return groups.merge(means, on=keys, how="left", validate="1:1")["_mean"].astype("Float64")
