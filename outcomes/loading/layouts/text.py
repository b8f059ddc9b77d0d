"""The ready-to-edit layout of a file: what was recognized, and each open question as a comment to complete.

An undecided line is a comment, so that passing the text back as it is asks the same question again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import pandas as pd

from outcomes.definitions.instrument import list_instruments
from outcomes.errors import Problem
from outcomes.loading.columns import FoundRoles, list_places
from outcomes.loading.date_forms import suggest_formats
from outcomes.loading.given import STATUS_WORDS
from outcomes.loading.item_columns import name_column
from outcomes.loading.layouts.draft import WIDTH, Draft, ask_line, write_line, write_pairs
from outcomes.loading.layouts.instruments import ask_unnamed, write_instrument
from outcomes.loading.layouts.layout import (
    LAYOUT_KEYS,
    Layout,
    hash_header,
    named_instruments,
)
from outcomes.loading.redcap.events import propose_days
from outcomes.loading.studied import Studied
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import (
    CONDITION_ROLES,
    INFUSION_ROLES,
    PATIENT_ROLES,
    ROLES,
    VISIT_ROLES,
)

_DATES = ("date", "day_zero", "observed_from", "observed_until", "admission_date")


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
    draft = Draft(
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
        studied.dates.candidates,
    )
    plans = {plan.instrument.id: plan for plan in known.plans}
    lines = [*_head(draft), "", *_columns(draft, ROLES)]
    for id in list_instruments():
        if id in plans or id in named_instruments(layout) or draft.asked_of(id):
            lines += ["", *write_instrument(draft, id, plans.get(id))]
    if not plans and "instrument" not in known.roles:
        lines += ask_unnamed(draft, known.bare)
    rule = write_line("same_day_repeat", layout.rules.same_day_repeat)
    rules = [rule.ljust(WIDTH) + "# refuse, first or last"]
    rules += [write_line("panel_code_is_total", True)] if layout.rules.panel_code_is_total else []
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
    kind : "infusions", "patients", "visits" or "conditions"
    found : FoundRoles
    questions : tuple of Problem
    droppable : columns that the layout may drop to settle an E101
    """
    unread = tuple(p for p in range(len(table.header)) if p not in found.roles.values() and table.filled[p])
    draft = Draft(table, layout, kind, found.roles, found.several, questions, droppable, unread)
    orders = {
        "infusions": INFUSION_ROLES,
        "visits": VISIT_ROLES,
        "conditions": CONDITION_ROLES,
    }
    order = orders.get(kind, PATIENT_ROLES)
    return "\n".join([*_head(draft), "", *_columns(draft, order), ""])


def _head(draft: Draft) -> list[str]:
    table, layout = draft.table, draft.layout
    lines = [
        f"# outcomes layout for input-{table.number} (sha256 {table.sha256}). Complete the lines marked ASK, "
        "remove their #, and load again with this layout."
    ]
    if draft.kind is not None:
        lines.append(write_line("kind", draft.kind))
    lines += [
        'applies_to = "file"'.ljust(WIDTH) + '# "header" serves every export with the same header',
        write_line("sha256", table.sha256),
        write_line("header_sha256", hash_header(table.header)),
        *([write_line("encoding", layout.encoding)] if layout.encoding else []),
        *([write_line("delimiter", layout.delimiter)] if layout.delimiter else []),
        # the number and never the name: a sheet can be named after a person
        *([write_line("sheet", table.sheet)] if layout.sheet is not None else []),
    ]
    if layout.codes:
        lines.append(f"codes = {{ {write_pairs(layout.codes)} }}")
    if layout.orientation != "patients-in-rows":
        lines.append(write_line("orientation", layout.orientation))
    elif draft.has_patient_columns:
        lines.append(ask_line("orientation", "patients-in-columns", "the columns look like patients"))
    if layout.limited_data_set is not None:
        lines.append(write_line("limited_data_set", layout.limited_data_set))
    elif draft.asks("E104"):
        lines.append(ask_line("limited_data_set", True, "true if this is a limited data set with dates"))
    return lines


