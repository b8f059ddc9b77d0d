"""Where each instrument stands in a questionnaire file: by name, by text, or by number where one is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.loading.item_columns import InstrumentColumns, find_by_name, settle_form
from outcomes.loading.item_texts import asks_difficulty, find_by_text, find_contradicted, normalize_texts
from outcomes.loading.layouts.layout import Layout, instrument_layout, named_instruments
from outcomes.loading.numbers import parse_whole
from outcomes.loading.rows import flag_filled
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import CAPS_OR_PCL, OTHER_VERSION, ROLES


def find_instruments(
    table: Table,
    names: Mapping[int, str],
    layout: Layout,
    texts: Mapping[int, str],
    forms: Mapping[int, str] | None = None,
) -> list[InstrumentColumns]:
    """The columns of each instrument, but for those that the layout names altogether.

    Parameters
    ----------
    table : Table
    names : mapping of position to normalized header
    layout : Layout
    texts : question texts by position, where a codebook has them
    forms : the form of each column, where the file has forms (REDCap)
    """
    names = {position: name for position, name in names.items() if not OTHER_VERSION.fullmatch(name)}
    known = normalize_texts(texts)
    each = [_find_in_forms(table, names, id, known, forms or {}) for id in list_recognized()]
    found = _add_bare(each, names, layout)
    open_ones = []
    for one in (_hold_to_texts(one, known) for one in found):
        declared = instrument_layout(layout, one.id)
        total_is_named = declared.recorded_total not in (None, "ignore")
        if not (declared.items or declared.visits) and (one.has_items or not total_is_named):
            open_ones.append(_judge_scale(table, one))
    return open_ones


def find_bare_items(names: Mapping[int, str]) -> dict[str, tuple[int, ...]]:
    """The instruments whose items the columns may be, by their number alone or by bare symptom names."""
    bare = _number_bare(names)
    items = tuple(bare[number] for number in sorted(bare))
    found = {
        id: items
        for id in list_recognized()
        if sorted(bare) == list(range(1, get_instrument(id).n_items + 1))
    }
    symptoms = {name: p for p, name in names.items() if name in CAPS_OR_PCL}
    if len(symptoms) == len(CAPS_OR_PCL):
        found["pcl5"] = tuple(symptoms[name] for name in CAPS_OR_PCL)
    return found


def _find_in_forms(
    table: Table, names: Mapping[int, str], id: str, texts: Mapping[int, str], forms: Mapping[int, str]
) -> InstrumentColumns:
    """As _find_instrument; several sets of items that stand in different forms are the same questionnaire.

    Each row is then read from the set that its form holds, which is settled only if no row holds two.
    """
    whole = _find_instrument(names, id, texts)
    if whole.difficulty is not None and forms.get(whole.difficulty) != forms.get(whole.items[0]):
        whole = replace(whole, difficulty=None)  # the question of another form's questionnaire
    if whole.doubt not in ("sets", "visits") or not forms:
        return whole
    parts = []
    for form in dict.fromkeys(forms.values()):
        of_form = {position: name for position, name in names.items() if forms.get(position) == form}
        one = settle_form(of_form, get_instrument(id), _find_instrument(of_form, id, texts))
        parts += [one] if one.items else []
    claimed = {position for one in parts for position in one.positions}
    if not parts or any(one.doubt for one in parts) or not set(whole.doubtful) <= claimed:
        return whole
    held = sum(flag_filled(table, one.items).astype(int) for one in parts)
    if (np.asarray(held) > 1).any():
        return whole
    first, *others = parts
    said = f"{id}: the questionnaire stands in {len(parts)} forms; each row is read from its own"
    evidence = (*first.evidence, *((said,) if others else ()))
    return replace(first, others=tuple(others), evidence=evidence)


def _find_instrument(names: Mapping[int, str], id: str, texts: Mapping[int, str]) -> InstrumentColumns:
    """By name first; by text where the names give no items."""
    instrument = get_instrument(id)
    by_name = find_by_name(names, instrument)
    if by_name.items:
        return _claim_difficulty(by_name, texts)
    wording = {position: texts.get(position, name) for position, name in names.items()}
    by_text = find_by_text(wording, instrument)
    if not by_text.items:
        return by_name if by_name.total is not None or by_name.doubt else by_text
    if by_name.doubt == "numbering":
        return _settle_numbering(by_name, by_text, texts)
    doubt = "" if by_name.doubt in ("scale", "version", "partial") else by_name.doubt
    after = [p for p in wording if p > max(by_text.items) and asks_difficulty(wording[p])]
    difficulty = by_name.difficulty if by_name.difficulty is not None else next(iter(after), None)
    return replace(
        by_text,
        total=by_name.total,
        difficulty=difficulty,
        doubt=doubt,
        doubtful=by_name.doubtful if doubt else (),
    )


def _settle_numbering(
    by_name: InstrumentColumns, by_text: InstrumentColumns, texts: Mapping[int, str]
) -> InstrumentColumns:
    """Take the numbering, from 0 or from 1, that the question texts of all items prove."""
    if by_text.items not in by_name.readings:
        return by_name
    left = tuple(p for p in by_name.doubtful if p not in by_text.items)
    settled = replace(by_text, total=by_name.total, difficulty=by_name.difficulty, extra=left)
    return _claim_difficulty(settled, texts)


def _hold_to_texts(one: InstrumentColumns, texts: Mapping[int, str]) -> InstrumentColumns:
    """Leave the items in doubt where a question text says another item than the name of its column."""
    instrument = get_instrument(one.id)
    wrong = [p for part in (one, *one.others) for p in find_contradicted(part.items, texts, instrument)]
    if not wrong:
        return one
    by_text = find_by_text({p: texts[p] for p in one.items if p in texts}, instrument)
    doubtful = (*wrong, *(p for p in one.positions if p not in wrong))
    return InstrumentColumns(
        one.id,
        total=one.total,
        doubt="texts",
        doubtful=doubtful,
        readings=(by_text.items,) if by_text.items else (),
    )


def _claim_difficulty(found: InstrumentColumns, texts: Mapping[int, str]) -> InstrumentColumns:
    """Of the columns numbered on after the items, the one whose question text says difficulty is that."""
    said = [p for p in found.extra if asks_difficulty(texts.get(p, ""))]
    if found.difficulty is not None or len(said) != 1:
        return found
    return replace(found, difficulty=said[0], extra=tuple(p for p in found.extra if p != said[0]))


def _add_bare(
    found: list[InstrumentColumns], names: Mapping[int, str], layout: Layout
) -> list[InstrumentColumns]:
    """Accept q1..qN and a bare total where another header, or the layout, names one instrument of N items."""
    bare = _number_bare(names)
    totals = [p for p, name in names.items() if name in ROLES["total"]]
    if any(one.items or one.total is not None for one in found) or not (bare or totals):
        return found
    named = [one.id for one in found if _is_named(one.id, names)] or list(named_instruments(layout))
    if len(named) != 1 or (bare and sorted(bare) != list(range(1, get_instrument(named[0]).n_items + 1))):
        return found
    if not bare and "instrument" in {
        role for name in names.values() for role in ROLES if name in ROLES[role]
    }:
        return found
    items = tuple(bare[number] for number in sorted(bare))
    evidence = (
        f"{named[0]}: bare column names, and this is the only instrument that another header or the layout "
        "names"
    )
    total = totals[0] if len(totals) == 1 else None
    taken = InstrumentColumns(named[0], items, total, evidence=(evidence,))
    return [taken if one.id == named[0] else one for one in found]


def _number_bare(names: Mapping[int, str]) -> dict[int, int]:
    """Columns named q1, q2 ... or item1, item2 ...: position by number."""
    hits = ((re.fullmatch(r"(?:q|item)_?0*([1-9][0-9]?)", name), p) for p, name in names.items())
    return {int(hit[1]): p for hit, p in hits if hit}


def _is_named(id: str, names: Mapping[int, str]) -> bool:
    stems = get_instrument(id).stems
    return any(name.startswith(f"{stem}_") for name in names.values() for stem in stems)


def _judge_scale(table: Table, one: InstrumentColumns) -> InstrumentColumns:
    """A bare name without items is the total if a value lies above the item maximum; else it is in doubt."""
    if one.doubt != "scale" or one.total is None:
        return one
    values = parse_whole(table.cells[one.total]).value
    top = get_instrument(one.id).item_max
    if not (values > top).any():
        return one
    evidence = (
        f"{one.id}: column {one.total + 1} is the total: it holds values above {top}, the most an item can "
        "have"
    )
    return replace(one, doubt="", doubtful=(), evidence=(*one.evidence, evidence))
