"""Which columns say who and when: declared by the layout, else known by their headers."""

from __future__ import annotations

from collections.abc import Mapping

from outcomes.errors import DefinitionError, Problem
from outcomes.loading.columns import FoundRoles
from outcomes.loading.layouts.layout import Layout, find_column, instrument_layout, named_instruments
from outcomes.loading.occasion import holds_clock_times
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import (
    INFUSION,
    NEVER_PATIENT,
    OTHER_REFERENCE,
    PATIENT,
    ROLES,
    names_other_event,
)
from outcomes.privacy.identifiers import find_identifier_header, normalize_header

_ROLE_KEYS = (*ROLES, "day_zero")
"""The keys under [columns] that name a column of a questionnaire file."""


def read_declared_roles(table: Table, layout: Layout) -> dict[str, int]:
    """Positions of the columns that the layout names under [columns], or else the format."""
    roles, problems = _roles_of_format(table, layout), []
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
        for key, columns in instrument_layout(layout, id).columns.items():
            if any(find_column(ref, table.header) is None for ref in columns):
                problems.append(_no_such_column(table, f"{id}.{key}"))
    if {"date", "day"} <= set(roles) and "day_zero" not in roles:
        message = (
            "columns.date and columns.day both say when, which may differ. Name one; or day_zero too, and of "
            "both the one that is filled counts."
        )
        problems.append(Problem("E603", f"layout of {table.where()}", message))
    if problems:
        raise DefinitionError(problems)
    return roles


def _roles_of_format(table: Table, layout: Layout) -> dict[str, int]:
    """The roles that the format gives, but for what the layout says in another way."""
    columns = layout.columns
    settled = {"patient_id"} if columns.patient_id is not None else set()
    if columns.occasion or columns.visit_day or columns.day is not None or columns.date is not None:
        settled |= {"date", "day"}
    return {role: p for role, p in table.roles.items() if p is not None and role not in settled}


def _no_such_column(table: Table, key: str) -> Problem:
    message = (
        f"{key} must name a column of the file, by header or position; the file has no such column. Correct "
        "it."
    )
    return Problem("E603", f"layout of {table.where()}", message)


def assign_roles(
    table: Table, names: Mapping[int, str], layout: Layout, declared: Mapping[str, int], form_dates: bool
) -> FoundRoles:
    """Give the roles of the remaining columns; several columns for one role are a question."""
    roles, problems = dict(declared), []
    several: dict[str, tuple[int, ...]] = {}
    single = layout.columns.occasion == "single"
    dated = form_dates or bool({"date", "day"} & set(declared)) or single or bool(layout.columns.visit_day)
    # FHIR names its columns itself, so that blank ones have their roles too.
    used = {p for p in names if table.filled[p] or not len(table.index) or table.format == "fhir"}
    for role, words in ROLES.items():
        if role in declared or role in table.roles or (role in ("date", "day") and dated):
            continue
        if role == "patient_id" and layout.columns.patient_id == "row":
            continue
        places = [
            p
            for p, name in names.items()
            if p in used and _has_role(role, name, words) and p not in roles.values()
        ]
        if role == "time" and places and not holds_clock_times(table.cells[places[0]]):
            places = []
        if role == "date":
            places = _prefer_assessments(places, names, has_day=any(names[p] in ROLES["day"] for p in used))
        if not places:
            continue
        listed = ", ".join(str(place + 1) for place in places)
        if len(places) > 1 and role == "date":
            message = (
                f"one date column is needed; columns {listed} all look like dates. Name one as date under "
                "[columns] in the layout."
            )
            problems.append(table.problem("E249", message, column=places[0]))
        elif role == "date" and names_other_event(names[places[0]]):
            message = (
                f"the date of the questionnaire is needed; column {listed} is the only date, and its name "
                "speaks of another event. If it is the right one, name it as date under [columns] in the "
                "layout."
            )
            problems.append(table.problem("E249", message, column=places[0]))
            several[role] = tuple(places)
        elif len(places) > 1 and role == "patient_id":
            message = (
                f"one patient column is needed; columns {listed} all look like one. Name it as patient_id "
                "under [columns]."
            )
            problems.append(table.problem("E226", message, column=places[0]))
        ordered = sorted(
            places, key=lambda p: (words.index(names[p]) if names[p] in words else len(words), p)
        )
        if len(places) > 1 and role in ("date", "patient_id"):
            several[role] = tuple(places)
        roles[role] = ordered[0]
    if "visit" not in roles and "time" not in roles:  # a column named time without clock times is a visit
        later = [p for p, name in names.items() if name == "time" and table.filled[p]]
        roles |= {"visit": later[0]} if later else {}
    if {"date", "day"} <= set(roles) and not {"date", "day", "day_zero"} & set(declared):
        message = (
            "one column must say when; there is a date column and a day column. Name one of them under "
            "[columns] in the layout."
        )
        problems.append(table.problem("E249", message, column=roles["date"]))
        several |= {"day": (roles["day"],)}
        several.setdefault("date", (roles["date"],))
    return FoundRoles(roles, several, tuple(problems))


def _prefer_assessments(places: list[int], names: Mapping[int, str], *, has_day: bool) -> list[int]:
    """The dates whose names do not speak of another event; the others only where nothing else says when."""
    own = [p for p in places if not names_other_event(names[p])]
    return own if own or has_day else places


def _has_role(role: str, name: str, words: tuple[str, ...]) -> bool:
    if role == "patient_id" and name in NEVER_PATIENT:
        return False
    if name in words:
        return True
    if role != "date" or name in INFUSION or name in PATIENT or find_identifier_header(name):
        return False
    return name.endswith(
        ("_date", "_timestamp", "_created_at", "_completed_at", "_submitted_at")
    ) and not name.startswith(("observed", "admission"))


def ask_missing_roles(
    table: Table,
    roles: Mapping[str, int],
    layout: Layout,
    plans: tuple[QuestionnairePlan, ...],
    form_dates: bool,
) -> list[Problem]:
    """Ask for patient and occasion where no column gives them."""
    problems = []
    if "patient_id" not in roles and layout.columns.patient_id != "row":
        message = (
            "a patient column is needed; none was recognized. Name it as patient_id in the layout, or say "
            '"row" if every row is another person.'
        )
        problems.append(table.problem("E226", message))
    has_dates = form_dates or (
        all(
            plan.has_own_time or instrument_layout(layout, plan.instrument.id).date is not None
            for plan in plans
        )
        and bool(plans)
    )
    if (
        not {"date", "day"} & set(roles)
        and not has_dates
        and layout.columns.occasion is None
        and not layout.columns.visit_day
    ):
        message = (
            "a date or day column is needed; none was recognized. Name it in the layout, or give visit_day, "
            'or say occasion = "single".'
        )
        problems.append(table.problem("E247", message))
    day = normalize_header(table.header[roles["day"]]) if "day" in roles else ""
    if day in OTHER_REFERENCE and "day_zero" not in roles:
        message = (
            "days must count from the first infusion; this column counts from something else. Name the date "
            "it counts from as day_zero."
        )
        problems.append(table.problem("E247", message, column=roles["day"]))
    if layout.columns.visit_day and "visit" not in roles:
        message = (
            "visit_day needs the column of the visit labels. Name it as visit under [columns] in the layout."
        )
        problems.append(table.problem("E247", message))
    return problems
