"""One questionnaire file: recognized, read, and every open question gathered, for loading and inspecting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Field
from outcomes.loading.columns import note_unread
from outcomes.loading.dates import ask_orders
from outcomes.loading.extract import Extract
from outcomes.loading.layouts.layout import Layout, check_tie, find_column, instrument_layout
from outcomes.loading.long import build_long
from outcomes.loading.occasion import Dating, When, read_when, read_who, same_day
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.questionnaire import read_questionnaire
from outcomes.loading.questions import ask_lookalikes
from outcomes.loading.recognize import Recognized, recognize_columns
from outcomes.loading.redcap.dates import FormDates, find_form_dates
from outcomes.loading.redcap.events import Event
from outcomes.loading.redcap.filling import fill_dates
from outcomes.loading.redcap.records import (
    find_fields,
    find_flagged,
    find_forms,
    find_other_forms,
    find_record_id,
    is_redcap,
    unify_events,
)
from outcomes.loading.rows import judge_rows
from outcomes.loading.studied import SPELLED, Declared, Studied, make_dating, place_notes
from outcomes.loading.tables import Table, spell_labels
from outcomes.loading.transposed import study_transposed
from outcomes.loading.wide import build_wide


def study_scores(table: Table, layout: Layout, declared: Declared) -> Studied:
    """Recognize and read a questionnaire file, as far as it explains itself.

    Parameters
    ----------
    table : Table
    layout : Layout
    declared : Declared

    Returns
    -------
    Studied; its extract is None where a question is open

    Raises
    ------
    DefinitionError
        If the layout belongs to another file, or names a column that is not there.
    """
    check_tie(layout, table)
    if layout.orientation == "patients-in-columns":
        return study_transposed(table, layout, declared)
    fields = find_fields(table, declared.codebook)
    redcap = "redcap" in (layout.kind, table.format) or (
        layout.kind is None and not table.format and is_redcap(table)
    )
    events = (table.events or declared.events) if redcap else ()
    table, unknown_events = unify_events(table, events)
    record_id = find_record_id(table, fields, declared.codebook)
    known = recognize_columns(
        table,
        layout,
        fields=fields,
        forms=find_forms(table, fields) if redcap else None,
        record_id=record_id if redcap else None,
    )
    table = spell_labels(table, [at for role, at in known.roles.items() if role in SPELLED])
    if table.format and (known.plans or "instrument" in known.roles):
        known = replace(known, kind=table.format)
    elif redcap and known.plans:
        known = replace(known, kind="redcap")
    questions = [*table.questions, *known.questions, *unknown_events, *find_flagged(table, fields, record_id)]
    evidence = [*known.evidence, *(declared.codebook.notes if declared.codebook else ())]
    dates = FormDates()
    if known.plans:
        filled = [plan for plan in known.plans if table.filled[list(plan.columns)].any()]
        evidence += [
            f"{plan.instrument.id}: its columns are empty" for plan in known.plans if plan not in filled
        ]
        known = replace(known, plans=tuple(_with_choices(plan, fields) for plan in filled or known.plans))
        questions += ask_lookalikes(table, known.plans, fields)
        dates = _own_dates(table, layout, known, fields if redcap else None, events)
        questions, evidence = [*questions, *dates.problems], [*evidence, *dates.notes]
    if not questions and known.kind is not None and (known.plans or "instrument" in known.roles):
        base = _base(table, known, dates, redcap, fields)
        dated, filled_in = table, list[str]()
        if redcap and known.plans:
            dated, filled_in = fill_dates(table, layout, known.roles, dates, fields, live=base.isna())
        extract, asked, said = _read(dated, layout, declared, known, base, dates.positions, own_dates=redcap)
        questions, evidence = [*questions, *asked], [*evidence, *filled_in, *said]
    elif any(p.code == "E101" and p not in known.droppable.values() for p in questions):
        extract = None
    else:
        asked = _probe(table, layout, declared, known, dates.positions)
        questions, extract = [*questions, *asked], None
    known = replace(known, unread=tuple(position for position in known.unread if position not in dates.all))
    evidence += [*table.notes, *note_unread(table, set(range(len(table.header))) - set(known.unread))]
    evidence = place_notes(table, evidence)
    if questions:
        extract = None
    elif extract is not None:
        extract = replace(extract, notes=tuple(evidence))
    return Studied(
        table,
        layout,
        known,
        extract,
        tuple(dict.fromkeys(questions)),
        tuple(evidence),
        dates,
        events,
    )


def _with_choices(plan: QuestionnairePlan, fields: Mapping[int, Field]) -> QuestionnairePlan:
    """Give a plan the codebook's choices and missing codes of its columns, in each of its forms."""
    known = {p: fields[p] for p in plan.columns if p in fields}
    codes = [code for one in known.values() for code in one.missing_codes]
    return replace(
        plan,
        choices={p: one.choices for p, one in known.items() if one.choices},
        missing_codes=tuple(dict.fromkeys((*plan.missing_codes, *codes))),
        others=tuple(_with_choices(one, fields) for one in plan.others),
    )


