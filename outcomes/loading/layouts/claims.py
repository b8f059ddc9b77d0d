"""Columns that a layout names as something else than their headers and question texts say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.item_columns import TOTAL_WORDS
from outcomes.loading.item_texts import find_contradicted, match_text
from outcomes.loading.layouts.layout import (
    Layout,
    Ref,
    find_column,
    find_dropped,
    instrument_layout,
    named_instruments,
)
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import IMPORT_SUFFIX, LOOKALIKES, OTHER_VERSION, ROLES, TIME_POINT
from outcomes.privacy.identifiers import normalize_header

_TOTAL = -1
Meaning = tuple[str, int | None]
"""An instrument, and the number of an item, -1 for its total, or None where the name says neither."""


def check_claims(table: Table, layout: Layout, texts: Mapping[int, str]) -> None:
    """Refuse a layout that names a column as what its header or its question text says it is not (E603).

    Parameters
    ----------
    table : Table
    layout : Layout; the columns that it names are there
    texts : mapping of position to normalized question text, where a codebook has them

    Raises
    ------
    DefinitionError

    Notes
    -----
    A column has one role. An item may not be another item, a total, or a part of another questionnaire; a
    total may not be that of another questionnaire, nor an item where all items are there. Where a question
    text says the item, the text decides and the name does not count. Items may be numbered from 0. A header
    outside our dictionary is free.
    """
    names = {p: IMPORT_SUFFIX.sub("", normalize_header(text)) for p, text in enumerate(table.header)}
    meant = {say_meaning(name) for name in names.values()}
    problems = [*_find_shared(table, layout), *_refuse_visits(table, layout, names)]
    for id in named_instruments(layout):
        declared = instrument_layout(layout, id)
        blocks = [("", declared.items, declared.recorded_total)]
        blocks += [("visits.", one.items, one.recorded_total) for one in declared.visits]
        for within, refs, total in blocks:
            items = _find_columns(refs, table)
            problems += _refuse(table, f"{id}.{within}items", _find_wrong_items(items, names, texts, id))
            totals = _find_columns(() if total in (None, "ignore") else (total,), table)
            whole = all((id, item.number) in meant for item in get_instrument(id).items)
            wrong = [p for p in totals if _is_other_total(names[p], id, whole=whole)]
            problems += _refuse(table, f"{id}.{within}recorded_total", wrong)
    if problems:
        raise DefinitionError(problems)


def _find_shared(table: Table, layout: Layout) -> list[Problem]:
    """Columns that the layout names in two roles; only dates may be shared."""
    keys = ("patient_id", "site", "day", "time", "timing", "visit", "instrument", "item", "value", "total")
    named: list[tuple[str, Ref | None]] = [(f"columns.{key}", getattr(layout.columns, key)) for key in keys]
    named += [("columns.drop", ref) for ref in layout.columns.drop]
    named += [("date", layout.columns.date), ("date", layout.columns.day_zero)]
    for id in named_instruments(layout):
        one = instrument_layout(layout, id)
        named += [(f"{id}.items", ref) for ref in one.items]
        named += [(f"{id}.extra", ref) for ref in one.extra]
        named += [(f"{id}.recorded_total", one.recorded_total), ("date", one.date)]
        for visit in one.visits:
            named += [(f"{id}.visits", ref) for ref in (*visit.items, visit.recorded_total)]
            named.append(("date", visit.date))
    roles: dict[int, set[str]] = {}
    for key, ref in named:
        if ref in (None, "", "ignore") or (key == "columns.patient_id" and ref == "row"):
            continue
        position = find_column(ref, table.header)
        if position is not None:
            roles.setdefault(position, set()).add(key)
    shared = {position: keys for position, keys in roles.items() if len(keys) > 1}
    if not shared:
        return []
    position, found = min(shared.items())
    message = (
        f"a column may have one role; {len(shared)} have several, as column {position + 1} has "
        f"({', '.join(sorted(found))}). Keep one."
    )
    return [Problem("E603", f"layout of {table.where()}", message)]


def _refuse_visits(table: Table, layout: Layout, names: Mapping[int, str]) -> list[Problem]:
    """Visits side by side do not go with a column that names the instrument of each row."""
    dropped = find_dropped(layout, table.header)
    columns = [p for p, name in names.items() if name in ROLES["instrument"] and table.filled[p]]
    with_visits = [id for id in named_instruments(layout) if instrument_layout(layout, id).visits]
    if not with_visits or set(columns) <= dropped:
        return []
    message = (
        f"{with_visits[0]}.visits are for rows that hold several visits; column {columns[0] + 1} names the "
        "instrument of each row. Delete the visits, or leave that column out by drop."
    )
    return [Problem("E603", f"layout of {table.where()}", message)]


def _find_columns(refs: Sequence[Ref | None], table: Table) -> list[int]:
    places = (find_column(ref, table.header) for ref in refs if ref is not None)
    return [position for position in places if position is not None]


def _refuse(table: Table, key: str, wrong: Sequence[int]) -> list[Problem]:
    if not wrong:
        return []
    listed = ", ".join(str(p + 1) for p in wrong[:3]) + (", ..." if len(wrong) > 3 else "")
    message = (
        f"{key} names columns whose headers or question texts say something else: another item, a total, or "
        f"another questionnaire (columns {listed}). Correct {key}; if a header or text is wrong, mend it in "
        "the file."
    )
    return [Problem("E603", f"layout of {table.where()}", message)]


def _find_wrong_items(
    items: Sequence[int], names: Mapping[int, str], texts: Mapping[int, str], id: str
) -> list[int]:
    """The columns that say another item than their place in the list."""
    instrument = get_instrument(id)
    wording = {p: texts.get(p, names[p]) for p in items}
    wrong = set(find_contradicted(items, wording, instrument))
    said = {p for p in items if match_text(wording[p], instrument)}
    meant = [say_meaning(names[p]) for p in items]
    start = 0 if meant == [(id, number) for number in range(instrument.n_items)] else 1
    for number, (position, meaning) in enumerate(zip(items, meant, strict=True), start=start):
        other = meaning is not None and (meaning[0] != id or meaning[1] not in (None, number))
        if position not in said and (other or _is_other_version(names[position])):
            wrong.add(position)
    return [position for position in items if position in wrong]


def _is_other_total(name: str, id: str, *, whole: bool) -> bool:
    """Whether a header is a part of another questionnaire, the total of one that looks like ours, or an item.

    A lone `phq9_1` may be the total of a first visit; beside a whole set of items it is one of them.
    """
    meaning = say_meaning(name)
    if meaning is None:
        return _is_other_version(name)
    other, number = meaning
    is_item = whole and number is not None and 1 <= number <= get_instrument(id).n_items
    return _is_other_version(name) or other != id or is_item


def _is_other_version(name: str) -> bool:
    stems = "|".join(stem for stems in LOOKALIKES.values() for stem in stems)
    return bool(OTHER_VERSION.fullmatch(name) or re.fullmatch(f"(?:{stems})_?(?:{TOTAL_WORDS})", name))


def say_meaning(name: str) -> Meaning | None:
    """What a normalized header says in our dictionary, also with a time point before or behind it; or None.

    A bare name (`phq9`) is an item or a total. What stands behind a number may be a time point only if it is
    no number itself: `phq9_1_2` may be item 1 or item 2.
    """
    for id in list_recognized():
        item, total, bare = _patterns(id)
        if total.fullmatch(name):
            return id, _TOTAL
        if bare.fullmatch(name):
            return id, None
        found = item.fullmatch(name)
        if found is None:
            continue
        coded = {one.code.lower(): one.number for one in get_instrument(id).items if one.code}
        number = int(found["number"]) if found["number"] else coded.get(found["code"])
        return id, number
    return None


@lru_cache(maxsize=16)
def _patterns(id: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """How an item, a total and a bare name of an instrument are written."""
    stems = sorted(get_instrument(id).stems, key=len, reverse=True)
    either = "|".join(stems)
    # After a stem that ends in a digit a separator is needed: phq91 is not item 1.
    open_ones = "|".join(stem for stem in stems if not stem[-1].isdigit())
    glued = rf"(?:{either})_(?:q|item|i)?_?|(?:{either})(?:q|item|i)_?|(?:{open_ones})"
    number = rf"(?:{glued})0*(?P<number>[0-9]{{1,2}})"
    code = rf"(?:{either})_(?:fu_)?(?P<code>[a-z][0-9])"
    after = rf"(?:_(?![0-9]+$){TIME_POINT})?"
    total = rf"(?:{either})_?(?:{TOTAL_WORDS})(?:_c)?{after}|(?:sum|total)_?(?:{either})"
    return (
        re.compile(rf"(?:.+_)?(?:{number}{after}|{code})"),
        re.compile(rf"(?:.+_)?(?:{total})"),
        re.compile(rf"(?:.+_)?(?:{either}){after}"),
    )
