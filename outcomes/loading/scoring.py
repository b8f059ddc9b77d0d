"""Totals from item answers: strict by default, prorated only by a declared rule."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.loading.arrays import split_whole, whole_array
from outcomes.loading.totals import Answers, combine_answers
from outcomes.schema import check_frame


def score_items(
    items: pd.DataFrame,
    *,
    missing_items: Literal["strict", "prorate"] | None = None,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Give each questionnaire its total score, and say how many items it rests on.

    Parameters
    ----------
    items : DataFrame (ITEMS), one row per questionnaire
    missing_items : "strict" (a total needs every item), "prorate" (some items may be missing, by instrument),
        or None for the rule of the profile
    profile : str or Profile; `missing_items` is used, and `prorate_max_missing` where items are prorated

    Returns
    -------
    DataFrame (SCORES), the same rows, order and index with items_available (boolean), n_items_answered
    (Int64; missing where the export holds no items), total (Int64; missing where it may not be scored) and
    prorated and straight_line (boolean; every item has the same answer above zero: a total to look at, and
    used as it is; missing without items)

    Raises
    ------
    DataError
        If the frame is not as ITEMS promises, an answer lies outside its instrument's range, or missing_items
        is unknown.
    DefinitionError
        If an instrument or the profile is not defined.

    Notes
    -----
    With N items, n of them answered with the sum s, total = s if n = N. Prorated, total = floor((2 N s + n) /
    (2 n)), that is N s / n rounded half up, if N - n is at most `prorate_max_missing` and no cluster of the
    instrument lacks more items than its own limit (PCL-5: one). Where the instrument's file says so, the
    total is another combination (QIDS: the highest item of each domain; WHO-5: four times the sum;
    PC-PTSD-5: 0 without exposure), which is never prorated. Prorating can bias even when items are
    missing at random [1]_, so it is never the default. Without any answered item the recorded total stands,
    with items_available False.

    References
    ----------
    .. [1] Mazza GL, Enders CK, Ruehlman LS (2015). Addressing item-level missing data. Multivariate
       Behavioral Research 50:504-519. doi:10.1080/00273171.2015.1068157

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.score_items(oc.ITEMS.empty())[["total", "prorated"]].shape
    (0, 2)
    """
    missing_items = missing_items or get_profile(profile).value("missing_items")
    if missing_items not in ("strict", "prorate"):
        raise DataError(
            'score_items needs missing_items "strict" or "prorate"; another word was given. Choose one of '
            "the two."
        )
    check_frame(items, "ITEMS")
    return items.assign(**score_totals(items, missing_items=missing_items, profile=profile))


def score_totals(
    items: pd.DataFrame, *, missing_items: str | None = None, profile: str | Profile = "default"
) -> dict[str, ExtensionArray]:
    """Give the columns that score_items adds, for a frame that keeps the promises of ITEMS."""
    missing_items = missing_items or get_profile(profile).value("missing_items")
    limits = get_profile(profile).by_instrument("prorate_max_missing") if missing_items == "prorate" else {}
    size = len(items)
    answered, prorated = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=bool)
    straight = np.zeros(size, dtype=bool)
    total, without = (array.copy() for array in split_whole(items["recorded_total"]))
    codes, ids = pd.factorize(np.asarray(items["instrument"], dtype=object))
    for code, id in enumerate(ids):
        instrument = get_instrument(id)
        every = len(ids) == 1 and not (codes < 0).any()
        rows = np.arange(size) if every else np.flatnonzero(codes == code)
        columns = [items[f"item_{number}"] for number in range(1, instrument.n_items + 1)]
        answers = [split_whole(column if every else column.take(rows)) for column in columns]
        if not answers:
            continue  # recorded totals alone
        n, own, scored, replaced = _score_one(answers, instrument, limits.get(id) or 0)
        answered[rows], prorated[rows], straight[rows] = n, replaced, _is_straight(answers)
        has_items = n > 0
        total[rows] = np.where(has_items, own, total[rows])
        without[rows] = np.where(has_items, ~scored, without[rows])
    return {
        "items_available": pd.arrays.BooleanArray(answered > 0, np.zeros(size, dtype=bool)),
        "n_items_answered": whole_array(answered, answered == 0),
        "total": whole_array(total, without),
        "prorated": pd.arrays.BooleanArray(prorated, np.zeros(size, dtype=bool)),
        "straight_line": pd.arrays.BooleanArray(straight, answered == 0),
    }


def _is_straight(answers: Answers) -> np.ndarray:
    """Tell where every item has one and the same answer above zero."""
    first = answers[0][0]
    alike = np.logical_and.reduce([~lacks & (value == first) for value, lacks in answers])
    return np.asarray(alike & (first > 0) & (len(answers) > 1))


def _score_one(
    answers: Answers, instrument: Instrument, max_missing: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Score the questionnaires of one instrument: items answered, total, which may be scored, which are
    prorated.
    """
    _check_range(answers, instrument)
    size = instrument.n_items
    if not instrument.scoring.is_plain:
        n = np.array([~lacks for _, lacks in answers]).sum(axis=0, dtype=np.int64)
        own, complete = combine_answers(answers, instrument)
        return n, own, complete, np.zeros(len(own), dtype=bool)
    summed, lacking = np.zeros((2, len(answers[0][0])), dtype=np.int64)
    for values, missing in answers:
        summed += values
        lacking += missing
    n = size - lacking
    allowed = (lacking <= max_missing) & (n > 0)
    per_cluster = instrument.missing.prorate_max_missing_per_cluster
    if per_cluster is not None and max_missing:
        for numbers in instrument.clusters.values():
            allowed &= sum(answers[number - 1][1].astype(np.int64) for number in numbers) <= per_cluster
    complete = n == size
    own = (2 * size * summed + n) // np.where(n > 0, 2 * n, 1)
    return n, own, complete | allowed, allowed & ~complete


def _check_range(answers: Answers, instrument: Instrument) -> None:
    low, high = instrument.item_min, instrument.item_max
    flags = np.logical_or.reduce([~lacks & ((value < low) | (value > high)) for value, lacks in answers])
    outside = int(flags.sum())
    if outside:
        raise DataError(
            f"score_items needs {instrument.id} answers from {instrument.item_min} to {instrument.item_max}; "
            f"{outside} questionnaires hold others. Decode them first: load_cohort() does.",
            code="E251",
        )
