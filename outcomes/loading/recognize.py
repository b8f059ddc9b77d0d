"""What each column of a questionnaire file is: decided by the layout, then by header and neighbors; open questions are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.columns import find_identified_columns
from outcomes.loading.item_columns import InstrumentColumns, find_by_name, find_by_text
from outcomes.loading.layout import Layout, Ref, find_column, instrument_layout, named_instruments
from outcomes.loading.numbers import parse_whole
from outcomes.loading.occasion import holds_clock_times
from outcomes.loading.questionnaire import QuestionnairePlan
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import CAPS_OR_PCL, INFUSION, INFUSION_SIGNS, LOOKALIKES, NEVER_PATIENT, NOT_AN_ITEM, PATIENT, ROLES
from outcomes.privacy.identifiers import explain_identifier, find_identifier_header, normalize_header

_ROLE_KEYS = ("patient_id", "site", "date", "day", "day_zero", "time", "timing", "visit", "instrument", "item", "value", "total")


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
    """

    kind: str | None
    roles: Mapping[str, int] = field(default_factory=dict)
    plans: tuple[QuestionnairePlan, ...] = ()
    unread: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    questions: tuple[Problem, ...] = ()

    @property
    def when_columns(self) -> tuple[int, ...]:
        """The columns of date, day and visit, as far as the file has them."""
        return tuple(self.roles[role] for role in ("date", "day", "visit") if role in self.roles)

    @property
    def score_columns(self) -> tuple[int, ...]:
        """The columns of answers and totals."""
        long = [self.roles[role] for role in ("value", "total") if role in self.roles]
        wide = [p for plan in self.plans for p in (*plan.items, *([] if plan.total is None else [plan.total]))]
        return tuple(dict.fromkeys([*long, *wide]))


def recognize_columns(
    table: Table, layout: Layout, *, texts: Mapping[int, str] | None = None, form_dates: bool = False
) -> Recognized:
    """Say what each column is, with evidence, and what only a person can decide.

    Parameters
    ----------
    table : Table
    layout : Layout; what it declares is not asked again
    texts : question texts by position, where a data dictionary has them; else the headers serve
    form_dates : bool, True where each form has a date of its own (REDCap), so that no single date column is looked for

    Returns
    -------
    Recognized

    Raises
    ------
    DefinitionError
        If the layout names a column that the file does not have.
    """
    names = {position: normalize_header(text) for position, text in enumerate(table.header)}
    questions, notes = find_identified_columns(table, dropped=[str(ref) for ref in layout.columns.drop])
    foreign = _foreign_format(table, names)
    if foreign:
        return Recognized(None, questions=(*questions, foreign))
    dropped = {find_column(ref, table.header) for ref in layout.columns.drop}
    names = {position: name for position, name in names.items() if position not in dropped}
    declared = _declared_roles(table, layout)
    spoken = _spoken_for(table, layout, declared)
    free = {position: name for position, name in names.items() if position not in spoken}
    found = [_find_instrument(table, free, id, texts or {}) for id in list_instruments()]
    found = [one for one in _add_bare(found, free, layout) if id_is_open(one, layout)]
    found = [_judge_scale(table, one) for one in found]
    taken = {position for one in found for position in (*one.positions, *one.doubtful)} | spoken
    roles, asked = _find_roles(table, {p: n for p, n in names.items() if p not in taken}, layout, declared, form_dates)
    is_long = "instrument" in roles and ("total" in roles or {"item", "value"} <= set(roles))
    plans = () if is_long else _plans(table, layout, found, names, texts or {})
    if not is_long:
        roles = {role: p for role, p in roles.items() if role not in ("instrument", "item", "value", "total")}
        questions += _instrument_questions(table, found, plans, free, layout)
    kind = layout.kind or _kind(roles, plans, found, names, is_long)
    if kind not in ("infusions", "patients"):
        questions += asked
        questions += _missing_roles(table, roles, layout, kind, plans, is_long, form_dates)
    known = {*roles.values(), *(p for one in found for p in (*one.positions, *one.doubtful)), *_plan_columns(plans)}
    unread = tuple(p for p, text in enumerate(table.header) if p not in known and (text or table.filled[p]))
    questions += _refuse_unknown(table, unread, layout, kind)
    evidence = (*notes, *(line for one in found for line in one.evidence), *_lookalike_notes(free, plans))
    return Recognized(kind, roles, plans, unread, evidence, tuple(questions))


