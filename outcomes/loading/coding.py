"""What the answers of an instrument leave open: whether numbers count from 0 or from 1, and unknown words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.errors import Problem
from outcomes.loading.answers import RawAnswers
from outcomes.loading.extract import RowFaults, name_reasons
from outcomes.loading.layouts.layout import codings
from outcomes.loading.plan import MAX_BAD_SHARE, QuestionnairePlan
from outcomes.loading.rows import flag_filled
from outcomes.loading.tables import Table


@dataclass(frozen=True)
class Coding:
    """What a bare number stands for.

    Attributes
    ----------
    shift : int or None, to be subtracted from each number; None where nothing is proven
    evidence : str, what decided; empty where nothing did
    code, question : str, the problem to be asked where shift is None
    """

    shift: int | None
    evidence: str = ""
    code: str = ""
    question: str = ""


def decide_coding(
    columns: Sequence[RawAnswers], instrument: Instrument, *, declared: str | None, recorded: pd.Series | None
) -> Coding:
    """Decide the coding of an instrument's item columns.

    Parameters
    ----------
    columns : the item columns, read
    instrument : Instrument
    declared : the layout's coding, such as "1-4", or None
    recorded : Series of Int64, the recorded total of each row, or None

    Returns
    -------
    Coding

    Notes
    -----
    Proof that numbers count from 0: a 0 occurs, and no value one above the item maximum. Proof that they
    count from 1: no 0, nothing above the maximum plus one, and in every complete row (at least one) recorded
    total = sum - number of items. A recorded total that equals the sum proves nothing: a calculated field may
    sum raw codes. Where a codebook labels one code only, the label may not contradict the proof. Where it
    labels the codes of some columns, numbers in the others prove nothing: their codes may run another way.
    """
    coding = _decide_by_numbers(columns, instrument, declared=declared, recorded=recorded)
    from_low, from_next = codings(instrument.id)
    bare = [one for one in columns if not one.choices.scores and one.number.notna().any()]
    if declared is None and bare and any(one.choices.scores for one in columns):
        listed = ", ".join(str(one.position + 1) for one in bare[:3]) + (", ..." if len(bare) > 3 else "")
        question = (
            f"{instrument.id} items must all be coded alike; columns {listed} hold numbers without value "
            "labels, beside columns whose codes have them. Label every column in the file, or say coding = "
            f'"{from_low}" or "{from_next}" in the layout for those without labels.'
        )
        return Coding(None, code="E253", question=question)
    shifts = {column.choices.shift for column in columns} - {None}
    if declared is not None or coding.shift is None or shifts <= {coding.shift}:
        return coding
    return Coding(
        None,
        code="E253",
        question=f"{instrument.id} items must be coded as their value labels say; the only label of some "
        f'columns contradicts the numbers. Label every code, or say coding = "{from_low}" or '
        f'"{from_next}" in the layout.',
    )


def _decide_by_numbers(
    columns: Sequence[RawAnswers], instrument: Instrument, *, declared: str | None, recorded: pd.Series | None
) -> Coding:
    """Decide the coding by the bare numbers alone."""
    from_low, from_next = codings(instrument.id)
    if declared is not None:
        return Coding(
            0 if declared == from_low else 1, f"{instrument.id}: coding {declared}, as the layout says"
        )
    values = {int(value) for column in columns for value in column.number.dropna()}
    if not values:
        return Coding(0)
    low, high = instrument.item_min, instrument.item_max
    if low in values and high + 1 not in values:
        return Coding(0, f"{instrument.id}: coding {from_low}, proven: {low} occurs and {high + 1} does not")
    if low in values:
        return Coding(
            None,
            code="E251",
            question=f"{instrument.id} items must be coded {from_low} or {from_next}; both {low} and "
            f"{high + 1} occur "
            f'({_count(columns, high + 1)} cells of {high + 1}). Say coding = "{from_low}" in the '
            "layout if these are out of range.",
        )
    if max(values) <= high + 1 and recorded is not None and _is_shifted_sum(columns, recorded):
        return Coding(
            1,
            f"{instrument.id}: coding {from_next}, proven: each recorded total is the sum minus "
            f"{len(columns)}",
        )
    return Coding(
        None,
        code="E253",
        question=f"{instrument.id} items may be coded {from_low} or {from_next}: no {low} occurs, and no "
        "recorded total proves "
        f'either. Say coding = "{from_low}" or "{from_next}" in the layout, or give the data dictionary.',
    )


def decode_answers(column: RawAnswers, shift: int, instrument: Instrument) -> tuple[pd.Series, pd.Series]:
    """Give scores and faults of the distinct cells: numbers shifted, and held to the instrument's range."""
    number = column.number - shift
    outside = ((number < instrument.item_min) | (number > instrument.item_max)).fillna(False).astype(bool)
    return column.score.fillna(number.mask(outside)), column.fault.mask(outside, "out_of_range")


