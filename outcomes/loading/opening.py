"""A source of a folder, opened by its role: its table, and what infusion and patient files hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from outcomes.errors import DefinitionError, Problem
from outcomes.loading.columns import FoundRoles, find_identified_columns, find_roles
from outcomes.loading.extract import Extract
from outcomes.loading.folder import SourceSettings
from outcomes.loading.infusions import read_infusions
from outcomes.loading.layout import LAYOUT_KEYS, Layout, find_column, find_dropped
from outcomes.loading.patients import read_patients
from outcomes.loading.questions import ask_role
from outcomes.loading.scores import Declared
from outcomes.loading.source import raise_problems
from outcomes.loading.tables import Table, read_table
from outcomes.loading.vocabulary import INFUSION_ROLES, PATIENT_ROLES

OTHER_ROLES = {"infusions": INFUSION_ROLES, "patients": PATIENT_ROLES}
"""The roles of a file that holds no questionnaires, each with its columns and their headers."""


def open_table(
    path: Path,
    settings: SourceSettings,
    layout: Layout,
    *,
    number: int,
    role: str | None,
    count: Callable[[int], None] | None = None,
) -> Table:
    """Read the table of a source; its settings come before its layout.

    Parameters
    ----------
    path : Path of the file
    settings, layout : what is declared about it
    number : int, the number of the input
    role : "scores", "infusions", "patients", or None where nobody has said it
    count : callable that is given the number of rows read so far, or None

    Raises
    ------
    DataError
        As read_table.
    DefinitionError
        E603 where the layout's kind is not one of the role, or a text file is given a sheet.
    """
    label = f"layout of input-{number}"
    of_layout = layout.kind if layout.kind in OTHER_ROLES else "scores"
    if layout.kind is not None and role is not None and of_layout != role:
        message = (
            f"kind and role must agree; the layout is one for {of_layout}, the file is read as {role}. "
            "Correct kind, or the role in outcomes.toml (a single file is always read as scores)."
        )
        raise DefinitionError(Problem("E603", label, message))
    sheet = settings.sheet if settings.sheet is not None else layout.sheet
    table = read_table(
        path,
        number=number,
        encoding=settings.encoding or layout.encoding,
        delimiter=settings.delimiter or layout.delimiter,
        sheet=sheet,
        count=count,
    )
    if sheet is not None and table.kind == "csv":
        message = "sheet goes with a workbook; this is a text file and has none. Remove sheet."
        raise DefinitionError(Problem("E603", label if settings.sheet is None else table.where(), message))
    return table


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
    limited = declared.limited_data_set if layout.limited_data_set is None else layout.limited_data_set
    named = _name_columns(table, layout, role)
    if role == "infusions":
        return read_infusions(
            table, limited_data_set=limited, site=declared.site, columns=named, dropped=dropped,
            date_formats=columns.date_formats, time_zone=columns.time_zone, latest=declared.latest,
        )  # fmt: skip
    return read_patients(
        table, limited_data_set=limited, site=declared.site, columns=named, date_formats=columns.date_formats,
        time_zone=columns.time_zone, dropped=dropped,
    )  # fmt: skip


def _name_columns(table: Table, layout: Layout, role: str) -> dict[str, str]:
    """The headers of the columns that the layout names; a reference to no column stands as it is written."""
    named = {}
    for known in OTHER_ROLES[role]:
        ref = getattr(layout.columns, LAYOUT_KEYS.get(known, known))
        if ref is not None and ref != "":
            position = find_column(ref, table.header)
            named[known] = str(ref) if position is None else table.header[position]
    return named