def id_is_open(one: InstrumentColumns, layout: Layout) -> bool:
    """False for an instrument whose columns the layout names altogether."""
    table = instrument_layout(layout, one.id)
    return not (table.items or table.recorded_total not in (None, "ignore")) or bool(one.items and not table.items)


def _declared_roles(table: Table, layout: Layout) -> dict[str, int]:
    """Positions of the columns that the layout names under [columns]."""
    roles, problems = {}, []
    for role in _ROLE_KEYS:
        ref = getattr(layout.columns, role)
        if ref is None or (role == "patient_id" and ref == "row" and "row" not in table.header):
            continue
        position = find_column(ref, table.header)
        if position is None:
            problems.append(_no_such_column(table, f"columns.{role}"))
        else:
            roles[role] = position
    for id in named_instruments(layout):
        one = instrument_layout(layout, id)
        refs = {f"{id}.items": one.items, f"{id}.extra": tuple(one.extra), f"{id}.date": (one.date,) if one.date is not None else ()}
        if one.recorded_total not in (None, "ignore"):
            refs[f"{id}.recorded_total"] = (one.recorded_total,)  # type: ignore[assignment]
        for key, columns in refs.items():
            if any(find_column(ref, table.header) is None for ref in columns):
                problems.append(_no_such_column(table, key))
    if problems:
        raise DefinitionError(problems)
    return roles


def _no_such_column(table: Table, key: str) -> Problem:
    message = f"{key} must name a column of the file, by header or position; the file has no such column. Correct it."
    return Problem("E603", f"layout of {table.where()}", message)


def _spoken_for(table: Table, layout: Layout, declared: Mapping[str, int]) -> set[int]:
    """All columns that the layout gives a role, so that no header pattern claims them again."""
    taken = set(declared.values())
    for id in named_instruments(layout):
        one = instrument_layout(layout, id)
        refs: list[Ref] = [*one.items]
        refs += [one.date] if one.date is not None else []
        # A recorded total beside recognized items is found again by its name; only named item lists claim it.
        refs += [one.recorded_total] if one.recorded_total not in (None, "ignore") and one.items else []  # type: ignore[list-item]
        taken |= {p for ref in refs if (p := find_column(ref, table.header)) is not None}
    return taken


def _find_instrument(table: Table, names: Mapping[int, str], id: str, texts: Mapping[int, str]) -> InstrumentColumns:
    """By name first; by text where the names give no items."""
    instrument = get_instrument(id)
    by_name = find_by_name(names, instrument)
    if by_name.items:
        return by_name
    wording = {position: normalize_header(texts[position]) if position in texts else name for position, name in names.items()}
    by_text = find_by_text(wording, instrument)
    if not by_text.items:
        return by_name if by_name.total is not None or by_name.doubt else by_text
    doubt = "" if by_name.doubt in ("scale", "version", "partial") else by_name.doubt
    after = [p for p in wording if p > max(by_text.items) and {"difficult", "work"} <= set(wording[p].split("_"))]
    difficulty = by_name.difficulty if by_name.difficulty is not None else next(iter(after), None)
    return replace(by_text, total=by_name.total, difficulty=difficulty, doubt=doubt, doubtful=by_name.doubtful if doubt else ())


def _add_bare(found: list[InstrumentColumns], names: Mapping[int, str], layout: Layout) -> list[InstrumentColumns]:
    """Accept q1..qN and a bare total where one other header, or the layout, names exactly one instrument with N items."""
    bare = {int(hit[1]): p for p, name in names.items() if (hit := re.fullmatch(r"(?:q|item)_?0*([1-9][0-9]?)", name))}
    totals = [p for p, name in names.items() if name in ROLES["total"]]
    if any(one.items or one.total is not None for one in found) or not (bare or totals):
        return found
    named = [one.id for one in found if _is_named(one.id, names)] or list(named_instruments(layout))
    if len(named) != 1 or (bare and sorted(bare) != list(range(1, get_instrument(named[0]).n_items + 1))):
        return found
    if not bare and "instrument" in {role for name in names.values() for role in ROLES if name in ROLES[role]}:
        return found
    items = tuple(bare[number] for number in sorted(bare))
    evidence = f"{named[0]}: bare column names, and this is the only instrument that another header or the layout names"
    total = totals[0] if len(totals) == 1 else None
    taken = InstrumentColumns(named[0], items, total, evidence=(evidence,))
    return [taken if one.id == named[0] else one for one in found]