def ask_unknown_words(table: Table, instrument: Instrument, raw: list[RawAnswers]) -> list[Problem]:
    """Ask about words that no table knows, where answers are words; among numbers they are damage."""
    worded = any(column.score.notna().any() for column in raw) or not any(
        column.number.notna().any() for column in raw
    )
    places = [column for column in raw if column.unknown.any()]
    if not worded or not places:
        return []
    count = sum(int(column.count[column.unknown].sum()) for column in places)
    columns = ", ".join(str(column.position + 1) for column in places[:3])
    message = (
        f"{instrument.id} answers must be words of the instrument's table; {count} cells hold other words "
        f"(columns {columns}{', ...' if len(places) > 3 else ''}). Add them to labels in the layout, each "
        "with its score."
    )
    return [table.problem("E256", message, column=places[0].position)]


def ask_choices(table: Table, instrument: Instrument, raw: Sequence[RawAnswers]) -> list[Problem]:
    """Ask about labels that no table knows, and about cells whose code has no label where one is needed."""
    unknown = [column for column in raw if column.choices.unknown]
    if unknown:
        message = (
            f"{instrument.id} codes must carry the instrument's answer labels in the data dictionary or "
            f"value labels; {len(unknown[0].choices.unknown)} codes of this column and those of "
            f"{len(unknown) - 1} others do not. Add the labels, or missing_codes, to the layout."
        )
        return [table.problem("E256", message, column=unknown[0].position)]
    partly = [column for column in raw if not column.choices.complete]
    lost = [
        int(column.count[column.fault.eq("out_of_range").fillna(False).to_numpy(dtype=bool)].sum())
        for column in partly
    ]
    if not any(lost):
        return []
    message = (
        f"{instrument.id} codes must all have a label where the labels of the others lie on no line; "
        f"{sum(lost)} cells hold codes without one. Label them in the file, or declare missing_codes in the "
        "layout."
    )
    first = next(column for column, count in zip(partly, lost, strict=True) if count)
    return [table.problem("E256", message, column=first.position)]


def ask_bad_cells(
    table: Table, plan: QuestionnairePlan, rows: np.ndarray, faults: RowFaults
) -> Problem | None:
    """Where the coding is open because most cells are no answers at all, that is what has to be said."""
    filled = int(flag_filled(table, plan.items)[rows].sum())
    bad = int(faults.found.sum())
    if bad <= MAX_BAD_SHARE * filled:
        return None
    reason = name_reasons(faults.ranks, table.index[rows]).value_counts().index[0]
    message = (
        f"{plan.instrument.id} cells must be answers; {bad} of {filled} rows hold others, mostly "
        f"{reason}. Export the answers as whole numbers or words."
    )
    return table.problem("E251", message, column=plan.items[0])


def _is_shifted_sum(columns: Sequence[RawAnswers], recorded: pd.Series) -> bool:
    raw = np.column_stack([column.spread(column.number) for column in columns])
    total = recorded.to_numpy(dtype=float, na_value=np.nan)
    judged = ~np.isnan(raw).any(axis=1) & ~np.isnan(total)
    return bool(judged.any()) and bool((raw[judged].sum(axis=1) - len(columns) == total[judged]).all())


def _count(columns: Sequence[RawAnswers], value: int) -> int:
    return sum(
        int(column.count[column.number.eq(value).fillna(False).to_numpy(dtype=bool)].sum())
        for column in columns
    )
