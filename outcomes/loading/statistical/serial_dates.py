"""Dates that statistics packages store as numbers, turned into ISO text by the format of their column."""

from __future__ import annotations

import re

import numpy as np

_SPSS_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE")
_SPSS_STAMPS = ("DATETIME", "YMDHMS")
_SAS_DATES = (
    "DATE", "DDMMYY", "DDMMYYB", "DDMMYYC", "DDMMYYD", "DDMMYYN", "DDMMYYP", "DDMMYYS", "MMDDYY", "MMDDYYB",
    "MMDDYYC", "MMDDYYD", "MMDDYYN", "MMDDYYP", "MMDDYYS", "YYMMDD", "YYMMDDB", "YYMMDDC", "YYMMDDD",
    "YYMMDDN", "YYMMDDP", "YYMMDDS", "E8601DA", "B8601DA", "IS8601DA", "JULIAN", "NLDATE", "WEEKDATE",
    "WEEKDATX", "WORDDATE", "WORDDATX",
)  # fmt: skip
_SAS_STAMPS = (
    "DATETIME", "DATEAMPM", "MDYAMPM", "DTDATE", "E8601DT", "B8601DT", "IS8601DT", "E8601DN", "NLDATM",
)  # fmt: skip
_SAS_CLOCKS = ("TIME", "TIMEAMPM", "TOD", "HHMM", "E8601TM", "B8601TM", "IS8601TM", "NLTIME")
_DAY = 86_400
_FAR = 1e15  # beyond every date in any unit
_EPOCHS = {"sav": "1582-10-14", "dta": "1960-01-01", "xpt": "1960-01-01"}
_FIRST, _LAST = np.datetime64("0001-01-01", "s"), np.datetime64("9999-12-31T23:59:59", "s")


def find_time_form(kind: str, format: str) -> tuple[str, float] | None:
    """Say what the numbers of a column are by its format.

    Parameters
    ----------
    kind : str, "sav", "dta" or "xpt"
    format : str, as the file names it: "ADATE10", "%tdDD/NN/CCYY", "YYMMDD"

    Returns
    -------
    "date", "stamp", "month" (a date of which the format shows no day) or "clock", and the seconds of one
    unit; None where the numbers are numbers

    Notes
    -----
    Stata's %tC counts leap seconds, and weeks, quarters and half-years name no date: their numbers stay
    numbers, which no reader of dates accepts.
    """
    if kind == "dta":
        return _find_stata_form(format)
    name = re.sub(r"[0-9]*\.?[0-9]*$", "", format.upper())
    if kind == "sav":
        forms = {**dict.fromkeys(_SPSS_DATES, "date"), **dict.fromkeys(_SPSS_STAMPS, "stamp")}
        forms |= {"MOYR": "month", "QYR": "month", "WKYR": "month", "TIME": "clock", "MTIME": "clock"}
        return (forms[name], 1) if name in forms else None
    forms = {**dict.fromkeys(_SAS_STAMPS, "stamp"), **dict.fromkeys(_SAS_CLOCKS, "clock")}
    days = {**dict.fromkeys(_SAS_DATES, "date"), **dict.fromkeys(("MONYY", "YYMM", "MMYY"), "month")}
    return (forms[name], 1) if name in forms else (days[name], _DAY) if name in days else None


def write_times(values: np.ndarray, kind: str, form: str, unit: float) -> np.ndarray:
    """Write numbers as ISO text.

    Parameters
    ----------
    values : array of float, without missing values
    kind, form, unit : as in find_time_form

    Returns
    -------
    array of str: "2026-03-01", "2026-03-01T09:30:00", "2026-03" or "09:30:00"; "" where the number lies
    outside the years 1 to 9999, or is no time of day

    Notes
    -----
    time = epoch + number x unit, epoch 14 October 1582 in SPSS and 1 January 1960 in Stata and SAS. Parts of
    a second are cut off, and of a date its time of day.
    """
    epoch = np.datetime64("0001-01-01" if form == "clock" else _EPOCHS[kind], "s")
    low, high = ((_FIRST - epoch).astype(int), (_LAST - epoch).astype(int))
    # Thousandths are rounded first: 3723 seconds may be stored as 3722.9999999.
    seconds = np.floor(np.round(np.clip(values, -_FAR, _FAR) * unit, 3))
    inside = (seconds >= low) & (seconds <= (_DAY - 1 if form == "clock" else high))
    moments = epoch + np.where(inside, seconds, 0).astype("int64").astype("timedelta64[s]")
    shown = {"date": "datetime64[D]", "month": "datetime64[M]"}.get(form, "datetime64[s]")
    text = np.datetime_as_string(moments.astype(shown)).astype(object)
    if form == "clock":
        text = np.array([stamp[11:] for stamp in text], dtype=object)
    return np.where(inside, text, "")


def _find_stata_form(format: str) -> tuple[str, float] | None:
    found = re.match(r"%-?(?:t([a-zA-Z])|d)(.*)", format)
    if found is None:
        return None
    if found[1] in (None, "d"):
        return "date", _DAY
    if found[1] != "c":
        return None
    shows_day = not found[2] or re.search("[CDNYy]", found[2])
    return ("stamp" if shows_day else "clock"), 0.001
