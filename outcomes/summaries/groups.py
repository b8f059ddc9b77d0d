"""The groups that a summary has one row for, and the Wilson interval of their shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import DataError, Problem

By = str | Sequence[str] | None


def list_by(by: By) -> list[str]:
    """Return the grouping columns as a list, without `instrument`, which always makes groups."""
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    return [name for name in columns if name != "instrument"]


def is_true(flag: pd.Series) -> pd.Series:
    """Return a plain boolean column: True where the flag is true, False where it is false or missing."""
    return flag.astype("boolean").fillna(False).astype(bool)


def select_headline(
    courses: pd.DataFrame, *, by: By, needs: Sequence[str], caller: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of series 1, and the groups that must stand in the summary even if nobody is in them.

    Parameters
    ----------
    courses : DataFrame (COURSES)
    by : grouping columns
    needs : the columns that the caller reads
    caller : str, for messages

    Returns
    -------
    tuple of two DataFrames: the rows of series 1; one row per group and instrument, sorted

    Raises
    ------
    DataError
        If a column is missing.
    """
    require_course_columns(courses, by=by, needs=needs, caller=caller)
    return select_series(courses, by=by)


def require_course_columns(courses: pd.DataFrame, *, by: By, needs: Sequence[str], caller: str) -> None:
    """Raise DataError where COURSES lacks a column that the caller reads or groups by."""
    wanted = ("series", "instrument", *list_by(by), *needs)
    missing = [name for name in wanted if name not in courses.columns]
    if missing:
        raise DataError(
            [
                Problem("E250", "", f"{caller} needs the column {name}: run build_courses() first.")
                for name in missing
            ]
        )


def select_series(
    courses: pd.DataFrame, *, by: By, series: str = "first"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of series 1 (or of all series), and the groups that stand even if nobody is in them."""
    columns = list_by(by)
    if series not in ("first", "all"):
        message = 'series must be "first" or "all"; another word was given. Use one.'
        raise DataError([Problem("E250", "", message)])
    kept = courses["series"] == 1 if series == "first" else courses["series"].notna()
    chosen = courses[is_true(kept)]
    # A patient who never started has a site but no quarter: a missing value makes a group only where
    # someone started.
    named = courses[courses[columns].notna().all(axis=1)] if columns else courses
    groups = pd.concat([chosen[columns], named[columns]]).drop_duplicates()
    instruments = courses[["instrument"]].drop_duplicates()
    if not columns:
        return chosen, instruments.sort_values("instrument", ignore_index=True)
    grid = groups.merge(instruments, how="cross")
    return chosen, grid.sort_values([*columns, "instrument"], ignore_index=True)


def sum_by_group(rows: pd.DataFrame, groups: pd.DataFrame, counted: dict[str, pd.Series]) -> pd.DataFrame:
    """Return the groups with the number of rows in which each named condition is true, 0 without rows."""
    keys = list(groups.columns)
    flags = pd.DataFrame(
        {name: is_true(flag).astype("int64") for name, flag in counted.items()}, index=rows.index
    )
    sums = (
        pd.concat([rows[keys], flags], axis=1)
        .groupby(keys, dropna=False, observed=True, sort=False)[list(counted)]
        .sum()
    )
    found = groups.merge(sums.reset_index(), on=keys, how="left", validate="1:1")
    return found.assign(**{name: found[name].fillna(0).astype("Int64") for name in counted})


def add_shares(frame: pd.DataFrame, *, least: int, level: float = 0.95) -> pd.DataFrame:
    """Return the frame with share, its Wilson interval, and whether the denominator allows a percentage.

    Parameters
    ----------
    frame : DataFrame with k and n
    least : int, the smallest denominator for which a percentage may be shown
    level : float, level of the interval

    Returns
    -------
    DataFrame with share, conf_low, conf_high (Float64, missing where n is 0) and percent_shown (boolean)
    """
    low, high = find_wilson_interval(frame["k"], frame["n"], level=level)
    k, n = (frame[name].astype("Float64") for name in ("k", "n"))
    share = (k / n.where(n > 0)).astype("Float64")
    return frame.assign(
        share=share, conf_low=low, conf_high=high, percent_shown=(frame["n"] >= least).astype("boolean")
    )


def find_wilson_interval(k: pd.Series, n: pd.Series, *, level: float = 0.95) -> tuple[pd.Series, pd.Series]:
    """Return the Wilson limits of k of n, with the exact normal quantile; missing where n is 0.

    Notes
    -----
    ``(k + z^2/2 -+ z sqrt(k (n - k) / n + z^2/4)) / (n + z^2)``; the lower limit at k = 0 is 0 and the
    upper one at k = n is 1.
    """
    z = stats.norm.ppf(0.5 + level / 2)
    hits, all_ = (column.to_numpy(dtype="float64", na_value=np.nan) for column in (k, n))
    trials = np.where(all_ > 0, all_, np.nan)
    middle = (hits + z**2 / 2) / (trials + z**2)
    half = z * np.sqrt(hits * (trials - hits) / trials + z**2 / 4) / (trials + z**2)
    low = np.where(hits == 0, 0.0 * trials, middle - half)
    high = np.where(hits == trials, 1.0, middle + half)
    first, second = (pd.Series(limit, index=k.index).astype("Float64") for limit in (low, high))
    return first, second


def find_mean_interval(
    mean: pd.Series, sd: pd.Series, n: pd.Series, *, level: float = 0.95
) -> tuple[pd.Series, pd.Series]:
    """Return Student's limits of a mean, ``mean -+ t(n - 1) sd / sqrt(n)``; missing below two."""
    many = n.to_numpy(dtype="float64", na_value=np.nan)
    enough = np.where(many >= 2, many, np.nan)
    half = pd.Series(stats.t.ppf(0.5 + level / 2, enough - 1) / np.sqrt(enough), index=n.index).astype(
        "Float64"
    )
    return mean - half * sd, mean + half * sd
