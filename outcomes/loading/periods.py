"""Periods as exports state them where study days stand for dates: a quarter or a year."""

from __future__ import annotations

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import column_or_missing
from outcomes.loading.numbers import find_missing
from outcomes.loading.tables import Table

_PERIOD = r"(?:19|20)[0-9]{2}(?:Q[1-4])?"


def read_periods(
    table: Table, position: int | None, live: pd.Series
) -> tuple[pd.Series, list[Problem], list[str]]:
    """Read a column of periods, as they are written.

    Parameters
    ----------
    table : Table
    position : int or None, the column; None where the file has none
    live : Series of bool, rows that may count

    Returns
    -------
    Series of string, missing where blank; problems (E250) where one is neither 2026Q2 nor 2026; a note where
    some are years, which no quarter counts
    """
    cells = column_or_missing(table, position)
    periods = cells.mask(find_missing(cells)).astype("string")
    other = live & ~periods.str.fullmatch(_PERIOD).fillna(True).astype(bool)
    if other.any():
        message = (
            f"a period must be a quarter or a year, written as 2026Q2 or 2026; {periods[other].nunique()} "
            f"spellings in {int(other.sum())} rows are neither. Rewrite them in the export, or leave the "
            f"column out by drop = [{(position or 0) + 1}] under [columns] in a layout."
        )
        return periods, [table.problem("E250", message, row=int(other.idxmax()), column=position)], []
    years = int((live & periods.str.len().eq(4).fillna(False).astype(bool)).sum())
    notes = [f"the period is a year in {years} rows: the report of a quarter does not count them by it"]
    return periods, [], notes if years else []
