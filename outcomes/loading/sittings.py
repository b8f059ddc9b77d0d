"""Item rows of one day that were filled in at different times: which of them are one questionnaire."""

from __future__ import annotations

import pandas as pd

_PAUSE = 1_800
"""Seconds. Answers with a longer pause between them are two questionnaires; each answer may have a stamp."""


def find_sittings(day: pd.Series, number: pd.Series, clock: pd.Series) -> pd.Series:
    """Tell the questionnaires of one patient, instrument and day apart by their clock times.

    Parameters
    ----------
    day : Series of int, equal for rows of one patient, instrument and day
    number : Series of Int64, the item of each row
    clock : Series of Int64, seconds after midnight; missing where not known

    Returns
    -------
    Series of int, equal within a day for the rows of one questionnaire

    Notes
    -----
    A pause of more than half an hour ends a questionnaire. Two forms that follow each other sooner are told
    apart where an item comes again and each clock time holds several rows: then each time is one form. A row
    without a time belongs to the only questionnaire of its day, or where there are several to none of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.sittings import find_sittings
    >>> nine, five = 9 * 3600, 17 * 3600
    >>> find_sittings(pd.Series([0, 0, 0]), pd.Series([1, 2, 3]), pd.Series([nine, nine + 20, five])).tolist()
    [0, 0, 1]
    """
    sitting = pd.Series(0, index=day.index)
    rows = pd.DataFrame({"day": day, "number": number, "clock": clock}).dropna(subset=["clock"])
    if rows.empty:
        return sitting
    rows = rows.astype({"clock": "int64"}).sort_values(["day", "clock"], kind="stable")
    later = rows.groupby("day")["clock"].diff().gt(_PAUSE)
    rows["part"] = later.groupby(rows["day"]).cumsum()
    part, form = ["day", "part"], ["day", "part", "clock"]
    again = rows.drop_duplicates([*form, "number"]).duplicated([*part, "number"])
    again = (
        again.reindex(rows.index, fill_value=False).groupby([rows[name] for name in part]).transform("any")
    )
    smallest = (
        rows.groupby(form)["number"].transform("size").groupby([rows[n] for n in part]).transform("min")
    )
    apart = again & smallest.gt(1)
    rows["form"] = rows["clock"].where(apart, 0)
    found = rows.groupby(["part", "form"]).ngroup()
    several = found.groupby(rows["day"]).nunique().gt(1)
    only = found.groupby(rows["day"]).first().where(~several, -1)
    return found.reindex(day.index).fillna(day.map(only)).fillna(0).astype("int64")
