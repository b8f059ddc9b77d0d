"""Synthea observations: one row per observation, its meaning a LOINC code."""

from __future__ import annotations

from dataclasses import replace

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.loading.layouts.layout import Layout
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import LOOKALIKE_CODES, NEVER_OURS
from outcomes.privacy.identifiers import normalize_header

_HEADER = {"date", "patient", "encounter", "code", "value", "units", "type"}


def is_synthea(table: Table) -> bool:
    """True if the header is that of an observations file."""
    return {normalize_header(name) for name in table.header} >= _HEADER


def translate_synthea(table: Table, layout: Layout) -> Table:
    """Give observations as a long table of totals.

    Parameters
    ----------
    table : Table
    layout : Layout; its codes name further LOINC codes that are the total of an instrument

    Returns
    -------
    Table; CODE holds the id of the instrument whose total it is, and rows of the PHQ-9 for teens or the
    PCL for DSM-IV carry the reason lookalike. Rows of all other codes are no rows of ours.
    """
    names = {normalize_header(name): position for position, name in enumerate(table.header)}
    totals = {str(get_instrument(id).loinc_total): id for id in list_recognized()} | layout.codes
    code = table.cells[names["code"]]
    wrong = {loinc for loinc, title in LOOKALIKE_CODES.items() if title in NEVER_OURS}
    alike = table.row_faults.isna() & code.isin(wrong - set(totals))
    count = int(alike.sum())
    note = (
        f"{count} rows hold other forms (teens, DSM-IV) and are not read; codes in the layout may name them"
    )
    return replace(
        table.with_cells({names["code"]: code.map(totals).fillna("")}),
        row_faults=table.row_faults.mask(alike, "lookalike"),
        format="synthea",
        notes=(*table.notes, note) if count else table.notes,
        roles={
            "patient_id": names["patient"], "date": names["date"], "instrument": names["code"],
            "total": names["value"], "value": None, "item": None, "visit": None, "time": None,
        },
    )  # fmt: skip
