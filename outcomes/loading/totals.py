"""Totals that are no plain sum: multiplied, the highest item of each domain, or asked only past a gate."""

from __future__ import annotations

import numpy as np

from outcomes.definitions.instrument_types import Instrument

Answers = list[tuple[np.ndarray, np.ndarray]]
"""Per item its answers and where they are missing."""


def combine_answers(answers: Answers, instrument: Instrument) -> tuple[np.ndarray, np.ndarray]:
    """Give the total of each questionnaire as its instrument's scoring says, and which may be scored.

    Parameters
    ----------
    answers : per item, in order, an array of answers and one of bool, where they are missing
    instrument : Instrument

    Returns
    -------
    tuple of two arrays: totals (of no meaning where they may not be scored), and bool, where all needed items
    are answered

    Notes
    -----
    total = multiplier * the sum over domains of the highest answer; without domains each item is its own. Of
    an either-or pair one answer suffices. Past a gate nothing else is needed where its answer is the lowest:
    the total is total_min.
    """
    scoring = instrument.scoring
    gate = scoring.gate
    numbers = [number for number in range(1, len(answers) + 1) if number != gate]
    domains = scoring.domains or tuple((number,) for number in numbers)
    lowest = instrument.item_min
    present = {number: ~answers[number - 1][1] for number in numbers}
    value = {number: np.where(present[number], answers[number - 1][0], lowest) for number in numbers}
    total = scoring.multiplier * sum(np.maximum.reduce([value[n] for n in domain]) for domain in domains)
    partner = dict(scoring.either_or) | {b: a for a, b in scoring.either_or}
    needed = [present[n] | present[partner[n]] if n in partner else present[n] for n in numbers]
    complete = np.logical_and.reduce(needed)
    if gate is None:
        return total, complete
    asked, lacks = answers[gate - 1]
    closed = ~lacks & (asked == lowest)
    return np.where(closed, instrument.total_min, total), closed | (complete & ~lacks)
