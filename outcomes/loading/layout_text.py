"""The ready-to-edit layout of a file: what was recognized, with the open questions marked ASK."""

from __future__ import annotations

import json
import re

from outcomes.definitions.instrument import Instrument, list_instruments
from outcomes.loading.item_columns import find_by_name
from outcomes.loading.layout import Ref, codings, hash_header, instrument_layout
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.scores import Studied
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import ROLES
from outcomes.privacy.identifiers import normalize_header

_WIDTH = 32


def name_column(table: Table, position: int, instrument: Instrument | None = None) -> Ref:
    """Name a column by its normalized header if that is in our dictionary, else by its position from 1.

    A header may itself be a name of a person, so only headers made of known words are ever written.
    """
    name = normalize_header(table.header[position])
    if any(name in words for words in ROLES.values()) or re.fullmatch(r"q[0-9]{1,2}", name):
        return name
    if instrument is not None:
        stem = "|".join(sorted(instrument.stems, key=len, reverse=True))
        found = find_by_name({position: name}, instrument)
        if re.fullmatch(f"(?:{stem})[a-z]?_?(?:q|item|i)?_?[0-9]{{0,2}}", name) or found.total == position:
            return name
    return position + 1


def write_layout_text(studied: Studied) -> str:
    """Give the layout of a file as TOML text; loading with it again asks only about lines that end in ASK.

    Parameters
    ----------
    studied : Studied

    Returns
    -------
    str
    """
    table, known, layout = studied.table, studied.recognized, studied.layout
    lines = [
        f"# outcomes layout for input-{table.number} (sha256 {table.sha256}). Edit the lines marked "
        "ASK, then load again with this layout.",
        _line(
            "kind",
            known.kind or layout.kind or "wide-items",
            ask=known.kind is None and "which kind of file is this",
        ),
        'applies_to = "file"'.ljust(_WIDTH) + '# "header" serves every export with the same header',
        _line("sha256", table.sha256),
        _line("header_sha256", hash_header(table.header)),
        *([_line("encoding", layout.encoding)] if layout.encoding else []),
        *([_line("delimiter", layout.delimiter)] if layout.delimiter else []),
        *([_line("sheet", layout.sheet)] if layout.sheet is not None else []),
        _limited(studied),
        "",
        *_columns(studied),
    ]
    plans = {plan.instrument.id: plan for plan in known.plans}
    doubtful = [
        id
        for id in list_instruments()
        if any(problem.message.startswith(f"{id}:") for problem in studied.questions)
    ]
    for id in list_instruments():
        if id in plans or id in doubtful:
            lines += ["", *_instrument(studied, id, plans.get(id))]
    rule = _line("same_day_repeat", layout.rules.same_day_repeat)
    return "\n".join([*lines, "", "[rules]", rule.ljust(_WIDTH) + "# refuse, first or last", ""])


def _limited(studied: Studied) -> str:
    ask = "true only if this is a limited data set with calendar dates" if _asks(studied, "E104") else ""
    return _line("limited_data_set", bool(studied.layout.limited_data_set), ask=ask)