def _is_named(id: str, names: Iterable[str] | Mapping[int, str]) -> bool:
    values = names.values() if isinstance(names, Mapping) else names
    stems = get_instrument(id).stems
    return any(name.startswith(f"{stem}_") for name in values for stem in stems)


def _judge_scale(table: Table, one: InstrumentColumns) -> InstrumentColumns:
    """A bare name without items is the total if a value lies above the item maximum; otherwise it stays in doubt."""
    if one.doubt != "scale" or one.total is None:
        return one
    values = parse_whole(table.cells[one.total]).value
    top = get_instrument(one.id).item_max
    if not (values > top).any():
        return one
    evidence = f"{one.id}: column {one.total + 1} is the total: it holds values above {top}, the most an item can have"
    return replace(one, doubt="", doubtful=(), evidence=(*one.evidence, evidence))


def _find_roles(
    table: Table, names: Mapping[int, str], layout: Layout, declared: Mapping[str, int], form_dates: bool
) -> tuple[dict[str, int], list[Problem]]:
    """Give the roles of the remaining columns; several columns for one role are a question."""
    roles, problems = dict(declared), []
    single = layout.columns.occasion == "single"
    dated = form_dates or bool({"date", "day"} & set(declared)) or single or bool(layout.columns.visit_day)
    for role, words in ROLES.items():
        if role in declared or (role in ("date", "day") and dated):
            continue
        if role == "patient_id" and layout.columns.patient_id == "row":
            continue
        places = [p for p, name in names.items() if _has_role(role, name, words) and p not in roles.values() and table.filled[p]]
        if role == "time" and places and not holds_clock_times(table.cells[places[0]]):
            places = []
        if not places:
            continue
        listed = ", ".join(str(place + 1) for place in places)
        if len(places) > 1 and role == "date":
            message = f"one date column is needed; columns {listed} all look like dates. Name one as date under [columns] in the layout."
            problems.append(table.problem("E249", message, column=places[0]))
        elif len(places) > 1 and role == "patient_id":
            message = f"one patient column is needed; columns {listed} all look like one. Name it as patient_id under [columns]."
            problems.append(table.problem("E226", message, column=places[0]))
        ordered = sorted(places, key=lambda p: (words.index(names[p]) if names[p] in words else len(words), p))
        roles[role] = ordered[0]
    if "visit" not in roles and "time" not in roles:  # a column named time without clock times is a visit
        later = [p for p, name in names.items() if name == "time" and table.filled[p]]
        roles |= {"visit": later[0]} if later else {}
    if {"date", "day"} <= set(roles) and not {"date", "day", "day_zero"} & set(declared):
        message = "one column must say when; there is a date column and a day column. Name one of them under [columns] in the layout."
        problems.append(table.problem("E249", message, column=roles["date"]))
    return roles, problems


def _has_role(role: str, name: str, words: tuple[str, ...]) -> bool:
    if role == "patient_id" and name in NEVER_PATIENT:
        return False
    if name in words:
        return True
    if role != "date" or name in INFUSION or name in PATIENT or find_identifier_header(name):
        return False
    return name.endswith(("_date", "_timestamp", "_created_at", "_completed_at", "_submitted_at")) and not name.startswith(("observed", "admission"))


