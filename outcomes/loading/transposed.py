"""Tables whose columns are patients: rows are days or visits, each cell the total of one questionnaire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.columns import find_identified_columns, find_identifying_cells
from outcomes.loading.day_labels import DAY_HEADERS, are_day_labels, has_doubtful_sign, number_label
from outcomes.loading.extract import Extract, first_fault, name_left_out, name_reasons, rank_reasons
from outcomes.loading.ids import read_ids
from outcomes.loading.layouts.layout import Layout, find_dropped, instrument_layout, named_instruments
from outcomes.loading.numbers import parse_whole
from outcomes.loading.occasion import When, read_when
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.recognize import Recognized
from outcomes.loading.roles import ask_missing_roles, read_declared_roles
from outcomes.loading.rows import SUMMARY_WORDS, judge_rows, make_rows
from outcomes.loading.studied import Declared, Studied, make_dating, place_notes
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import ROLES
from outcomes.privacy.identifiers import normalize_header
from outcomes.schema import ITEMS

_SUMMARY_HEADERS = SUMMARY_WORDS | {
    "sd", "std", "stdev", "std_dev", "standard_deviation", "se", "sem", "standard_error", "median", "min",
    "max", "minimum", "maximum", "mean_sd", "average_sd", "group_mean", "grand_mean", "grand_total",
}  # fmt: skip
"""Headers of columns that sum up the others: hardly the id of a patient."""

_WHEN = ("date", "day", "day_zero", "visit")
"""The roles of a table whose columns are patients."""


def study_transposed(table: Table, layout: Layout, declared: Declared) -> Studied:
    """Recognize and read a table whose columns are patients."""
    known = _recognize(table, layout)
    questions, evidence, extract = [*table.questions, *known.questions], [*known.evidence], None
    if not questions:
        numbered = _number_days(table, known)
        label = known.when_columns[0]  # a row is known by its day, as elsewhere by its patient
        base = judge_rows(numbered, id_column=label, when_columns=(), score_columns=known.patients)
        when = read_when(numbered, known.roles, dating=make_dating(layout, declared), live=base.isna())
        extract, asked, said = _build(numbered, known, base, when, site=declared.site)
        questions, evidence = [*when.problems, *asked], [*evidence, *when.notes, *said]
    notes = tuple(place_notes(table, [*evidence, *table.notes]))
    extract = None if questions or extract is None else replace(extract, notes=notes)
    return Studied(table, layout, known, extract, tuple(dict.fromkeys(questions)), notes)


def _recognize(table: Table, layout: Layout) -> Recognized:
    """Say which column holds the days or visits, which are patients, and what is still open.

    Parameters
    ----------
    table : Table
    layout : Layout with orientation = "patients-in-columns"

    Returns
    -------
    Recognized; its patients are all columns but the one that says when and those that the layout drops
    """
    if layout.kind not in (None, "wide-totals"):
        message = (
            'kind must be "wide-totals" where patients are columns; the layout says another. Correct it.'
        )
        raise DefinitionError(Problem("E603", f"layout of {table.where()}", message))
    dropped = find_dropped(layout, table.header)
    identified = find_identified_columns(table, dropped=dropped)
    roles = read_declared_roles(table, layout)
    if others := sorted(set(roles) - set(_WHEN)):
        message = (
            f"columns.{others[0]} does not go with patients in columns, where a row holds many patients. "
            "Delete it, and leave its column out by drop."
        )
        raise DefinitionError(Problem("E603", f"layout of {table.where()}", message))
    tables = [instrument_layout(layout, id).columns for id in named_instruments(layout)]
    if any(one[key] for one in tables for key in ("items", "recorded_total", "visits")):
        message = (
            "where patients are columns each cell is a total, so that an instrument table names no columns. "
            "Delete items, recorded_total and visits."
        )
        raise DefinitionError(Problem("E603", f"layout of {table.where()}", message))
    if not {"date", "day", "visit"} & set(roles):
        roles[_role_of(table, layout)] = 0
    filled = {position for position in range(len(table.header)) if table.filled[position]}
    patients = [
        position
        for position, text in enumerate(table.header)
        if (text or position in filled) and position not in {*roles.values(), *dropped}
    ]
    named = named_instruments(layout)
    plans = tuple(
        QuestionnairePlan(get_instrument(id), layout=instrument_layout(layout, id)) for id in named[:1]
    )
    questions = [
        *identified.problems,
        *(
            _ask_signs(table, roles, layout)
            or ask_missing_roles(table, {**roles, "patient_id": 0}, layout, plans, False)
        ),
    ]
    summaries = _ask_summaries(table, patients)
    if len(named) != 1:
        message = (
            "the instrument must be named where patients are columns. Add one table for it to the layout, "
            "such as [phq9]."
        )
        questions.append(table.problem("E250", message))
    if not patients:
        message = (
            "the columns must be patients, as the layout says; there is none. Correct orientation, or drop."
        )
        questions.append(table.problem("E226", message))
    return Recognized(
        "wide-totals",
        roles,
        plans,
        evidence=identified.notes,
        questions=(*questions, *summaries.values()),
        droppable={**identified.droppable, **summaries},
        patients=tuple(patients),
    )


def _number_days(table: Table, known: Recognized) -> Table:
    """Give the table with the number of a row label ("Day 7") in place of the label, where it says a day."""
    position = known.roles.get("day")
    if position is None:
        return table
    labels = table.cells[position]
    days = labels.map({label: number_label(label) or label for label in labels.unique()})
    return table.with_cells({position: days})


def _build(
    table: Table, known: Recognized, base: pd.Series, when: When, *, site: str | None
) -> tuple[Extract, list[Problem], list[str]]:
    """Give one questionnaire per filled cell, and each row one ledger line.

    Parameters
    ----------
    table : Table
    known : Recognized, of this table
    base : Series of string, the reason of each row that holds no record; missing for the others
    when : When, for all rows
    site : str or None, the site that the folder declares for the file

    Returns
    -------
    Extract, problems of ids and values that identify a person, and notes

    Notes
    -----
    A row is used if one of its cells is; it then names the first reason for which another was left out. The
    headers are ids, and are held to the rules for ids.
    """
    (plan,) = known.plans
    instrument, patients = plan.instrument, list(known.patients)
    ids, problems, notes = _read_headers(table, patients)
    problems += find_identifying_cells(table, patients, kind="number")
    cells = table.cells[patients]
    read = parse_whole(
        pd.Series(cells.to_numpy(dtype=object).ravel(), dtype=object),
        low=instrument.total_min,
        high=instrument.total_max,
        missing_codes=plan.layout.missing_codes,
    )
    reason, column = first_fault(cells.index, [(None, base), *when.faults])
    live = reason.isna().to_numpy(dtype=bool)
    good = read.value.notna().to_numpy(dtype=bool).reshape(cells.shape) & live[:, None]
    worst, at = _worst_cells(read.fault, cells.shape, patients, cells.index)
    used, empty = pd.Series(good.any(axis=1), index=cells.index), live & ~good.any(axis=1)
    reason = reason.mask(empty, worst.fillna("missing_score"))
    left_out = name_left_out({instrument.id: worst}).where(used)
    uids = table.row_uids
    rows = make_rows(
        table,
        "scores",
        reason=reason,
        column=column.mask(empty, at),
        left_out=left_out,
        assessment_row=uids,
    )
    places, which = np.nonzero(good)
    row = cells.index[places]
    numbers = pd.Series([str(position + 1) for position in patients], dtype="string")
    made = pd.DataFrame(
        {
            "row_uid": uids.loc[row].array,
            "patient_id": ids.take(which).array,
            "site": site,
            "instrument": instrument.id,
            "date": when.date.loc[row].array,
            "study_day": when.study_day.loc[row].array,
            "clock": when.clock.loc[row].array,
            "visit": _visits(table, known).loc[row].array,
            "recorded_total": read.value.to_numpy(dtype=object).reshape(cells.shape)[places, which],
        }
    )
    made["assessment_id"] = (
        made["row_uid"] + f":{instrument.id}:" + numbers.take(which).reset_index(drop=True)
    )
    dtypes = {one.name: one.dtype for one in ITEMS.columns}
    return Extract("scores", made.reindex(columns=list(dtypes)).astype(dtypes), rows), problems, notes


def _role_of(table: Table, layout: Layout) -> str:
    """What the first column is, where the layout names no column of days or visits.

    Its header says it (a date, a day), or its labels do ("Day 7"). Bare numbers under another header may be
    weeks or sessions: these are visits, as are labels in doubt, and the layout must say their days.
    """
    name = normalize_header(table.header[0])
    if layout.columns.visit_day:
        return "visit"
    if name in ROLES["date"]:
        return "date"
    labels = [label for label in table.distinct(0).texts if label]
    if any(has_doubtful_sign(label) for label in labels):
        return "visit"
    return "day" if name in DAY_HEADERS or are_day_labels(labels) else "visit"


def _ask_signs(table: Table, roles: Mapping[str, int], layout: Layout) -> list[Problem]:
    """Ask about labels whose dash may be a minus."""
    position = roles.get("day", roles.get("visit"))
    if position is None or layout.columns.visit_day:
        return []
    labels = table.distinct(position)
    rows = labels.flag([has_doubtful_sign(label) for label in labels.texts])
    if not rows.any():
        return []
    message = (
        f"a day must show its sign; in {int(rows.sum())} rows a dash joins the word and the number, and may "
        'be a minus. Write "Day 7" or "Day -7" in the export, or name the column as visit and give each '
        "label its day as visit_day, under [columns] in the layout."
    )
    return [table.problem("E247", message, row=int(table.index[int(rows.argmax())]), column=position)]


def _ask_summaries(table: Table, patients: Sequence[int]) -> dict[int, Problem]:
    """Ask about columns headed Mean, Total and the like: they are hardly patients."""
    message = (
        "the columns must be patients; this one is headed by a word for a summary, such as Mean or Total. "
        "Leave it out (drop under [columns] in the layout), or rename it if it is a patient."
    )
    return {
        position: table.problem("E226", message, column=position)
        for position in patients
        if normalize_header(table.header[position]) in _SUMMARY_HEADERS
    }


def _read_headers(table: Table, patients: Sequence[int]) -> tuple[pd.Series, list[Problem], list[str]]:
    """The ids in the header, read as the ids of a column are; a column without one is refused."""
    headers = pd.DataFrame({0: [table.header[position] for position in patients]}, dtype=object)
    faultless = pd.Series(pd.NA, index=headers.index, dtype="string")
    ids, found, notes = read_ids(replace(table, cells=headers, row_faults=faultless), 0)
    place = table.where(table.header_row)
    problems = [replace(problem, where=place) for problem in found]
    if ids.isna().any():
        message = "each column must be headed by the id of its patient; one is not. Name it, or drop it."
        problems.append(table.problem("E226", message, column=patients[int(ids.isna().to_numpy().argmax())]))
    return ids, problems, [f"{place}: {note.split(': ', 1)[1]}" for note in notes]


def _worst_cells(
    fault: pd.Series, shape: tuple[int, int], patients: Sequence[int], index: pd.Index
) -> tuple[pd.Series, pd.Series]:
    """The first reason of the closed list among the cells of each row, and its column."""
    ranks = rank_reasons(fault).reshape(shape)
    places = ranks.argmin(axis=1)
    worst = name_reasons(ranks[np.arange(len(ranks)), places], index)
    at = pd.Series(np.asarray(patients)[places] + 1, index=index, dtype="Int64")
    return worst, at.where(worst.notna())


def _visits(table: Table, known: Recognized) -> pd.Series:
    if "visit" not in known.roles:
        return pd.Series(pd.NA, index=table.index, dtype="string")
    cells = table.cells[known.roles["visit"]]
    return cells.where(cells != "").astype("string")
