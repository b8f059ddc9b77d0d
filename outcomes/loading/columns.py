"""Which column of a table plays which role, which columns identify a person, and which stay unread."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.codebook import Field
from outcomes.loading.labels import LABEL_LENGTH, is_safe_label
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import drop_import_suffix
from outcomes.privacy.identifiers import (
    VALUE_CODES,
    explain_identifier,
    find_identifier_header,
    judge_values,
    normalize_header,
)


@dataclass(frozen=True)
class FoundRoles:
    """The columns that have a role, positions from 0.

    Attributes
    ----------
    roles : mapping of role to position
    several : mapping of role to the positions that all look like it, where a person must choose
    problems : tuple of Problem
    """

    roles: dict[str, int]
    several: Mapping[str, tuple[int, ...]]
    problems: tuple[Problem, ...]


def find_roles(
    table: Table,
    synonyms: Mapping[str, Collection[str]],
    *,
    columns: Mapping[str, str] | None = None,
    dropped: Collection[int] = (),
) -> FoundRoles:
    """Give each role its column, by the layout first and then by the header.

    Parameters
    ----------
    table : Table
    synonyms : role to the normalized headers that mean it
    columns : role to the header of its column, as a layout declares it
    dropped : positions of the columns that a layout drops

    Returns
    -------
    FoundRoles; its problems are E249 (several date columns) and E250 (several columns of another role, or a
    declared column that is not in the file)
    """
    columns = dict(columns or {})
    known = {header for headers in synonyms.values() for header in headers}
    names = [drop_import_suffix(normalize_header(text), known) for text in table.header]
    roles: dict[str, int] = {}
    several: dict[str, tuple[int, ...]] = {}
    problems = []
    for role, header in columns.items():
        if role in synonyms and header:
            place = _find_declared(table, header)
            if place is None:
                message = (
                    f"the column that the layout gives for {role} is not in the file. Correct its name in "
                    "the layout."
                )
                problems.append(table.problem("E250", message))
            else:
                roles[role] = place
    for role, headers in synonyms.items():
        free = [i for i in range(len(names)) if i not in roles.values() and i not in dropped]
        places = [i for i in free if names[i] in headers]
        if role in columns or not places:
            continue
        if len(places) > 1:
            listed = ", ".join(str(place + 1) for place in places)
            message = (
                f"one column is needed for {role}; columns {listed} all look like it. Name one under "
                "[columns] in a layout."
            )
            problems.append(table.problem("E249" if role == "date" else "E250", message))
            several[role] = tuple(places)
        roles[role] = places[0]
    return FoundRoles(roles, several, tuple(problems))


@dataclass(frozen=True)
class Identified:
    """What the headers give away: columns that refuse the file (E101), and those that a layout may drop."""

    refused: tuple[Problem, ...] = ()
    droppable: Mapping[int, Problem] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return (*self.refused, *self.droppable.values())


def find_identified_columns(
    table: Table, *, dropped: Collection[int] = (), fields: Mapping[int, Field] | None = None
) -> Identified:
    """Find the columns that look like a direct identifier (E101), before any value is kept.

    Parameters
    ----------
    table : Table
    dropped : positions that a layout drops; that helps columns of free text and places only
    fields : what a codebook says of the columns; one that lists short answer codes, and holds nothing else,
        identifies nobody whatever its header

    Returns
    -------
    Identified; its notes tell of identified columns that are wholly empty and so only left out
    """
    refused, notes = [], []
    droppable: dict[int, Problem] = {}
    filled = table.filled
    for position, text in enumerate(table.header):
        finding = find_identifier_header(text)
        if finding is None or (finding.droppable and position in dropped):
            continue
        if not filled[position]:
            notes.append(f"column {position + 1} looks like {finding.wording}; it is empty and was left out")
            continue
        if fields and position in fields and _holds_codes_only(table.cells[position], fields[position]):
            notes.append(
                f"column {position + 1} looks like {finding.wording}; it holds only answer codes that its "
                "codebook lists"
            )
            continue
        column = position + 1 if finding.droppable else None
        message = explain_identifier(finding.code, finding.wording, column=column)
        if table.format == "qualtrics":
            message += " In Qualtrics, export with anonymized responses."
        problem = table.problem(finding.code, message, column=position)
        if finding.droppable:
            droppable[position] = problem
        else:
            refused.append(problem)
    return Identified(tuple(refused), droppable, tuple(notes))


def _holds_codes_only(cells: pd.Series, field: Field) -> bool:
    """Whether a codebook lists the answers, by codes of one or two digits, and every cell is one of them."""
    codes = set(field.choices) or ({"0", "1"} if field.type in ("yesno", "truefalse") else set())
    short = bool(codes) and all(re.fullmatch(r"-?[0-9]{1,2}", code) for code in codes)
    return short and not field.identifier and bool(cells.isin(["", *codes]).all())


def check_values(table: Table, position: int, *, kind: str) -> list[Problem]:
    """The problem of a column in which a value identifies a person (E102-E105), or of a label that may not
    travel (E261).
    """
    problems = find_identifying_cells(table, [position], kind=kind)
    if problems or kind != "label":
        return problems
    distinct = table.distinct(position)
    faulty = ~distinct.series.map(is_safe_label).to_numpy(dtype=bool)
    if not faulty.any():
        return []
    message = (
        f"a label may hold letters of one script, digits, blanks and - _ . & ', at most {LABEL_LENGTH} "
        f"characters; {int(faulty.sum())} distinct labels do not. Rename them in the export."
    )
    row = int(table.index[int(distinct.flag(faulty).argmax())])
    return [table.problem("E261", message, row=row, column=position)]


def find_identifying_cells(table: Table, positions: Sequence[int], *, kind: str) -> list[Problem]:
    """The problem of the first cell of these columns that identifies a person; none where there is none."""
    judged = [(p, table.distinct(p), judge_values(table.distinct(p).texts, kind=kind)) for p in positions]
    for code in VALUE_CODES:
        for position, distinct, faults in judged:
            if (faults == code).any():
                row = int(table.index[int(distinct.flag(faults == code).argmax())])
                # free text may be left out with its column; the column of the patient may not
                column = position + 1 if code == "E103" and kind in ("label", "text") else None
                message = explain_identifier(code, column=column)
                return [table.problem(code, message, row=row, column=position)]
    return []


def list_places(positions: Iterable[int]) -> str:
    """Columns counted from 1, three or more neighbors as a range.

    Examples
    --------
    >>> from outcomes.loading.columns import list_places
    >>> list_places([0, 3, 4, 6, 7, 8, 9])
    '1, 4, 5, 7-10'
    """
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    parts = [
        [f"{run[0] + 1}-{run[-1] + 1}"] if len(run) > 2 else [str(position + 1) for position in run]
        for run in runs
    ]
    return ", ".join(part for run in parts for part in run)


def note_unread(table: Table, roles: Iterable[int]) -> tuple[str, ...]:
    """The note on the columns that were never parsed, by position."""
    unread = sorted(set(range(len(table.header))) - set(roles))
    unread = [position for position in unread if table.header[position] or table.filled[position]]
    if not unread:
        return ()
    return (f"columns not read ({len(unread)}): {list_places(unread)}",)


def column_or_missing(table: Table, position: int | None) -> pd.Series:
    """The cells of a column, or blanks where the table has no such column."""
    if position is None:
        return pd.Series("", index=table.index, dtype=object)
    return table.cells[position]


def read_sites(table: Table, position: int | None, site: str | None) -> tuple[pd.Series, list[Problem]]:
    """The site of each row (string, missing where the file names none): declared for the file, or from its
    column.
    """
    index = table.index
    if position is None:
        return pd.Series(site if site else pd.NA, index=index, dtype="string"), []
    named = table.texts(position)
    if not site:
        return named, []
    other = named.notna() & named.ne(site).fillna(False).astype(bool)
    problems = []
    if other.any():
        message = (
            f"one site was declared for the file; {int(other.sum())} rows name another. Remove site from "
            "outcomes.toml, or leave the column out by drop in the layout."
        )
        row = int(other.idxmax())
        problems.append(table.problem("E250", message, row=row, column=position))
    return pd.Series(site, index=index, dtype="string"), problems


def _find_declared(table: Table, header: str) -> int | None:
    exact = [i for i, text in enumerate(table.header) if text == header.strip()]
    alike = [i for i, text in enumerate(table.header) if normalize_header(text) == normalize_header(header)]
    return next(iter(exact or alike), None)
