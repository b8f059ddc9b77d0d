"""What each column of a questionnaire file is, by the layout, its header and its neighbors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.codebook import Field
from outcomes.loading.columns import find_identified_columns
from outcomes.loading.instruments import find_bare_items, find_instruments
from outcomes.loading.item_columns import InstrumentColumns
from outcomes.loading.item_texts import find_by_text, normalize_texts
from outcomes.loading.layouts.claims import check_claims
from outcomes.loading.layouts.layout import (
    InstrumentLayout,
    Layout,
    VisitLayout,
    find_column,
    find_dropped,
    instrument_layout,
    named_instruments,
)
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.questions import (
    ask_instruments,
    find_foreign_format,
    find_other_kind,
    note_lookalikes,
)
from outcomes.loading.redcap.labels import find_check_boxes
from outcomes.loading.roles import ask_missing_roles, assign_roles, read_declared_roles
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import explain_identifier, normalize_header


@dataclass(frozen=True)
class Recognized:
    """What a file is and where everything stands; positions count from 0.

    Attributes
    ----------
    kind : str or None, a kind of the layout file; None where nothing known is in the file
    roles : mapping of role to position
    plans : tuple of QuestionnairePlan
    unread : tuple of int, columns that are never parsed
    evidence : tuple of str
    questions : tuple of Problem
    several : mapping of role to the columns among which a person must choose
    doubts : tuple of InstrumentColumns, the instruments whose columns are in doubt
    bare : mapping of instrument id to columns that may be its items and name none
    droppable : mapping of column to the problem that dropping it would settle
    patients : tuple of int, the columns of patients, in a table whose columns are patients
    foreign : bool, True for a format that is known by sight and not read; no layout can help
    """

    kind: str | None
    roles: Mapping[str, int] = field(default_factory=dict)
    plans: tuple[QuestionnairePlan, ...] = ()
    unread: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    questions: tuple[Problem, ...] = ()
    several: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    doubts: tuple[InstrumentColumns, ...] = ()
    bare: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    droppable: Mapping[int, Problem] = field(default_factory=dict)
    patients: tuple[int, ...] = ()
    foreign: bool = False

    @property
    def when_columns(self) -> tuple[int, ...]:
        """The columns of date, day and visit, as far as the file has them."""
        return tuple(self.roles[role] for role in ("date", "day", "visit") if role in self.roles)

    @property
    def score_columns(self) -> tuple[int, ...]:
        """The columns of answers and totals."""
        long = [self.roles[role] for role in ("value", "total") if role in self.roles]
        wide = [
            p
            for plan in self.plans
            for part in plan.parts
            for p in (*part.items, *([] if part.total is None else [part.total]))
        ]
        return tuple(dict.fromkeys([*long, *wide, *self.patients]))


def recognize_columns(
    table: Table,
    layout: Layout,
    *,
    fields: Mapping[int, Field] | None = None,
    forms: Mapping[int, str] | None = None,
    record_id: int | None = None,
) -> Recognized:
    """Say what each column is, with evidence, and what only a person can decide.

    Parameters
    ----------
    table : Table
    layout : Layout; what it declares is not asked again
    fields : what a codebook says of the columns, by position; without question texts the headers serve
    forms : the form of each column in a REDCap export, each with a date of its own, so that no single date
        column is looked for; None for other files
    record_id : position of the column that the format itself names as the patient's

    Returns
    -------
    Recognized

    Raises
    ------
    DefinitionError
        If the layout names a column that the file does not have, or a kind that the file is not.
    """
    fields, form_dates = fields or {}, forms is not None
    texts = {position: one.label for position, one in fields.items() if one.label}
    dropped = find_dropped(layout, table.header)
    identified = find_identified_columns(table, dropped=dropped, fields=fields)
    questions = list(identified.problems)
    skipped = dropped | (find_check_boxes(table.header) if form_dates else set())
    names = {p: normalize_header(text) for p, text in enumerate(table.header) if p not in skipped}
    if foreign := find_foreign_format(table):
        # A companion file speaks of names and identifiers, and holds none.
        return Recognized(None, questions=(foreign,), foreign=True)
    declared = read_declared_roles(table, layout)
    if record_id is not None and layout.columns.patient_id is None:
        declared["patient_id"] = record_id
    check_claims(table, layout, normalize_texts(texts))
    spoken = _spoken_for(table, layout, declared)
    free = {position: name for position, name in names.items() if position not in spoken}
    found = find_instruments(table, free, layout, texts, forms)
    taken = {position for one in found for position in (*one.positions, *one.doubtful)} | spoken
    assigned = assign_roles(
        table, {p: n for p, n in names.items() if p not in taken}, layout, declared, form_dates
    )
    roles = assigned.roles
    is_long = "instrument" in roles and ("total" in roles or {"item", "value"} <= set(roles))
    plans: tuple[QuestionnairePlan, ...] = ()
    bare: dict[str, tuple[int, ...]] = {}
    if not is_long:
        plans = _plan(table, layout, found)
        roles = {role: p for role, p in roles.items() if role not in ("instrument", "item", "value", "total")}
    kind = _kind(roles, plans, found, {**names, **normalize_texts(texts)}, is_long)
    if not is_long:
        questions += ask_instruments(table, found, plans, free, layout.kind or kind)
        bare = {} if plans or any(one.doubt for one in found) else find_bare_items(free)
    if plans or is_long or kind in ("infusions", "patients"):
        _check_kind(table, layout, kind, with_plans=bool(plans))
    kind = layout.kind or kind
    known = {
        *roles.values(),
        *(p for one in found for p in (*one.positions, *one.doubtful)),
        *(p for plan in plans for p in plan.columns),
        *(plan.date for plan in plans if plan.date is not None),
    }
    unread = tuple(p for p, text in enumerate(table.header) if p not in known and (text or table.filled[p]))
    unknown: dict[int, Problem] = {}
    if kind not in ("infusions", "patients"):
        unknown = _refuse_unknown(table, set(unread) - dropped - set(identified.droppable), layout)
        questions += [*assigned.problems, *unknown.values()]
        if plans or is_long or bare or any(one.doubt for one in found):
            by_visit = any(one.doubt == "visits" for one in found)  # each visit will say its own day
            questions += ask_missing_roles(table, roles, layout, plans, form_dates or by_visit)
    return Recognized(
        kind,
        roles,
        plans,
        unread,
        evidence=(
            *identified.notes,
            *(line for one in found for line in one.evidence),
            *note_lookalikes(free, plans),
        ),
        questions=tuple(questions),
        several=assigned.several,
        doubts=tuple(one for one in found if one.doubt),
        bare=bare,
        droppable={**identified.droppable, **unknown},
    )


def _spoken_for(table: Table, layout: Layout, declared: Mapping[str, int]) -> set[int]:
    """All columns that the layout gives a role, so that no header pattern claims them again."""
    taken = set(declared.values())
    for id in named_instruments(layout):
        one = instrument_layout(layout, id)
        named = one.columns
        refs = [*named["items"], *named["date"], *named["visits"]]
        # A recorded total beside recognized items is found again by its name; only named item lists claim it.
        refs += named["recorded_total"] if one.items else ()
        taken |= {p for ref in refs if (p := find_column(ref, table.header)) is not None}
    return taken


def _plan(table: Table, layout: Layout, found: list[InstrumentColumns]) -> tuple[QuestionnairePlan, ...]:
    """The instruments to be read: what the layout names, over what was recognized."""
    plans = []
    recognized = {one.id: one for one in found}
    for id in list_instruments():
        one, declared = recognized.get(id, InstrumentColumns(id)), instrument_layout(layout, id)
        plans += [_plan_visit(table, id, visit, declared) for visit in declared.visits]
        if declared.visits:
            continue
        named = (find_column(ref, table.header) for ref in declared.items)
        items = tuple(position for position in named if position is not None) or one.items
        total = one.total if one.doubt in ("", "partial") else None
        if declared.recorded_total == "ignore":
            total = None if items else total
        elif declared.recorded_total is not None:
            total = find_column(declared.recorded_total, table.header)
        if not items and (total is None or one.has_items):
            continue
        first = _plan_one(table, declared, replace(one, items=items, total=total))
        ignored = declared.recorded_total == "ignore"
        others = (
            _plan_one(table, declared, replace(other, total=None) if ignored else other)
            for other in one.others
            if not declared.items
        )
        plans.append(replace(first, others=tuple(others)))
    return tuple(plans)


def _plan_one(table: Table, declared: InstrumentLayout, one: InstrumentColumns) -> QuestionnairePlan:
    """The plan of one set of columns, with what the layout says of columns after the items."""
    extra = {find_column(ref, table.header): use for ref, use in declared.extra.items()}
    difficulty = next((p for p, use in extra.items() if use == "difficulty"), one.difficulty)
    left = tuple(p for p in one.extra if p not in extra)
    codes = (*declared.missing_codes, *one.missing_codes)
    return QuestionnairePlan(get_instrument(one.id), one.items, one.total, difficulty, declared, codes, left)


def _plan_visit(table: Table, id: str, visit: VisitLayout, declared: InstrumentLayout) -> QuestionnairePlan:
    """One of several visits that the layout names; its columns are known to be there."""
    find = {ref: find_column(ref, table.header) for ref in visit.columns}
    items = tuple(p for ref in visit.items if (p := find[ref]) is not None)
    total = None if visit.recorded_total is None else find[visit.recorded_total]
    date = None if visit.date is None else find[visit.date]
    return QuestionnairePlan(
        get_instrument(id), items, total, layout=declared, missing_codes=declared.missing_codes,
        visit=visit.visit, day=visit.day, date=date,
    )  # fmt: skip


def _kind(
    roles: Mapping[str, int],
    plans: tuple[QuestionnairePlan, ...],
    found: list[InstrumentColumns],
    wording: Mapping[int, str],
    is_long: bool,
) -> str | None:
    """What the columns say; `wording` holds the question of each column, else its header."""
    if is_long:
        return "long-items" if {"item", "value"} <= set(roles) else "long-scores"
    if any(plan.items for plan in plans):
        worded = any(
            find_by_text({p: wording[p] for p in plan.items if p in wording}, plan.instrument).items
            for plan in plans
        )
        return "form" if worded else "wide-items"
    if plans or any(one.doubt for one in found):
        return "wide-totals"
    return find_other_kind(roles, wording)


def _check_kind(table: Table, layout: Layout, kind: str | None, *, with_plans: bool) -> None:
    """Refuse a layout whose kind is not that of the columns; questionnaires of any width may be REDCap's."""
    if layout.kind in (None, kind, table.format) or (layout.kind == "redcap" and with_plans):
        return
    message = f"kind must be that of the file: its columns are {kind}, the layout says another. Correct kind."
    raise DefinitionError(Problem("E603", f"layout of {table.where()}", message))


def _refuse_unknown(table: Table, unread: set[int], layout: Layout) -> dict[int, Problem]:
    if layout.columns.unknown_columns != "refuse":
        return {}
    return {
        position: table.problem(
            "E101",
            explain_identifier("E101", "something unknown", column=position + 1),
            column=position,
        )
        for position in sorted(unread)
    }
