"""Visits, and diagnoses or circumstances of patients: what quality measures need beside questionnaires."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from outcomes.definitions.conditions import name_condition
from outcomes.errors import Problem
from outcomes.loading.columns import (
    check_values,
    column_or_missing,
    find_identified_columns,
    find_roles,
    note_unread,
    read_sites,
)
from outcomes.loading.extract import Extract, first_fault, name_flagged
from outcomes.loading.given import plain_words, read_status
from outcomes.loading.ids import read_ids
from outcomes.loading.numbers import find_missing
from outcomes.loading.occasion import Dating, When, read_when
from outcomes.loading.rows import judge_rows, make_rows
from outcomes.loading.safety import read_flag
from outcomes.loading.source import raise_problems
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import CONDITION_ROLES, VISIT_ROLES
from outcomes.schema import CONDITIONS, VISITS, Schema

_ROLES: dict[str, dict[str, Collection[str]]] = {"visits": VISIT_ROLES, "conditions": CONDITION_ROLES}
_SCHEMAS: dict[str, Schema] = {"visits": VISITS, "conditions": CONDITIONS}


def read_care(
    table: Table,
    role: str,
    *,
    limited_data_set: bool,
    site: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_formats: tuple[str, ...] = (),
    time_zone: str = "",
    latest: pd.Timestamp | None = None,
    dropped: Collection[int] = (),
    status_words: Mapping[str, str] | None = None,
) -> Extract:
    """Read a file of visits, or one of diagnoses and circumstances.

    Parameters
    ----------
    table : Table
    role : "visits" or "conditions"
    limited_data_set : bool, whether the folder declares that it holds calendar dates
    site : str or None, the site of the whole file
    columns : role to header, as a layout declares it
    date_formats, time_zone, latest : as in parse_dates
    dropped : positions of the columns that a layout drops
    status_words : what a layout says of further words of attendance: "given" (attended) or "not given"

    Returns
    -------
    Extract with a frame of VISITS or CONDITIONS, one row per used row of the file

    Raises
    ------
    DataError
        All questions of the file at once: E226 no patient, E247 no date or day of visits, E250 no condition
        column or words of attendance that say neither, E241-E249 dates, E261 labels.
    PrivacyError
        E101-E105 where a column or value identifies a person.

    Notes
    -----
    A visit that was not attended is `not_administered`. A condition without a date holds from the beginning.
    Its code (ICD-10-CM) or name becomes the word of `definitions/conditions.toml`; a code of no condition
    stands as it is; any other text is never kept, and missing.
    """
    found = find_roles(table, _ROLES[role], columns=columns, dropped=dropped)
    identified = find_identified_columns(table, dropped=dropped)
    roles = found.roles
    problems = [*identified.problems, *found.problems, *_check_needed(table, role, roles)]
    if identified.problems or len(problems) > len(found.problems):
        raise_problems(problems)
    shape = judge_rows(
        table,
        id_column=roles["patient_id"],
        when_columns=[roles[name] for name in ("date", "day") if name in roles],
        score_columns=[at for name, at in roles.items() if name not in ("patient_id", "site")],
    )
    live = shape.isna()
    ids, id_problems, id_notes = read_ids(table, roles["patient_id"])
    when = _read_when(table, roles, live, Dating(limited_data_set, latest, tuple(date_formats), time_zone))
    sites, site_problems = read_sites(table, roles.get("site"), site)
    absent, _, status_problems = read_status(table, roles.get("status"), live, status_words or {})
    labels = [name for name in ("site", "kind") if name in roles]
    cells = [p for name in labels for p in check_values(table, roles[name], kind="label")]
    raise_problems([*problems, *cells, *id_problems, *when.problems, *site_problems, *status_problems])
    frame, notes = _build_frame(table, role, roles, ids=ids, sites=sites, when=when)
    faults = [
        (None, shape),
        (roles.get("status"), name_flagged(absent, "not_administered")),
        (roles["patient_id"], name_flagged(ids.isna(), "missing_id")),
        *((at, reason.mask(when.blank & (role == "conditions"))) for at, reason in when.faults),
    ]
    good = frame[first_fault(frame.index, faults)[0].isna()].drop(columns="row_uid")
    repeated = good.duplicated().reindex(frame.index, fill_value=False)
    faults.append((None, name_flagged(repeated, "duplicate")))
    reason, column = first_fault(frame.index, faults)
    nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
    rows = make_rows(table, role, reason=reason, column=column, left_out=nothing, assessment_row=nothing)
    said = [*table.notes, *identified.notes, *id_notes, *when.notes, *notes]
    unread = note_unread(table, [at for name, at in roles.items() if name != "day" or "date" not in roles])
    return Extract(role, frame[reason.isna()].reset_index(drop=True), rows, (*said, *unread))


def _check_needed(table: Table, role: str, roles: Mapping[str, int]) -> list[Problem]:
    needed = {"patient_id": ("E226", "a patient column")}
    if role == "conditions":
        needed["condition"] = ("E250", "a column of diagnoses or codes")
    elif not {"date", "day"} & set(roles):
        needed["date"] = ("E247", "a date or a study day")
    return [
        table.problem(
            code,
            f"{what} is needed; no column is named like one. Name it under [columns] {name} in a layout.",
        )
        for name, (code, what) in needed.items()
        if name not in roles
    ]


def _read_when(table: Table, roles: Mapping[str, int], live: pd.Series, dating: Dating) -> When:
    """When each row happened; days stand back behind dates, and a file without either has none."""
    timing = {name: roles[name] for name in ("date", "day") if name in roles}
    if "date" in timing:
        timing.pop("day", None)
    if timing:
        return read_when(table, timing, dating=dating, live=live)
    index = table.index
    empty: dict[str, Any] = {
        "date": pd.Series(pd.NaT, index=index, dtype="datetime64[ns]"),
        "study_day": pd.Series(pd.NA, index=index, dtype="Int64"),
        "clock": pd.Series(pd.NA, index=index, dtype="Int64"),
    }
    return When(**empty, blank=pd.Series(True, index=index))


def _build_frame(
    table: Table, role: str, roles: Mapping[str, int], *, ids: pd.Series, sites: pd.Series, when: When
) -> tuple[pd.DataFrame, list[str]]:
    columns: dict[str, Any] = {
        "row_uid": table.row_uids,
        "patient_id": ids,
        "site": sites,
        "date": when.date,
        "study_day": when.study_day,
        "clock": when.clock,
    }
    notes = []
    if role == "visits":
        kind = plain_words(column_or_missing(table, roles.get("kind")))
        columns |= {
            "kind": kind.mask(find_missing(kind)),
            "qualifying": read_flag(table, roles.get("qualifying")),
        }
    else:
        cells = column_or_missing(table, roles["condition"])
        named = cells.map({text: name_condition(text) for text in cells.unique()}).astype("string")
        columns["condition"] = named
        unread = int((named.isna() & ~find_missing(cells)).sum())
        if unread:
            notes = [
                f"condition_unknown: {unread} rows, column {roles['condition'] + 1} hold neither an ICD-10 "
                "code nor a name of outcomes' list; the condition is missing"
            ]
    dtypes = {column.name: column.dtype for column in _SCHEMAS[role].required_columns}
    frame = pd.DataFrame(columns, index=table.index).reindex(columns=list(dtypes)).astype(dtypes)
    return frame, notes
