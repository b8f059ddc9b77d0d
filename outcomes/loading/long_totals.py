"""Totals among the item rows of a long table: a check where items stand beside them, else the score."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_recognized

TOTAL, DIFFICULTY = 0, -1
"""What stands in the item column beside item numbers."""


def judge_bare_totals(frame: pd.DataFrame, wide: pd.DataFrame, *, shifted: Collection[str]) -> pd.Series:
    """Judge the totals of questionnaires of which no item has a row.

    Parameters
    ----------
    frame : DataFrame, one row per item or total, with group (the questionnaire), number and instrument
    wide : DataFrame, one row per questionnaire and one column per number, without rows at fault
    shifted : the instruments whose answers count from 1: their totals may be sums of these numbers

    Returns
    -------
    Series of string, one per such questionnaire: out_of_range, no_answers (nothing shows that totals of a
    shifted instrument are those of scores), or missing where the total may be used
    """
    has_item = frame["number"].gt(TOTAL).fillna(False).astype(bool)
    with_items = pd.Index(frame.loc[has_item, "group"].dropna().unique())
    if TOTAL not in wide:
        return pd.Series(dtype="string")
    bare = wide.index[wide[TOTAL].notna()].difference(with_items)
    total, instrument = wide.loc[bare, TOTAL], frame.groupby("group")["instrument"].first()
    low = instrument[bare].map({id: get_instrument(id).total_min for id in list_recognized()})
    high = instrument[bare].map({id: get_instrument(id).total_max for id in list_recognized()})
    fault = pd.Series(pd.NA, index=bare, dtype="string")
    fault = fault.mask(~total.between(low, high).astype(bool), "out_of_range")
    answers = wide[[number for number in wide.columns if int(number) > TOTAL]]
    agrees = answers.notna().any(axis=1) & answers.sum(axis=1).eq(wide[TOTAL]).fillna(False)
    seen = set(instrument[agrees.index[agrees.to_numpy(dtype=bool)]])
    return fault.mask(instrument[bare].isin(set(shifted) - seen), "no_answers")


def find_mismatches(made: pd.DataFrame) -> pd.Series:
    """True for each complete questionnaire whose recorded total is not the sum of its items."""
    sizes = made["instrument"].map({id: get_instrument(id).n_items for id in list_recognized()})
    answers = made[[name for name in made.columns if name.startswith("item_")]]
    complete = answers.notna().sum(axis=1).eq(sizes)
    total = made["recorded_total"].astype("Int64")
    return (complete & total.notna() & answers.sum(axis=1).ne(total).fillna(False)).astype(bool)
