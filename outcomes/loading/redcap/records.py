"""REDCap records: the forms that columns belong to, and the rows that hold none of our questionnaires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Codebook, Field, match_fields
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.redcap.events import EVENT_COLUMNS, Event, name_events
from outcomes.loading.redcap.labels import STATUS, is_label_header, match_labels
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import ROLES
from outcomes.privacy.identifiers import explain_identifier, normalize_header

_DONE = ("2", "Complete")


def is_redcap(table: Table) -> bool:
    """True if the header has REDCap's event columns, or a <form>_complete column beside a first id column."""
    names = [normalize_header(text) for text in table.header]
    return (
        any(name in names for name in EVENT_COLUMNS)
        or is_label_header(table.header)
        or (
            bool(names)
            and names[0] in ROLES["patient_id"]
            and any(name.endswith("_complete") for name in names)
        )
    )


def find_fields(table: Table, dictionary: Codebook | None) -> dict[int, Field]:
    """What the file and its data dictionary say of each column, by position."""
    matched = (
        match_labels(table.header, dictionary)
        if is_label_header(table.header)
        else match_fields(table.header, dictionary)
    )
    return {**table.codebook, **matched}


def find_record_id(table: Table, fields: Mapping[int, Field], dictionary: Codebook | None) -> int | None:
    """The column of the record id: the dictionary's first field, or the first column of a project XML."""
    if table.format == "redcap":
        return 0
    first = next(iter(dictionary.fields), None) if dictionary else None
    return next((position for position, one in fields.items() if one.name == first), None)


def find_flagged(table: Table, fields: Mapping[int, Field], record_id: int | None) -> list[Problem]:
    """Refuse filled columns that the codebook flags as identifiers; only the record id may be one."""
    return [
        table.problem(
            "E101", explain_identifier("E101", "an identifier, as the data dictionary says"), column=position
        )
        for position, one in fields.items()
        if one.identifier and position != record_id and table.filled[position]
    ]


def find_event_column(table: Table) -> int | None:
    """The column of the event, in raw and in label exports; None where it is blank or not there."""
    names = [normalize_header(text) for text in table.header]
    places = [names.index(name) for name in ("redcap_event_name", "event_name") if name in names]
    return next((position for position in places if table.filled[position]), None)


def unify_events(table: Table, events: tuple[Event, ...]) -> tuple[Table, list[Problem]]:
    """Write each event by its unique name; rows with an event it lacks are a question (E248)."""
    position = find_event_column(table)
    if position is None or not events:
        return table, []
    named = name_events(table.cells[position], events)
    if lost := int(named.isna().sum()):
        message = (
            f"every event must be one of the {len(events)} in the events file; {lost} rows hold another. "
            "Export the events file again, together with the records."
        )
        return table, [table.problem("E248", message, column=position)]
    return table.with_cells({position: named}), []


def find_forms(table: Table, fields: Mapping[int, Field]) -> dict[int, str]:
    """Give the form of each column: from the codebook, else the columns up to each form's status column."""
    known = {position: normalize_header(one.form) for position, one in fields.items() if one.form}
    forms: dict[int, str] = {}
    begun: list[int] = []
    for position in range(len(table.header)):
        begun.append(position)
        if _is_status(table.header[position]):
            form = normalize_header(table.header[position]).removesuffix("_complete")
            if table.header[position] == STATUS:  # a label says nothing of the form's name
                own = [known[place] for place in begun if place in known]
                form = own[-1] if own else f"form_{position}"
            forms |= dict.fromkeys(begun, form)
            begun = []
    return forms | known


def find_other_forms(
    table: Table,
    plans: tuple[QuestionnairePlan, ...],
    dates: Iterable[int],
    fields: Mapping[int, Field],
) -> pd.Series:
    """Give rows of other forms the reason other_instrument: blank cells of a form are no missing answers.

    Parameters
    ----------
    table : Table
    plans : tuple of QuestionnairePlan
    dates : positions of the dates of their forms
    fields : what the codebook says of the columns, by position

    Returns
    -------
    Series of string; missing where the row may hold one of our questionnaires

    Notes
    -----
    A row belongs to another form if its redcap_repeat_instrument names one, or if no cell of our forms is
    filled (a form marked complete, code 2, was filled in).
    """
    forms = find_forms(table, fields)
    names = {normalize_header(text): position for position, text in enumerate(table.header)}
    ours = {forms.get(part.columns[0], "") for plan in plans for part in plan.parts}
    columns = {p for plan in plans for p in plan.columns}
    columns |= {
        p for p in dates if normalize_header(table.header[p]).endswith("timestamp") or forms.get(p) in ours
    }
    touched = (table.cells[sorted(columns)] != "").any(axis=1)
    for position, text in enumerate(table.header):
        if _is_status(text) and forms.get(position) in ours:
            touched |= table.cells[position].isin(_DONE)
    other = ~touched
    if "redcap_repeat_instrument" in names:
        named = table.cells[names["redcap_repeat_instrument"]].map(normalize_header)
        other |= named.ne("") & ~named.isin(ours)
    return pd.Series(pd.NA, index=table.index, dtype="string").mask(other, "other_instrument")


def _is_status(text: str) -> bool:
    return text == STATUS or normalize_header(text).endswith("_complete")
