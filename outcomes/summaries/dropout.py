"""Who stopped being scored, and how they had been doing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.summaries.groups import By, list_by
from outcomes.summaries.visit_intensity import find_intervals


def summarize_dropout(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    by: By = None,
    days: Sequence[int] = (0, 7, 14, 28, 56),
) -> pd.DataFrame:
    """Give the mean course of patients by when their last score was.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
    courses : DataFrame (COURSES) of the same patients; those of series 1 observed up to the last of `days`
    by : str or list of str, optional
        Columns of SCORES that make the groups.
    days : sequence of int
        Ends of the periods: (0, 7, 14) are day 0, days 1-7 and days 8-14.

    Returns
    -------
    DataFrame
        One row per group, instrument, pattern (period of the last score) and period up to it: n_patients (of
        the pattern), n_all (of the group), n (patients scored in the period), mean and sd of each patient's
        mean total there (sd is missing where one was scored). Periods in which nobody was scored have no row.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    If patients with an early last score were doing worse (or better) than the others in the same period,
    scores are not missing completely at random; a likelihood that uses all scores seen then needs the totals
    seen to explain who is missing [1]_. What happened after the last score cannot be read from this table.

    References
    ----------
    .. [1] Little RJA (1995). J Am Stat Assoc 90:1112-1121. doi:10.1080/01621459.1995.10476615

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": ["A", "A", "B"], "instrument": "phq9", "series": 1, "day": [0, 7, 0],
    ...     "total": [20, 12, 15], "baseline_of": [1, None, 1], "endpoint_use": [False, True, False],
    ... })
    >>> courses = pd.DataFrame(
    ...     {"patient_id": ["A", "B"], "series": 1, "instrument": "phq9", "observed_until_day": 90}
    ... )
    >>> table = oc.summarize_dropout(scores, courses, days=[0, 7])
    >>> table[["pattern", "period", "n_patients", "mean"]].values.tolist()
    [['0', '0', 1, 15.0], ['1-7', '0', 1, 20.0], ['1-7', '1-7', 1, 12.0]]
    """
    columns, ends = [*list_by(by), "instrument"], sorted(days)
    rows = find_intervals(
        scores, courses, until_day=ends[-1] + 1, more=list_by(by), caller="summarize_dropout"
    )
    names = [_name_period(low, high) for low, high in zip([-1, *ends[:-1]], ends, strict=True)]
    place = np.searchsorted(ends, rows["day"].to_numpy(dtype=float))
    person = [*columns, "patient_id"]
    rows = rows.assign(
        _place=place, _last=rows.assign(_place=place).groupby(person)["_place"].transform("max")
    )
    own = (
        rows.groupby([*person, "_last", "_place"], observed=True)["total"]
        .mean()
        .astype("float64")
        .reset_index()
    )
    cells = own.groupby([*columns, "_last", "_place"], observed=True)["total"].agg(["count", "mean", "std"])
    patterns = own.groupby([*columns, "_last"], observed=True)["patient_id"].nunique().rename("n_patients")
    total = patterns.groupby(columns).transform("sum")
    table = cells.reset_index().merge(
        patterns.to_frame().assign(n_all=total).reset_index(),
        on=[*columns, "_last"],
        validate="many_to_one",
    )
    table = table.assign(
        pattern=[names[number] for number in table["_last"]],
        period=[names[number] for number in table["_place"]],
    ).rename(columns={"count": "n", "std": "sd"})
    counts = {"n_patients": "Int64", "n_all": "Int64", "n": "Int64", "pattern": "string", "period": "string"}
    return table[[*columns, "pattern", "period", "n_patients", "n_all", "n", "mean", "sd"]].astype(counts)


def _name_period(low: int, high: int) -> str:
    return str(high) if high == low + 1 else f"{low + 1}-{high}"
