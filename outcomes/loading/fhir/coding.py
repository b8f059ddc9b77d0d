"""Whether the bare numbers of each form count from 0 or from 1: decided form by form, never across forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outcomes.definitions.instrument import Instrument, get_instrument, list_recognized
from outcomes.loading.answers import AnswerTable, score_label
from outcomes.loading.fhir.answers import Flat, read_number
from outcomes.loading.fhir.forms import Form
from outcomes.loading.fhir.links import Role
from outcomes.loading.layouts.layout import Layout, codings, instrument_layout

OBSERVED = "observations"
"""The name under which items in components of Observations are judged together."""


@dataclass(frozen=True)
class FormCodings:
    """What the numbers of each form count from.

    Attributes
    ----------
    shifts : mapping of form and instrument to what is taken from a number; None where nothing proves it
    spelled : frozenset of form and instrument, those whose numbers are written as words
    """

    shifts: Mapping[tuple[str, str], int | None]
    spelled: frozenset[tuple[str, str]]


def judge_options(
    form: Form | None, roles: Mapping[str, Role], tables: Mapping[Role, AnswerTable]
) -> dict[str, int]:
    """Tell from the numbers that a Questionnaire offers whether its answers count from 0 or from 1.

    Returns
    -------
    dict of instrument to 0 or 1; without those whose items offer no numbers, or differ

    Notes
    -----
    A list that offers the lowest score and none above the highest counts from 0; one that offers the number
    above the highest score, and not the lowest, from 1. What is labeled in it must agree.
    """
    found: dict[str, set[int | None]] = {}
    for link, concepts in form.concepts.items() if form else ():
        id, part = roles.get(link, ("", ""))
        numbers = {
            number: score_label(one.display, tables[id, part])
            for one in concepts
            if part.isdigit() and (number := read_number(one.code or one.display)) is not None
        }
        if numbers:
            shift = _judge_range(set(numbers), get_instrument(id))
            labeled = {number - score for number, score in numbers.items() if score is not None}
            found.setdefault(id, set()).add(shift if labeled <= {shift} else None)
    single = {id: next(iter(shifts)) for id, shifts in found.items() if len(shifts) == 1}
    return {id: shift for id, shift in single.items() if shift is not None}


def decide_form_codings(
    rows: Mapping[int, Flat],
    forms: Mapping[int, str],
    offered: Mapping[tuple[str, str], int],
    layout: Layout,
) -> FormCodings:
    """Decide for each form of a file whether its numbers count from 0 or from 1.

    Parameters
    ----------
    rows : the rows of the file
    forms : the form of each response, by row; other rows are Observations
    offered : what judge_options found, by form and instrument
    layout : Layout; a coding that it declares holds for forms whose answer lists prove none

    Returns
    -------
    FormCodings

    Notes
    -----
    After the answer list: a 0 among the answers of the form, and no value one above the item maximum, proves
    0; recorded totals that are the sum minus the number of items in every complete row prove 1. Where the
    zeros of all numbers together prove no more than those of each form alone, the numbers stay as they are.
    Otherwise the forms that are proven are spelled, so that the others are asked about by themselves (E253).
    """
    shifts: dict[tuple[str, str], int | None] = {}
    spelled: set[tuple[str, str]] = set()
    for id in list_recognized():
        instrument, declared = get_instrument(id), _read_declared(layout, id)
        numbered = _list_numbers(rows, forms, instrument)
        for form, answered in numbered.items():
            shift = offered.get((form, id), declared)
            shifts[form, id] = _judge_answers(answered, instrument) if shift is None else shift
        known = {form: shifts[form, id] for form in numbered}
        if declared is not None:
            spelled |= {(form, id) for form, shift in known.items() if shift != declared}
        elif _must_spell(id, numbered, known, offered):
            spelled |= {(form, id) for form, shift in known.items() if shift is not None}
    # A form whose list alone is known has weights to be held against it.
    return FormCodings({**offered, **shifts}, frozenset(spelled))


def spell_numbers(
    rows: Mapping[int, Flat], forms: Mapping[int, str], codings: FormCodings
) -> dict[int, Flat]:
    """Write the numbers of the spelled forms as the words of their scores."""
    return {row: _spell(flat, forms.get(row, OBSERVED), codings) for row, flat in rows.items()}


def sum_items(
    flat: Flat, form: str, codings: FormCodings, tables: Mapping[Role, AnswerTable]
) -> dict[str, int]:
    """The totals of a response by instrument, where each item has a score."""
    scores: dict[str, list[int]] = {}
    for (id, part), text in flat.cells.items():
        if part.isdigit():
            number, shift = read_number(text), codings.shifts.get((form, id))
            score = score_label(text, tables[id, part])
            if score is None and number is not None and shift is not None:
                score = number - shift
            scores.setdefault(id, []).extend([] if score is None else [score])
    return {id: sum(found) for id, found in scores.items() if len(found) == get_instrument(id).n_items}


def note_codings(codings: FormCodings) -> list[str]:
    """Say how many forms count from where, for each instrument whose forms are read apart."""
    notes = []
    for id in list_recognized():
        counts = [codings.shifts[form, of] for form, of in codings.spelled if of == id]
        if counts:
            notes.append(
                f"{id}: numbers are read form by form: those of {counts.count(0)} forms count from 0, of "
                f"{counts.count(1)} from 1, as their answer lists, zeros or totals prove"
            )
    return notes


def _must_spell(
    id: str,
    numbered: Mapping[str, Sequence[Flat]],
    known: Mapping[str, int | None],
    offered: Mapping[tuple[str, str], int],
) -> bool:
    """Whether the numbers of all forms together would prove something else than those of each form."""
    together = [flat for answered in numbered.values() for flat in answered]
    if not together or (set(known.values()) == {0} and _judge_answers(together, get_instrument(id)) == 0):
        return False
    return len(known) > 1 or any((form, id) in offered for form in known)


def _spell(flat: Flat, form: str, codings: FormCodings) -> Flat:
    ids = {id for id, part in flat.cells if part.isdigit() and (form, id) in codings.spelled}
    if flat.reason or not ids:
        return flat
    cells = dict(flat.cells)
    for (id, part), text in flat.cells.items():
        number = read_number(text) if id in ids and part.isdigit() else None
        if number is not None:
            score = number - (codings.shifts[form, id] or 0)
            # What the form cannot have meant is a damaged number, under any coding of the others.
            cells[id, part] = _word_of(get_instrument(id), score) or f"{number} ?"
    return replace(flat, cells=cells)


def _word_of(instrument: Instrument, score: int) -> str:
    low, high = instrument.item_min, instrument.item_max
    return instrument.answers[score - low] if low <= score <= high else ""


def _read_declared(layout: Layout, id: str) -> int | None:
    coding = instrument_layout(layout, id).coding
    return None if coding is None else codings(id).index(coding)


def _list_numbers(
    rows: Mapping[int, Flat], forms: Mapping[int, str], instrument: Instrument
) -> dict[str, list[Flat]]:
    """The rows of each form that hold bare numbers as items of an instrument."""
    found: dict[str, list[Flat]] = {}
    for row, flat in rows.items():
        if not flat.reason and _numbers_of(flat, instrument):
            found.setdefault(forms.get(row, OBSERVED), []).append(flat)
    return found


def _numbers_of(flat: Flat, instrument: Instrument) -> list[int]:
    texts = (flat.cells.get((instrument.id, str(item.number)), "") for item in instrument.items)
    return [number for text in texts if (number := read_number(text)) is not None]


def _judge_range(numbers: set[int], instrument: Instrument) -> int | None:
    low, above = instrument.item_min in numbers, instrument.item_max + 1 in numbers
    return None if low == above else int(above)


def _judge_answers(answered: Sequence[Flat], instrument: Instrument) -> int | None:
    """What the answers to one form prove; a value above the maximum alone proves nothing."""
    numbers = [_numbers_of(flat, instrument) for flat in answered]
    every = {number for one in numbers for number in one}
    if instrument.item_min in every:
        return 0 if instrument.item_max + 1 not in every else None
    totals = [read_number(flat.cells.get((instrument.id, "total"), "")) for flat in answered]
    judged = [
        (sum(one), total)
        for one, total in zip(numbers, totals, strict=True)
        if total is not None and len(one) == instrument.n_items
    ]
    proven = max(every) <= instrument.item_max + 1 and judged
    return 1 if proven and all(total == found - instrument.n_items for found, total in judged) else None
