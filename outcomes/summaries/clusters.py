"""Intervals of shares that count a patient several times: Wilson's, with the sample size that is left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.summaries.groups import find_wilson_interval, is_true


def measure_clusters(
    rows: pd.DataFrame, groups: pd.DataFrame, counted: pd.Series, hits: pd.Series
) -> pd.DataFrame:
    """Give n_patients and the design effect of the share of hits among the counted rows, one row per group.

    Notes
    -----
    With n rows of C patients, share p, and ``z_c`` the sum of (hit - p) over patient c: ``var = C / (C - 1)
    sum z_c^2 / n^2`` and the design effect is ``var / (p (1 - p) / n)``; missing where p is 0 or 1 or C < 2.
    """
    keys = list(groups.columns)
    if not is_true(counted).any():
        nobody = pd.DataFrame({"n_patients": 0, "design_effect": pd.NA}, index=range(len(groups)))
        return nobody.astype({"n_patients": "Int64", "design_effect": "Float64"})
    kept = rows.loc[is_true(counted), [*keys, "patient_id"]].assign(_hit=is_true(hits).astype(float), _n=1.0)
    people = (
        kept.groupby([*keys, "patient_id"], observed=True, dropna=False)[["_hit", "_n"]].sum().reset_index()
    )
    grouped = people.groupby(keys, observed=True, dropna=False)
    sums = grouped[["_hit", "_n"]].transform("sum")
    share = sums["_hit"] / sums["_n"]
    people = people.assign(_square=(people["_hit"] - share * people["_n"]) ** 2)
    table = (
        people.groupby(keys, observed=True, dropna=False)
        .agg(
            n_patients=("patient_id", "size"),
            _hit=("_hit", "sum"),
            _n=("_n", "sum"),
            _square=("_square", "sum"),
        )
        .reset_index()
    )
    p, patients = table["_hit"] / table["_n"], table["n_patients"]
    between = patients / (patients - 1).where(patients > 1) * table["_square"] / table["_n"] ** 2
    effect = between / (p * (1 - p) / table["_n"]).where((p > 0) & (p < 1))
    table = table.assign(design_effect=effect.astype("Float64"))[[*keys, "n_patients", "design_effect"]]
    found = groups.merge(table, on=keys, how="left", validate="1:1")
    return found[["n_patients", "design_effect"]].assign(
        n_patients=found["n_patients"].fillna(0).astype("Int64")
    )


def find_clustered_interval(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give Wilson limits with n over the design effect, never above n; at a share of 0 or 1 n_patients."""
    n = table["n"].astype("Float64")
    share = table["k"].astype("Float64") / n.where(n > 0)
    left = (n / table["design_effect"]).fillna(table["n_patients"].astype("Float64"))
    effective = pd.Series(np.minimum(left.astype(float), n.astype(float)), index=table.index)
    return find_wilson_interval((share * effective).astype("Float64"), effective.astype("Float64"))
