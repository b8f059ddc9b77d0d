"""What a session's record says of safety: nausea, blood pressure, dissociation, long-term signs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.loading.columns import column_or_missing
from outcomes.loading.given import plain_words
from outcomes.loading.numbers import find_missing, parse_decimal, parse_whole
from outcomes.loading.tables import Table

FLAGS = ("nausea", "urinary_symptoms", "cognitive_complaints")
PRESSURES = ("systolic_before", "systolic_peak", "diastolic_before", "diastolic_peak")
ROLES = (*FLAGS, "blood_pressure_before", "blood_pressure_peak", *PRESSURES, "dissociation_total")
"""The roles of safety columns; none is ever the reason why a row is left out."""

_YES = frozenset(("yes", "y", "true", "1", "present", "positive"))
_NO = frozenset(("no", "n", "false", "0", "absent", "none", "negative", "denied", "denies"))
_BOUNDS = {"systolic": (60, 300), "diastolic": (20, 200)}
"""mmHg that a device can show; what lies outside is a slip of the keyboard (project choice)."""
_MOST_DISSOCIATION = 1_000


def read_safety(table: Table, roles: Mapping[str, int]) -> dict[str, pd.Series]:
    """Read the safety columns of infusion records.

    Parameters
    ----------
    table : Table
    roles : position by role

    Returns
    -------
    mapping of the safety columns of INFUSIONS to Series with the index of the table; missing where nothing is
    recorded, or where it is not beyond doubt

    Notes
    -----
    Yes and no are a closed list of words; a severity ("mild") is neither, and missing. Blood pressure is a
    number, or "140/90" in one column; a pressure outside what a device shows is missing.
    """
    columns = {role: read_flag(table, roles.get(role)) for role in FLAGS}
    for moment in ("before", "peak"):
        both = column_or_missing(table, roles.get(f"blood_pressure_{moment}"))
        parts = both.str.extract(r"^\s*([0-9]{2,3})\s*/\s*([0-9]{2,3})\s*(?:mm ?hg)?\s*$", flags=2)
        for place, kind in enumerate(("systolic", "diastolic")):
            own = column_or_missing(table, roles.get(f"{kind}_{moment}"))
            low, high = _BOUNDS[kind]
            read = [parse_whole(cells, low=low, high=high).value for cells in (own, parts[place].fillna(""))]
            columns[f"{kind}_{moment}"] = read[0].fillna(read[1])
    cells = column_or_missing(table, roles.get("dissociation_total"))
    columns["dissociation_total"] = parse_decimal(cells, low=0, high=_MOST_DISSOCIATION).value
    return columns


def note_safety(table: Table, roles: Mapping[str, int], used: pd.DataFrame) -> list[str]:
    """Count the cells of used rows that hold something which could not be read, by column."""
    notes, rows = [], table.index[table.row_uids.isin(used["row_uid"])]
    for role in ROLES:
        if role in roles:
            kind, _, moment = role.rpartition("_")
            name = f"systolic_{moment}" if kind == "blood_pressure" else role
            cells = table.cells.loc[rows, roles[role]]
            unread = int((~find_missing(cells) & used[name].isna().to_numpy()).sum())
            if unread:
                notes.append(f"{role}_unknown: {unread} rows, column {roles[role] + 1}; the value is missing")
    return notes


def read_flag(table: Table, position: int | None) -> pd.Series:
    """Read a column of yes and no (boolean); missing where a cell says neither, or there is no column."""
    words = plain_words(column_or_missing(table, position))
    known = pd.Series(pd.NA, index=words.index, dtype="boolean")
    return known.mask(words.isin(_YES), True).mask(words.isin(_NO), False)
