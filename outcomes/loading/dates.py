"""Calendar dates and study days as exports write them: read by evidence or a declared format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.coded import Distinct
from outcomes.loading.date_forms import (
    PARTIAL,
    SHORT_YEAR,
    DateColumn,
    read_by_evidence,
    read_by_formats,
    to_days,
)
from outcomes.loading.date_zones import are_dates, find_zone, move_stamps
from outcomes.loading.numbers import Whole, find_excel_errors, find_missing, parse_whole
from outcomes.loading.tables import Table

EARLIEST = pd.Timestamp("2000-01-01")
"""A questionnaire, infusion or observation before this day is date_out_of_range."""

_MAX_STUDY_DAY = 36_525  # one hundred years; more is a calendar date or a typing error


@dataclass(frozen=True, eq=False)
class Dates:
    """Dates read from the text of one column.

    Attributes
    ----------
    date : Series of datetime64[ns] at midnight; missing where the cell is blank or at fault
    clock : Series of Int64, seconds after midnight; missing where only the date is known
    fault : Series of string: excel_error, bad_date, partial_date or date_out_of_range. Missing where there is
        a date, and also where the cell is blank or a missing word: a caller for whom the date is required
        calls that bad_date
    problems : tuple of (code, message), what has to be settled for the whole column before it may be used
    notes : tuple of str, decisions and their evidence
    order : str, "day first" or "month first" where values prove it; else empty
    """

    date: pd.Series
    clock: pd.Series
    fault: pd.Series
    problems: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    order: str = ""


def parse_dates(
    text: pd.Series,
    *,
    limited_data_set: bool,
    formats: tuple[str, ...] = (),
    date_typed: bool = False,
    time_zone: str = "",
    latest: pd.Timestamp | None = None,
) -> Dates:
    """Read calendar dates, with the time of day where there is one.

    Parameters
    ----------
    text : Series of str
    limited_data_set : bool, whether the folder declares that it holds calendar dates; without it a date is
        E104
    formats : strptime formats of the layout; none means ISO, or day and month in an order that the column
        proves
    date_typed : bool, whether all cells are dates to the spreadsheet (then they are ISO text, and no format
        is needed)
    time_zone : IANA name in which stamps with a zone are to be read; without it such stamps are E245
    latest : Timestamp or None; a later date is date_out_of_range

    Returns
    -------
    Dates, with the index of `text`; where there are problems its values must not be used

    Notes
    -----
    Year first (``2026-03-01``, ``2022/05/20``) needs no proof. Day and month before a four-digit year are
    read only if at least one value has a part above 12 and none proves the other order; a value whose parts
    are equal proves nothing and needs nothing. E241 no proof, or a form that needs a format; E242 both
    orders, two forms in one column, or two formats that fit one value with different dates; E243 two-digit
    years; E244 bare numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.dates import parse_dates
    >>> read = parse_dates(pd.Series(["2026-03-01T09:30", "2026-02-30"]), limited_data_set=True)
    >>> read.date.dt.day.tolist(), read.clock.tolist(), read.fault.tolist()
    ([1.0, nan], [34200, <NA>], [<NA>, 'bad_date'])
    >>> parse_dates(pd.Series(["01/02/2026"]), limited_data_set=True).problems[0][0]
    'E241'
    """
    cells = Distinct.of_cells(text.fillna("").astype(object).str.strip())
    read = read_dates(
        cells, text.index, limited_data_set=limited_data_set, formats=formats, date_typed=date_typed,
        time_zone=time_zone, latest=latest,
    )  # fmt: skip
    date, clock, fault = (
        one.take(cells.codes).set_axis(text.index) for one in (read.date, read.clock, read.fault)
    )
    return Dates(date, clock, fault, read.problems, read.notes, read.order)


def read_dates(
    distinct: Distinct,
    rows: pd.Index,
    *,
    limited_data_set: bool,
    formats: tuple[str, ...] = (),
    date_typed: bool = False,
    time_zone: str = "",
    latest: pd.Timestamp | None = None,
) -> Dates:
    """Read the dates of a coded column, once per text; its rows are only counted, as parse_dates says.

    Returns
    -------
    Dates, one per distinct text
    """
    column, cells = DateColumn(rows, distinct.codes, distinct.series), distinct.series
    if formats and not date_typed:
        parts, problems = read_by_formats(column, formats)
        notes, order = list[str](), ""
    else:
        parts, problems, notes, order = read_by_evidence(column)
    parts, zone_problems, said = _move_zones(column, parts, time_zone)
    problems, notes = [*problems, *zone_problems], [*notes, *said]
    if not limited_data_set and (parts["found"] | cells.str.match(SHORT_YEAR)).any():
        message = (
            "calendar dates must be declared; this column holds some. Set limited_data_set = true, or give "
            "study days."
        )
        problems = [("E104", message), *problems]
    date, clock, fault = _settle(cells, parts, latest)
    if len(clock.dropna()) and (clock.dropna() == 0).all():
        clock = clock.mask(clock.notna())
        notes.append("every time of day is midnight; the column holds dates without times")
    return Dates(date, clock, fault, tuple(problems), tuple(notes), order)


def ask_orders(table: Table, orders: Mapping[int, str]) -> list[Problem]:
    """Ask where two columns of one file prove different orders of day and month (E242): an export has one.

    Parameters
    ----------
    table : Table
    orders : mapping of column to the order that its values prove
    """
    first: dict[str, int] = {}
    for position, order in orders.items():
        first.setdefault(order, position)
    if len(first) < 2:
        return []
    listed = ", ".join(f"{order} in column {position + 1}" for order, position in first.items())
    message = (
        f"one order of day and month is needed in a file; its values prove two: {listed}. Correct the "
        "export, or give date_format in the layout if one of them holds typing errors."
    )
    return [table.problem("E242", message, column=max(first.values()))]


def parse_days(text: pd.Series) -> Whole:
    """Read study days: whole numbers, negative before the first infusion.

    Parameters
    ----------
    text : Series of str

    Returns
    -------
    Whole; fault is excel_error, bad_date (no whole number) or date_out_of_range (more than a hundred years);
    missing for a blank cell, as in Dates

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.dates import parse_days
    >>> parse_days(pd.Series(["-7", "14.5"])).fault.tolist()
    [<NA>, 'bad_date']
    """
    read = parse_whole(text, low=-_MAX_STUDY_DAY, high=_MAX_STUDY_DAY)
    reasons = {
        "excel_error": "excel_error",
        "out_of_range": "date_out_of_range",
        "not_a_number": "bad_date",
        "not_integer": "bad_date",
    }
    return Whole(read.value, read.fault.map(reasons, na_action="ignore").astype("string"))


def _move_zones(
    column: DateColumn, parts: pd.DataFrame, time_zone: str
) -> tuple[pd.DataFrame, list[tuple[str, str]], list[str]]:
    """Stamps with a zone as the clinic's own date and clock; E245 where its zone is not known."""
    zoned = parts["zone"].notna() & parts["sane"]
    if not zoned.any():
        return parts, [], []
    if not time_zone:
        message = (
            f"stamps with a zone can fall on another local day (found in {column.tell(zoned)}). Give the "
            "clinic's time_zone under [columns] in the layout."
        )
        return parts, [("E245", message)], []
    zone = find_zone(time_zone)
    if zone is None:
        message = (
            "the time zone must be an IANA name such as America/New_York; the one given is not. Correct "
            "time_zone in the layout."
        )
        return parts, [("E245", message)], []
    if are_dates(parts.loc[zoned, "seconds"]):
        note = (
            f"{column.count(zoned)} stamps with a zone are all at midnight: they are dates, and are not moved"
        )
        return parts, [], [note]
    day = to_days(parts).where(zoned)
    local = move_stamps(day, parts["seconds"], parts["zone"], zone)
    foreign = day.notna() & local.isna()
    if foreign.any():
        message = (
            f"stamps must name a zone that is known; {column.tell(foreign)} have the abbreviation of another "
            "zone than time_zone. Export them in UTC, or with an offset."
        )
        return parts, [("E245", message)], []
    moved = local.notna()
    clock = local.dt.hour * 3600 + local.dt.minute * 60 + local.dt.second
    changed = {
        name: parts[name].mask(moved, getattr(local.dt, name).astype("Int64"))
        for name in ("year", "month", "day")
    }
    return parts.assign(**changed, seconds=parts["seconds"].mask(moved, clock.astype("Int64"))), [], []


def _settle(
    cells: pd.Series, parts: pd.DataFrame, latest: pd.Timestamp | None
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Date, clock and the first fault that applies, in the order of the closed list."""
    date = to_days(parts).where(parts["sane"])
    far = parts["found"] & ~parts["year"].between(1900, 2200).fillna(False).astype(bool)
    outside = (date < EARLIEST) | far
    if latest is not None:
        outside |= date > latest
    fault = pd.Series(pd.NA, index=cells.index, dtype="string")
    fault = fault.mask(outside, "date_out_of_range")
    fault = fault.mask(date.isna() & ~far, "bad_date").mask(cells.str.match(PARTIAL), "partial_date")
    fault = fault.mask(find_excel_errors(cells), "excel_error").mask(find_missing(cells), pd.NA)
    date = date.mask(fault.notna())
    return date, parts["seconds"].mask(date.isna()).astype("Int64"), fault
