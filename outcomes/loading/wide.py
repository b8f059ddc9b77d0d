"""Tables with one row per occasion: their questionnaires and their ledger lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.loading.extract import Extract, first_fault, name_reasons, rank_reasons
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
    live = base[base.isna()].index
    who_reason, who_column = (part.loc[live] for part in first_fault(table.cells.index, who.faults))
    judged = {}
    for one in answered:
        when_reason, when_column = (
            part.loc[live] for part in first_fault(table.cells.index, whens[one.plan.key].faults)
        )
        touched = one.present | one.reason.notna()
        if own_dates or one.plan.has_own_time:
            when_reason, when_column = when_reason.where(touched), when_column.where(touched)
        reason, column = _earlier(
            (who_reason, who_column), (when_reason, when_column), (one.reason, one.column)
        )
        judged[one.plan.key] = (
            reason.mask(reason.isna() & ~one.present, one.absent_reason),
            column,
            touched,
        )
    frames = [
        _frame(table, who, whens[one.plan.key], one, judged[one.plan.key][0].isna()) for one in answered
    ]
    frame = pd.concat(frames, ignore_index=True) if frames else ITEMS.empty()
    usable = pd.DataFrame({id: reason.isna() for id, (reason, _, _) in judged.items()}, index=live)
    used = usable.any(axis=1)
    # An instrument that was left blank is the reason only where nothing at all was answered.
    any_touched = pd.DataFrame({id: touched for id, (_, _, touched) in judged.items()}, index=live).any(
        axis=1
    )
    row_reason, row_column = _earlier(
        *((reason.where(touched | ~any_touched), column) for reason, column, touched in judged.values())
    )
    row_reason, row_column = row_reason.mask(used), row_column.mask(used)
    left_out = name_left_out({key: reason.where(touched) for key, (reason, _, touched) in judged.items()})
    uids = table.row_uids
    rows = make_rows(
        table,
        "scores",
        reason=base.fillna(row_reason.reindex(base.index)),
        column=row_column.reindex(base.index),
        left_out=left_out.where(used | differ_in_reason(left_out)).reindex(base.index),
        assessment_row=uids,
    )
    return Extract("scores", frame, rows)


def name_left_out(reasons: Mapping[str, pd.Series]) -> pd.Series:
    """Join what was left out, and why: "gad7=out_of_range;pcl5:week 4=not_a_number"."""
    text: pd.Series | None = None
    for id, reason in reasons.items():
        part = (id + "=" + reason).astype("string")
        text = part if text is None else text.str.cat(part, sep=";").fillna(text).fillna(part)
    assert text is not None
    return text


def differ_in_reason(left_out: pd.Series) -> pd.Series:
    """True where instruments were left out for different reasons, of which the row's own is only one."""
    found = left_out.dropna().str.findall(r"=([a-z_]+)")
    differ = found[found.map(lambda reasons: len(set(reasons)) > 1).astype(bool)]
    return pd.Series(left_out.index.isin(differ.index), index=left_out.index)


def _earlier(*faults: tuple[pd.Series, pd.Series]) -> tuple[pd.Series, pd.Series]:
    """Of several reasons per row, each with its column, the first of the closed list."""
    index = faults[0][0].index
    ranks = np.column_stack([rank_reasons(reason) for reason, _ in faults])
    places = ranks.argmin(axis=1)
    columns = np.column_stack([column.to_numpy(dtype=float, na_value=np.nan) for _, column in faults])
    row = np.arange(len(index))
    return name_reasons(ranks[row, places], index), pd.Series(columns[row, places], index=index).astype(
        "Int64"
    )


def _frame(table: Table, who: Who, when: When, one: Answered, usable: pd.Series) -> pd.DataFrame:
    """The ITEMS rows of one instrument."""
    index = usable[usable].index
    uids = table.row_uids.loc[index]
    id = one.instrument.id
    items = one.items.loc[index]
    visit = pd.Series(one.plan.visit, index=index) if one.plan.visit else who.visit.loc[index]
    columns: dict[str, pd.Series] = {
        "assessment_id": uids + ":" + one.plan.key,
        "row_uid": uids,
        "patient_id": who.patient_id.loc[index],
        "site": who.site.loc[index],
        "instrument": pd.Series(id, index=index, dtype="string"),
        "date": when.date.loc[index],
        "study_day": when.study_day.loc[index],
        "clock": when.clock.loc[index],
        "declared_timing": who.timing.loc[index],
        "visit": visit,
        **{name: items[name] for name in items.columns},
        "difficulty": one.difficulty.loc[index],
        "recorded_total": one.recorded_total.loc[index],
    }
    dtypes = {column.name: column.dtype for column in ITEMS.columns}
    return pd.DataFrame(columns, index=index).reindex(columns=list(dtypes)).astype(dtypes)
