"""Who filled in a questionnaire, and when: patient, site, date or study day, clock and visit of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import check_values, read_sites
from outcomes.loading.dates import Dates, parse_days, read_dates
from outcomes.loading.extract import name_flagged
from outcomes.loading.ids import read_ids
from outcomes.loading.layouts.layout import ColumnsLayout
from outcomes.loading.numbers import find_excel_errors, find_missing
from outcomes.loading.tables import Table

_CLOCK = r"^\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*$"


@dataclass(frozen=True, eq=False)
class Who:
    """Patient, site and labels of each row, with what is wrong with the row as a whole."""

    patient_id: pd.Series
    site: pd.Series
    visit: pd.Series
    timing: pd.Series
    faults: tuple[tuple[int | None, pd.Series], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class When:
    """Date or study day and clock of each row; `blank` is True where the cell of date or day is empty.

    `orders` holds the order of day and month of each date column whose values prove one.
    """

    date: pd.Series
    study_day: pd.Series
    clock: pd.Series
    blank: pd.Series
    faults: tuple[tuple[int | None, pd.Series], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    orders: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dating:
    """What is declared about dates outside of the columns: by the folder and the layout."""

    limited_data_set: bool = False
    latest: pd.Timestamp | None = None
    formats: tuple[str, ...] = ()
    time_zone: str = ""
    visit_day: Mapping[str, int] = field(default_factory=dict)


def read_who(table: Table, roles: Mapping[str, int], *, columns: ColumnsLayout, site: str | None) -> Who:
    """Read patient, site, visit and before/after label of every row.

    Parameters
    ----------
    table : Table
    roles : mapping of "patient_id", "site", "visit", "timing" to positions, as far as the file has them
    columns : [columns] of the layout
    site : str or None, the site that the folder declares for the file

    Returns
    -------
    Who; a blank id is the fault missing_id
    """
    index = table.index
    problems: list[Problem] = []
    notes: tuple[str, ...] = ()
    faults: list[tuple[int | None, pd.Series]] = []
    if columns.patient_id == "row" and "patient_id" not in roles:
        ids = table.row_uids
    else:
        position = roles["patient_id"]
        ids, asked, notes = read_ids(table, position)
        problems.extend(asked)
        cells = table.distinct(position)
        marks = {"missing_id": cells.texts == "", "excel_error": find_excel_errors(cells.series).to_numpy()}
        faults += [
            (position, name_flagged(pd.Series(cells.flag(flags), index=index), reason))
            for reason, flags in marks.items()
            if flags.any()
        ]
    where, found = read_sites(table, roles.get("site"), site)
    problems.extend(found)
    if "site" in roles:
        problems.extend(check_values(table, roles["site"], kind="label"))
    visit = pd.Series(pd.NA, index=index, dtype="string")
    if "visit" in roles:
        visit = table.texts(roles["visit"])
        problems.extend(check_values(table, roles["visit"], kind="text"))
    timing, unclear = _read_timing(table, roles.get("timing"))
    return Who(ids, where, visit, timing, tuple(faults), (*problems, *unclear), notes)


def read_when(table: Table, roles: Mapping[str, int], *, dating: Dating, live: pd.Series) -> When:
    """Read the date or study day of every row from the column that has it.

    Parameters
    ----------
    table : Table
    roles : mapping of "date" or "day", "day_zero", "time", "visit" to positions; none of them means one
        occasion per patient. With date, day and day_zero the one of date and day that a row fills counts
    dating : Dating
    live : Series of bool, rows that hold data; only these can make a problem

    Returns
    -------
    When; a cell that should hold a date and is blank is the fault bad_date
    """
    nothing = same_day(table, None)
    if {"date", "day", "day_zero"} <= set(roles):
        when = _from_either(table, roles, dating, live, nothing)
    elif "date" in roles:
        when = _from_dates(table, roles["date"], dating, live)
    elif "day" in roles:
        when = _from_days(table, roles, dating, live, nothing)
    elif dating.visit_day:
        when = _from_visits(table, roles["visit"], dating, live, nothing)
    else:
        when = nothing
    if "time" not in roles:
        return when
    clock = _read_clock(table.cells[roles["time"]])
    return replace(when, clock=when.clock.fillna(clock))


def same_day(table: Table, day: int | None) -> When:
    """The same study day for every row, or no day at all."""
    index = table.index
    return When(
        pd.Series(pd.NaT, index=index, dtype="datetime64[ns]"),
        pd.Series(pd.NA if day is None else day, index=index, dtype="Int64"),
        pd.Series(pd.NA, index=index, dtype="Int64"),
        pd.Series(False, index=index),
    )


def holds_clock_times(cells: pd.Series) -> bool:
    """True if every filled cell of a column is a time of day."""
    filled = cells[~find_missing(cells)]
    return bool(len(filled)) and bool(filled.str.match(_CLOCK).all())


def _from_dates(table: Table, position: int, dating: Dating, live: pd.Series) -> When:
    read, blank = _parse(table, position, dating, live)
    problems = tuple(table.problem(code, message, column=position) for code, message in read.problems)
    if not problems:
        problems = tuple(check_values(table, position, kind="date"))
    notes = tuple(f"{table.where(column=position)}: {note}" for note in read.notes)
    day = pd.Series(pd.NA, index=blank.index, dtype="Int64")
    faults, orders = ((position, read.fault),), {position: read.order} if read.order else {}
    return When(read.date, day, read.clock, blank, faults, problems, notes, orders)


def _from_days(
    table: Table, roles: Mapping[str, int], dating: Dating, live: pd.Series, nothing: When
) -> When:
    position = roles["day"]
    index, cells = table.index, table.distinct(position)
    days, missing = parse_days(cells.series), find_missing(cells.series)
    blank = pd.Series(cells.flag(missing), index=index)
    value = pd.Series(days.value.array.take(cells.codes), index=index)
    fault = days.fault.mask(missing & days.fault.isna(), "bad_date").take(cells.codes).set_axis(index)
    if "day_zero" not in roles:
        return When(nothing.date, value, nothing.clock, blank, ((position, fault),))
    zero_position = roles["day_zero"]
    zero, _ = _parse(table, zero_position, dating, live)
    problems = tuple(table.problem(code, message, column=zero_position) for code, message in zero.problems)
    date = zero.date + pd.to_timedelta(value.astype("Float64"), unit="D")
    return When(
        date,
        nothing.study_day,
        nothing.clock,
        blank,
        ((position, fault), (zero_position, zero.fault)),
        problems,
        orders={zero_position: zero.order} if zero.order else {},
    )


def _from_either(
    table: Table, roles: Mapping[str, int], dating: Dating, live: pd.Series, nothing: When
) -> When:
    """The date where a row has one, else its day; a row in which both stand and disagree has neither."""
    dates = _from_dates(table, roles["date"], dating, live)
    days = _from_days(table, roles, dating, live, nothing)
    by_date = ~dates.blank
    both = by_date & ~days.blank
    conflict = both & dates.date.notna() & days.date.notna() & dates.date.ne(days.date)
    (date_position, date_fault), *others = (*dates.faults, *days.faults)
    fault = date_fault.where(by_date).mask(conflict, "bad_date")
    notes = (
        (f"{table.where()}: date and day disagree in {int(conflict.sum())} rows",) if conflict.any() else ()
    )
    return When(
        dates.date.where(by_date, days.date).mask(conflict),
        nothing.study_day,
        dates.clock.where(by_date),
        dates.blank & days.blank,
        ((date_position, fault), *((position, one.mask(by_date)) for position, one in others)),
        (*dates.problems, *days.problems),
        (*dates.notes, *days.notes, *notes),
        {**dates.orders, **days.orders},
    )


def _from_visits(table: Table, position: int, dating: Dating, live: pd.Series, nothing: When) -> When:
    index, cells = table.index, table.distinct(position)
    days = {label.strip().casefold(): day for label, day in dating.visit_day.items()}
    known = cells.series.str.casefold().map(days).astype("Int64")
    day = pd.Series(known.array.take(cells.codes), index=index)
    blank = pd.Series(cells.flag(find_missing(cells.series)), index=index)
    unknown = int((day.isna() & ~blank & live).sum())
    problems: tuple[Problem, ...] = ()
    if unknown:
        message = (
            f"visit_day must give a day for every visit label; {unknown} rows hold another label. Add it to "
            "visit_day in the layout."
        )
        problems = (table.problem("E247", message, column=position),)
    fault = name_flagged(pd.Series(blank, index=index), "bad_date")
    return When(nothing.date, day, nothing.clock, blank, ((position, fault),), problems)


def _parse(table: Table, position: int, dating: Dating, live: pd.Series) -> tuple[Dates, pd.Series]:
    """The dates of all rows, and which of their cells are blank: that is a fault where a date is needed."""
    # scratch lines under a table prove nothing about its dates
    cells = table.distinct(position).blanked(live.to_numpy(dtype=bool))
    read = read_dates(
        cells,
        table.index,
        formats=dating.formats,
        date_typed=position in table.date_typed,
        limited_data_set=dating.limited_data_set,
        time_zone=dating.time_zone,
        latest=dating.latest,
    )
    blank = find_missing(cells.series)
    fault = read.fault.mask(blank & read.fault.isna(), "bad_date")
    date, clock, fault, blank = (
        pd.Series(one.array.take(cells.codes), index=table.index, copy=False)
        for one in (read.date, read.clock, fault, blank)
    )
    return Dates(date, clock, fault, read.problems, read.notes, read.order), blank


def _read_clock(cells: pd.Series) -> pd.Series:
    """Seconds after midnight; missing where the cell is no time of day."""
    parts = cells.str.extract(_CLOCK).astype("Float64")
    good = (parts[0] < 24) & (parts[1] < 60) & (parts[2].fillna(0) < 60)
    return (parts[0] * 3600 + parts[1] * 60 + parts[2].fillna(0)).where(good).astype("Int64")


def _read_timing(table: Table, position: int | None) -> tuple[pd.Series, tuple[Problem, ...]]:
    if position is None:
        return pd.Series(pd.NA, index=table.index, dtype="string"), ()
    words = table.cells[position].str.strip().str.lower()
    words = words.mask(find_missing(words))
    other = int((words.notna() & ~words.isin(["before", "after"])).sum())
    problems: tuple[Problem, ...] = ()
    if other:
        message = (
            f'the timing column must hold "before", "after" or nothing; {other} rows hold another word. Name '
            "another column as timing in the layout, or drop this one."
        )
        problems = (table.problem("E250", message, column=position),)
    return words.where(words.isin(["before", "after"])).astype("string"), problems
