"""Columns that a layout names as something else than their headers and question texts say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.item_columns import TOTAL_WORDS
from outcomes.loading.item_texts import find_contradicted, match_text
from outcomes.loading.layouts.layout import Layout, Ref, find_column, instrument_layout, named_instruments
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import IMPORT_SUFFIX, LOOKALIKES, OTHER_VERSION, TIME_POINT
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
    An item may not be another item, a total, or a part of another questionnaire; a total may not be that of
    another questionnaire. Where a question text says the item, the text decides and the name does not count.
    Items may be numbered from 0. A header outside our dictionary is free.
    """
    names = {p: IMPORT_SUFFIX.sub("", normalize_header(text)) for p, text in enumerate(table.header)}
    problems = []
    for id in named_instruments(layout):
        declared = instrument_layout(layout, id)
        blocks = [("", declared.items, declared.recorded_total)]
        blocks += [("visits.", one.items, one.recorded_total) for one in declared.visits]
        for within, refs, total in blocks:
            items = _find_columns(refs, table)
            problems += _refuse(table, f"{id}.{within}items", _find_wrong_items(items, names, texts, id))
            totals = _find_columns(() if total in (None, "ignore") else (total,), table)
            wrong = [p for p in totals if _is_other_total(names[p], id)]
            problems += _refuse(table, f"{id}.{within}recorded_total", wrong)
    if problems:
        raise DefinitionError(problems)


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


def _is_other_total(name: str, id: str) -> bool:
    """Whether a header is a part of another questionnaire, or the total of one that looks like ours."""
    meaning = say_meaning(name)
    return _is_other_version(name) or (meaning is not None and meaning[0] != id)


def _is_other_version(name: str) -> bool:
    stems = "|".join(stem for stems in LOOKALIKES.values() for stem in stems)
    return bool(OTHER_VERSION.fullmatch(name) or re.fullmatch(f"(?:{stems})_?(?:{TOTAL_WORDS})", name))


def say_meaning(name: str) -> Meaning | None:
    """What a normalized header says in our dictionary, also with a time point before or behind it; or None.

    A bare name (`phq9`) is an item or a total. What stands behind a number may be a time point only if it is
    no number itself: `phq9_1_2` may be item 1 or item 2.
    """
    for id in list_instruments():
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