def _columns(draft: Draft, order: Iterable[str]) -> list[str]:
    columns, lines = draft.layout.columns, ["[columns]"]
    for role in [*order, *(["day_zero"] if "day_zero" in draft.roles else [])]:
        key = LAYOUT_KEYS.get(role, role)
        if role in draft.several:
            names = [json.dumps(name_column(draft.table, p)) for p in draft.several[role]]
            why = f"{' or '.join(names)}: one column must be {key}"
            if len(names) == 1:
                why = (
                    "one column must say when: keep date, or day"
                    if "day" in draft.several
                    else "the column of the date of the questionnaire"
                )
            lines.append(f"# {key} = {names[0]}".ljust(WIDTH) + f"# ASK {why}")
        elif role in draft.roles:
            lines.append(write_line(key, name_column(draft.table, draft.roles[role])))
        elif role == "patient_id" and not draft.has_patient_columns:
            lines += _ask_patient(draft)
    lines += _when(draft)
    if columns.status_words:
        lines.append(f"status_words = {{ {write_pairs(columns.status_words)} }}")
    if any(STATUS_WORDS in one.message for one in draft.questions):
        ask = "ASK what the words of status and dose mean: given or not given"
        lines.append('# status_words = { "did not come" = "not given" }'.ljust(WIDTH) + f"  # {ask}")
    positions = sorted(position + 1 for position in draft.droppable)
    declared = list(columns.drop)
    lines += [write_line("drop", declared)] if declared else []
    if positions:
        lines.append(
            ask_line(
                "drop", [*declared, *positions], "leave these columns out (free text, places, summaries)"
            )
        )
    if columns.unknown_columns == "refuse":
        lines.append(write_line("unknown_columns", "refuse"))
    unread = list_places(draft.unread)
    comment = f"# not in the dictionary and never read: columns {unread}" if unread else ""
    return [*lines, ('other_columns = "drop"'.ljust(WIDTH) + comment).rstrip()]


def _ask_patient(draft: Draft) -> list[str]:
    if draft.layout.columns.patient_id == "row":
        return [write_line("patient_id", "row")]
    if draft.kind in ("infusions", "patients", "visits", "conditions"):
        return [ask_line("patient_id", "", "the column of the patient")]
    return [
        ask_line("patient_id", "row", 'the column of the patient, or "row" if each row is another person')
    ]


def _when(draft: Draft) -> list[str]:
    """Date formats, time zone, and what stands for a date where there is none."""
    columns, lines = draft.layout.columns, []
    if columns.date_formats:
        lines.append(write_line("date_format", list(columns.date_formats)))
    elif any(one.code in ("E241", "E242", "E243", "E244") for one in draft.questions):
        fits = [json.dumps(list(forms)) for forms in suggest_formats(_date_cells(draft))]
        why = " or ".join(fits) or "the format of the dates: %d day, %m month, %Y year"
        lines.append(f"# date_format = {fits[0] if fits else '[]'}".ljust(WIDTH) + f"# ASK {why}")
    if columns.time_zone:
        lines.append(write_line("time_zone", columns.time_zone))
    elif any(one.code == "E245" for one in draft.questions):
        lines.append(ask_line("time_zone", "", "the clinic's own, such as America/New_York"))
    lines += [write_line("occasion", columns.occasion)] if columns.occasion else []
    if columns.visit_day:
        lines.append(f"visit_day = {{ {write_pairs(columns.visit_day)} }}")
    elif draft.asks("E247") and "day" in draft.roles:
        lines.append(ask_line("day_zero", "", "the date from which the days of this file count"))
    elif draft.asks("E247"):
        lines.append(ask_line("date", "", "the column of the date, or day = the column of the study day"))
        if draft.kind != "infusions":
            lines.append(ask_line("occasion", "single", "or: each patient answers once"))
            lines.append(
                "# visit_day = { pre = 0 }".ljust(WIDTH) + "# ASK or: the study day of each visit label"
            )
    elif draft.kind == "redcap" and any(one.code in ("E247", "E248") for one in draft.questions):
        lines.append(
            ask_line("date", "", "the column of the date, in any form of the same event; with day_zero,")
        )
        lines.append(ask_line("day", "", "and day: of both, the one that an event fills counts"))
        lines.append(ask_line("day_zero", "", "the date from which they count, in any form of the record"))
        if "visit" in draft.roles:
            value, question = propose_days(draft.events)
            lines.append(f"# visit_day = {value}".ljust(WIDTH) + f"# ASK or: {question}")
    return lines


def _date_cells(draft: Draft) -> pd.Series:
    table = draft.table
    places = [*(draft.roles[role] for role in _DATES if role in draft.roles), *draft.dates]
    cells = [table.cells[p] for p in dict.fromkeys(places) if p not in table.date_typed]
    return pd.concat(cells) if cells else pd.Series(dtype=object)