def _own_dates(
    table: Table,
    layout: Layout,
    known: Recognized,
    fields: Mapping[int, Field] | None,
    events: tuple[Event, ...],
) -> FormDates:
    """The date columns of instruments that have their own: from the layout, or from their REDCap form."""
    named = {}
    for plan in known.plans:
        ref = instrument_layout(layout, plan.instrument.id).date
        position = None if ref is None else find_column(ref, table.header)
        if position is not None:
            named[plan.instrument.id] = position
    columns = layout.columns
    general = (
        columns.date is not None
        or columns.day is not None
        or columns.occasion == "single"
        or bool(columns.visit_day)
    )
    if fields is None or general:
        return FormDates(named)
    return find_form_dates(table, known.plans, fields, events, named)


def _base(
    table: Table, known: Recognized, dates: FormDates, redcap: bool, fields: Mapping[int, Field]
) -> pd.Series:
    """Which rows hold records of our questionnaires."""
    own = (plan.date for plan in known.plans if plan.date is not None)
    when = tuple(dict.fromkeys((*known.when_columns, *dates.all, *own)))
    base = judge_rows(
        table, id_column=known.roles.get("patient_id"), when_columns=when, score_columns=known.score_columns
    )
    return (
        base.fillna(find_other_forms(table, known.plans, dates.all, fields))
        if redcap and known.plans
        else base
    )


def _read(
    table: Table,
    layout: Layout,
    declared: Declared,
    known: Recognized,
    base: pd.Series,
    dates: Mapping[str, int],
    *,
    own_dates: bool,
) -> tuple[Extract | None, list[Problem], list[str]]:
    """Read all parts of the file, and put them together where none of them has a question."""
    live, dating = base.isna(), make_dating(layout, declared)
    who = read_who(table, known.roles, columns=layout.columns, site=declared.site)
    problems, notes = list(who.problems), list(who.notes)
    whens = {}
    shared = None
    for plan in known.plans:
        whens[plan.key] = _read_own_when(table, plan, known, dates, dating=dating, live=live)
    if not known.plans or any(when is None for when in whens.values()):
        shared = read_when(table, known.roles, dating=dating, live=live)
    whens = {key: shared if when is None else when for key, when in whens.items()}
    parts = [when for when in dict.fromkeys([shared, *whens.values()]) if when is not None]
    problems += [problem for when in parts for problem in when.problems]
    notes += [note for when in parts for note in when.notes]
    problems += ask_orders(table, {at: order for when in parts for at, order in when.orders.items()})
    if not known.plans:
        assert shared is not None
        extract, asked, said = build_long(table, base, who, shared, known.roles, layout)
        problems, notes = [*problems, *asked], [*notes, *said]
        return (None if problems else extract), problems, notes
    answered = [read_questionnaire(table, plan, live) for plan in known.plans]
    problems += [problem for one in answered for problem in one.problems]
    notes += [note for one in answered for note in one.notes]
    if problems:
        return None, problems, notes
    known_whens = {key: when for key, when in whens.items() if when is not None}
    return build_wide(table, base, who, known_whens, answered, own_dates=own_dates), problems, notes


def _read_own_when(
    table: Table,
    plan: QuestionnairePlan,
    known: Recognized,
    dates: Mapping[str, int],
    *,
    dating: Dating,
    live: pd.Series,
) -> When | None:
    """The day or date that a plan has for itself; None where it shares that of the row."""
    if plan.day is not None:
        return same_day(table, plan.day)
    position = dates.get(plan.instrument.id) if plan.date is None else plan.date
    if position is None:
        return None
    clock = {role: p for role, p in known.roles.items() if role == "time"}
    return read_when(table, {**clock, "date": position}, dating=dating, live=live)


def _probe(
    table: Table, layout: Layout, declared: Declared, known: Recognized, dates: Mapping[str, int]
) -> list[Problem]:
    """While a question is open, ask the others of the same file at once: coding, answers, dates."""
    base = judge_rows(
        table,
        id_column=known.roles.get("patient_id"),
        when_columns=known.when_columns,
        score_columns=known.score_columns,
    )
    live = base.isna()
    problems = [p for plan in known.plans for p in read_questionnaire(table, plan, live).problems]
    ours = known.plans or known.bare or known.doubts or "instrument" in known.roles
    positions = [*([known.roles["date"]] if "date" in known.roles and ours else []), *dates.values()]
    positions += [plan.date for plan in known.plans if plan.date is not None]
    orders: dict[int, str] = {}
    for position in dict.fromkeys(positions):
        when = read_when(table, {"date": position}, dating=make_dating(layout, declared), live=live)
        problems += when.problems
        orders |= when.orders
    return [*problems, *ask_orders(table, orders)]
