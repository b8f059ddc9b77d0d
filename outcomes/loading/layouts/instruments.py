"""The instrument tables of a ready-to-edit layout."""

from __future__ import annotations

import json
from collections.abc import Mapping

from outcomes.definitions.instrument import get_instrument
from outcomes.errors import Problem
from outcomes.loading.item_columns import InstrumentColumns, name_column
from outcomes.loading.layouts.draft import WIDTH, Draft, ask_line, write_line, write_pairs
from outcomes.loading.layouts.layout import (
    InstrumentLayout,
    Ref,
    codings,
    instrument_layout,
    named_instruments,
)
from outcomes.loading.plan import QuestionnairePlan


def write_instrument(draft: Draft, id: str, plan: QuestionnairePlan | None) -> list[str]:
    """The table of one instrument: its columns as recognized, and what is asked about it."""
    declared, asked = instrument_layout(draft.layout, id), draft.asked_of(id)
    named = plan is not None or id in named_instruments(draft.layout) or "instrument" in draft.roles
    doubt = draft.doubts.get(id)
    lines = [f"[{id}]"] if named or doubt is not None else [f"# [{id}]"]
    lines += [f"# ASK {one.message}" for one in asked if one.code in ("E247", "E249", "E255", "E257")]
    if plan is None and doubt is not None and doubt.visits:
        return [*lines[1:], *_visits(draft, doubt)]
    if declared.visits:
        return [*lines[1:], *_declared_visits(id, declared)]
    if plan is None and doubt is not None:
        lines += _doubtful(draft, doubt)
    elif plan is not None and plan.others:
        lines.append(f"# its items stand in {len(plan.parts)} forms; each row is read from its own")
    elif plan is not None and plan.items:
        items = [name_column(draft.table, position, plan.instrument) for position in plan.items]
        lines.append(write_line("items", items))
    first, second = codings(id)
    if declared.coding:
        lines.append(write_line("coding", declared.coding))
    elif any(one.code in ("E253", "E251") and "coded" in one.message for one in asked):
        lines.append(ask_line("coding", first, f'"{first}" or "{second}"'))
    lines += _total(draft, plan, declared.recorded_total, asked)
    lines += _date(draft, id, declared.date)
    lines += _extra(draft, plan, dict(declared.extra))
    pairs = write_pairs(declared.labels)
    unknown = any(one.code == "E256" for one in asked)
    if pairs or unknown:
        note = "# ASK the score of each further answer label" if unknown else ""
        lines.append((f"labels = {{ {pairs} }}" if pairs else "# labels = { }").ljust(WIDTH) + note)
    lines += [write_line("missing_codes", list(declared.missing_codes))] if declared.missing_codes else []
    return [line.rstrip() for line in lines]


def _doubtful(draft: Draft, doubt: InstrumentColumns) -> list[str]:
    """The lines of which one settles what the columns are: a total, or the items in each possible reading."""

    def name(position: int) -> Ref:
        return name_column(draft.table, position, get_instrument(doubt.id))

    if doubt.doubt in ("scale", "version"):
        return [f"# recorded_total = {json.dumps(name(doubt.doubtful[0]))}"]
    readings = doubt.readings or ((),)
    lines = [f"# {write_line('items', [name(position) for position in items])}" for items in readings]
    declared = instrument_layout(draft.layout, doubt.id).recorded_total
    if doubt.readings and doubt.total is not None and declared is None:
        lines.append(f"# {write_line('recorded_total', name(doubt.total))}")
    return lines


def _visits(draft: Draft, doubt: InstrumentColumns) -> list[str]:
    """One block to complete for each visit that stands in a row beside others."""
    lines = []
    for number, columns in enumerate(doubt.visits, start=1):
        names = [name_column(draft.table, position, get_instrument(doubt.id)) for position in columns]
        what = write_line("items", names) if len(names) > 1 else write_line("recorded_total", names[0])
        lines += [
            f"# [[{doubt.id}.visits]]",
            ask_line("visit", str(number), "a label of its own"),
            f"# {what}",
            ask_line("day", 0, "the study day of the visit, or date = the column of its date"),
        ]
    return lines


def _declared_visits(id: str, declared: InstrumentLayout) -> list[str]:
    lines = [f"[{id}]", *([write_line("coding", declared.coding)] if declared.coding else [])]
    for one in declared.visits:
        keys = {"visit": one.visit, "day": one.day, "date": one.date, "recorded_total": one.recorded_total}
        lines += [
            f"[[{id}.visits]]",
            *(write_line(key, value) for key, value in keys.items() if value is not None),
        ]
        lines += [write_line("items", list(one.items))] if one.items else []
    return lines


def _total(
    draft: Draft, plan: QuestionnairePlan | None, declared: Ref | None, asked: list[Problem]
) -> list[str]:
    if declared == "ignore" or (plan is None and declared is not None):
        return [write_line("recorded_total", declared)]
    if plan is None or plan.total is None or plan.others:
        return []
    line = write_line("recorded_total", name_column(draft.table, plan.total, plan.instrument))
    if any(one.code == "E251" and "recorded totals" in one.message for one in asked):
        line = line.ljust(WIDTH) + '# ASK it differs from the items: "ignore" scores from the items'
    return [line]


def _date(draft: Draft, id: str, declared: Ref | None) -> list[str]:
    if declared is not None:
        return [write_line("date", declared)]
    if id in draft.form_dates:
        choice = [json.dumps(name_column(draft.table, position)) for position in draft.form_dates[id]]
        why = f"# ASK {' or '.join(choice)}: the column of its date"
        return [f"# date = {choice[0]}".ljust(WIDTH) + why]
    several = any(one.code == "E249" for one in draft.asked_of(id))
    return [ask_line("date", "", "which of these columns is its date")] if several else []


def _extra(draft: Draft, plan: QuestionnairePlan | None, extra: dict[str, str]) -> list[str]:
    if plan is not None:
        extra = {
            str(name_column(draft.table, position, plan.instrument)): "ignore" for position in plan.extra
        } | extra
        if plan.difficulty is not None:
            extra.setdefault(str(name_column(draft.table, plan.difficulty, plan.instrument)), "difficulty")
    if not extra:
        return []
    return [f"extra = {{ {write_pairs(extra)} }}".ljust(WIDTH) + '# never an item; "difficulty" or "ignore"']


def ask_unnamed(draft: Draft, bare: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Tables to complete where no header names an instrument."""
    if draft.doubts or named_instruments(draft.layout) or not draft.asks("E250", "E257"):
        return []
    lines = []
    if draft.has_patient_columns:
        return ["", "# [phq9]".ljust(WIDTH) + "# ASK name the questionnaire: [phq9], [gad7] or [pcl5]"]
    for id in bare or ("phq9",):
        names = [name_column(draft.table, position) for position in bare.get(id, ())]
        what = get_instrument(id).title if bare else "name the questionnaire"
        lines += [
            "",
            f"# [{id}]".ljust(WIDTH) + f"# ASK {what}: its items in their order, or its total",
            f"# items = {json.dumps(names)}",
            '# recorded_total = ""',
        ]
    return lines
