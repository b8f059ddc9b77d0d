"""Tables with one row per occasion: their questionnaires and their ledger lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from pandas.api.types import pandas_dtype

from outcomes.loading.arrays import missing_array, repeat_text, text_array
from outcomes.loading.extract import (
    Extract,
    RowFaults,
    differ_in_reason,
    name_left_out,
    name_reasons,
    no_faults,
    number_columns,
    rank_faults,
    rank_reasons,
    stack_excluded,
)
from outcomes.loading.occasion import When, Who
from outcomes.loading.questionnaire import Answered
from outcomes.loading.rows import make_rows
from outcomes.loading.tables import Table
from outcomes.schema import ITEMS


def build_wide(
    table: Table,
    base: pd.Series,
    who: Who,
    whens: Mapping[str, When],
    answered: Sequence[Answered],
    *,
    own_dates: bool = False,
) -> Extract:
    """Put the questionnaires of a table together, and give each of its rows one ledger line.

    Parameters
    ----------
    table : Table
    base : Series of string, the reason of each row that holds no record; missing for the others
    who : Who, for all rows
    whens : mapping of the key of each plan to When, for all rows
    answered : the instruments, read; their index is that of the rows without a reason in `base`
    own_dates : bool, True where each instrument has a date of its own (REDCap forms), so that the blank date
        of a blank form is no fault

    Returns
    -------
    Extract with one ITEMS row per instrument with a valid answer

    Notes
    -----
    A row is used if one of its instruments is; an instrument with a bad cell is then left out with its
    reason. Otherwise the first reason of the closed list among patient, date and instruments stands, and
    where instruments were left out for different reasons they are still named.
    """
    live, n_rows = base.isna().to_numpy(dtype=bool), len(base)
    of_who = rank_faults(n_rows, who.faults).at(live)
    of_when = {id(when): rank_faults(n_rows, when.faults).at(live) for when in whens.values()}
    judged, touched = [], []
    for one in answered:
        when = of_when[id(whens[one.plan.key])]
        reached = one.present | one.faults.found
        own = own_dates or one.plan.has_own_time
        faults = of_who.or_earlier(when.where(reached) if own else when).or_earlier(one.faults)
        judged.append(faults.mark(~faults.found & ~one.present, one.absent_reason))
        touched.append(reached)
    frames = [
        _frame(table, np.flatnonzero(live), who, whens[one.plan.key], one, ~faults.found)
        for one, faults in zip(answered, judged, strict=True)
    ]
    frame = pd.concat(frames, ignore_index=True, copy=False) if frames else ITEMS.empty()
    left_out = [
        _frame(table, np.flatnonzero(live), who, whens[one.plan.key], one, held).assign(
            reason=name_reasons(faults.ranks[held], pd.RangeIndex(int(held.sum())))
        )
        for one, faults in zip(answered, judged, strict=True)
        if (held := faults.found & one.present).any()
    ]
    used = np.logical_or.reduce([~faults.found for faults in judged])
    # An instrument that was left blank is the reason only where nothing at all was answered.
    nowhere = ~np.logical_or.reduce(touched)
    row = no_faults(len(used))
    for faults, reached in zip(judged, touched, strict=True):
        row = row.or_earlier(faults.where((reached | nowhere) & ~used))
    ranks, columns = rank_reasons(base), np.zeros(n_rows, dtype=np.int16)
    ranks[live], columns[live] = row.ranks, row.columns
    rows = make_rows(
        table,
        "scores",
        reason=name_reasons(ranks, base.index),
        column=number_columns(columns, base.index),
        left_out=_left_out(base.index, np.flatnonzero(live), answered, judged, touched, used),
        assessment_row=table.row_uids,
    )
    return Extract("scores", frame, rows, excluded=stack_excluded(left_out))


def _left_out(
    index: pd.Index,
    live: np.ndarray,
    answered: Sequence[Answered],
    judged: Sequence[RowFaults],
    touched: Sequence[np.ndarray],
    used: np.ndarray,
) -> pd.Series:
    """Name what was left out of each row, if the row is used or its instruments differ in their reasons."""
    named = [faults.where(reached) for faults, reached in zip(judged, touched, strict=True)]
    rows = np.flatnonzero(np.logical_or.reduce([faults.found for faults in named]))
    whole = np.full(len(index), pd.NA, dtype=object)
    if len(rows):
        reasons = {
            one.plan.key: name_reasons(faults.ranks[rows], pd.RangeIndex(len(rows)))
            for one, faults in zip(answered, named, strict=True)
        }
        text = name_left_out(reasons)
        whole[live[rows]] = text.where(used[rows] | differ_in_reason(text)).to_numpy(dtype=object)
    return pd.Series(text_array(whole), index=index, copy=False)


def _frame(
    table: Table, live: np.ndarray, who: Who, when: When, one: Answered, usable: np.ndarray
) -> pd.DataFrame:
    """The ITEMS rows of one instrument."""
    at, every = live[usable], len(table.index)

    def of_table(column: pd.Series) -> ExtensionArray:
        return column.array if len(at) == every else column.array.take(at)

    def of_answers(column: ExtensionArray) -> ExtensionArray:
        return column if usable.all() else column[usable]

    uids, behind = of_table(table.row_uids), f":{one.plan.key}"
    ids = np.array([uid + behind for uid in uids.to_numpy(dtype=object).tolist()], dtype=object)
    columns: dict[str, ExtensionArray] = {
        "assessment_id": text_array(ids),
        "row_uid": uids,
        "patient_id": of_table(who.patient_id),
        "site": of_table(who.site),
        "instrument": repeat_text(one.instrument.id, len(at)),
        "date": of_table(when.date),
        "study_day": of_table(when.study_day),
        "clock": of_table(when.clock),
        "declared_timing": of_table(who.timing),
        "visit": repeat_text(one.plan.visit, len(at)) if one.plan.visit else of_table(who.visit),
        **{name: of_answers(score) for name, score in one.items.items()},
        "difficulty": of_answers(one.difficulty),
        "recorded_total": of_answers(one.recorded_total),
    }
    return pd.DataFrame(
        {
            column.name: columns[column.name].astype(pandas_dtype(column.dtype), copy=False)
            if column.name in columns
            else missing_array(column.dtype, len(at))
            for column in ITEMS.columns
        },
        copy=False,
    )
