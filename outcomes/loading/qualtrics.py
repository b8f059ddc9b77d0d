"""Qualtrics exports: up to three header rows, question texts for headers, and rows that are only a test."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pandas as pd

from outcomes.errors import DataError
from outcomes.loading.codebook import Field
from outcomes.loading.records import find_repeated_headers
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header

_IMPORT_ID = '{"ImportId"'
_LEGACY_NAME = re.compile(r"V[0-9]+")
_LEAD_END = " - "
_META = {"response_id", "end_date", "status", "finished"}
_PREVIEW, _TEST, _SPAM = 1, 2, 8
_STATES = (0, 1, 2, 4, 8, 9, 12, 16, 17)
"""Numbers of a response's status; they add up: 4 imported, 12 imported and spam, 17 offline and preview."""

_TEST_WORDS = r"preview|test|vorschau|vista previa|prueba|aper\u00e7u|anteprima"
_USUAL_WORDS = r"ip[ -]?address|ip[ -]?adresse|imported|importiert|offline|anonymous"


def is_qualtrics(table: Table) -> bool:
    """True for the third header row of today's exports, the numbered columns of legacy ones, or the names.

    A workbook, or a file that somebody has tidied, may lack further header rows and has the names still.
    """
    return _is_current(table) or _is_legacy(table) or {normalize_header(t) for t in table.header} >= _META


def translate_qualtrics(table: Table) -> Table:
    """Give a Qualtrics export as a table with one header row.

    Parameters
    ----------
    table : Table, its further header rows still among the cells

    Returns
    -------
    Table without these rows; its codebook holds the question texts, a matrix question's lead apart from its
    items; EndDate is the date; rows of previews and tests carry the reason test_response

    Raises
    ------
    DataError
        E211 where the names that a legacy export keeps in its second row repeat others.

    Notes
    -----
    The second row is in the language of the account, so that names are taken from it in legacy exports only.
    A response that was not finished needs no rule of its own: with every item answered it is a whole
    questionnaire, else its missing items leave it without a total.
    """
    legacy = _is_legacy(table)
    n_headers = _count_headers(table)
    header = table.header
    texts = tuple(str(text) for text in table.cells.iloc[0]) if n_headers else header
    if legacy:
        pairs = zip(header, texts, strict=True)
        header = tuple(text if _LEGACY_NAME.fullmatch(name) else name for name, text in pairs)
        _refuse_repeats(table, header)
    cells, faults = table.cells.iloc[n_headers:], table.row_faults.iloc[n_headers:]
    names = {normalize_header(name): position for position, name in enumerate(header)}
    tests, said = _judge_states(cells, names)
    faults = faults.mask(faults.isna() & tests, "test_response")
    end = names.get("end_date")
    dated = end is not None and (cells.empty or bool(cells[end].ne("").any()))
    return replace(
        table,
        header=header,
        cells=cells,
        row_faults=faults,
        n_rows=table.n_rows - n_headers,
        format="qualtrics",
        codebook=_describe(header, texts),
        roles={"date": end} if dated else {},
        notes=(
            *table.notes,
            f"Qualtrics export; {n_headers} rows below the header describe its columns",
            *said,
        ),
    )


def _is_current(table: Table) -> bool:
    return len(table.index) > 1 and any(text.startswith(_IMPORT_ID) for text in table.row_texts(1))


def _is_legacy(table: Table) -> bool:
    return table.header[0] == "V1" and len(table.index) > 0 and "ResponseID" in table.row_texts(0)


def _count_headers(table: Table) -> int:
    """The rows that describe columns: there no end date is a date."""
    if _is_current(table):
        return 2
    if _is_legacy(table):
        return 1
    ends = table.cells[[normalize_header(text) for text in table.header].index("end_date")]
    return int(len(ends) > 0 and ends.iloc[0] != "" and not re.search(r"\d", ends.iloc[0]))


def _refuse_repeats(table: Table, header: tuple[str, ...]) -> None:
    repeated = find_repeated_headers(header)
    if repeated:
        columns = "; ".join(", ".join(str(p + 1) for p in group) for group in repeated[:3])
        message = (
            "each column needs a name of its own; the second row of this Qualtrics export repeats some: "
            f"columns {columns}. Rename them, or export without the legacy format."
        )
        raise DataError(table.problem("E211", message, column=repeated[0][0]))


def _judge_states(cells: pd.DataFrame, names: dict[str, int]) -> tuple[pd.Series, list[str]]:
    """True for each row that its status or its channel calls a preview or a test; and notes on others."""
    channel = names.get("distribution_channel")
    tests = pd.Series(False, index=cells.index)
    if channel is not None:
        tests |= cells[channel].str.lower().eq("preview")
    if "status" not in names:
        return tests, []
    status = cells[names["status"]].str.lower()
    number = pd.to_numeric(status.where(status.str.fullmatch(r"[0-9]{1,2}")), errors="coerce")
    bits = number.fillna(0).astype(int)
    tests |= (bits & (_PREVIEW | _TEST)).gt(0) | status.str.contains(_TEST_WORDS)
    spam = ~tests & ((bits & _SPAM).gt(0) | status.str.contains("spam"))
    usual = number.isin(_STATES) | status.eq("") | status.str.contains(_USUAL_WORDS)
    other = ~tests & ~spam & ~usual
    place = f"column {names['status'] + 1}"
    counted = {
        "are marked as possible spam; they are used": int(spam.sum()),
        "have a status that is not known; they are used. Remove previews and tests": int(other.sum()),
    }
    return tests, [f"{place}: {count} responses {what}" for what, count in counted.items() if count]


def _describe(header: tuple[str, ...], texts: tuple[str, ...]) -> dict[int, Field]:
    """The question of each column; the rows of a matrix question share the lead before the last dash.

    A dash within a question of its own ("... - or the opposite") ends no lead, for no other column has it.
    """
    parts = [_split_leads(text) for text in texts]
    shared = Counter(lead for pairs in parts for lead, _ in pairs)
    fields = {}
    for position, (name, text) in enumerate(zip(header, texts, strict=True)):
        lead, label = next((pair for pair in parts[position] if shared[pair[0]] > 1), ("", text))
        fields[position] = Field(name, label=label, lead=lead)
    return fields


def _split_leads(text: str) -> list[tuple[str, str]]:
    """The ways to split a text at a dash into lead and label, the last dash first."""
    parts = text.split(_LEAD_END)
    return [
        (_LEAD_END.join(parts[:cut]), _LEAD_END.join(parts[cut:])) for cut in range(len(parts) - 1, 0, -1)
    ]
