"""What a file is, before it is loaded: kind, columns, evidence, open questions and a ready-to-edit layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from outcomes.errors import DataError, OutcomesError, PrivacyError, Problem
from outcomes.loading.extract import Extract
from outcomes.loading.folder import SourceSettings, read_settings
from outcomes.loading.infusions import INFUSION_ROLES, read_infusions
from outcomes.loading.layout import Layout, find_column, read_layout
from outcomes.loading.layout_text import name_column, write_layout_text
from outcomes.loading.limits import find_limits
from outcomes.loading.patients import PATIENT_ROLES, read_patients
from outcomes.loading.redcap import read_dictionary
from outcomes.loading.scores import Declared, Studied, place_notes, study_scores
from outcomes.loading.tables import Table, raise_problems, read_table

_REFUSED = ("E101", "E102", "E103", "E105")


@dataclass(frozen=True)
class ColumnRole:
    """One column: its position counted from 1, what it is, and its header where that is in our dictionary."""

    position: int
    role: str
    header: str | None = None


@dataclass(frozen=True)
class FileReport:
    """What one file is, and what has to be settled before it can be loaded.

    Attributes
    ----------
    source : str, the input by number and hash; never a file name
    kind : str or None, a kind of the layout file
    roles : tuple of ColumnRole, in the order of the columns
    instruments : tuple of str
    n_rows : int, physical rows below the header
    evidence : tuple of str, what was decided and why
    questions : tuple of Problem
    excluded : mapping of reason to number of rows; empty while a question is open
    layout : str, the layout as TOML text with ASK lines
    """

    source: str
    kind: str | None
    roles: tuple[ColumnRole, ...]
    instruments: tuple[str, ...]
    n_rows: int
    evidence: tuple[str, ...]
    questions: tuple[Problem, ...]
    excluded: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.kind or 'no known kind'}, {self.n_rows} rows"]
        lines += [f"  instruments: {', '.join(self.instruments)}"] if self.instruments else []
        lines += [
            "  columns:",
            *(
                f"    {one.position:>3}  {one.role}{f'  ({one.header})' if one.header else ''}"
                for one in self.roles
            ),
        ]
        lines += ["  evidence:", *(f"    {line}" for line in self.evidence)] if self.evidence else []
        lines += (
            ["  excluded:", *(f"    {count:>6}  {reason}" for reason, count in self.excluded.items())]
            if self.excluded
            else []
        )
        if self.questions:
            lines += ["  questions:", *(f"    {problem}" for problem in self.questions), "", self.layout]
        return "\n".join(lines)


def inspect_source(
    path: str | Path,
    *,
    layout: str | Path | None = None,
    number: int = 1,
    dictionary: str | Path | None = None,
) -> FileReport:
    r"""Say what a file is, on which evidence, and what only a person can decide; nothing is loaded.

    Parameters
    ----------
    path : path of a CSV or XLSX file
    layout : path of a layout file, its TOML text, or None
    number : int, the number of the input in messages
    dictionary : path of a REDCap data dictionary, or None

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
    settings = SourceSettings(file="", role="scores", layout=None)
    return inspect_file(Path(path), settings, number=number, layout=layout, dictionary=dictionary)


def inspect_folder(path: str | Path) -> tuple[FileReport, ...]:
    """Say of every file that a folder's outcomes.toml names what it is.

    Parameters
    ----------
    path : a folder that holds outcomes.toml

    Returns
    -------
    tuple of FileReport, in the order of the sources

    Raises
    ------
    DataError, DefinitionError, PrivacyError
        As inspect_source.
    """
    root, settings = Path(path), read_settings(path)
    return tuple(
        inspect_file(
            root / source.file,
            source,
            number=number,
            layout=None if source.layout is None else root / source.layout,
            dictionary=None if source.dictionary is None else root / source.dictionary,
            limited_data_set=settings.limited_data_set,
            latest=settings.last_date,
        )
        for number, source in enumerate(settings.source, start=1)
    )


