"""The same questionnaire twice: which one is kept, and which contradict each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.ordering import Places
from outcomes.schema import MAX_ITEMS

_ITEMS = [f"item_{number}" for number in range(1, MAX_ITEMS + 1)]
_ANSWERS = [*_ITEMS, "recorded_total"]
_DAY = ["patient_id", "instrument", "date", "study_day"]
_ABSENT, _ANY, _NEVER = -1, -2, -3


def find_repeats(places: Places, same_day: pd.Series | str) -> pd.Series:
    """Find the questionnaires that repeat another of their day (duplicate) or contradict it.

    Parameters
    ----------
    places : Places of ITEMS of all files together, in the order of the files and their rows
    same_day : "refuse", "first" or "last", as the layouts say; a Series of str with the index of the frame
        where they differ by file

    Returns
    -------
    Series of string, the same index; missing where the questionnaire stands

    Notes
    -----
    Within patient, instrument and day, in this order. Identical answers (the total where there are no items)
    with the same clock time and the same before/after label, or both without: the first is kept, the others
    are `duplicate`; likewise one that lacks the clock time or the label of another. A complete questionnaire
    stands over incomplete ones, and over a bare total that equals its own, unless two different clock times
    or labels tell them apart: these are `duplicate`. What then remains together without two different clock
    times or labels is `conflicting_duplicate`, all of it, unless `same_day` is "first" or "last" for all of
    them.
    """
    items = places.frame
    reason = pd.Series(pd.NA, index=items.index, dtype="string")
    repeated = places.find_repeated(_DAY, keep=False)
    shared = items[repeated] if repeated.any() else items[:0]
    if shared.empty:
        return reason
    table = _keys(shared)
    identical = table.duplicated(["day_key", "clock", "timing", "answers"]) | _is_known_better(table)
    reason[table.index[identical]] = "duplicate"

    left = table[~identical.to_numpy()]
    left = left[left.duplicated("day_key", keep=False).to_numpy()]
    if left.empty:
        return reason
    beaten = _is_beaten(left)
    reason[left.index[beaten]] = "duplicate"

    left = left[~beaten]
    together = left[_companions(left, left) > 1]
    choice = pd.Series(same_day, index=together.index, dtype=object)
    settled = choice.groupby(together["day_key"]).transform("nunique").eq(1) & choice.isin(["first", "last"])
    reason[together.index[~settled]] = "conflicting_duplicate"
    for keep in ("first", "last"):
        rows = together[settled & (choice == keep)]
        reason[rows.index[rows.duplicated("day_key", keep=keep)]] = "duplicate"
    return reason


def _keys(items: pd.DataFrame) -> pd.DataFrame:
    """Integer keys of each questionnaire: its day, clock, label and answers, and how complete it is."""
    answered = items[_ITEMS].notna().sum(axis=1)
    sizes = {id: get_instrument(id).n_items for id in items["instrument"].dropna().unique()}
    # A recorded total is part of the answers only where there are no items.
    answers = items[_ANSWERS].assign(recorded_total=items["recorded_total"].where(answered == 0))
    day_key = items.groupby(_DAY, dropna=False, sort=False).ngroup()
    own_total = items[_ITEMS].sum(axis=1).where(answered > 0, items["recorded_total"])
    return pd.DataFrame(
        {
            "day_key": day_key,
            "clock": items["clock"].fillna(_ABSENT).astype(int),
            "timing": items["declared_timing"].map({"before": 0, "after": 1}).fillna(_ABSENT).astype(int),
            "answers": answers.groupby(_ANSWERS, dropna=False, sort=False).ngroup(),
            "complete": (answered == items["instrument"].map(sizes)).to_numpy(dtype=bool, na_value=False),
            "bare": (answered == 0).to_numpy(dtype=bool),
            "total": own_total.fillna(_ABSENT).astype(int),
        },
        index=items.index,
    )


def _is_known_better(table: pd.DataFrame) -> np.ndarray:
    """True where the same answers stand with a clock time or label that this one lacks, and nothing less."""
    clocked, labeled = table["clock"] != _ABSENT, table["timing"] != _ABSENT
    same = ["day_key", "answers"]
    return (
        (~clocked.to_numpy() & _lies_among(table, table.loc[clocked], [*same, "timing"]))
        | (~labeled.to_numpy() & _lies_among(table, table.loc[labeled], [*same, "clock"]))
        | (~(clocked | labeled).to_numpy() & _lies_among(table, table.loc[clocked & labeled], same))
    )


def _is_beaten(table: pd.DataFrame) -> np.ndarray:
    """True for an incomplete questionnaire, or a bare total, beside a complete one that settles it."""
    complete = table[table["complete"]]
    incomplete = (~table["complete"] & ~table["bare"]).to_numpy() & (_companions(table, complete) > 0)
    by_total = table.assign(day_key=table.groupby(["day_key", "total"], sort=False).ngroup())
    bare = table["bare"].to_numpy() & (_companions(by_total, by_total[by_total["complete"]]) > 0)
    # A bare total is complete too: it stands over incomplete items, unless it is itself settled.
    totals = table[table["bare"].to_numpy() & ~bare]
    incomplete |= (~table["complete"] & ~table["bare"]).to_numpy() & (_companions(table, totals) > 0)
    return incomplete | bare


def _lies_among(table: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """True for the rows whose keys stand among the others."""
    return pd.MultiIndex.from_frame(table[keys]).isin(pd.MultiIndex.from_frame(others[keys]))


def _companions(table: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Count per row the others of its day that no two clock times and no two labels tell apart from it.

    A known time meets its own time and unknown ones; an unknown time meets any. So each of the others is
    counted under its own time and under "any", and each row adds the counts that it meets: no pairs are
    formed, however many rows a day has.
    """
    counted = pd.concat(
        [
            others.assign(
                **({"clock": _ANY} if any_clock else {}), **({"timing": _ANY} if any_timing else {})
            )
            for any_clock in (False, True)
            for any_timing in (False, True)
        ]
    )
    counts = counted.groupby(["day_key", "clock", "timing"], sort=False).size()
    total = np.zeros(len(table), dtype=int)
    for clock in _met(table["clock"]):
        for timing in _met(table["timing"]):
            wanted = pd.MultiIndex.from_arrays([table["day_key"], clock, timing])
            total += counts.reindex(wanted, fill_value=0).to_numpy() * (
                (clock != _NEVER) & (timing != _NEVER)
            )
    return total


def _met(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The two keys a row meets: its own value and "absent", or "any" and nothing else."""
    known = (values != _ABSENT).to_numpy()
    return np.where(known, values, _ANY), np.where(known, _ABSENT, _NEVER)