def _plans(
    table: Table, layout: Layout, found: list[InstrumentColumns], names: Mapping[int, str], texts: Mapping[int, str]
) -> tuple[QuestionnairePlan, ...]:
    """The instruments to be read: what the layout names, over what was recognized."""
    plans = []
    recognized = {one.id: one for one in found}
    for id in list_instruments():
        one, declared = recognized.get(id, InstrumentColumns(id)), instrument_layout(layout, id)
        items = tuple(find_column(ref, table.header) for ref in declared.items) or one.items
        total = None if one.doubt in ("scale", "version", "visits") else one.total
        if declared.recorded_total == "ignore":
            total = None if items else total
        elif declared.recorded_total is not None:
            total = find_column(declared.recorded_total, table.header)
        if not items and total is None:
            continue
        extra = {find_column(ref, table.header): use for ref, use in declared.extra.items()}
        difficulty = next((p for p, use in extra.items() if use == "difficulty"), one.difficulty)
        left = tuple(p for p in one.extra if p not in extra)
        codes = (*declared.missing_codes, *one.missing_codes)
        plans.append(QuestionnairePlan(get_instrument(id), items, total, difficulty, declared, codes, left))  # type: ignore[arg-type]
    return tuple(plans)


def _plan_columns(plans: tuple[QuestionnairePlan, ...]) -> set[int]:
    single = [p for plan in plans for p in (plan.total, plan.difficulty) if p is not None]
    return {*single, *(p for plan in plans for p in plan.items)}


def _kind(roles: Mapping[str, int], plans, found, names: Mapping[int, str], is_long: bool) -> str | None:
    if is_long:
        return "long-items" if {"item", "value"} <= set(roles) else "long-scores"
    if any(plan.items for plan in plans):
        texts = [one for one in found if one.items and "text" in " ".join(one.evidence)]
        return "form" if texts else "wide-items"
    if plans or any(one.doubt for one in found):
        return "wide-totals"
    return _other_kind(roles, names)


def _other_kind(roles: Mapping[str, int], names: Mapping[int, str]) -> str | None:
    """Infusion or patient records: known by a dose, date or number of infusions, or by mostly columns of patients."""
    have = set(names.values())
    if have & set(INFUSION_SIGNS):
        return "infusions"
    known = have & {*PATIENT, *ROLES["patient_id"], *ROLES["site"]}
    return "patients" if "patient_id" in roles and have & set(PATIENT) and 2 * len(known) > len(have) else None


def _instrument_questions(
    table: Table, found: list[InstrumentColumns], plans: tuple[QuestionnairePlan, ...], names: Mapping[int, str], layout: Layout
) -> list[Problem]:
    """Ask about what the headers leave open."""
    problems = [_ask_doubt(table, one) for one in found if one.doubt and one.id not in {plan.instrument.id for plan in plans if one.doubt != "sets"}]
    problems += [_ask_doubt(table, one) for one in found if one.doubt == "visits" and one.id in {p.instrument.id for p in plans}]
    if plans or problems:
        return list(dict.fromkeys(problems))
    if set(CAPS_OR_PCL) <= set(names.values()):
        first = next(p for p, name in names.items() if name == CAPS_OR_PCL[0])
        message = "the instrument must be known; 20 columns B1 to E6 may be the PCL-5 or the CAPS-5 interview. Name the PCL-5 items in the layout."
        return [table.problem("E257", message, column=first)]
    alike = _lookalikes(names)
    if alike:
        position, title = next(iter(alike.items()))
        message = f"a PHQ-9, GAD-7 or PCL-5 is needed; column {position + 1} looks like another instrument ({title}), which is never read as one of them. Export the right questionnaire."
        return [table.problem("E257", message, column=position)]
    numbered = [name for name in names.values() if re.fullmatch(r"(?:patient|subject|participant|pt)_?[0-9]+", name)]
    if len(numbered) >= 3 and len(numbered) * 2 > len(names):
        message = "each patient must be a row; here patients are columns. Turn the table, so that each row is one patient and day."
        return [table.problem("E250", message)]
    if layout.kind in ("infusions", "patients") or _other_kind(_patient_role(names), names):
        return []
    message = "columns of a known instrument are needed (PHQ-9, GAD-7, PCL-5); none was recognized. Name its items or its total in the layout."
    return [table.problem("E250", message)]


def _patient_role(names: Mapping[int, str]) -> dict[str, int]:
    return {"patient_id": position for position, name in names.items() if name in ROLES["patient_id"]}


