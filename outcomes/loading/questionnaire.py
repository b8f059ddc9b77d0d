"""One instrument, read from the rows of a table: answers, recorded total, and the fault of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from outcomes.definitions.instrument import Instrument
from outcomes.errors import Problem
from outcomes.loading.answers import RawAnswers, answer_table, difficulty_table, read_distinct
from outcomes.loading.arrays import missing_array, split_whole
from outcomes.loading.choices import find_missing_codes
from outcomes.loading.coding import (
    ask_bad_cells,
    ask_choices,
    ask_unknown_words,
    decide_coding,
    decode_answers,
)
from outcomes.loading.columns import find_identifying_cells
from outcomes.loading.extract import RowFaults, no_faults, rank_places
from outcomes.loading.numbers import FAR, parse_whole
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.recorded_totals import check_totals
from outcomes.loading.rows import flag_filled, flag_written
from outcomes.loading.tables import Table
from outcomes.loading.totals import combine_answers


@dataclass(frozen=True, eq=False)
class Answered:
    """One instrument's part of the rows that hold data, in their order.

    Attributes
    ----------
    plan : QuestionnairePlan
    items : mapping of the columns item_1, item_2 ... to arrays of Int8, missing where not answered; empty
        where there is a total only
    difficulty, recorded_total : arrays of Int64
    present : array of bool, True where there is a valid answer, or a total where there are no items
    faults : RowFaults, why the questionnaire cannot be used; none where it can, and where nothing was
        answered
    problems : tuple of Problem, what has to be settled before the file can be read
    notes : tuple of str
    """

    plan: QuestionnairePlan
    items: Mapping[str, ExtensionArray]
    difficulty: ExtensionArray
    recorded_total: ExtensionArray
    present: np.ndarray
    faults: RowFaults
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def instrument(self) -> Instrument:
        """The instrument."""
        return self.plan.instrument

    @property
    def absent_reason(self) -> str:
        """The reason of a row in which nothing was answered."""
        return "no_answers" if self.items else "missing_score"


def read_questionnaire(table: Table, plan: QuestionnairePlan, live: pd.Series) -> Answered:
    """Read one instrument from a table with one row per questionnaire.

    Parameters
    ----------
    table : Table
    plan : QuestionnairePlan
    live : Series of bool, the rows that hold data

    Returns
    -------
    Answered
    """
    rows = live.to_numpy(dtype=bool)
    if plan.others:
        return _read_forms(table, rows, plan)
    found = find_identifying_cells(table, plan.columns, kind="number")
    if plan.items and plan.total is not None and table.format == "fhir":
        answered = _read_both(table, rows, plan)
    else:
        answered = _read_items(table, rows, plan) if plan.items else _read_total(table, rows, plan)
    return replace(answered, problems=(*found, *answered.problems)) if found else answered


def _read_forms(table: Table, rows: np.ndarray, plan: QuestionnairePlan) -> Answered:
    """Read each row from the form that it holds; a row that holds none is read from the first, as empty."""
    holder = np.column_stack([flag_filled(table, part.columns) for part in plan.parts]).argmax(axis=1)
    masks = [rows & (holder == place) for place in range(len(plan.parts))]
    parts = [
        read_questionnaire(table, part, pd.Series(mask, index=table.index))
        for part, mask in zip(plan.parts, masks, strict=True)
    ]
    return _join_rows(plan, parts, masks)


def _read_both(table: Table, rows: np.ndarray, plan: QuestionnairePlan) -> Answered:
    """Read rows of answers beside rows of bare totals, as responses and Observations stand in one file."""
    assert plan.total is not None
    bare = rows & ~flag_written(table, plan.items) & flag_written(table, (plan.total,))
    if not bare.any():
        return _read_items(table, rows, plan)
    parts = [_read_items(table, rows & ~bare, plan), _read_total(table, bare, plan)]
    return _join_rows(plan, parts, [rows & ~bare, bare])


def _join_rows(plan: QuestionnairePlan, parts: Sequence[Answered], masks: Sequence[np.ndarray]) -> Answered:
    """Put parts that were read from different rows (flags) together, in the order of the rows."""
    order = np.argsort(np.concatenate([np.flatnonzero(mask) for mask in masks]))

    def join(arrays: Sequence[ExtensionArray]) -> ExtensionArray:
        return pd.concat([pd.Series(array) for array in arrays], ignore_index=True).array.take(order)

    def join_plain(arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)[order]

    names = list(dict.fromkeys(name for one in parts for name in one.items))
    return Answered(
        plan,
        {
            name: join([one.items.get(name, missing_array("Int8", len(one.present))) for one in parts])
            for name in names
        },
        join([one.difficulty for one in parts]),
        join([one.recorded_total for one in parts]),
        join_plain([one.present for one in parts]),
        RowFaults(
            join_plain([one.faults.ranks for one in parts]), join_plain([one.faults.columns for one in parts])
        ),
        tuple(problem for one in parts for problem in one.problems),
        tuple(dict.fromkeys(note for one in parts for note in one.notes)),
    )


def _read_total(table: Table, rows: np.ndarray, plan: QuestionnairePlan) -> Answered:
    instrument, position = plan.instrument, plan.total
    assert position is not None
    cells = table.distinct(position).at(rows)
    read = parse_whole(
        cells.series, low=instrument.total_min, high=instrument.total_max, missing_codes=_total_codes(plan)
    )
    faults = rank_places(cells.codes, position, read.fault)
    total = read.value.array.take(cells.codes)
    nothing = missing_array("Int64", len(total))
    return Answered(plan, {}, nothing, total, ~np.asarray(total.isna()), faults)


def _read_items(table: Table, rows: np.ndarray, plan: QuestionnairePlan) -> Answered:
    instrument = plan.instrument
    labels, choices = plan.layout.labels, plan.choices
    codes = plan.missing_codes
    tables = {
        p: answer_table(instrument, labels=labels, choices=choices.get(p), missing_codes=codes)
        for p in plan.items
    }
    columns = {p: table.distinct(p).at(rows) for p in plan.items}
    raw = read_distinct(columns, tables, missing_codes=codes)
    recorded, total_faults = _read_recorded(table, rows, plan)
    coding = decide_coding(raw, instrument, declared=plan.layout.coding, recorded=recorded)
    problems = [*ask_unknown_words(table, instrument, raw), *ask_choices(table, instrument, raw)]
    if coding.shift is None and not problems:
        undecoded = _first_of(raw, [one.fault for one in raw])
        question = table.problem(coding.code, coding.question, column=plan.items[0])
        problems.append(ask_bad_cells(table, plan, rows, undecoded) or question)

    decoded = [decode_answers(one, coding.shift or 0, instrument) for one in raw]
    scores = {
        f"item_{item.number}": score.astype("Int8").array.take(one.places)
        for item, one, (score, _) in zip(instrument.items, raw, decoded, strict=True)
    }
    faults = _first_of(raw, [fault for _, fault in decoded]).or_earlier(total_faults)
    notes = [coding.evidence] if coding.evidence else []
    coded = sum(bool(one.choices.scores) for one in tables.values())
    if coded:
        notes.append(
            f"{instrument.id}: the codes of {coded} columns count by their labels in the data dictionary "
            "or the value labels"
        )
    if not problems and plan.total is not None:
        differs, problems, said = check_totals(
            table,
            plan,
            rows,
            summed=_sum_items(list(scores.values()), instrument),
            written=lambda: np.sum([one.spread(one.written) for one in raw], axis=0),
            recorded=recorded.to_numpy(dtype=float, na_value=np.nan),
            free=~faults.found,
        )
        faults = faults.mark(differs, "total_mismatch", plan.total + 1)
        notes += said
    difficulty, said = _read_difficulty(table, rows, plan, coding.shift)
    placed = tuple(f"{table.where()}: {note}" for note in (*notes, *said))
    present = ~np.logical_and.reduce([np.asarray(score.isna()) for score in scores.values()])
    return Answered(plan, scores, difficulty, recorded.array, present, faults, tuple(problems), placed)


def _first_of(raw: list[RawAnswers], faults: list[pd.Series]) -> RowFaults:
    """The first fault of each row among the columns, from the faults of their distinct cells."""
    first = no_faults(len(raw[0].places))
    for one, fault in zip(raw, faults, strict=True):
        first = first.or_earlier(rank_places(one.places, one.position, fault))
    return first


def _sum_items(scores: Sequence[ExtensionArray], instrument: Instrument) -> np.ndarray:
    """The total of the items per row; nan where one is missing."""
    if not instrument.scoring.is_plain:
        combined, complete = combine_answers([split_whole(one) for one in scores], instrument)
        return np.where(complete, combined, np.nan)
    total, lacking = np.zeros(len(scores[0])), np.zeros(len(scores[0]), dtype=bool)
    for values, missing in map(split_whole, scores):
        total += values
        lacking |= missing
    return np.where(lacking, np.nan, total)


def _read_recorded(table: Table, rows: np.ndarray, plan: QuestionnairePlan) -> tuple[pd.Series, RowFaults]:
    """The recorded totals, of any size: one out of range differs from its items, and that is its fault."""
    if plan.total is None:
        n_rows = int(rows.sum())
        return pd.Series(missing_array("Int64", n_rows)), no_faults(n_rows)
    cells = table.distinct(plan.total).at(rows)
    read = parse_whole(cells.series, low=-FAR, high=FAR, missing_codes=_total_codes(plan))
    fault = read.fault.mask(read.fault.eq("missing_code").fillna(False).astype(bool))
    return pd.Series(read.value.array.take(cells.codes)), rank_places(cells.codes, plan.total, fault)


def _total_codes(plan: QuestionnairePlan) -> tuple[str | int, ...]:
    """The codes that mean a missing total, also by the labels of its own column."""
    return (
        *plan.missing_codes,
        *find_missing_codes({} if plan.total is None else plan.choices.get(plan.total)),
    )


def _read_difficulty(
    table: Table, rows: np.ndarray, plan: QuestionnairePlan, shift: int | None
) -> tuple[ExtensionArray, list[str]]:
    """Scores of the difficulty question; what is not beyond doubt is missing, for it enters no total."""
    if plan.difficulty is None or plan.instrument.difficulty is None:
        return missing_array("Int64", int(rows.sum())), []
    words = difficulty_table(plan.instrument, choices=plan.choices.get(plan.difficulty))
    columns = {plan.difficulty: table.distinct(plan.difficulty).at(rows)}
    (raw,) = read_distinct(columns, {plan.difficulty: words}, missing_codes=plan.missing_codes)
    top, values = len(plan.instrument.difficulty.answers) - 1, set(raw.number.dropna())
    start = 0 if 0 in values else shift if plan.layout.coding else None
    if start is None:
        note = f"{plan.instrument.id}: difficulty is left missing, since its numbers may count from 0 or 1"
        score, notes = raw.score, [note] if values else []
    else:
        number = raw.number - start
        score, notes = raw.score.fillna(number.where((number >= 0) & (number <= top))), []
    return score.array.take(raw.places), notes
