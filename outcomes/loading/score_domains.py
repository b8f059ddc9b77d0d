"""Exports with one row per scale and kind of score: the raw one is the score, the others speak about it."""

from __future__ import annotations

from dataclasses import replace

from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header

_DOMAIN = "score_domain"
_RAW = "raw"


def has_score_domains(table: Table) -> bool:
    """True if a column says what kind of score each row holds."""
    return _DOMAIN in {normalize_header(name) for name in table.header}


def translate_score_domains(table: Table) -> Table:
    """Give the table with the reason other_instrument on each row whose score is not the raw one.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Table; a normed score or an interpretation is another measure, whatever scale it belongs to
    """
    position = next(p for p, name in enumerate(table.header) if normalize_header(name) == _DOMAIN)
    domains = table.cells[position]
    raw = [text for text in domains.unique() if normalize_header(text) == _RAW]
    derived = table.row_faults.isna() & ~domains.isin(raw)
    note = f"{int(derived.sum())} rows hold scores other than the raw one, by column {position + 1}"
    return replace(
        table, row_faults=table.row_faults.mask(derived, "other_instrument"), notes=(*table.notes, note)
    )
