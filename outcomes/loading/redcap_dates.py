"""Dates of REDCap questionnaires: in their own form, or where a layout says, in another form of the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Field
from outcomes.loading.layout import Layout, instrument_layout
from outcomes.loading.numbers import find_missing
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.redcap import find_event_column, find_forms
from outcomes.loading.redcap_events import Event
from outcomes.loading.rows import find_filled
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import ROLES
from outcomes.privacy.identifiers import normalize_header


@dataclass(frozen=True)
class OtherForm:
    """A further form of an instrument: rows that fill one of its columns have their date in its own."""

    first: int
    date: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class FormDates:
    """The date column of each instrument.

    Attributes
    ----------
    positions : mapping of instrument id to the date column of its (first) form
    others : tuple of OtherForm, the date columns of further forms, each beside that of the first form
    problems : tuple of Problem
    notes : tuple of str
    """

    positions: Mapping[str, int] = field(default_factory=dict)
    others: tuple[OtherForm, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """All date columns."""
        return (*self.positions.values(), *(one.date for one in self.others))


def find_form_dates(
    table: Table,
    plans: Sequence[QuestionnairePlan],
    fields: Mapping[int, Field],
    events: tuple[Event, ...] = (),
    named: Mapping[str, int] | None = None,
) -> FormDates:
    """Give each instrument the date of its own form: the survey's time stamp, else the only date field.

    Parameters
    ----------
    table : Table
    plans : sequence of QuestionnairePlan
    fields : what the codebook says of the columns, by position
    events : the events of the project in their order; empty where they are not known
    named : the date column that a layout names for an instrument; of one that stands in several forms it is
        that of its own form, or of all where it stands in none of them

    Returns
    -------
    FormDates; its problems are E247 (none), E248 (none, and events whose order is not known) and E249
    (several)
    """
    positions, problems, notes = dict(named or {}), [], []
    others: list[OtherForm] = []
    forms = find_forms(table, fields)
    for plan in plans:
        id = plan.instrument.id
        own = {forms.get(part.columns[0], "") for part in plan.parts}
        given = positions.get(id)
        if given is not None and (not plan.others or forms.get(given) not in own):
            continue
        found, asked = [], []
        for part in plan.parts:
            form = forms.get(part.columns[0], "")
            places = [given] if given is not None and forms.get(given) == form else []
            places = places or _find_dates(table, form, forms, fields)
            if len(places) == 1:
                found.append(places[0])
            elif places:
                asked.append(_ask_which(table, id, places))
            else:
                asked.append(_ask_when(table, id, part.columns[0], events))
        if asked:
            problems += asked
            continue
        positions[id] = found[0]
        notes += [f"{id}: column {p + 1} is the date, since it stands in the same form" for p in found]
        others += [
            OtherForm(found[0], date, part.columns)
            for date, part in zip(found[1:], plan.parts[1:], strict=True)
        ]
    return FormDates(positions, tuple(others), tuple(problems), tuple(notes))


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
    record. Only one distinct value counts; where there are several the cell stays blank. No other column is
    touched.
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
        holds = pd.Series(find_filled(table.cells[list(one.columns)]).any(axis=1), index=table.cells.index)
        cells[one.first] = cells[one.first].mask(holds, cells[one.date])
    if "patient_id" not in roles:  # every row is a person of its own
        return table.with_cells(cells), []
    record, notes = table.cells[roles["patient_id"]], []
    event, gives = _place_rows(table)
    has_own = pd.DataFrame({p: cells[p] != "" for p in either}, index=table.cells.index).any(axis=1)
    for position in (*either, *own, *zero):
        wanted = cells[position].eq("") & record.ne("")
        found = _look_up(cells[position].where(gives, ""), [record, *event])
        if position in either:
            wanted &= ~has_own
        elif position in zero:
            found = found.where(found != "", _look_up(cells[position], [record]))
        several = wanted & found.eq(_SEVERAL)
        filled = wanted & found.ne("") & ~several
        cells[position] = cells[position].mask(filled, found)
        notes += _note(table, position, int((filled & live).sum()), int((several & live).sum()))
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
    """What tells the events of a record apart, and which rows are no instance of a repeating form."""
    names = {normalize_header(text): p for p, text in reversed(list(enumerate(table.header)))}
    event = find_event_column(table)
    form = names.get("redcap_repeat_instrument", names.get("repeat_instrument"))
    instance = names.get("redcap_repeat_instance", names.get("repeat_instance"))
    nothing = pd.Series("", index=table.cells.index, dtype=object)
    is_base = pd.Series(True, index=table.cells.index) if form is None else table.cells[form].eq("")
    number = nothing if instance is None else table.cells[instance].where(is_base, "")
    return [nothing if event is None else table.cells[event], number], is_base


def _drop_missing(cells: pd.Series, one: Field | None) -> pd.Series:
    """The cells without words and codes that mean missing."""
    codes = one.missing_codes if one is not None else ()
    return cells.mask(find_missing(cells) | cells.isin(codes), "")


def _note(table: Table, position: int, n_filled: int, n_several: int) -> list[str]:
    place, notes = table.where(column=position), []
    if n_filled:
        notes.append(f"{place}: {n_filled} rows have their value from another form of the event or record")
    if n_several:
        notes.append(f"{place}: {n_several} rows find several values in other forms, and so none")
    return notes


def _find_dates(table: Table, form: str, forms: Mapping[int, str], fields: Mapping[int, Field]) -> list[int]:
    """The date columns of one form: its time stamp where it has one, else its date fields."""
    names = {position: normalize_header(text) for position, text in enumerate(table.header)}
    stamps = [
        p
        for p, name in names.items()
        if (name == f"{form}_timestamp" or (name == "survey_timestamp" and forms.get(p) == form))
        and not find_missing(table.cells[p]).all()
    ]
    own = [
        p
        for p, of in forms.items()
        if of == form and p not in stamps and _is_date(names[p], fields.get(p)) and table.filled[p]
    ]
    return stamps or own


def _is_date(name: str, one: Field | None) -> bool:
    if one is not None:
        return one.validation.startswith(("date", "datetime"))
    return name in ROLES["date"] or name.endswith("_date")


def _ask_which(table: Table, id: str, places: Sequence[int]) -> Problem:
    listed = ", ".join(str(p + 1) for p in places)
    message = (
        f"{id}: one date column is needed; columns {listed} of its form are dates. Name one as {id}.date in "
        "the layout."
    )
    return table.problem("E249", message, column=places[0])


def _ask_when(table: Table, id: str, column: int, events: tuple[Event, ...]) -> Problem:
    """Ask for a date; where only events say when, ask for their order first, and then for their days."""
    position = find_event_column(table)
    only_events = position is not None and len(set(table.cells[position]) - {""}) > 1
    cure = (
        "or, where a form of the same event holds one, name it as date, or day and day_zero, under [columns]"
    )
    if only_events and not events:
        message = (
            f"{id}: the order of the events is needed, since its form has no date. Give the events file, or "
            f"visit_day in the layout; {cure}."
        )
        return table.problem("E248", message, column=position)
    if only_events:
        message = (
            f"{id}: a date is needed; its form has none. Give the study day of each of the {len(events)} "
            f"events as visit_day in the layout; {cure}."
        )
        return table.problem("E247", message, column=position)
    message = (
        f"{id}: a date is needed; its form has none. Name one as {id}.date, or day and day_zero under "
        "[columns], in the layout."
    )
    return table.problem("E247", message, column=column)
