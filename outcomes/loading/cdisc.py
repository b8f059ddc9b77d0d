"""CDISC SDTM questionnaire files (QS): one row per item, told apart by category, code and test name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.errors import Problem
from outcomes.loading.answers import answer_table
from outcomes.loading.item_texts import match_item
from outcomes.loading.labels import split_label
from outcomes.loading.layouts.layout import Layout, instrument_layout
from outcomes.loading.long import name_instruments
from outcomes.loading.numbers import parse_whole
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header

_ITEM_CODES = {"phq9": re.compile(r"PHQ01(\d\d)")}
"""Codes whose last digits are known to number the items; elsewhere the test name says which item it is."""

_PREFIX = re.compile(r"^[A-Z]+[0-9]+ ?- ?")
_ROLES = {
    "patient_id": "usubjid", "date": "qsdtc", "visit": "visit", "instrument": "qscat", "item": "qstestcd",
}  # fmt: skip


def is_cdisc(table: Table) -> bool:
    """True if the header is that of a QS domain: QSTESTCD beside a result."""
    names = {normalize_header(name) for name in table.header}
    return "qstestcd" in names and bool(names & {"qsorres", "qsstresn"})


def translate_cdisc(table: Table, layout: Layout) -> Table:
    """Give a QS file as a long table: instrument, item number (or total, difficulty) and value.

    Parameters
    ----------
    table : Table
    layout : Layout; its answer labels count as words of the questionnaire

    Returns
    -------
    Table; QSTESTCD holds item numbers, the column of results their values, and rows that were not done carry
    the reason not_done

    Notes
    -----
    A test name that holds "Total Score" is the total and one that holds "Difficult" the difficulty question,
    whatever the number of their codes. An item is known by the words of its test name, in PHQ-9 by its code
    too. Where the two disagree, or nothing says which item it is, that is a question (E255). QSSTRESN is the
    value; where QSORRES is a word of the questionnaire, both are handed on, so that a disagreement is an
    answer_conflict. Where QSSTRESN is blank the word of QSORRES counts. A number of QSORRES, which is as it
    was collected, counts only where both columns hold the same numbers in all items of the questionnaire that
    have both, or QSSTRESN none in any; else the answer is missing. Totals are judged likewise, by themselves.
    """
    names = {normalize_header(name): position for position, name in enumerate(table.header)}
    faults = table.row_faults
    if "qsstat" in names:
        status = table.cells[names["qsstat"]]
        not_done = [text for text in status.unique() if normalize_header(text) == "not_done"]
        faults = faults.mask(faults.isna() & status.isin(not_done), "not_done")
    value = names["qsstresn"] if "qsstresn" in names else names["qsorres"]
    roles: dict[str, int | None] = {role: names.get(name) for role, name in _ROLES.items()}
    roles |= {"value": value, "total": None, "time": None}
    if roles["visit"] is None:
        roles["visit"] = names.get("visitnum")
    known = replace(table, row_faults=faults, roles=roles, format="cdisc-qs")
    if roles["instrument"] is None:
        message = "QSCAT must name the questionnaire of each row; the file has no such column. Export it too."
        return replace(known, questions=(*table.questions, table.problem("E255", message)))
    if not len(table.index):
        return known
    instrument, problems = name_instruments(table, names["qscat"], faults.isna())
    mine = instrument.where(faults.isna())
    item, open_rows = _name_items(table.cells, names, mine, faults.isna())
    cells = {names["qstestcd"]: item}
    problems += _ask_items(table, names, open_rows)
    notes = list(table.notes)
    if {"qsorres", "qsstresn"} <= set(names):
        kind = mine.str.cat(item.str.isdigit().map({True: ":item", False: ":other"}))
        unproven = _find_unproven(table.cells, names, kind)
        cells[value] = _join_words(table.cells, names, mine, layout).mask(unproven, "")
        if unproven.any():
            note = f"{int(unproven.sum())} rows have a number in QSORRES only, which may be coded otherwise"
            notes.append(f"{table.where(column=names['qsorres'])}: {note}; these answers are missing")
    made = known.with_cells(cells)
    return replace(made, questions=(*table.questions, *problems), notes=tuple(notes))


def _name_items(
    cells: pd.DataFrame, names: Mapping[str, int], instrument: pd.Series, live: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """What the item column is to hold, and True for each row of ours of which nothing says which item it is.

    A code that belongs to one questionnaire under the category of another is such a row too.
    """
    code = cells[names["qstestcd"]].str.upper()
    test = cells[names["qstest"]] if "qstest" in names else pd.Series("", index=cells.index)
    kinds = pd.DataFrame({"instrument": instrument, "code": code, "test": test})
    distinct = kinds.drop_duplicates()
    found = [_name_item(*row) for row in distinct.itertuples(index=False)]
    joined = kinds.merge(distinct.assign(item=found), how="left", validate="many_to_one")
    item = joined["item"].set_axis(cells.index)
    is_open = instrument.notna() & item.eq("")
    for id, form in _ITEM_CODES.items():
        ours = instrument.eq(id).fillna(False).astype(bool)
        is_open |= code.str.fullmatch(form.pattern).astype(bool) & live & ~ours
    return item, is_open


def _name_item(id: str | None, code: str, test: str) -> str:
    """The item that a code and a test name mean; empty where they disagree or say nothing."""
    if id is None or pd.isna(id):
        return ""
    instrument = get_instrument(id)
    words = set(normalize_header(_PREFIX.sub("", test)).split("_"))
    if {"total", "score"} <= words:
        return "total"
    if instrument.difficulty is not None and words & {"difficult", "difficulty"}:
        return "difficulty"
    by_text = {item.number for item in instrument.items if match_item(item, words)}
    coded = _ITEM_CODES[id].fullmatch(code) if id in _ITEM_CODES else None
    by_code = {int(coded[1])} if coded and 1 <= int(coded[1]) <= instrument.n_items else set()
    agreed = by_text & by_code if by_text and by_code else by_text | by_code
    return str(min(agreed)) if len(agreed) == 1 else ""


def _join_words(
    cells: pd.DataFrame, names: Mapping[str, int], instrument: pd.Series, layout: Layout
) -> pd.Series:
    """The value of each row: QSSTRESN, beside the word of QSORRES where the questionnaire knows it."""
    written, number = cells[names["qsorres"]], cells[names["qsstresn"]]
    value = number.where(number != "", written)
    whole = parse_whole(number).value
    for id in list_recognized():
        known = answer_table(get_instrument(id), labels=instrument_layout(layout, id).labels).labels
        words = {text: split_label(text)[0] for text in written.unique() if split_label(text)[0] in known}
        both = (instrument.eq(id) & written.isin(list(words)) & whole.notna()).fillna(False).astype(bool)
        label = written[both].map(words).astype("string")
        value = value.mask(both, whole.astype("string").str.cat(label, sep=" - ").reindex(value.index))
    return value


def _find_unproven(cells: pd.DataFrame, names: Mapping[str, int], kind: pd.Series) -> pd.Series:
    """True for rows with a number in QSORRES only that nothing proves to be that of QSSTRESN.

    `kind` is the questionnaire and whether the row is one of its items; missing for rows of others.
    """
    collected, standard = (parse_whole(cells[names[name]]).value for name in ("qsorres", "qsstresn"))
    is_blank, both = cells[names["qsstresn"]].eq(""), collected.notna() & standard.notna()
    same, other = set(kind[both & collected.eq(standard)]), set(kind[both & collected.ne(standard)])
    without = set(kind.dropna()) - set(kind[~is_blank])
    return is_blank & collected.notna() & kind.notna() & ~kind.isin((same - other) | without)


def _ask_items(table: Table, names: Mapping[str, int], open_rows: pd.Series) -> list[Problem]:
    if not open_rows.any():
        return []
    message = (
        "QSCAT, QSTESTCD and QSTEST must agree on the item of each row; in "
        f"{int(open_rows.sum())} rows they do not, or name none. Correct them in the export."
    )
    row = int(open_rows.idxmax())
    return [table.problem("E255", message, row=row, column=names["qstestcd"])]
