"""What must hold inside a questionnaire's definition: its items, ranges, bands, cut-offs and codes agree."""

from __future__ import annotations

import math
from itertools import pairwise

from outcomes.definitions.instrument_types import Instrument


def find_contradictions(instrument: Instrument) -> list[str]:
    """Name everything in a definition that contradicts itself; an empty list where all agrees."""
    return [
        *_check_items(instrument),
        *_check_answers(instrument),
        *_check_bands(instrument),
        *_check_thresholds(instrument),
        *_check_reliable_change(instrument),
        *_check_codes(instrument),
    ]


def _check_items(instrument: Instrument) -> list[str]:
    n, found = instrument.n_items, []
    if n == 0:
        return _check_totals_only(instrument)
    if [item.number for item in instrument.items] != list(range(1, n + 1)):
        found.append(f"items must be numbered 1 to {n} in order (n_items); correct items or n_items.")
    first, last = f"{instrument.id}_1", f"{instrument.id}_{n}"
    if instrument.item_keys != tuple(f"{instrument.id}_{number}" for number in range(1, n + 1)):
        found.append(f"item keys must be {first} to {last} in order; correct the keys.")
    scoring = instrument.scoring
    counted = scoring.multiplier * (len(scoring.domains) or n - (scoring.gate is not None))
    if (instrument.total_min, instrument.total_max) != (
        counted * instrument.item_min,
        counted * instrument.item_max,
    ):
        found.append("total_min and total_max must follow from the items and their scoring; correct them.")
    found += _check_scoring(instrument)
    if instrument.recognized and not (instrument.stems and instrument.lead_in and instrument.answers):
        found.append("an instrument that is recognized needs stems, lead_in and answers; add them.")
    if instrument.recognized and any(not (item.key_words and item.stem) for item in instrument.items):
        found.append("each item needs its stem and at least one set of key_words; add them.")
    if not all(all(item.key_words) for item in instrument.items):
        found.append("no set of key_words may be empty; fill or delete it.")
    for subscale in instrument.subscales:
        size = len(subscale.items)
        if not set(subscale.items) <= set(range(1, n + 1)) or len(set(subscale.items)) != size:
            found.append(f"subscale {subscale.id} must name existing items, each once; correct its items.")
        if subscale.range != (size * instrument.item_min, size * instrument.item_max):
            found.append(f"the range of subscale {subscale.id} must follow from its items; correct it.")
    if instrument.self_harm_item is not None and not 1 <= instrument.self_harm_item <= n:
        found.append("self_harm_item must be the number of an item; correct it.")
    if not 0 <= instrument.missing.prorate_max_missing < n:
        found.append("missing.prorate_max_missing must be at least 0 and below n_items; correct it.")
    return found


def _check_totals_only(instrument: Instrument) -> list[str]:
    """Without items there is nothing to recognize, to score or to sum."""
    found = []
    if instrument.items or instrument.subscales or instrument.diagnostic_rules or instrument.answers:
        found.append("n_items is 0, so that there can be no items, answers, subscales or rules; delete them.")
    if instrument.recognized:
        found.append("without items an instrument cannot be recognized; say recognized = false.")
    if not instrument.total_min < instrument.total_max:
        found.append("total_min must lie below total_max; correct them.")
    return found


def _check_scoring(instrument: Instrument) -> list[str]:
    """Domains, pairs, the gate and rules name existing items; each item counts once."""
    numbers, scoring, found = set(range(1, instrument.n_items + 1)), instrument.scoring, []
    members = [number for domain in scoring.domains for number in domain]
    if scoring.domains and sorted(members) != sorted(numbers - {scoring.gate}):
        found.append("scoring.domains must hold each item once; correct them.")
    domain_of = {number: place for place, domain in enumerate(scoring.domains) for number in domain}
    if any(
        a == b or domain_of.get(a) != domain_of.get(b) or a not in domain_of for a, b in scoring.either_or
    ):
        found.append("scoring.either_or must pair two items of one domain; correct it.")
    if scoring.gate is not None and scoring.gate not in numbers:
        found.append("scoring.gate must be the number of an item; correct it.")
    if scoring.multiplier < 1 or scoring.divisor < 1:
        found.append("scoring.multiplier and scoring.divisor must be at least 1; correct them.")
    if not scoring.is_plain and instrument.missing.prorate_max_missing:
        found.append("a total that is no plain sum is never prorated; set prorate_max_missing to 0.")
    for rule in instrument.diagnostic_rules:
        named = {number for one in rule.criteria for number in one.items}
        named |= {number for one in rule.criteria for number, _ in one.own_score}
        if not rule.criteria or not named <= numbers:
            found.append(f"the criteria of {rule.id} must name existing items; correct them.")
    return found


