"""REDCap record exports: forms, the data dictionary, and dates that stand in the questionnaire's own form."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Codebook, Field
from outcomes.loading.numbers import find_missing
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import ROLES
from outcomes.privacy.identifiers import explain_identifier, normalize_header

_EVENT_COLUMNS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")


def is_redcap(table: Table) -> bool:
    """True if the header has REDCap's event columns, or a <form>_complete column beside a first id column."""
    names = [normalize_header(text) for text in table.header]
    return any(name in names for name in _EVENT_COLUMNS) or (
        bool(names) and names[0] in ROLES["patient_id"] and any(name.endswith("_complete") for name in names)
    )


def find_flagged(table: Table, fields: Mapping[int, Field], dictionary: Codebook | None) -> list[Problem]:
    """Refuse filled columns that the dictionary flags as identifiers; only the record id may be one."""
    record_id = next(iter(dictionary.fields), "") if dictionary else ""
    return [
        table.problem(
            "E101", explain_identifier("E101", "an identifier, as the data dictionary says"), column=position
        )
        for position, one in fields.items()
        if one.identifier and one.name != record_id and table.filled[position]
    ]


def find_forms(table: Table, fields: Mapping[int, Field]) -> dict[int, str]:
    """Give the form of each column: from the dictionary, else the columns up to each <form>_complete."""
    names = [normalize_header(text) for text in table.header]
    forms: dict[int, str] = {}
    begun: list[int] = []
    for position, name in enumerate(names):
        begun.append(position)
        if name.endswith("_complete"):
            forms |= dict.fromkeys(begun, name.removesuffix("_complete"))
            begun = []
    return forms | {position: normalize_header(one.form) for position, one in fields.items()}


def find_form_dates(
    table: Table, plans: tuple[QuestionnairePlan, ...], fields: Mapping[int, Field]
) -> tuple[dict[str, int], list[Problem], list[str]]:
    """Give each instrument the date of its own form: the survey's time stamp, else the only date field.

    Returns
    -------
    positions by instrument id, problems (E247 none, E249 several), and notes on what was chosen
    """
    forms = find_forms(table, fields)
    names = {position: normalize_header(text) for position, text in enumerate(table.header)}
    dates, problems, notes = {}, [], []
    for plan in plans:
        id, first = plan.instrument.id, plan.columns[0]
        form = forms.get(first, "")
        stamps = [
            p
            for p, name in names.items()
            if name == f"{form}_timestamp" and not find_missing(table.cells[p]).all()
        ]
        own = [
            p
            for p, of in forms.items()
            if of == form and p not in stamps and _is_date(names[p], fields.get(p)) and table.filled[p]
        ]
        chosen = stamps or own
        if len(chosen) == 1:
            dates[id] = chosen[0]
            notes.append(f"{id}: column {chosen[0] + 1} is the date, since it stands in the same form")
        elif chosen:
            listed = ", ".join(str(p + 1) for p in chosen)
            message = (
                f"{id}: one date column is needed; columns {listed} of its form are dates. Name one as "
                f"{id}.date in the layout."
            )
            problems.append(table.problem("E249", message, column=chosen[0]))
        else:
            message = (
                f"{id}: a date is needed; its form has none. Name one as {id}.date, or day and day_zero "
                "under [columns], in the layout."
            )
            problems.append(table.problem("E247", message, column=first))
    return dates, problems, notes


def find_other_forms(
    table: Table, plans: tuple[QuestionnairePlan, ...], dates: Mapping[str, int], fields: Mapping[int, Field]
) -> pd.Series:
    """Give rows of other forms the reason other_instrument: blank cells of a form are no missing answers.

    A row belongs to another form if its redcap_repeat_instrument names one, or if no cell of our forms is
    filled (a form marked complete, code 2, was filled in).
    """
    forms = find_forms(table, fields)
    names = {normalize_header(text): position for position, text in enumerate(table.header)}
    ours = {forms.get(plan.columns[0], "") for plan in plans}
    columns = {p for plan in plans for p in plan.columns}
    columns |= {
        p
        for p in dates.values()
        if re.search("timestamp$", normalize_header(table.header[p])) or forms.get(p) in ours
    }
    touched = (table.cells[sorted(columns)] != "").any(axis=1)
    for form in ours:
        if f"{form}_complete" in names:
            touched |= table.cells[names[f"{form}_complete"]].isin(["2", "Complete"])
    other = ~touched
    if "redcap_repeat_instrument" in names:
        named = table.cells[names["redcap_repeat_instrument"]].map(normalize_header)
        other |= named.ne("") & ~named.isin(ours)
    return pd.Series(pd.NA, index=table.cells.index, dtype="string").mask(other, "other_instrument")


def _is_date(name: str, one: Field | None) -> bool:
    if one is not None:
        return one.validation.startswith(("date", "datetime"))
    return name in ROLES["date"] or name.endswith("_date")
