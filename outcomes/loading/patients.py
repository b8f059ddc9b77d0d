"""Patient files: one row per patient with what is known apart from questionnaires and infusions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import (
    check_values,
    column_or_missing,
    find_identified_columns,
    find_roles,
    note_unread,
    read_sites,
)
from outcomes.loading.dates import ask_orders, parse_dates, parse_days
from outcomes.loading.extract import Extract, first_fault, name_flagged
from outcomes.loading.ids import read_ids
from outcomes.loading.numbers import find_missing, parse_whole
from outcomes.loading.periods import read_periods
from outcomes.loading.rows import judge_rows, make_rows
from outcomes.loading.source import raise_problems
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import PATIENT_ROLES
from outcomes.privacy.identifiers import OLDEST
from outcomes.schema import PATIENTS

_DATES = ("observed_from", "observed_until", "admission_date")
_LABELS = ("site", "sex", "diagnosis", "period")


def read_patients(
    table: Table,
    *,
    limited_data_set: bool,
    site: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_formats: tuple[str, ...] = (),
    time_zone: str = "",
    dropped: Collection[int] = (),
) -> Extract:
    """Read the patients of one table.

    Parameters
    ----------
    table : Table
    limited_data_set : bool, whether the folder declares that it holds calendar dates
    site : str or None, the site of the whole file
    columns : role (a key of PATIENT_ROLES) to header, as a layout declares it
    date_formats, time_zone : as in parse_dates
    dropped : positions of the columns that a layout drops

    Returns
    -------
    Extract with a frame of the columns of PATIENTS, one row per used row; a patient stands in it once

    Raises
    ------
    DataError
        All questions of the file at once: E226 no patient, E241-E245 dates, E249, E250 columns and
        periods, E261 labels.
    PrivacyError
        E101-E105 where a column or value identifies a person; an age over 89 is E105.

    Notes
    -----
    A row that repeats another one in full is a duplicate, the first is kept. Rows of one patient that differ
    are conflicting_duplicate, all of them: nothing says which is right. A blank cell is missing; a cell that
    is no date excludes its row (bad_date), and so does an observed_from after observed_until
    (date_out_of_range); a cell that is no age is a missing age, counted in the notes.
    """
    found = find_roles(table, PATIENT_ROLES, columns=columns, dropped=dropped)
    identified = find_identified_columns(table, dropped=dropped)
    roles = found.roles
    problems = [*identified.problems, *found.problems]
    if "patient_id" not in roles:
        message = (
            "a patient column is needed; none is named like one. Name it under [columns] patient_id in a "
            "layout."
        )
        problems.append(table.problem("E226", message))
    if identified.problems or "patient_id" not in roles:
        raise_problems(problems)
    shape = _judge_shape(table, roles)
    ids, id_problems, id_notes = read_ids(table, roles["patient_id"])
    sites, site_problems = read_sites(table, roles.get("site"), site)
    problems += [*id_problems, *site_problems, *_check_cells(table, roles)]
    read, faults, date_problems, date_notes = _read_dates(
        table,
        roles,
        live=shape.isna(),
        limited_data_set=limited_data_set,
        formats=tuple(date_formats),
        time_zone=time_zone,
    )
    periods, period_problems, period_notes = read_periods(table, roles.get("period"), shape.isna())
    raise_problems([*problems, *date_problems, *period_problems])

    frame = _build_frame(table, roles, ids=ids, sites=sites, dates=read).assign(period=periods)
    turned = (frame["observed_from"] > frame["observed_until"]).fillna(False)
    faults.append((roles.get("observed_until"), name_flagged(turned, "date_out_of_range")))
    faults = [(None, shape), (roles["patient_id"], name_flagged(ids.isna(), "missing_id")), *faults]
    good = frame[first_fault(frame.index, faults)[0].isna()]
    faults.append((None, _find_repeats(good).reindex(frame.index)))
    reason, column = first_fault(frame.index, faults)
    nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
    rows = make_rows(
        table, "patients", reason=reason, column=column, left_out=nothing, assessment_row=nothing
    )

    used = reason.isna()
    said = [
        *id_notes,
        *date_notes,
        *period_notes,
        *_note_ages(table, roles, frame, used),
        *note_unread(table, roles.values()),
    ]
    return Extract(
        "patients", frame[used].reset_index(drop=True), rows, (*table.notes, *identified.notes, *said)
    )


def _judge_shape(table: Table, roles: dict[str, int]) -> pd.Series:
    """blank_row, row_length and summary_row; a row with a date but no id is no summary."""
    shape = judge_rows(
        table, id_column=roles["patient_id"], when_columns=[], score_columns=list(roles.values())
    )
    timing = [roles[role] for role in (*_DATES, "observed_until_day") if role in roles]
    dated = (table.cells[timing] != "").any(axis=1)
    return shape.mask(shape.eq("summary_row") & dated & table.cells[roles["patient_id"]].eq(""))


def _check_cells(table: Table, roles: dict[str, int]) -> list[Problem]:
    kinds = {
        **dict.fromkeys(_LABELS, "label"),
        "age": "age",
        "observed_until_day": "number",
        **dict.fromkeys(_DATES, "date"),
    }
    return [
        problem
        for role, kind in kinds.items()
        if role in roles
        for problem in check_values(table, roles[role], kind=kind)
    ]


def _read_dates(
    table: Table,
    roles: dict[str, int],
    *,
    live: pd.Series,
    limited_data_set: bool,
    formats: tuple[str, ...],
    time_zone: str,
) -> tuple[dict[str, pd.Series], list[tuple[int | None, pd.Series]], list[Problem], list[str]]:
    """Each date column, in which blanks are allowed, with faults, problems and notes."""
    read, problems, notes, orders = {}, list[Problem](), list[str](), dict[int, str]()
    faults: list[tuple[int | None, pd.Series]] = []
    for role in _DATES:
        if role not in roles:
            continue
        at = roles[role]
        dates = parse_dates(
            table.cells[at].where(live, ""),
            limited_data_set=limited_data_set,
            formats=formats,
            date_typed=at in table.date_typed,
            time_zone=time_zone,
        )
        read[role] = dates.date
        faults.append((at, dates.fault))
        problems += [table.problem(code, message, column=at) for code, message in dates.problems]
        notes += [f"{table.where(column=at)}: {note}" for note in dates.notes]
        orders |= {at: dates.order} if dates.order else {}
    problems += ask_orders(table, orders)
    if "observed_until_day" in roles:
        days = parse_days(table.cells[roles["observed_until_day"]].where(live, ""))
        read["observed_until_day"] = days.value
        faults.append((roles["observed_until_day"], days.fault))
    return read, faults, problems, notes


def _build_frame(
    table: Table, roles: dict[str, int], *, ids: pd.Series, sites: pd.Series, dates: dict[str, pd.Series]
) -> pd.DataFrame:
    labels = {role: column_or_missing(table, roles.get(role)) for role in ("sex", "diagnosis")}
    columns = {
        "patient_id": ids,
        "site": sites,
        **{role: cells.mask(find_missing(cells)) for role, cells in labels.items()},
        "age": parse_whole(column_or_missing(table, roles.get("age")), low=0, high=OLDEST).value,
        **dates,
    }
    frame = pd.DataFrame(columns, index=table.index)
    dtypes = {column.name: column.dtype for column in PATIENTS.required_columns}
    return frame.reindex(columns=list(dtypes)).astype(dtypes)


def _find_repeats(frame: pd.DataFrame) -> pd.Series:
    """Name later copies of a row duplicate, and all rows of a patient that differ conflicting_duplicate."""
    key = ["site", "patient_id"]
    copies = frame.duplicated()
    distinct = frame[~copies]
    torn = distinct[distinct.duplicated(key, keep=False)][key].drop_duplicates()
    conflicting = (
        frame[key]
        .merge(torn, on=key, how="left", indicator=True, validate="many_to_one")["_merge"]
        .eq("both")
    )
    return name_flagged(copies, "duplicate").mask(conflicting.to_numpy(dtype=bool), "conflicting_duplicate")


def _note_ages(table: Table, roles: dict[str, int], frame: pd.DataFrame, used: pd.Series) -> list[str]:
    if "age" not in roles:
        return []
    unread = int((used & frame["age"].isna() & ~find_missing(table.cells[roles["age"]])).sum())
    return [f"age_unknown: {unread} rows, column {roles['age'] + 1}; the age is missing"] if unread else []
