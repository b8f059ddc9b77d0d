"""Totals from item answers: strict by default, prorated only by a declared rule."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
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
    prorated (boolean)

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
    instrument lacks more items than its own limit (PCL-5: one). Prorating can bias even when items are
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
    limits = get_profile(profile).by_instrument("prorate_max_missing") if missing_items == "prorate" else {}
    n_answered = pd.Series(pd.NA, index=items.index, dtype="Int64")
    total = items["recorded_total"].copy()
    prorated = pd.Series(False, index=items.index, dtype="boolean")
    for id in items["instrument"].dropna().unique():
        instrument = get_instrument(id)
        rows = (items["instrument"] == id).to_numpy(dtype=bool, na_value=False)
        scored = _score_one(items.loc[rows], instrument, limits.get(id) or 0)
        n_answered[rows], total[rows], prorated[rows] = scored
    available = n_answered.notna()
    return items.assign(
        items_available=available.astype("boolean"),
        n_items_answered=n_answered,
        total=total,
        prorated=prorated,
    )


def _score_one(
    rows: pd.DataFrame, instrument: Instrument, max_missing: int
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Score the questionnaires of one instrument."""
    columns = [f"item_{number}" for number in range(1, instrument.n_items + 1)]
    answers = rows[columns].to_numpy(dtype=float, na_value=np.nan)
    _check_range(answers, instrument)
    answered = ~np.isnan(answers)
    n, size = answered.sum(axis=1), instrument.n_items
    has_items = n > 0
    summed = np.nansum(answers, axis=1).astype(int)
    allowed = (size - n <= max_missing) & has_items
    per_cluster = instrument.missing.prorate_max_missing_per_cluster
    if per_cluster is not None:
        for numbers in instrument.clusters.values():
            allowed &= (~answered[:, [number - 1 for number in numbers]]).sum(axis=1) <= per_cluster
    complete = n == size
    scored = (2 * size * summed + n) // np.where(has_items, 2 * n, 1)
    own = pd.Series(scored, index=rows.index, dtype="Int64").where(complete | allowed)
    total = own.where(has_items, rows["recorded_total"])
    n_answered = pd.Series(n, index=rows.index, dtype="Int64").where(has_items)
    return n_answered, total, pd.Series(allowed & ~complete, index=rows.index, dtype="boolean")


def _check_range(answers: np.ndarray, instrument: Instrument) -> None:
    outside = int(((answers < instrument.item_min) | (answers > instrument.item_max)).any(axis=1).sum())
    if outside:
        raise DataError(
            f"score_items needs {instrument.id} answers from {instrument.item_min} to {instrument.item_max}; "
            f"{outside} questionnaires hold others. Decode them first: load_cohort() does.",
            code="E251",
        )
