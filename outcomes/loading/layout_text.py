"""The ready-to-edit layout of a file: what was recognized, and each open question as a comment to complete.

An undecided line is a comment, so that passing the text back as it is asks the same question again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.errors import Problem
from outcomes.loading.columns import FoundRoles
from outcomes.loading.date_forms import suggest_formats
from outcomes.loading.item_columns import InstrumentColumns, name_column
from outcomes.loading.layout import (
    LAYOUT_KEYS,
    InstrumentLayout,
    Layout,
    Ref,
    codings,
    hash_header,
    instrument_layout,
    named_instruments,
)
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.questions import are_columns_patients
from outcomes.loading.redcap_events import Event, propose_days
from outcomes.loading.scores import Studied
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import INFUSION_ROLES, PATIENT_ROLES, ROLES
from outcomes.privacy.identifiers import normalize_header

_WIDTH = 32
_DATES = ("date", "day_zero", "observed_from", "observed_until", "admission_date")


@dataclass(frozen=True)
class _Draft:
    """What a layout is written from; the questions are those that are still open."""

    table: Table
    layout: Layout
    kind: str | None
    roles: Mapping[str, int]
    several: Mapping[str, tuple[int, ...]]
    questions: tuple[Problem, ...]
    droppable: Iterable[int]
    unread: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    doubts: Mapping[str, InstrumentColumns] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def asks(self, *codes: str) -> bool:
        """Whether one of these questions about the file as a whole is open."""
        of_instruments = [one for id in list_instruments() for one in self.asked_of(id)]
        return any(one.code in codes and one not in of_instruments for one in self.questions)

    @property
    def has_patient_columns(self) -> bool:
        """Whether the columns are patients, as the layout says, or look like patients."""
        names = {position: normalize_header(text) for position, text in enumerate(self.table.header)}
        said = self.layout.orientation == "patients-in-columns"
        return said or (self.asks("E250") and are_columns_patients(names))

    def asked_of(self, id: str) -> list[Problem]:
        """The open questions about one instrument."""
        return [one for one in self.questions if re.match(rf"{id}\b", one.message)]


def write_layout_text(studied: Studied) -> str:
    """Give the layout of a questionnaire file as TOML text; loading with it asks what is still open.

    Parameters
    ----------
    studied : Studied

    Returns
    -------
    str
    """
    known, layout = studied.recognized, studied.layout
    settled = not (known.doubts or known.bare) and bool(
        known.plans or layout.kind or "instrument" in known.roles
    )
    draft = _Draft(
        studied.table,
        layout,
        known.kind if settled else layout.kind,
        known.roles,
        known.several,
        studied.questions,
        known.droppable,
        known.unread,
        studied.dates.all,
        {one.id: one for one in known.doubts},
        studied.events,
    )
    plans = {plan.instrument.id: plan for plan in known.plans}
    lines = [*_head(draft), "", *_columns(draft, ROLES)]
    for id in list_instruments():
        if id in plans or id in named_instruments(layout) or draft.asked_of(id):
            lines += ["", *_instrument(draft, id, plans.get(id))]
    if not plans and "instrument" not in known.roles:
        lines += _unnamed(draft, known.bare)
    rule = _line("same_day_repeat", layout.rules.same_day_repeat)
    rules = [rule.ljust(_WIDTH) + "# refuse, first or last"]
    rules += [_line("panel_code_is_total", True)] if layout.rules.panel_code_is_total else []
    return "\n".join([*lines, "", "[rules]", *rules, ""])


def write_other_layout(
    table: Table,
    layout: Layout,
    kind: str,
    found: FoundRoles,
    questions: tuple[Problem, ...],
    droppable: Iterable[int] = (),
) -> str:
    """Give the layout of an infusion or patient file as TOML text.

    Parameters
    ----------
    table, layout : the file and the layout it was read with
    kind : "infusions" or "patients"
    found : FoundRoles
    questions : tuple of Problem
    droppable : columns that the layout may drop to settle an E101
    """
    unread = tuple(p for p in range(len(table.header)) if p not in found.roles.values() and table.filled[p])
    draft = _Draft(table, layout, kind, found.roles, found.several, questions, droppable, unread)
    order = INFUSION_ROLES if kind == "infusions" else PATIENT_ROLES
    return "\n".join([*_head(draft), "", *_columns(draft, order), ""])


def _head(draft: _Draft) -> list[str]:
    table, layout = draft.table, draft.layout
    lines = [
        f"# outcomes layout for input-{table.number} (sha256 {table.sha256}). Complete the lines marked ASK, "
        "remove their #, and load again with this layout."
    ]
    if draft.kind is not None:
        lines.append(_line("kind", draft.kind))
    lines += [
        'applies_to = "file"'.ljust(_WIDTH) + '# "header" serves every export with the same header',
        _line("sha256", table.sha256),
        _line("header_sha256", hash_header(table.header)),
        *([_line("encoding", layout.encoding)] if layout.encoding else []),
        *([_line("delimiter", layout.delimiter)] if layout.delimiter else []),
        # the number and never the name: a sheet can be named after a person
        *([_line("sheet", table.sheet)] if layout.sheet is not None else []),
    ]
    if layout.codes:
        lines.append(f"codes = {{ {_pairs(layout.codes)} }}")
    if layout.orientation != "patients-in-rows":
        lines.append(_line("orientation", layout.orientation))
    elif draft.has_patient_columns:
        lines.append(_ask("orientation", "patients-in-columns", "the columns look like patients"))
    if layout.limited_data_set is not None:
        lines.append(_line("limited_data_set", layout.limited_data_set))
    elif draft.asks("E104"):
        lines.append(_ask("limited_data_set", True, "true if this is a limited data set with calendar dates"))
    return lines


def _columns(draft: _Draft, order: Iterable[str]) -> list[str]:
    columns, lines = draft.layout.columns, ["[columns]"]
    for role in [*order, *(["day_zero"] if "day_zero" in draft.roles else [])]:
        key = LAYOUT_KEYS.get(role, role)
        if role in draft.several:
            names = [json.dumps(name_column(draft.table, p)) for p in draft.several[role]]
            why = f"{' or '.join(names)}: one column must be {key}"
            if len(names) == 1:
                why = "one column must say when: keep date, or day"
            lines.append(f"# {key} = {names[0]}".ljust(_WIDTH) + f"# ASK {why}")
        elif role in draft.roles:
            lines.append(_line(key, name_column(draft.table, draft.roles[role])))
        elif role == "patient_id" and not draft.has_patient_columns:
            lines += _ask_patient(draft)
    lines += _when(draft)
    positions = sorted(position + 1 for position in draft.droppable)
    declared = list(columns.drop)
    lines += [_line("drop", declared)] if declared else []
    if positions:
        lines.append(_ask("drop", [*declared, *positions], "leave these columns out (free text, places)"))
    if columns.unknown_columns == "refuse":
        lines.append(_line("unknown_columns", "refuse"))
    unread = ", ".join(str(position + 1) for position in draft.unread)
    comment = f"# not in the dictionary and never read: columns {unread}" if unread else ""
    return [*lines, ('other_columns = "drop"'.ljust(_WIDTH) + comment).rstrip()]


def _ask_patient(draft: _Draft) -> list[str]:
    if draft.layout.columns.patient_id == "row":
        return [_line("patient_id", "row")]
    if draft.kind in ("infusions", "patients"):
        return [_ask("patient_id", "", "the column of the patient")]
    return [_ask("patient_id", "row", 'the column of the patient, or "row" if every row is another person')]


def _when(draft: _Draft) -> list[str]:
    """Date formats, time zone, and what stands for a date where there is none."""
    columns, lines = draft.layout.columns, []
    if columns.date_formats:
        lines.append(_line("date_format", list(columns.date_formats)))
    elif any(one.code in ("E241", "E242", "E243", "E244") for one in draft.questions):
        fits = [json.dumps(list(forms)) for forms in suggest_formats(_date_cells(draft))]
        why = " or ".join(fits) or "the format of the dates: %d day, %m month, %Y year"
        lines.append(f"# date_format = {fits[0] if fits else '[]'}".ljust(_WIDTH) + f"# ASK {why}")
    if columns.time_zone:
        lines.append(_line("time_zone", columns.time_zone))
    elif any(one.code == "E245" for one in draft.questions):
        lines.append(_ask("time_zone", "", "the clinic's own, such as America/New_York"))
    lines += [_line("occasion", columns.occasion)] if columns.occasion else []
    if columns.visit_day:
        lines.append(f"visit_day = {{ {_pairs(columns.visit_day)} }}")
    elif draft.asks("E247") and "day" in draft.roles:
        lines.append(_ask("day_zero", "", "the date from which the days of this file count"))
    elif draft.asks("E247"):
        lines.append(_ask("date", "", "the column of the date, or day = the column of the study day"))
        if draft.kind != "infusions":
            lines.append(_ask("occasion", "single", "or: each patient answers once"))
            lines.append(
                "# visit_day = { pre = 0 }".ljust(_WIDTH) + "# ASK or: the study day of each visit label"
            )
    elif draft.kind == "redcap" and any(one.code in ("E247", "E248") for one in draft.questions):
        lines.append(
            _ask("date", "", "the column of the date, in any form of the same event; with day_zero,")
        )
        lines.append(_ask("day", "", "and day: of both, the one that an event fills counts"))
        lines.append(_ask("day_zero", "", "the date from which the days count, in any form of the record"))
        if "visit" in draft.roles:
            value, question = propose_days(draft.events)
            lines.append(f"# visit_day = {value}".ljust(_WIDTH) + f"# ASK or: {question}")
    return lines


def _date_cells(draft: _Draft) -> pd.Series:
    table = draft.table
    places = [*(draft.roles[role] for role in _DATES if role in draft.roles), *draft.dates]
    cells = [table.cells[p] for p in dict.fromkeys(places) if p not in table.date_typed]
    return pd.concat(cells) if cells else pd.Series(dtype=object)


def _instrument(draft: _Draft, id: str, plan: QuestionnairePlan | None) -> list[str]:
    declared, asked = instrument_layout(draft.layout, id), draft.asked_of(id)
    named = plan is not None or id in named_instruments(draft.layout) or "instrument" in draft.roles
    lines = [f"[{id}]"] if named else [f"# [{id}]"]
    doubt = draft.doubts.get(id)
    lines += [f"# ASK {one.message}" for one in asked if one.code in ("E247", "E249", "E255", "E257")]
    if plan is None and doubt is not None and doubt.visits:
        return [*lines[1:], *_visits(draft, doubt)]
    if declared.visits:
        return [*lines[1:], *_declared_visits(id, declared)]
    if plan is None and doubt is not None:
        names = [name_column(draft.table, p, get_instrument(id)) for p in doubt.doubtful]
        lone = doubt.doubt in ("scale", "version")
        lines.append(f"# recorded_total = {json.dumps(names[0])}" if lone else "# items = []")
    elif plan is not None and plan.others:
        lines.append(f"# its items stand in {len(plan.parts)} forms; each row is read from its own")
    elif plan is not None and plan.items:
        items = [name_column(draft.table, position, plan.instrument) for position in plan.items]
        lines.append(_line("items", items))
    first, second = codings(id)
    if declared.coding:
        lines.append(_line("coding", declared.coding))
    elif any(one.code in ("E253", "E251") and "coded" in one.message for one in asked):
        lines.append(_ask("coding", first, f'"{first}" or "{second}"'))
    lines += _total(draft, plan, declared.recorded_total, asked)
    lines += [_line("date", declared.date)] if declared.date is not None else []
    lines += _extra(draft, plan, dict(declared.extra))
    pairs = _pairs(declared.labels)
    unknown = any(one.code == "E256" for one in asked)
    if pairs or unknown:
        note = "# ASK the score of each further answer label" if unknown else ""
        lines.append((f"labels = {{ {pairs} }}" if pairs else "# labels = { }").ljust(_WIDTH) + note)
    lines += [_line("missing_codes", list(declared.missing_codes))] if declared.missing_codes else []
    return [line.rstrip() for line in lines]


def _visits(draft: _Draft, doubt: InstrumentColumns) -> list[str]:
    """One block to complete for each visit that stands in a row beside others."""
    lines = []
    for number, columns in enumerate(doubt.visits, start=1):
        names = [name_column(draft.table, position, get_instrument(doubt.id)) for position in columns]
        what = _line("items", names) if len(names) > 1 else _line("recorded_total", names[0])
        lines += [
            f"# [[{doubt.id}.visits]]",
            _ask("visit", str(number), "a label of its own"),
            f"# {what}",
            _ask("day", 0, "the study day of the visit, or date = the column of its date"),
        ]
    return lines


def _declared_visits(id: str, declared: InstrumentLayout) -> list[str]:
    lines = [f"[{id}]", *([_line("coding", declared.coding)] if declared.coding else [])]
    for one in declared.visits:
        keys = {"visit": one.visit, "day": one.day, "date": one.date, "recorded_total": one.recorded_total}
        lines += [
            f"[[{id}.visits]]",
            *(_line(key, value) for key, value in keys.items() if value is not None),
        ]
        lines += [_line("items", list(one.items))] if one.items else []
    return lines


def _total(
    draft: _Draft, plan: QuestionnairePlan | None, declared: Ref | None, asked: list[Problem]
) -> list[str]:
    if declared == "ignore" or (plan is None and declared is not None):
        return [_line("recorded_total", declared)]
    if plan is None or plan.total is None or plan.others:
        return []
    line = _line("recorded_total", name_column(draft.table, plan.total, plan.instrument))
    if any(one.code == "E251" and "recorded totals" in one.message for one in asked):
        line = line.ljust(_WIDTH) + '# ASK it differs from the items: "ignore" scores from the items'
    return [line]


def _extra(draft: _Draft, plan: QuestionnairePlan | None, extra: dict[str, str]) -> list[str]:
    if plan is not None:
        extra = {
            str(name_column(draft.table, position, plan.instrument)): "ignore" for position in plan.extra
        } | extra
        if plan.difficulty is not None:
            extra.setdefault(str(name_column(draft.table, plan.difficulty, plan.instrument)), "difficulty")
    if not extra:
        return []
    return [f"extra = {{ {_pairs(extra)} }}".ljust(_WIDTH) + '# never an item; "difficulty" or "ignore"']


def _unnamed(draft: _Draft, bare: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Tables to complete where no header names an instrument."""
    if draft.doubts or named_instruments(draft.layout) or not draft.asks("E250", "E257"):
        return []
    lines = []
    if draft.has_patient_columns:
        return ["", "# [phq9]".ljust(_WIDTH) + "# ASK name the questionnaire: [phq9], [gad7] or [pcl5]"]
    for id in bare or ("phq9",):
        names = [name_column(draft.table, position) for position in bare.get(id, ())]
        what = get_instrument(id).title if bare else "name the questionnaire"
        lines += [
            "",
            f"# [{id}]".ljust(_WIDTH) + f"# ASK {what}: its items in their order, or its total",
            f"# items = {json.dumps(names)}",
            '# recorded_total = ""',
        ]
    return lines


def _pairs(mapping: Mapping[str, object]) -> str:
    return ", ".join(
        f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value)}" for key, value in mapping.items()
    )


def _line(key: str, value: object) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _ask(key: str, value: object, question: str) -> str:
    """An undecided line: a comment with a proposal, and what has to be said."""
    return f"# {_line(key, value)} ".ljust(_WIDTH) + f"# ASK {question}"