def _check_answers(instrument: Instrument) -> list[str]:
    found = []
    if instrument.answers and len(instrument.answers) != instrument.item_max - instrument.item_min + 1:
        found.append("answers must hold one label per possible item score; add or remove labels.")
    for name in ("answer_synonyms", "answer_codes"):
        values = getattr(instrument, name).values()
        if not all(instrument.item_min <= value <= instrument.item_max for value in values):
            found.append(f"{name} must map to scores from item_min to item_max; correct the scores.")
    if any(label != label.lower().strip() for label in instrument.answer_synonyms):
        found.append("answer_synonyms must be written in lower case without blanks around; rewrite them.")
    difficulty = instrument.difficulty
    if difficulty and sorted(difficulty.answer_codes.values()) != list(range(len(difficulty.answers))):
        found.append("difficulty.answer_codes must give each of its answers one code; correct them.")
    return found


def _check_bands(instrument: Instrument) -> list[str]:
    bands = instrument.bands
    if not bands:
        return []
    found = []
    if not instrument.bands_status or not instrument.bands_source:
        found.append("bands need bands_status and bands_source; add them, or leave the bands out.")
    if bands[0].low != instrument.total_min or bands[-1].high != instrument.total_max:
        found.append("bands must span total_min to total_max; correct the first or the last band.")
    if any(band.low > band.high for band in bands):
        found.append("the low end of a band must not be above its high end; correct it.")
    if any(after.low != before.high + 1 for before, after in pairwise(bands)):
        found.append("bands must follow each other without gap or overlap; correct their ends.")
    if len({band.name for band in bands}) != len(bands):
        found.append("bands must have different names; rename one.")
    return found


def _check_thresholds(instrument: Instrument) -> list[str]:
    found = []
    for threshold in (instrument.caseness, *instrument.caseness_alternatives):
        if threshold and not instrument.total_min < threshold.value <= instrument.total_max:
            found.append("caseness must lie within the range of the total, above its minimum; correct it.")
        if threshold and (threshold.op in (">=", ">")) != instrument.lower_is_better:
            found.append("caseness must point to the worse totals (>= where lower is better); correct op.")
    if instrument.mcid and not 0 < instrument.mcid.value <= instrument.total_max - instrument.total_min:
        found.append("mcid must be above 0 and no more than the range of the total; correct it.")
    return found


def _check_reliable_change(instrument: Instrument) -> list[str]:
    found = []
    ids = [entry.id for entry in instrument.reliable_change]
    if len(set(ids)) != len(ids):
        found.append("reliable_change entries must have different ids; rename one.")
    if (instrument.reliable_change_default is not None or ids) and (
        instrument.reliable_change_default not in ids
    ):
        found.append("reliable_change_default must be the id of a reliable_change entry; correct it.")
    for entry in instrument.reliable_change:
        value = entry.formula_value
        if not 0 < entry.points <= instrument.total_max - instrument.total_min:
            found.append(f"the points of {entry.id} must lie within the range of the total; correct them.")
        elif value is not None and entry.points != math.floor(value) + 1:
            found.append(
                f"the points of {entry.id} must be the integer above 1.96*SD*sqrt(2*(1-r)); correct them."
            )
    return found


def _check_codes(instrument: Instrument) -> list[str]:
    places = {"loinc_panel": instrument.loinc_panel, "loinc_total": instrument.loinc_total}
    places.update({item.key: item.loinc for item in instrument.items})
    if instrument.difficulty:
        places[instrument.difficulty.key] = instrument.difficulty.loinc
    found = [
        f"the LOINC code of {place} must be digits, a dash and their check digit; look it up again."
        for place, code in places.items()
        if code is not None and not has_valid_check_digit(code)
    ]
    codes = [code for code in places.values() if code is not None]
    if len(set(codes)) != len(codes):
        found.append("each LOINC code may stand once in an instrument; correct the repeated one.")
    return found


def has_valid_check_digit(code: str) -> bool:
    """Tell whether a LOINC code ends in the mod-10 check digit that its other digits call for.

    Examples
    --------
    >>> from outcomes.definitions.instrument_checks import has_valid_check_digit
    >>> has_valid_check_digit("44261-6"), has_valid_check_digit("96843-5")
    (True, False)
    """
    body, dash, check = code.partition("-")
    if not (dash and code.isascii() and body.isdigit() and check.isdigit() and len(check) == 1):
        return False
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return (10 - total % 10) % 10 == int(check)
