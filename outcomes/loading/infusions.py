"""Infusion records: one row per administration that was given, kept whenever patient and date are good."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
from outcomes.loading.doses import read_dosing
from outcomes.loading.extract import Extract, first_fault, name_flagged
from outcomes.loading.given import plain_words, read_status
from outcomes.loading.ids import read_ids
from outcomes.loading.numbers import find_missing, parse_decimal, parse_whole
from outcomes.loading.occasion import Dating, When, read_when
from outcomes.loading.periods import read_periods
from outcomes.loading.rows import judge_rows, make_rows
from outcomes.loading.safety import note_safety, read_safety
from outcomes.loading.sessions import find_number_conflicts
from outcomes.loading.source import raise_problems
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import DRUGS, INFUSION_ROLES, KETAMINE, PHASES, ROUTES
from outcomes.schema import INFUSIONS

_LABELS = ("site", "drug", "period")
_TEXTS = (
    "route",
    "phase",
    "status",
    "dose",
    "dose_mg",
    "dose_mg_per_kg",
    "weight_kg",
    "duration_min",
    "number",
    "clock",
    "day",
)
_LONGEST_MIN = 24 * 60


def read_infusions(
    table: Table,
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
    """Read the infusions of one table.

    Parameters
    ----------
    table : Table
    limited_data_set : bool, whether the folder declares that it holds calendar dates
    site : str or None, the site of the whole file
    columns : role (a key of INFUSION_ROLES) to header, as a layout declares it
    date_formats, time_zone, latest : as in parse_dates
    dropped : positions of the columns that a layout drops
    status_words : what a layout says of further words of status and dose: "given" or "not given" each

    Returns
    -------
    Extract with a frame of the load_cohort columns of INFUSIONS, one row per used row of the file

    Raises
    ------
    DataError
        All questions of the file at once: E226 no patient, E247 no date or day, E249 several date columns,
        E241-E245 dates, E250 words of a status or a dose that say neither given nor not given, or both,
        or a period that is no quarter or year, or drugs none of which is ketamine or esketamine, E254
        units, E261 labels.
    PrivacyError
        E101-E105 where a column or value identifies a person.

    Notes
    -----
    A blank status means given. A row is excluded when nothing was given, when it names another drug than
    ketamine or esketamine (other_drug; a blank drug is no other), when patient or date is missing or
    bad, when its declared number stands at an earlier date already, or when it repeats patient, date, clock
    and route. Its dose, weight, route and phase are never a reason: what is not beyond doubt is missing, and
    counted in the notes.
    """
    found = find_roles(table, INFUSION_ROLES, columns=columns, dropped=dropped)
    identified = find_identified_columns(table, dropped=dropped)
    roles = found.roles
    problems = [*identified.problems, *found.problems, *_check_needed(table, roles)]
    if identified.problems or "patient_id" not in roles or not {"date", "day"} & set(roles):
        raise_problems(problems)
    shape = _judge_shape(table, roles)
    live = shape.isna()
    ids, id_problems, id_notes = read_ids(table, roles["patient_id"])
    dating = Dating(limited_data_set, latest, tuple(date_formats), time_zone)
    when = read_when(table, _timing_roles(roles), dating=dating, live=live)
    sites, site_problems = read_sites(table, roles.get("site"), site)
    words = status_words or {}
    unmet, stated, status_problems = read_status(table, roles.get("status"), live, words)
    route = _map_words(table, roles.get("route"), ROUTES)
    dosing = read_dosing(table, roles, live=live & ~unmet, route=route, stated=stated, words=words)
    periods, period_problems, period_notes = read_periods(table, roles.get("period"), live)
    problems += [*_check_cells(table, roles, limited_data_set), *id_problems, *when.problems, *site_problems]
    problems += period_problems
    raise_problems([*problems, *status_problems, *dosing.problems])

    frame = _build_frame(table, roles, ids=ids, sites=sites, when=when)
    frame = frame.assign(period=periods, **dosing.columns, **read_safety(table, roles))
    frame = frame.astype({column.name: column.dtype for column in INFUSIONS.required_columns})
    other = _names_other_drug(frame["drug"])
    given = live & ~unmet
    if given.any() and other[given].all():
        raise_problems([_refuse_other(table, roles)])
    faults = [
        (None, shape),
        (roles.get("status"), name_flagged(unmet, "not_administered")),
        (dosing.column, name_flagged(dosing.not_given, "not_administered")),
        (roles.get("drug"), name_flagged(other, "other_drug")),
        (roles["patient_id"], name_flagged(ids.isna(), "missing_id")),
        *when.faults,
    ]
    conflict, gaps = find_number_conflicts(_keep_faultless(frame, faults))
    faults.append((roles.get("number"), conflict.reindex(frame.index)))
    repeated = _keep_faultless(frame, faults).duplicated(
        ["site", "patient_id", "date", "study_day", "clock", "route"]
    )
    faults.append((None, name_flagged(repeated.reindex(frame.index, fill_value=False), "duplicate")))
    reason, column = first_fault(frame.index, faults)
    nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
    rows = make_rows(
        table, "infusions", reason=reason, column=column, left_out=nothing, assessment_row=nothing
    )

    used = reason.isna()
    said = [*id_notes, *when.notes, *_note_words(table, roles, frame[used]), *dosing.note(used), *gaps]
    said += [*note_safety(table, roles, frame[used]), *_note_drugs(reason), *period_notes]
    unread = note_unread(table, [at for role, at in roles.items() if role != "day" or "date" not in roles])
    return Extract(
        "infusions",
        frame[used].reset_index(drop=True),
        rows,
        (*table.notes, *identified.notes, *said, *unread),
    )


def _judge_shape(table: Table, roles: dict[str, int]) -> pd.Series:
    """blank_row, row_length and summary_row; a row without doses is complete all the same."""
    timing = [roles[role] for role in ("date", "day") if role in roles]
    numbers = [
        roles[role]
        for role in ("number", "dose_mg", "dose_mg_per_kg", "dose", "weight_kg", "duration_min")
        if role in roles
    ]
    return judge_rows(
        table, id_column=roles["patient_id"], when_columns=timing, score_columns=[*timing, *numbers]
    )


def _timing_roles(roles: dict[str, int]) -> dict[str, int]:
    """The roles that read_when knows; dates stand before study days."""
    known = {"date": roles.get("date"), "day": roles.get("day"), "time": roles.get("clock")}
    return {
        role: at for role, at in known.items() if at is not None and not (role == "day" and "date" in roles)
    }


def _keep_faultless(frame: pd.DataFrame, faults: Sequence[tuple[int | None, pd.Series]]) -> pd.DataFrame:
    return frame[first_fault(frame.index, faults)[0].isna()]


def _check_needed(table: Table, roles: dict[str, int]) -> list[Problem]:
    problems = []
    if "patient_id" not in roles:
        message = (
            "a patient column is needed; none is named like one. Name it under [columns] patient_id in a "
            "layout."
        )
        problems.append(table.problem("E226", message))
    if not {"date", "day"} & set(roles):
        message = (
            "a date or a study day is needed; no column is named like one. Name it under [columns] date or "
            "day in a layout."
        )
        problems.append(table.problem("E247", message))
    return problems


def _check_cells(table: Table, roles: dict[str, int], limited_data_set: bool) -> list[Problem]:
    kinds = {**dict.fromkeys(_TEXTS, "text"), **dict.fromkeys(_LABELS, "label")}
    kinds["clock"] = "date" if limited_data_set else "text"  # a start time may be a full stamp
    found = [
        problem
        for role, kind in kinds.items()
        if role in roles
        for problem in check_values(table, roles[role], kind=kind)
    ]
    return found


def _build_frame(
    table: Table, roles: dict[str, int], *, ids: pd.Series, sites: pd.Series, when: When
) -> pd.DataFrame:
    drug = column_or_missing(table, roles.get("drug"))
    duration = column_or_missing(table, roles.get("duration_min")).str.replace(
        r" ?min(utes)?$", "", regex=True
    )
    minutes = parse_decimal(duration, low=0, high=_LONGEST_MIN).value
    number = parse_whole(column_or_missing(table, roles.get("number")), low=0).value
    named = (
        plain_words(drug).map(DRUGS).astype("string").fillna(drug.mask(find_missing(drug)).astype("string"))
    )
    columns = {
        "row_uid": table.row_uids,
        "patient_id": ids,
        "site": sites,
        "date": when.date,
        "study_day": when.study_day,
        "clock": when.clock,
        "drug": named,
        "route": _map_words(table, roles.get("route"), ROUTES),
        "dose_mg": pd.NA,
        "weight_kg": pd.NA,
        "dose_mg_per_kg": pd.NA,
        "duration_min": minutes,
        "declared_phase": _map_words(table, roles.get("phase"), PHASES),
        "declared_number": number,
        "period": pd.NA,
    }
    dtypes = {column.name: column.dtype for column in INFUSIONS.required_columns}
    return pd.DataFrame(columns, index=table.index).reindex(columns=list(dtypes)).astype(dtypes)


def _map_words(table: Table, position: int | None, words: Mapping[str, str]) -> pd.Series:
    cells = plain_words(column_or_missing(table, position)).str.replace(".", "", regex=False)
    return cells.map(words).astype("string")


def _note_words(table: Table, roles: dict[str, int], used: pd.DataFrame) -> list[str]:
    """Cells of used rows that say something outside our tables of words and numbers, by count."""
    notes = []
    named = {
        "clock": "clock",
        "route": "route",
        "phase": "declared_phase",
        "duration_min": "duration_min",
        "number": "declared_number",
    }
    rows = table.index[table.row_uids.isin(used["row_uid"])]
    for role, name in named.items():
        if role in roles:
            cells = table.cells.loc[rows, roles[role]]
            unread = int((~find_missing(cells) & used[name].isna()).sum())
            if unread:
                notes.append(f"{role}_unknown: {unread} rows, column {roles[role] + 1}; the value is missing")
    return notes


def _names_other_drug(drug: pd.Series) -> pd.Series:
    """True where the cell names a drug that is neither ketamine nor esketamine; a blank one names none."""
    ours = drug.str.contains(KETAMINE, case=False).fillna(True).astype(bool)
    return drug.notna() & ~ours


def _refuse_other(table: Table, roles: Mapping[str, int]) -> Problem:
    message = (
        "administrations of ketamine or esketamine are needed; every row names another drug. Give the right "
        "file, or write the drug's name out in the export."
    )
    return table.problem("E250", message, column=roles["drug"])


def _note_drugs(reason: pd.Series) -> list[str]:
    """Administrations of other drugs are no infusions, and start no series."""
    count = int(reason.eq("other_drug").fillna(False).sum())
    if not count:
        return []
    return [f"other_drug: {count} rows name neither ketamine nor esketamine; they are no infusions"]