def inspect_file(
    path: Path,
    settings: SourceSettings,
    *,
    number: int,
    layout: str | Path | None,
    dictionary: str | Path | None,
    limited_data_set: bool = False,
    latest: pd.Timestamp | None = None,
) -> FileReport:
    """Inspect one file as its folder declares it; see inspect_source."""
    read = read_layout(layout, number=number)
    table = open_table(path, settings, read, number=number)
    codes = None if dictionary is None else read_dictionary(dictionary, number=number)
    declared = Declared(settings.site, limited_data_set, latest, codes)
    if settings.role != "scores" or read.kind in ("infusions", "patients"):
        return _report_other(
            table, read, declared, settings.role if settings.role != "scores" else str(read.kind)
        )
    studied = study_scores(table, read, declared)
    if (
        not studied.recognized.plans
        and studied.recognized.kind in ("infusions", "patients")
        and not studied.questions
    ):
        return _report_other(table, read, declared, studied.recognized.kind)
    raise_problems([problem for problem in studied.questions if problem.code in _REFUSED])
    rows = None if studied.extract is None else studied.extract.rows
    limits = [] if rows is None else find_limits(
        rows, number=number, sha256=table.sha256, accept_exclusions=settings.accept_exclusions
    )  # fmt: skip
    ids = tuple(plan.instrument.id for plan in studied.recognized.plans)
    if studied.extract is not None and not ids:
        ids = tuple(sorted(studied.extract.frame["instrument"].unique()))
    return FileReport(
        table.where(),
        studied.recognized.kind,
        _score_roles(studied),
        ids,
        table.n_rows,
        studied.evidence,
        (*studied.questions, *limits),
        _count(rows),
        write_layout_text(studied),
    )


def open_table(path: Path, settings: SourceSettings, layout: Layout, *, number: int) -> Table:
    """Read the table of a source; its settings come before its layout."""
    sheet = settings.sheet if settings.sheet is not None else layout.sheet
    return read_table(
        path,
        number=number,
        encoding=settings.encoding or layout.encoding,
        delimiter=settings.delimiter or layout.delimiter,
        sheet=sheet,
    )


def read_other(table: Table, layout: Layout, declared: Declared, role: str) -> Extract:
    """Read an infusion or patient file, with the columns that its layout names."""
    limited = declared.limited_data_set if layout.limited_data_set is None else layout.limited_data_set
    columns = layout.columns
    known = INFUSION_ROLES if role == "infusions" else PATIENT_ROLES
    spelled = {"infusion_number": "number", "time": "clock"}
    refs = {
        spelled.get(key, key): ref
        for key, ref in vars(columns).items()
        if isinstance(ref, str | int) and ref != ""
    }
    named = {}
    for key, ref in refs.items():
        position = find_column(ref, table.header) if key in known else None
        if key in known:
            named[key] = str(ref) if position is None else table.header[position]
    dropped = [str(ref) for ref in columns.drop]
    if role == "infusions":
        return read_infusions(
            table, limited_data_set=limited, site=declared.site, columns=named, dropped=dropped,
            date_formats=columns.date_formats, time_zone=columns.time_zone, latest=declared.latest,
        )  # fmt: skip
    return read_patients(
        table, limited_data_set=limited, site=declared.site, columns=named, date_formats=columns.date_formats,
        time_zone=columns.time_zone, dropped=dropped,
    )  # fmt: skip


def _report_other(table: Table, layout: Layout, declared: Declared, role: str) -> FileReport:
    questions: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    rows = None
    try:
        extract = read_other(table, layout, declared, role)
    except (DataError, PrivacyError) as error:
        _refuse_identifiers(error)
        questions = error.found
    else:
        rows, notes = extract.rows, tuple(place_notes(table, extract.notes))
    return FileReport(table.where(), role, (), (), table.n_rows, notes, questions, _count(rows))


def _refuse_identifiers(error: OutcomesError) -> None:
    if any(problem.code in _REFUSED for problem in error.found):
        raise error


def _score_roles(studied: Studied) -> tuple[ColumnRole, ...]:
    table, found = studied.table, {}
    for role, position in studied.recognized.roles.items():
        found[position] = (role, name_column(table, position))
    for plan in studied.recognized.plans:
        id = plan.instrument.id
        parts = {position: f"{id} item {number}" for number, position in enumerate(plan.items, start=1)}
        parts |= dict.fromkeys(plan.extra, f"{id} column after the last item")
        parts |= (
            {plan.total: f"{id} {'recorded ' if plan.items else ''}total"} if plan.total is not None else {}
        )
        parts |= {plan.difficulty: f"{id} difficulty"} if plan.difficulty is not None else {}
        found |= {p: (role, name_column(table, p, plan.instrument)) for p, role in parts.items()}
    for position in studied.recognized.unread:
        found[position] = ("not read", position + 1)
    return tuple(
        ColumnRole(position + 1, role, name if isinstance(name, str) else None)
        for position, (role, name) in sorted(found.items())
    )


def _count(rows: pd.DataFrame | None) -> dict[str, int]:
    if rows is None:
        return {}
    return {str(reason): int(count) for reason, count in rows["reason"].value_counts().sort_index().items()}
