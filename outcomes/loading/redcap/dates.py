"""Dates of REDCap questionnaires: the date column of each form, or a question which it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outcomes.errors import Problem
from outcomes.loading.codebook import Field
from outcomes.loading.numbers import find_missing
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.redcap.events import Event
from outcomes.loading.redcap.records import find_event_column, find_forms
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import (
    ASSESSMENT,
    BESIDE_ASSESSMENT,
    OTHER_EVENTS,
    ROLES,
    names_other_event,
)
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
    candidates : mapping of instrument id to the columns among which a person must choose
    """

    positions: Mapping[str, int] = field(default_factory=dict)
    others: tuple[OtherForm, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    candidates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

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
    """Give each instrument the date of its own form: the survey's time stamp, else the only date field, if
    its name or its label is that of the date of an assessment.

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
    (several, or one that may be the date of something else)
    """
    positions, problems, notes = dict(named or {}), [], []
    candidates: dict[str, tuple[int, ...]] = {}
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
            chosen = bool(places)
            places = places or _find_dates(table, form, forms, fields)
            if len(places) == 1 and (chosen or _is_own_date(table, places[0], part, form, fields)):
                found.append(places[0])
            elif places:
                asked.append(_ask_which(table, id, places))
                candidates[id] = (*candidates.get(id, ()), *places)
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
    return FormDates(positions, tuple(others), tuple(problems), tuple(notes), candidates)


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


def _is_own_date(
    table: Table, position: int, part: QuestionnairePlan, form: str, fields: Mapping[int, Field]
) -> bool:
    """Whether name or label say that a date is that of the assessment, and neither speaks of another event.

    A name says so by words for assessments, and by those of its form, instrument or items alone (phq9_date).
    """
    name = normalize_header(table.header[position])
    one = fields.get(position)
    label = set(normalize_header(one.label).split("_")) if one is not None else set()
    if name in ROLES["date"]:
        return True
    if names_other_event(name) or not OTHER_EVENTS.isdisjoint(label):
        return False
    own = {*part.instrument.stems, form, *(normalize_header(table.header[p]) for p in part.columns)}
    known = {word for text in own for word in text.split("_")} | ASSESSMENT | BESIDE_ASSESSMENT
    return not ASSESSMENT.isdisjoint(label) or all(w in known or w.isdigit() for w in name.split("_"))


def _is_date(name: str, one: Field | None) -> bool:
    if one is not None:
        return one.validation.startswith(("date", "datetime"))
    return name in ROLES["date"] or name.endswith("_date")


def _ask_which(table: Table, id: str, places: Sequence[int]) -> Problem:
    listed = ", ".join(str(p + 1) for p in places)
    found = f"columns {listed} of its form are dates"
    if len(places) == 1:
        found = f"column {listed} is the only date of its form, and may be that of something else"
    message = f"{id}: one date column is needed; {found}. Name the right one as {id}.date in the layout."
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
