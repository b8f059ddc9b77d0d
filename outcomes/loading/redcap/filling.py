"""Dates that a layout names in another form than the questionnaire's: found in the event or the record."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.loading.codebook import Field
from outcomes.loading.layouts.layout import Layout, instrument_layout
from outcomes.loading.numbers import find_missing
from outcomes.loading.redcap.dates import FormDates
from outcomes.loading.redcap.records import find_event_column
from outcomes.loading.rows import flag_filled
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header


def fill_dates(
    table: Table,
    layout: Layout,
    roles: Mapping[str, int],
    dates: FormDates,
    fields: Mapping[int, Field],
    *,
    live: pd.Series,
) -> tuple[Table, list[str]]:
    """Give rows the dates that a layout names from where they stand: another form of the event or record.

    Parameters
    ----------
    table : Table
    layout : Layout; only the columns that it names as date, day, day_zero, or date of an instrument are
        looked for elsewhere
    roles : mapping of role to position
    dates : FormDates; the date of an instrument that stands in several forms is that of the row's own
    fields : what the codebook says of the columns, by position; its missing codes are no dates
    live : Series of bool, the rows that hold questionnaires; only these are counted in notes

    Returns
    -------
    Table with these columns filled, and notes

    Notes
    -----
    A row that holds a date or a day itself keeps it. Otherwise the row's event (record, event, and instance
    of a repeating event) is searched, where a repeating form gives nothing away; for day_zero then the
    record. Only one distinct value counts; where there are several the cell stays blank. So it does where a
    form stands in the event several times: one date or day cannot be that of all instances. No other column
    is touched.
    """
    either = [roles[role] for role in ("date", "day") if getattr(layout.columns, role) is not None]
    own = [
        dates.positions[id]
        for id in dates.positions
        if instrument_layout(layout, id).date is not None and dates.positions[id] not in either
    ]
    zero = [roles["day_zero"]] if layout.columns.day_zero is not None else []
    cells = {p: _drop_missing(table.cells[p], fields.get(p)) for p in (*dates.all, *either, *own, *zero)}
    for one in dates.others:
        holds = pd.Series(flag_filled(table, one.columns), index=table.index)
        cells[one.first] = cells[one.first].mask(holds, cells[one.date])
    if "patient_id" not in roles:  # every row is a person of its own
        return table.with_cells(cells), []
    record, notes = table.cells[roles["patient_id"]], []
    event, form = _place_rows(table)
    gives = form.eq("")
    again = live & ~gives
    again &= again.groupby([key.to_numpy() for key in (record, *event, form)]).transform("sum").gt(1)
    has_own = pd.DataFrame({p: cells[p] != "" for p in either}, index=table.index).any(axis=1)
    for position in (*either, *own, *zero):
        wanted = cells[position].eq("") & record.ne("")
        found = _look_up(cells[position].where(gives, ""), [record, *event])
        if position in either:
            wanted &= ~has_own
        elif position in zero:
            found = found.where(found != "", _look_up(cells[position], [record]))
        wanted &= found.ne("")
        several = wanted & found.eq(_SEVERAL)
        shared = wanted & ~several & again & (position not in zero)
        filled = wanted & ~several & ~shared
        cells[position] = cells[position].mask(filled, found)
        notes += _note(table, position, *(int((rows & live).sum()) for rows in (filled, several, shared)))
    return table.with_cells(cells), notes


_SEVERAL = "\0several"
"""What no cell can hold: several distinct values were found."""


def _look_up(cells: pd.Series, keys: list[pd.Series]) -> pd.Series:
    """The only distinct value of each row's group; blank where there is none, _SEVERAL for more than one."""
    filled = cells.mask(cells.eq(""))
    groups = filled.groupby([key.to_numpy() for key in keys], sort=False)
    count, first = groups.transform("nunique"), groups.transform("first")
    return first.fillna("").where(count <= 1, _SEVERAL)


def _place_rows(table: Table) -> tuple[list[pd.Series], pd.Series]:
    """What tells the events of a record apart, and the repeating form of which a row is an instance."""
    names = {normalize_header(text): p for p, text in reversed(list(enumerate(table.header)))}
    event = find_event_column(table)
    form = names.get("redcap_repeat_instrument", names.get("repeat_instrument"))
    instance = names.get("redcap_repeat_instance", names.get("repeat_instance"))
    nothing = pd.Series("", index=table.index, dtype=object)
    repeated = nothing if form is None else table.cells[form]
    number = nothing if instance is None else table.cells[instance].where(repeated.eq(""), "")
    return [nothing if event is None else table.cells[event], number], repeated


def _drop_missing(cells: pd.Series, one: Field | None) -> pd.Series:
    """The cells without words and codes that mean missing."""
    codes = one.missing_codes if one is not None else ()
    return cells.mask(find_missing(cells) | cells.isin(codes), "")


def _note(table: Table, position: int, n_filled: int, n_several: int, n_shared: int) -> list[str]:
    place, notes = table.where(column=position), []
    if n_filled:
        notes.append(f"{place}: {n_filled} rows have their value from another form of the event or record")
    if n_several:
        notes.append(f"{place}: {n_several} rows find several values in other forms, and so none")
    if n_shared:
        notes.append(
            f"{place}: {n_shared} rows are instances of a form that stands several times in its event, and "
            "so have none from there"
        )
    return notes
