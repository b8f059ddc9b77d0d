"""How a cell can say a date: by the evidence of its column, or by a declared format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np
import pandas as pd

from outcomes.loading.date_zones import ZONE

_TIME = (
    r"(?:(?:[T ]|, ?)[ ]*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    rf"[ ]*(?P<half>[AaPp][Mm])?[ ]*(?P<zone>{ZONE})?)?"
)
_YEAR_FIRST = re.compile(
    r"^(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})" + _TIME + "$"
)
_YEAR_LAST = re.compile(
    r"^(?P<first>[0-9]{1,2})(?P<sep>[-/.])(?P<other>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4})" + _TIME + "$"
)
SHORT_YEAR = re.compile(r"^[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2}(?:[T ,].*)?$")
PARTIAL = re.compile(r"^(?:19|20)[0-9]{2}(?:[-/.](?:[0-9]{1,2}|UN|UNK)(?:[-/.](?:UN|UNK))?)?$")
_BARE_NUMBER = re.compile(r"^[0-9]{4,8}(?:\.[0-9]+)?$")
_MONTH_NAME = re.compile(r"(?i)(?:^|[^a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[^a-z]")

_USUAL = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%Y/%m/%d",
    "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d.%m.%y", "%d %b %Y", "%d %B %Y",
    "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%Y%m%d",
)  # fmt: skip
"""Formats that a layout proposes where they fit; none is ever used unasked."""


@dataclass(frozen=True, eq=False)
class DateColumn:
    """The rows of a column, and its distinct cells on which all work is done once."""

    rows: pd.Index
    codes: np.ndarray
    cells: pd.Series

    def count(self, flags: pd.Series) -> int:
        """Number of cells whose distinct text is flagged."""
        return int(flags.to_numpy(dtype=bool)[self.codes].sum())

    def tell(self, flags: pd.Series) -> str:
        """'3 values, first in row 88' for a message."""
        rows = self.rows[flags.to_numpy(dtype=bool)[self.codes]]
        return f"{len(rows)} {'value' if len(rows) == 1 else 'values'}, first in row {rows[0]}"


def read_by_evidence(column: DateColumn) -> tuple[pd.DataFrame, list[tuple[str, str]], list[str], str]:
    """Year first as it stands; day and month before the year in the order that the column proves.

    The parts, problems, notes, and the order: "day first", "month first", or nothing where none is proven.
    """
    cells = column.cells
    iso, last = cells.str.extract(_YEAR_FIRST), cells.str.extract(_YEAR_LAST)
    one, other = (pd.to_numeric(last[name]).fillna(0).astype(int) for name in ("first", "other"))
    day_first = one.between(13, 31) & other.between(1, 12)
    month_first = other.between(13, 31) & one.between(1, 12)
    unproven = one.between(1, 12) & other.between(1, 12) & one.ne(other)
    problems, notes = _find_doubts(
        column, iso["year"].notna(), last["year"].notna(), day_first, month_first, unproven
    )
    swapped = last.rename(
        columns={"first": "day", "other": "month"}
        if not month_first.any()
        else {"first": "month", "other": "day"}
    )
    parts = iso.where(iso["year"].notna(), swapped[iso.columns])
    order = "day first" if day_first.any() else "month first" if month_first.any() else ""
    return _to_numbers(parts), problems, notes, order


def _find_doubts(
    column: DateColumn,
    iso: pd.Series,
    last: pd.Series,
    day_first: pd.Series,
    month_first: pd.Series,
    unproven: pd.Series,
) -> tuple[list[tuple[str, str]], list[str]]:
    cells, problems, notes = column.cells, [], []
    partial = cells.str.match(PARTIAL)
    short, number = cells.str.match(SHORT_YEAR), cells.str.match(_BARE_NUMBER) & ~partial
    named = cells.str.contains(_MONTH_NAME)
    declare = "Give date_format in the layout."
    if short.any():
        problems.append(
            ("E243", f"years need four digits; {column.tell(short)} have two. Export again, or: {declare}")
        )
    if number.any():
        message = (
            f"dates are needed; {column.tell(number)} are bare numbers (a spreadsheet's serial?). Format the "
            f"cells as dates, or: {declare}"
        )
        problems.append(("E244", message))
    if named.any():
        problems.append(
            (
                "E241",
                f"dates in figures are needed; {column.tell(named)} are written with the name of the month. "
                f"{declare}",
            )
        )
    if iso.any() and last.any():
        message = (
            f"one form of date is needed; the column mixes year first ({column.tell(iso)}) and year last "
            f"({column.tell(last)}). {declare}"
        )
        problems.append(("E242", message))
    elif day_first.any() and month_first.any():
        message = (
            f"one order is needed; the day comes first in {column.tell(day_first)}, the month in "
            f"{column.tell(month_first)}. {declare}"
        )
        problems.append(("E242", message))
    elif unproven.any() and not day_first.any() and not month_first.any():
        message = (
            f"day and month must be told apart; {column.tell(unproven)} can be read both ways and no value "
            f"decides. {declare}"
        )
        problems.append(("E241", message))
    elif day_first.any() or month_first.any():
        proof, order = (day_first, "day first") if day_first.any() else (month_first, "month first")
        notes.append(
            f"dates are read {order}: {column.count(proof)} values have a part above 12, none proves the "
            "other order"
        )
    return problems, notes


def read_by_formats(
    column: DateColumn, formats: tuple[str, ...]
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Each distinct cell by the formats of the layout; a time of day may follow a format that has none."""
    read = [_fit_formats(cell, formats) for cell in column.cells]
    twice = pd.Series([len({fit[:3] for fit in fits}) > 1 for fits in read], dtype=bool)
    names = ["year", "month", "day", "hour", "minute", "second", "half", "zone"]
    first = [fits[0] if fits else (None,) * len(names) for fits in read]
    parts = pd.DataFrame(first, columns=names, index=column.cells.index, dtype=object)
    problems = []
    if twice.any():
        message = (
            f"only one of the formats may fit a date; two fit with different dates in {column.tell(twice)}. "
            "Split the column or drop a format."
        )
        problems.append(("E242", message))
    return _to_numbers(parts), problems