def _ask_doubt(table: Table, one: InstrumentColumns) -> Problem:
    size, listed = get_instrument(one.id).n_items, ", ".join(str(p + 1) for p in one.doubtful[:3])
    many = ", ..." if len(one.doubtful) > 3 else ""
    asked = {
        "scale": f'{one.id}: column {listed} is one item or the total; no value decides. Name it as {one.id}.recorded_total if it is the total.',
        "version": f'{one.id}: column {listed} is a total that names no version. Name it as {one.id}.recorded_total if it is the {size}-item form.',
        "partial": f"{one.id}: {size} items are needed; only some are there (columns {listed}{many}). A short form is never read as {one.id}; name the items.",
        "sets": f"{one.id}: several columns claim the same items (columns {listed}{many}). Name one set as {one.id}.items in the layout.",
        "visits": f"{one.id}: a time point stands in the name of columns {listed}{many}. Name one visit's columns, or drop them, in the layout.",
    }[one.doubt]
    short = one.doubt == "partial" and len(one.doubtful) in (2, 4, 8, 17)
    return table.problem("E257" if short else "E255", asked, column=one.doubtful[0])


def _missing_roles(
    table: Table, roles: Mapping[str, int], layout: Layout, kind: str | None, plans: tuple[QuestionnairePlan, ...], is_long: bool, form_dates: bool
) -> list[Problem]:
    """Ask for patient and occasion where no column gives them."""
    if kind is None or (not plans and not is_long):
        return []
    problems = []
    if "patient_id" not in roles and layout.columns.patient_id != "row":
        message = 'a patient column is needed; none was recognized. Name it as patient_id in the layout, or say "row" if every row is another person.'
        problems.append(table.problem("E226", message))
    has_dates = form_dates or all(instrument_layout(layout, plan.instrument.id).date is not None for plan in plans) and bool(plans)
    if not {"date", "day"} & set(roles) and not has_dates and layout.columns.occasion is None and not layout.columns.visit_day:
        message = 'a date or day column is needed; none was recognized. Name it in the layout, or give visit_day, or say occasion = "single".'
        problems.append(table.problem("E247", message))
    if layout.columns.visit_day and "visit" not in roles:
        message = "visit_day needs the column of the visit labels. Name it as visit under [columns] in the layout."
        problems.append(table.problem("E247", message))
    return problems


def _refuse_unknown(table: Table, unread: tuple[int, ...], layout: Layout, kind: str | None) -> list[Problem]:
    if layout.columns.unknown_columns != "refuse" or kind in ("infusions", "patients"):
        return []
    return [table.problem("E101", explain_identifier("E101", "something unknown"), column=position) for position in unread]


def _lookalikes(names: Mapping[int, str]) -> dict[int, str]:
    """Columns of instruments that look like ours, with what they are."""
    return {
        position: title
        for title, stems in LOOKALIKES.items()
        for position, name in names.items()
        for stem in stems
        if re.fullmatch(f"{stem}(?:_.*|[0-9].*)?", name) and name.split("_")[-1] not in NOT_AN_ITEM
    }


def _lookalike_notes(names: Mapping[int, str], plans: tuple[QuestionnairePlan, ...]) -> list[str]:
    own = _plan_columns(plans)
    titles = sorted({title for position, title in _lookalikes(names).items() if position not in own})
    return [f"columns of another instrument ({title}) are noted and not read" for title in titles] if plans else []


def _foreign_format(table: Table, names: Mapping[int, str]) -> Problem | None:
    """Name the formats that this loader knows by sight and does not read."""
    have = set(names.values())
    if len(table.cells) > 1 and table.cells.iloc[1, 0].startswith('{"ImportId"'):
        return table.problem("E250", "a plain table is needed; this is a Qualtrics export. Export choice text, and delete the second and third row.")
    if {"qstestcd", "usubjid"} <= have:
        return table.problem("E250", "a plain table is needed; this is a CDISC QS file. Rename its columns patient_id, date, instrument, item, value.")
    if {"patient", "encounter", "code", "value", "units"} <= have:
        return table.problem("E250", "a plain table is needed; these are observations by code. Export patient, date, instrument and total.")
    if {"variable_field_name", "field_type"} <= have:
        return table.problem("E250", "data are needed; this is a REDCap data dictionary. Give it as dictionary beside the records.")
    return None
