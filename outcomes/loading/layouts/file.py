"""Reading a layout file, and what in it contradicts an instrument."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from outcomes.definitions.instrument import get_instrument, list_instruments, list_recognized
from outcomes.definitions.strict import read_strict
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.answers import answer_table
from outcomes.loading.given import plain
from outcomes.loading.labels import is_safe_label, normalize_label, split_label
from outcomes.loading.layouts.layout import InstrumentLayout, Layout, LayoutFile, codings
from outcomes.loading.vocabulary import GIVEN, NOT_GIVEN


def read_layout(layout: str | Path | None, *, number: int) -> Layout:
    """Read a layout from a file or from its TOML text; None gives the layout that decides nothing.

    Parameters
    ----------
    layout : path, TOML text (anything with a line break or an equals sign), or None
    number : int, the input it belongs to, for messages

    Returns
    -------
    Layout

    Raises
    ------
    DefinitionError
        E601-E603 with key and line; also where an instrument table contradicts the instrument, or a date
        format cannot say a day.
    """
    if layout is None:
        return LayoutFile()
    label = f"layout of input-{number}"
    is_text = isinstance(layout, str) and ("\n" in layout or "=" in layout or not layout.strip())
    read = read_strict(str(layout) if is_text else Path(layout), LayoutFile, label=label)
    problems = [problem for id in list_instruments() for problem in _check_instrument(read, id, label)]
    problems += [*_check_codes(read, label), *_check_words(read, label)]
    if not all(_says_a_day(form) for form in read.columns.date_formats):
        message = (
            "date_format must hold day, month and year as %d, %m (%b, %B) and %Y (%y), such as %d/%m/%Y; one "
            "does not. Correct it."
        )
        problems.append(Problem("E603", label, message))
    if problems:
        raise DefinitionError(problems)
    return read


def _check_instrument(layout: Layout, id: str, label: str) -> list[Problem]:
    table, instrument, found = getattr(layout, id), get_instrument(id), []
    if table is None:
        return []
    if table.items and len(table.items) != instrument.n_items:
        found.append(
            f"{id}.items must name {instrument.n_items} columns in the order of the questionnaire; correct "
            "the list."
        )
    if len(set(table.items)) != len(table.items):
        found.append(f"{id}.items names a column twice; name each once.")
    found += _check_visits(table, id)
    if {str(code) for code in table.missing_codes} & set(table.labels):
        found.append(f"{id}.labels and {id}.missing_codes name the same answer; keep one of them.")
    if table.coding is not None and table.coding not in codings(id):
        found.append(f'{id}.coding must be "{codings(id)[0]}" or "{codings(id)[1]}"; correct it.')
    if not all(instrument.item_min <= value <= instrument.item_max for value in table.labels.values()):
        found.append(
            f"{id}.labels must map to {instrument.item_min} to {instrument.item_max}; correct the scores."
        )
    if contradictions := _count_contradictions(table, id):
        found.append(
            f"{id}.labels may add answers and never change one: {contradictions} contradict the "
            "questionnaire's own table, or each other. Delete them."
        )
    return [Problem("E603", label, message) for message in found]


def _check_visits(table: InstrumentLayout, id: str) -> list[str]:
    """Each visit needs a label of its own, columns, and a day or a date."""
    size, found = get_instrument(id).n_items, []
    if table.visits and (table.items or table.date is not None or table.recorded_total is not None):
        found.append(
            f"{id} has visits, so that items, date and recorded_total stand in each; move them there."
        )
    if len({one.visit for one in table.visits}) != len(table.visits) or not all(
        is_safe_label(one.visit) and one.visit for one in table.visits
    ):
        found.append(f"{id}.visits need labels of their own, of letters, digits and blanks; correct them.")
    if any((one.day is None) == (one.date is None) for one in table.visits):
        found.append(f"{id}.visits need a day or a date each, and not both; give one.")
    if any(len(one.items) not in (0, size) or not one.columns for one in table.visits):
        found.append(f"{id}.visits need the {size} items, or a recorded_total; complete them.")
    columns = [ref for one in table.visits for ref in (*one.items, one.recorded_total) if ref is not None]
    if len(set(columns)) != len(columns):
        found.append(f"{id}.visits name a column twice; name each once.")
    return found


def _check_codes(layout: Layout, label: str) -> list[Problem]:
    """Codes may name further totals, and never make a total of a question or another instrument's total."""
    known: dict[str, tuple[str, str]] = {}
    for one in map(get_instrument, list_recognized()):
        known |= {item.loinc: (one.id, "item") for item in one.items if item.loinc}
        known |= {code: (one.id, "total") for code in (one.loinc_total, one.snomed_total) if code}
        if one.difficulty is not None and one.difficulty.loinc:
            known[one.difficulty.loinc] = (one.id, "difficulty")
    if not set(layout.codes.values()) <= set(list_instruments()):
        message = f"codes must map to one of {', '.join(list_instruments())}; one does not. Correct it."
    elif any(known.get(code, (id, "total")) != (id, "total") for code, id in layout.codes.items()):
        message = "codes may add totals; one names a question, or the total of another. Delete it."
    else:
        return []
    return [Problem("E603", label, message)]


def _check_words(layout: Layout, label: str) -> list[Problem]:
    """Words of a status may be added, and never turned into their opposite."""
    known = {**dict.fromkeys(GIVEN, "given"), **dict.fromkeys(NOT_GIVEN, "not given")}
    read = [(plain(word), meaning) for word, meaning in layout.columns.status_words.items()]
    if not all(re.search(r"[^\W\d_]", word) for word, _ in read):
        message = "status_words must be words; one has no letter. Delete it."
    elif any(known.get(word, meaning) != meaning for word, meaning in read) or len(set(read)) != len(
        dict(read)
    ):
        message = (
            "status_words may add words and never change one; one has another meaning already. Delete it, or "
            "give the longer text in which it stands."
        )
    else:
        return []
    return [Problem("E603", label, message)]


def _count_contradictions(table: InstrumentLayout, id: str) -> int:
    """Labels that already have another score, with or without the number beside them."""
    known = dict(answer_table(get_instrument(id)).labels)
    wrong = 0
    for text, score in table.labels.items():
        keys = {normalize_label(text), split_label(text)[0]}
        wrong += any(known.get(key, score) != score for key in keys)
        known |= dict.fromkeys(keys, score)
    return wrong


def _says_a_day(form: str) -> bool:
    """Whether a format gives back the day that it writes."""
    day = datetime(2026, 5, 23)
    try:
        return datetime.strptime(day.strftime(form), form).date() == day.date()
    except (ValueError, re.error):  # re.error: a directive that stands twice
        return False