def suggest_formats(text: pd.Series) -> list[tuple[str, ...]]:
    """Give the usual formats of which each alone reads all dates of a column; else the pairs that do.

    Parameters
    ----------
    text : Series of str; cells that no usual format reads are left aside

    Returns
    -------
    list of tuples of strptime formats; empty where nothing fits

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.date_forms import suggest_formats
    >>> suggest_formats(pd.Series(["01/02/2026", "03/02/2026"]))
    [('%d/%m/%Y',), ('%m/%d/%Y',)]
    """
    cells = [str(cell) for cell in text.dropna().unique()]
    days: dict[str, dict[str, tuple]] = {}
    for form in _USUAL:
        read = {cell: fits[0][:3] for cell in cells if (fits := _fit_formats(cell, (form,)))}
        read = {cell: day for cell, day in read.items() if 2000 <= day[0] <= 2100}
        if read and read not in days.values():
            days[form] = read
    readable = {cell for read in days.values() for cell in read}
    alone: list[tuple[str, ...]] = [(form,) for form, read in days.items() if set(read) == readable]
    return alone or [
        (one, other)
        for one, other in combinations(days, 2)
        if set(days[one]) | set(days[other]) == readable
        and all(days[one][cell] == days[other][cell] for cell in set(days[one]) & set(days[other]))
    ]


def _fit_formats(cell: str, formats: tuple[str, ...]) -> list[tuple]:
    if not cell.isascii():  # strptime would take digits of other scripts
        return []
    fits = []
    for form in formats:
        tail = re.fullmatch(rf"(?P<date>.+?){_TIME}", cell) if not re.search("%[HIMSfzZTXcp]", form) else None
        try:
            stamp = datetime.strptime(tail["date"] if tail else cell, form)
        except ValueError:
            continue
        if tail:
            fits.append(
                (
                    stamp.year,
                    stamp.month,
                    stamp.day,
                    *(tail[name] for name in ("hour", "minute", "second", "half", "zone")),
                )
            )
        else:
            offset = stamp.strftime("%z")[:5] or None
            clock = (
                (stamp.hour, stamp.minute, stamp.second)
                if re.search("%[HITXc]", form)
                else (None, None, None)
            )
            fits.append((stamp.year, stamp.month, stamp.day, *clock, None, offset))
    return fits


def _to_numbers(parts: pd.DataFrame) -> pd.DataFrame:
    """Numbers for year, month and day, seconds of the day (missing without a time), and which rows have a
    date or time at all.
    """
    numbers = {
        name: pd.to_numeric(parts[name]).astype("Int64")
        for name in ("year", "month", "day", "hour", "minute", "second")
    }
    half = (
        parts["half"].str.lower()
        if parts["half"].notna().any()
        else pd.Series(None, index=parts.index, dtype=object)
    )
    hour = numbers["hour"]
    twelve = half.notna()
    sane = hour.isna() | (
        hour.between(0, 23) & numbers["minute"].between(0, 59) & numbers["second"].fillna(0).between(0, 59)
    )
    sane &= ~twelve | hour.between(1, 12)
    hour = hour.mask(twelve, hour % 12 + 12 * half.eq("pm").astype("Int64"))
    seconds = hour * 3600 + numbers["minute"] * 60 + numbers["second"].fillna(0)
    return pd.DataFrame(
        {
            "year": numbers["year"],
            "month": numbers["month"],
            "day": numbers["day"],
            "seconds": seconds,
            "zone": parts["zone"],
            "found": parts["year"].notna(),
            "sane": sane.fillna(False).astype(bool),
        }
    )


def to_days(parts: pd.DataFrame) -> pd.Series:
    """Dates of the parts; missing where there is no such day, or a year outside what a timestamp can hold."""
    usable = parts["found"] & parts["year"].between(1900, 2200).fillna(False).astype(bool)
    fields = parts.loc[usable, ["year", "month", "day"]].astype("int64")
    return pd.to_datetime(fields, errors="coerce").reindex(parts.index).astype("datetime64[ns]")
