"""How soon the next score follows, by the severity of the last one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.schema import require_columns
from outcomes.summaries.groups import By, is_true, list_by
from outcomes.summaries.severity import list_bands, name_band

WEEKS4 = 28


def find_intervals(
    scores: pd.DataFrame, courses: pd.DataFrame, *, until_day: int, more: Sequence[str], caller: str
) -> pd.DataFrame:
    """Find the scores of series 1 before `until_day`, each with the day of the next one.

    Parameters
    ----------
    scores, courses : DataFrames as in summarize_visit_intensity
    until_day : int
    more : columns of SCORES that the caller needs too
    caller : str, for messages

    Returns
    -------
    DataFrame, the rows with next_day (missing without a further score) and days (to it, or to until_day)

    Raises
    ------
    DataError
        If a column is missing.
    """
    needs = ("patient_id", "instrument", "series", "day", "total", "baseline_of", "endpoint_use", *more)
    require_columns(scores, needs, caller=caller)
    key = ["patient_id", "series", "instrument"]
    require_columns(courses, (*key, "observed_until_day"), caller=caller)
    seen = courses[is_true(courses["series"] == 1) & is_true(courses["observed_until_day"] >= until_day)][key]
    used = (is_true(scores["baseline_of"] == 1) | is_true(scores["endpoint_use"])) & scores["total"].notna()
    rows = scores[used & is_true(scores["series"] == 1)].merge(
        seen, on=key, how="inner", validate="many_to_one"
    )
    rows = rows.assign(day=rows["day"].clip(lower=0).astype("Int64")).sort_values([*key, "day"])
    rows = rows.drop_duplicates([*key, "day"], keep="last")
    rows = rows[is_true(rows["day"] < until_day)]
    following = rows.groupby(key, observed=True)["day"].shift(-1)
    # The next score may lie after the last day looked at; then only the days up to there are counted.
    return rows.assign(next_day=following, days=(following.fillna(until_day) - rows["day"]).astype("Int64"))


def summarize_visit_intensity(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    by: By = None,
    until_day: int = 56,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Count how soon the next score followed, by the severity band of the last total.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
    courses : DataFrame (COURSES) of the same patients; those of series 1 observed up to `until_day` count
    by : str or list of str, optional
        Columns of SCORES that make the groups.
    until_day : int, days from the first infusion that are looked at
    profile : str or Profile; caseness divides a questionnaire without bands

    Returns
    -------
    DataFrame
        One row per group, instrument and band (of the last total), mildest first: n_patients, n_intervals
        (totals after which time was left), n_next (of these followed by another score up to until_day), days
        (from each to the next score, or to until_day), scores_per_28_days (n_next over days, times 28;
        missing without a day).

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Where sicker patients are scored more often, means of the scores seen are too high, and a model that
    assumes scores missing at random rests on the totals seen: print this table beside its results.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": "A", "instrument": "phq9", "series": 1, "day": [0, 7, 21], "total": [20, 12, 4],
    ...     "baseline_of": [1, None, None], "endpoint_use": [False, True, True],
    ... })
    >>> courses = pd.DataFrame(
    ...     {"patient_id": ["A"], "series": 1, "instrument": "phq9", "observed_until_day": 90}
    ... )
    >>> table = oc.summarize_visit_intensity(scores, courses)
    >>> table.loc[table["n_intervals"] > 0, ["band", "n_next", "days"]].values.tolist()
    [['minimal', 0, 35], ['moderate', 1, 14], ['severe', 1, 7]]
    """
    profile, columns = get_profile(profile), list_by(by)
    rows = find_intervals(
        scores, courses, until_day=until_day, more=columns, caller="summarize_visit_intensity"
    )
    rows = rows.assign(
        _next=rows["next_day"].notna(),
        _days=rows["days"],
        band=name_band(rows["total"].astype("Int64"), rows["instrument"], profile),
    )
    keys = [*columns, "instrument"]
    counted = rows.groupby([*keys, "band"], observed=True, dropna=False).agg(
        n_patients=("patient_id", "nunique"),
        n_intervals=("day", "size"),
        n_next=("_next", "sum"),
        days=("_days", "sum"),
    )
    groups = rows[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    grid = pd.concat(
        [
            groups[groups["instrument"] == id].merge(
                pd.DataFrame({"band": list_bands(str(id), profile)}), how="cross"
            )
            for id in groups["instrument"].unique()
        ]
        or [groups.assign(band="")]
    )
    table = grid.merge(counted.reset_index(), on=[*keys, "band"], how="left", validate="1:1")
    counts = ["n_patients", "n_intervals", "n_next", "days"]
    table = table.fillna(dict.fromkeys(counts, 0)).astype(
        {**dict.fromkeys(counts, "Int64"), "band": "string"}
    )
    table = table.sort_values(columns, kind="stable", ignore_index=True) if columns else table
    days = table["days"].astype("Float64")
    rate = (WEEKS4 * table["n_next"] / days.where(days > 0)).astype("Float64")
    return table.assign(scores_per_28_days=rate)[[*keys, "band", *counts, "scores_per_28_days"]]
