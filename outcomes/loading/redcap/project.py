"""REDCap's project XML as a table: one row per saved form, with the project's own codebook and events."""

from __future__ import annotations

import re

import pandas as pd

from outcomes.errors import LedgerError, Problem
from outcomes.loading.redcap.events import EVENT_COLUMNS
from outcomes.loading.redcap.odm import Project, read_odm
from outcomes.loading.sizes import MAX_COLUMNS, MAX_SHEET_CELLS
from outcomes.loading.source import Source
from outcomes.loading.tables import Table

_GROUP = "redcap_data_access_group"
_NO_MARKUP = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_FORM_DATA = re.compile(rb"<(?:[\w.-]+:)?FormData[\s/>]")


def read_project(source: Source) -> Table:
    """Read a REDCap project XML as a table.

    Parameters
    ----------
    source : Source, bytes whose root is ODM

    Returns
    -------
    Table with one row per FormData element in the order of the document (its index is the element's number),
    and the columns record id, event, repeating form, instance, then the fields in the order of their
    definition; its codebook and events are those of the project

    Raises
    ------
    DataError
        E202 entities; E206 an ODM file of another system; E213 a value too long; E214 too many; E252 no
        records; E274 malformed.
    LedgerError
        E900 where a plain second count of the FormData elements differs.
    """
    project = read_odm(source)
    record_id = project.settings.get("RecordIdField", "")
    if not record_id:
        source.refuse("E206", "a REDCap project XML is needed; this is ODM of another system. Export CSV.")
    counted = len(_FORM_DATA.findall(_NO_MARKUP.sub(b"", source.data)))
    if counted != len(project.rows):
        message = (
            f"two readers must count the same saved forms; one found {len(project.rows)}, the other "
            f"{counted}. Please report this; nothing was loaded."
        )
        raise LedgerError(Problem("E900", source.where(), message))
    if not project.rows:
        message = "records are needed; this project XML holds none. Export metadata and data together."
        source.refuse("E252", message)
    names = dict.fromkeys([*project.items, *(name for row in project.rows for name in row.fields)])
    fields = [name for name in names if name != record_id and name not in EVENT_COLUMNS]
    header = (record_id, *EVENT_COLUMNS, *fields)
    if len(header) > MAX_COLUMNS or len(header) * len(project.rows) > MAX_SHEET_CELLS:
        message = (
            f"a project of at most {MAX_COLUMNS} fields and {MAX_SHEET_CELLS:,} fields times saved forms is "
            "needed; this one is larger. Export the needed forms as CSV."
        )
        source.refuse("E214", message)
    columns = [
        *_place_rows(project),
        *(_list_values(project, name) for name in fields),
    ]
    index = pd.Index(range(1, len(project.rows) + 1), dtype="int64", name="row")
    cells = pd.DataFrame(dict(enumerate(columns)), index=index, dtype=object)
    order = dict.fromkeys([*project.event_order, *project.events])
    return Table(
        number=source.number,
        sha256=source.sha256,
        kind="odm",
        sheet=0,
        header=header,
        cells=cells,
        row_faults=pd.Series(pd.NA, index=index, dtype="string"),
        date_typed=frozenset(),
        notes=(f"REDCap project XML: {len(project.rows)} saved forms, one row each",),
        n_rows=counted,
        format="redcap",
        codebook={p: project.describe(name) for p, name in enumerate(header) if name not in EVENT_COLUMNS},
        events=tuple(project.events[oid] for oid in order if oid in project.events),
    )


def _place_rows(project: Project) -> list[list[str]]:
    """Record, event, repeating form and instance of each row, blank where the project has no several."""
    rows, several = project.rows, len(project.events) > 1
    declared = {(event if several else "", form) for event, form in project.repeating}
    forms = declared | {(row.event, row.form) for row in rows if row.form_repeat != "1"}
    events = declared | {(row.event, "") for row in rows if row.event_repeat != "1"}
    repeats = [(row.event, row.form) in forms or ("", row.form) in forms for row in rows]
    return [
        [row.record for row in rows],
        [row.event if several else "" for row in rows],
        [row.form if is_repeat else "" for row, is_repeat in zip(rows, repeats, strict=True)],
        [
            row.form_repeat if is_repeat else row.event_repeat if (row.event, "") in events else ""
            for row, is_repeat in zip(rows, repeats, strict=True)
        ],
    ]


def _list_values(project: Project, name: str) -> list[str]:
    """A field of each row; the data access group stands in one form, and belongs to the whole record."""
    values = [row.fields.get(name, "") for row in project.rows]
    if name != _GROUP:
        return values
    groups: dict[str, set[str]] = {}
    for row, group in zip(project.rows, values, strict=True):
        groups.setdefault(row.record, set()).update({group} - {""})
    return [
        next(iter(groups[row.record])) if len(groups[row.record]) == 1 else group
        for row, group in zip(project.rows, values, strict=True)
    ]
