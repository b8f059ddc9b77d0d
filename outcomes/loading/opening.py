"""A source of a folder, opened with its companions: its table, and what infusion and patient files hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.errors import DataError, DefinitionError, Problem
from outcomes.loading.care import read_care
from outcomes.loading.cdisc import is_cdisc, translate_cdisc
from outcomes.loading.codebook import Codebook
from outcomes.loading.columns import FoundRoles, find_identified_columns, find_roles
from outcomes.loading.extract import Extract
from outcomes.loading.fhir.forms import Form, make_codebook, read_form_file
from outcomes.loading.fhir.reader import read_fhir
from outcomes.loading.folder import SourceSettings
from outcomes.loading.infusions import read_infusions
from outcomes.loading.kinds import find_kind
from outcomes.loading.layouts.file import read_layout
from outcomes.loading.layouts.layout import LAYOUT_KEYS, Layout, find_column, find_dropped
from outcomes.loading.patients import read_patients
from outcomes.loading.qualtrics import is_qualtrics, translate_qualtrics
from outcomes.loading.questions import ask_role
from outcomes.loading.redcap.dictionary import read_dictionary
from outcomes.loading.redcap.events import read_events
from outcomes.loading.redcap.project import read_project
from outcomes.loading.score_domains import has_score_domains, translate_score_domains
from outcomes.loading.source import raise_problems, read_source
from outcomes.loading.studied import Declared
from outcomes.loading.synthea import is_synthea, translate_synthea
from outcomes.loading.tables import Table, read_source_table, spell_labels
from outcomes.loading.vocabulary import CONDITION_ROLES, INFUSION_ROLES, PATIENT_ROLES, VISIT_ROLES

OTHER_ROLES = {
    "infusions": INFUSION_ROLES,
    "patients": PATIENT_ROLES,
    "visits": VISIT_ROLES,
    "conditions": CONDITION_ROLES,
}
"""The roles of a file that holds no questionnaires, each with its columns and their headers."""


WORD_ROLES = ("site", "drug", "route", "phase", "status", "sex", "diagnosis", "period", "kind", "condition")
"""The roles whose columns hold words; a statistics package stores them as codes with labels."""


@dataclass(frozen=True, eq=False)
class Opened:
    """One source, opened.

    Attributes
    ----------
    settings : SourceSettings
    table : Table
    layout : Layout
    declared : Declared, what the folder and its companions say about the file
    """

    settings: SourceSettings
    table: Table
    layout: Layout
    declared: Declared


def open_source(
    root: Path,
    settings: SourceSettings,
    *,
    number: int,
    role: str | None,
    layout: str | Path | None = None,
    limited_data_set: bool = False,
    latest: pd.Timestamp | None = None,
    count: Callable[[int], None] | None = None,
) -> Opened:
    """Open a source with its layout and companions; its settings come before its layout.

    Parameters
    ----------
    root : Path, the folder to which the paths of the settings are relative
    settings : SourceSettings
    number : int, the number of the input
    role : "scores", or one of OTHER_ROLES, or None where nobody has said it
    layout : path of a layout file, its TOML text, or None
    limited_data_set, latest : what the folder declares about dates
    count : callable that is given the number of rows of a text file read so far, or None

    Returns
    -------
    Opened

    Raises
    ------
    DataError
        If the file or a companion cannot be read (E2xx).
    DefinitionError
        E601-E603 in the layout; E603 also where its kind is not one of the role, or a text file is given a
        sheet.
    """
    read = read_layout(layout, number=number)
    _check_kind(read, role, number)
    codebook, forms = _open_dictionary(root, settings, number)
    events = () if settings.events is None else read_events(root / settings.events, number=number)
    table = _open_table(root / settings.file, settings, read, number, forms, count)
    # What a dictionary says about linkIds is used up where the columns have names of our own.
    codebook = None if table.format == "fhir" else codebook
    limited = limited_data_set if read.limited_data_set is None else read.limited_data_set
    return Opened(settings, table, read, Declared(settings.site, limited, latest, codebook, events))


def _open_dictionary(
    root: Path, settings: SourceSettings, number: int
) -> tuple[Codebook | None, tuple[Form, ...]]:
    """The companion that describes the columns: a data dictionary, or Questionnaires."""
    if settings.dictionary is None:
        return None, ()
    path = root / settings.dictionary
    try:
        source = read_source(path, number=number)
        kind = find_kind(source)
    except DataError as error:
        label = f"dictionary of input-{number}"
        raise DataError([Problem(one.code, label, one.message) for one in error.found]) from None
    if kind == "fhir":
        forms = read_form_file(source)
        return make_codebook(forms), forms
    return read_dictionary(path, number=number), ()


def _open_table(
    path: Path,
    settings: SourceSettings,
    layout: Layout,
    number: int,
    forms: tuple[Form, ...],
    count: Callable[[int], None] | None,
) -> Table:
    """The table of a file of any kind."""
    source = read_source(path, number=number)
    kind = find_kind(source)
    sheet = settings.sheet if settings.sheet is not None else layout.sheet
    if sheet is not None and kind != "xlsx":
        label = f"layout of input-{number}" if settings.sheet is None else source.where()
        message = "sheet goes with a workbook; this is another kind of file. Remove sheet."
        raise DefinitionError(Problem("E603", label, message))
    if kind == "odm":
        return read_project(source)
    encoding = settings.encoding or layout.encoding
    if kind == "fhir":
        return read_fhir(source, layout, forms, encoding=encoding)
    table = read_source_table(
        source,
        kind,
        encoding=encoding,
        delimiter=settings.delimiter or layout.delimiter,
        sheet=sheet,
        count=count,
        patients_in_columns=layout.orientation == "patients-in-columns",
    )
    return _translate(table, layout)


def _translate(table: Table, layout: Layout) -> Table:
    """The table of a format that has rules of its own, as one that the ordinary path reads."""
    if is_qualtrics(table):
        return translate_qualtrics(table)
    if is_cdisc(table):
        return translate_cdisc(table, layout)
    if is_synthea(table):
        return translate_synthea(table, layout)
    return translate_score_domains(table) if has_score_domains(table) else table


def _check_kind(layout: Layout, role: str | None, number: int) -> None:
    of_layout = layout.kind if layout.kind in OTHER_ROLES else "scores"
    if layout.kind is not None and role is not None and of_layout != role:
        message = (
            f"kind and role must agree; the layout is one for {of_layout}, the file is read as {role}. "
            "Correct kind, or the role in outcomes.toml (a single file is always read as scores)."
        )
        raise DefinitionError(Problem("E603", f"layout of input-{number}", message))


def find_other_roles(table: Table, layout: Layout, role: str) -> FoundRoles:
    """The columns of an infusion or patient file, by its layout first and then by the headers."""
    return find_roles(
        table,
        OTHER_ROLES[role],
        columns=_name_columns(table, layout, role),
        dropped=find_dropped(layout, table.header),
    )


def read_other(table: Table, layout: Layout, declared: Declared, role: str) -> Extract:
    """Read an infusion or patient file, with the columns that its layout names.

    Raises
    ------
    DataError
        E250 where the file holds something else than its role says; otherwise as read_infusions and
        read_patients.
    PrivacyError
        As read_infusions and read_patients.
    """
    columns, dropped = layout.columns, find_dropped(layout, table.header)
    wrong = ask_role(table, role, dropped=dropped)
    if wrong is not None:
        raise_problems([*find_identified_columns(table, dropped=dropped).problems, wrong])
    named = _name_columns(table, layout, role)
    roles = find_other_roles(table, layout, role).roles
    table = spell_labels(table, [at for known, at in roles.items() if known in WORD_ROLES])
    told: dict[str, Any] = {
        "limited_data_set": declared.limited_data_set,
        "site": declared.site,
        "columns": named,
        "dropped": dropped,
        "date_formats": columns.date_formats,
        "time_zone": columns.time_zone,
    }
    if role == "infusions":
        return read_infusions(table, latest=declared.latest, status_words=columns.status_words, **told)
    if role in ("visits", "conditions"):
        return read_care(table, role, latest=declared.latest, status_words=columns.status_words, **told)
    return read_patients(table, **told)


def _name_columns(table: Table, layout: Layout, role: str) -> dict[str, str]:
    """The headers of the columns that the layout names; a reference to no column stands as it is written."""
    named = {}
    for known in OTHER_ROLES[role]:
        ref = getattr(layout.columns, LAYOUT_KEYS.get(known, known))
        if ref is not None and ref != "":
            position = find_column(ref, table.header)
            named[known] = str(ref) if position is None else table.header[position]
    return named
