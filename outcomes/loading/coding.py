"""Whether bare numbers count from 0 or from 1: decided on proof, otherwise asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.loading.answers import RawAnswers
from outcomes.loading.layout import codings


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
    count from 1: no 0,
    nothing above the maximum plus one, and in every complete row (at least one) recorded total = sum - number
    of items.
    A recorded total that equals the sum proves nothing: a calculated field may sum raw codes.
    """
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
