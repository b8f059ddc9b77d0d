"""What a file is, before it is loaded: kind, columns, evidence, open questions and a ready-to-edit layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError, PrivacyError, Problem
from outcomes.loading.columns import find_identified_columns
from outcomes.loading.file_report import ColumnRole, FileReport
from outcomes.loading.folder import (
    FolderSettings,
    SourceSettings,
    read_settings,
    single_file,
    with_companions,
)
from outcomes.loading.item_columns import name_column
from outcomes.loading.layouts.layout import Layout, Ref, check_tie, find_dropped
from outcomes.loading.layouts.text import write_layout_text, write_other_layout
from outcomes.loading.limits import find_limits
from outcomes.loading.opening import OTHER_ROLES, Opened, find_other_roles, open_source, read_other
from outcomes.loading.people import MIXED_SITES
from outcomes.loading.questions import say_other_kind
from outcomes.loading.redcap.dictionary import find_companion
from outcomes.loading.scores import study_scores
from outcomes.loading.source import raise_problems
from outcomes.loading.studied import IDENTIFYING, Declared, Studied, place_notes
from outcomes.loading.tables import Table


def inspect_source(
    path: str | Path,
    *,
    layout: str | Path | None = None,
    number: int = 1,
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
) -> FileReport:
    r"""Say what a file is, on which evidence, and what only a person can decide; nothing is loaded.

    Parameters
    ----------
    path : path of a file of a kind that is read (see docs/loading.md)
    layout : path of a layout file, its TOML text, or None
    number : int, the number of the input in messages
    dictionary : path of a REDCap data dictionary or FHIR Questionnaire, or None
    events : path of the events file of a REDCap project, or None

    Returns
    -------
    FileReport; `print` shows it, `.layout` is ready to edit

    Raises
    ------
    DataError
        If the file is no table that can be read (E2xx).
    DefinitionError
        If the layout is not as needed (E6xx).
    PrivacyError
        If a column or a value identifies a person (E101-E103, E105).

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import outcomes as oc
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "scores.csv"
    >>> _ = file.write_text("patient_id,day,phq9_total\nA,0,18\nA,14,7\n")
    >>> report = oc.inspect_source(file)
    >>> report.kind, report.instruments, report.questions
    ('wide-totals', ('phq9',), ())
    """
    path = Path(path)
    (settings,) = with_companions(single_file(path), dictionary=dictionary, events=events).source
    opened = open_source(path.parent, settings, number=number, role=None, layout=layout)
    return _inspect_file(opened, None)


def inspect_folder(path: str | Path) -> tuple[FileReport, ...]:
    """Say of every file that a folder's outcomes.toml names what it is.

    Parameters
    ----------
    path : a folder that holds outcomes.toml

    Returns
    -------
    tuple of FileReport, in the order of the sources; a source that does not know its site, where others do,
    has that as a question (E603)

    Raises
    ------
    DataError, DefinitionError, PrivacyError
        As inspect_source.

    Examples
    --------
    >>> import outcomes as oc
    >>> reports = oc.inspect_folder("sample_data")
    >>> sorted({report.kind for report in reports})
    ['form', 'infusions', 'patients', 'redcap', 'wide-items']
    """
    root, settings = Path(path), read_settings(path)
    reports = [
        _inspect_file(
            open_source(
                root,
                source,
                number=number,
                role=source.role,
                layout=None if source.layout is None else root / source.layout,
                limited_data_set=settings.limited_data_set,
                latest=settings.last_date,
            ),
            source.role,
        )
        for number, source in enumerate(settings.source, start=1)
    ]
    return tuple(_ask_sites(reports, settings))


def _ask_sites(reports: list[FileReport], settings: FolderSettings) -> list[FileReport]:
    """Ask the sources that do not know their site where others do, if ids are unique within a site (E603)."""
    known = [
        source.site is not None or any(column.role == "site" for column in report.roles)
        for source, report in zip(settings.source, reports, strict=True)
    ]
    if settings.patient_ids == "unique-across-sites" or all(known) or not any(known):
        return reports
    return [
        report
        if knows
        else replace(report, questions=(*report.questions, Problem("E603", report.source, MIXED_SITES)))
        for report, knows in zip(reports, known, strict=True)
    ]


def _inspect_file(opened: Opened, role: str | None) -> FileReport:
    """Inspect one file as its folder declares it; the role is None where no folder does."""
    table, read, declared, settings = opened.table, opened.layout, opened.declared, opened.settings
    named = role or read.kind
    if named in OTHER_ROLES:
        return _report_other(table, read, declared, settings, str(named))
    studied = study_scores(table, read, declared)
    kind = studied.recognized.kind
    if role is None and kind in OTHER_ROLES and not studied.recognized.plans:
        return _report_other(table, read, declared, settings, str(kind))
    if studied.refused:
        raise_problems(studied.questions)
    ids = tuple(dict.fromkeys(plan.instrument.id for plan in studied.recognized.plans))
    if studied.extract is not None and not ids:
        ids = tuple(sorted(studied.extract.frame["instrument"].unique()))
    rows = None if studied.extract is None else studied.extract.rows
    questions = (*studied.questions, *_find_limits(table, rows, settings))
    if role is not None and kind in OTHER_ROLES and not questions:
        questions = (table.problem("E250", say_other_kind(str(kind))),)
    return FileReport(
        table.where(),
        kind,
        _score_roles(studied),
        ids,
        table.n_rows,
        studied.evidence,
        questions,
        _count(rows),
        "" if studied.recognized.foreign else write_layout_text(studied),
        find_companion(table.header),
    )


def _report_other(
    table: Table, layout: Layout, declared: Declared, settings: SourceSettings, role: str
) -> FileReport:
    """Inspect a file of infusions or patients."""
    check_tie(layout, table)
    found = find_other_roles(table, layout, role)
    droppable = find_identified_columns(table, dropped=find_dropped(layout, table.header)).droppable
    questions: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    rows = None
    try:
        extract = read_other(table, layout, declared, role)
    except (DataError, PrivacyError) as error:
        if any(p.code in IDENTIFYING and p not in droppable.values() for p in error.found):
            raise
        questions = error.found
    else:
        rows, notes = extract.rows, tuple(place_notes(table, extract.notes))
        questions = tuple(_find_limits(table, rows, settings))
    names = {position: name_column(table, position) for position in found.roles.values()}
    columns = {position: (key, names[position]) for key, position in found.roles.items()}
    text = write_other_layout(table, layout, role, found, questions, droppable)
    return FileReport(
        table.where(),
        role,
        _list_columns(table, columns),
        (),
        table.n_rows,
        notes,
        questions,
        _count(rows),
        text,
    )


def _find_limits(table: Table, rows: pd.DataFrame | None, settings: SourceSettings) -> list[Problem]:
    if rows is None:
        return []
    accepted = settings.accept_exclusions
    return find_limits(rows, number=table.number, sha256=table.sha256, accept_exclusions=accepted)


def _score_roles(studied: Studied) -> tuple[ColumnRole, ...]:
    table, known = studied.table, studied.recognized
    found = {position: (role, name_column(table, position)) for role, position in known.roles.items()}
    dates = studied.dates
    for id, position in dates.positions.items():
        shared = [other for other, place in dates.positions.items() if place == position]
        places = [position, *(other.date for other in dates.others if other.first == position)]
        name = f"{', '.join(shared)} date"
        found |= {place: (name, name_column(table, place, get_instrument(id))) for place in places}
    found |= {position: ("totals of a patient", position + 1) for position in known.patients}
    for one in known.doubts:
        found |= {p: (f"{one.id}, in doubt", p + 1) for p in one.doubtful}
    for plan in known.plans:
        id = plan.instrument.id
        at = f", visit {plan.visit}" if plan.visit else ""
        parts = {} if plan.date is None else {plan.date: f"{id} date"}
        for part in plan.parts:
            parts |= {position: f"{id} item {number}" for number, position in enumerate(part.items, start=1)}
            parts |= dict.fromkeys(part.extra, f"{id} column after the last item")
            total = f"{id} {'recorded ' if part.items else ''}total"
            parts |= {} if part.total is None else {part.total: total}
            parts |= {} if part.difficulty is None else {part.difficulty: f"{id} difficulty"}
        found |= {p: (role + at, name_column(table, p, plan.instrument)) for p, role in parts.items()}
    return _list_columns(table, found)


def _list_columns(table: Table, found: Mapping[int, tuple[str, Ref]]) -> tuple[ColumnRole, ...]:
    """All columns in their order; those without a role are not read."""
    listed = []
    for position, text in enumerate(table.header):
        if position in found:
            role, name = found[position]
            listed.append(ColumnRole(position + 1, role, name if isinstance(name, str) else None))
        elif text or table.filled[position]:
            listed.append(ColumnRole(position + 1, "not read"))
    return tuple(listed)


def _count(rows: pd.DataFrame | None) -> dict[str, int]:
    if rows is None:
        return {}
    return {str(reason): int(count) for reason, count in rows["reason"].value_counts().sort_index().items()}