def _columns(studied: Studied) -> list[str]:
    table, known, columns = studied.table, studied.recognized, studied.layout.columns
    lines = ["[columns]"]
    if "patient_id" in known.roles:
        ask = "several columns may be the patient" if _asks(studied, "E226") else ""
        lines.append(_line("patient_id", name_column(table, known.roles["patient_id"]), ask=ask))
    else:
        no_column = _asks(studied, "E226")
        lines.append(
            _line(
                "patient_id",
                "row",
                ask=no_column and 'name the column, or keep "row" if every row is another person',
            )
        )
    for role in (
        "site",
        "visit",
        "time",
        "timing",
        "instrument",
        "item",
        "value",
        "total",
        "day",
        "day_zero",
    ):
        if role in known.roles:
            lines.append(_line(role, name_column(table, known.roles[role])))
    if "date" in known.roles:
        ask = "several columns may be the date" if _asks(studied, "E249") else ""
        lines.append(_line("date", name_column(table, known.roles["date"]), ask=ask))
    formats = list(columns.date_formats)
    if formats or _asks(studied, "E241", "E242", "E243"):
        lines.append(
            _line(
                "date_format",
                formats or ["%Y-%m-%d"],
                ask="" if formats else "the format of the dates, such as %d/%m/%Y",
            )
        )
    if columns.time_zone or _asks(studied, "E245"):
        lines.append(
            _line(
                "time_zone",
                columns.time_zone or "UTC",
                ask="" if columns.time_zone else "such as America/New_York",
            )
        )
    if columns.occasion:
        lines.append(_line("occasion", columns.occasion))
    if columns.visit_day:
        pairs = ", ".join(f"{json.dumps(label)} = {day}" for label, day in columns.visit_day.items())
        lines.append(f"visit_day = {{ {pairs} }}")
    if _asks(studied, "E247"):
        lines.append(
            '# occasion = "single"'.ljust(_WIDTH) + "# ASK no date or day: each patient answers once, or"
        )
        lines.append(
            "# visit_day = { pre = 0 }".ljust(_WIDTH)
            + "# ASK the study day of each visit label, or a date column"
        )
    unread = ", ".join(str(position + 1) for position in known.unread)
    comment = f"# not in the dictionary and never read: columns {unread}" if unread else ""
    return [*lines, ('other_columns = "drop"'.ljust(_WIDTH) + comment).rstrip()]


def _instrument(studied: Studied, id: str, plan: QuestionnairePlan | None) -> list[str]:
    table, declared = studied.table, instrument_layout(studied.layout, id)
    lines = [f"[{id}]"]
    if plan is None:
        question = next(
            problem.message for problem in studied.questions if problem.message.startswith(f"{id}:")
        )
        return [*lines, f"# ASK {question}", "# items = []", '# recorded_total = ""']
    if plan.items:
        lines.append(
            _line("items", [name_column(table, position, plan.instrument) for position in plan.items])
        )
        open_coding = any(
            p.code in ("E253", "E251") and "coding" in p.message and id in p.message
            for p in studied.questions
        )
        if declared.coding or open_coding:
            first, second = codings(id)
            lines.append(
                _line("coding", declared.coding or first, ask=open_coding and f'"{first}" or "{second}"')
            )
    if plan.total is not None:
        differs = any(
            p.code == "E251" and "recorded totals" in p.message and id in p.message for p in studied.questions
        )
        lines.append(
            _line(
                "recorded_total",
                name_column(table, plan.total, plan.instrument),
                ask=differs and 'differs from the items: "ignore" scores from the items',
            )
        )
    elif declared.recorded_total == "ignore":
        lines.append(_line("recorded_total", "ignore"))
    extra = {str(name_column(table, position, plan.instrument)): "ignore" for position in plan.extra} | dict(
        declared.extra
    )
    if plan.difficulty is not None:
        extra.setdefault(str(name_column(table, plan.difficulty, plan.instrument)), "difficulty")
    if extra:
        pairs = ", ".join(f"{json.dumps(name)} = {json.dumps(use)}" for name, use in extra.items())
        lines.append(f"extra = {{ {pairs} }}".ljust(_WIDTH) + '# never an item; "difficulty" or "ignore"')
    unknown = any(p.code == "E256" and p.message.startswith(id) for p in studied.questions)
    pairs = ", ".join(
        f"{json.dumps(label, ensure_ascii=False)} = {score}" for label, score in declared.labels.items()
    )
    lines.append(
        f"labels = {{ {pairs} }}".ljust(_WIDTH)
        + ("# ASK the score of each further answer label" if unknown else "")
    )
    lines.append(_line("missing_codes", list(declared.missing_codes)))
    return [line.rstrip() for line in lines]


def _line(key: str, value: object, *, ask: str | bool = "") -> str:
    text = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return f"{text.ljust(_WIDTH)}# ASK {ask}" if ask else text


def _asks(studied: Studied, *codes: str) -> bool:
    return any(problem.code in codes for problem in studied.questions)
