"""One instrument, read from the rows of a table: its answers, its recorded total and the fault of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.errors import Problem
from outcomes.loading.answer_questions import ask_bad_cells, ask_unknown_choices, ask_unknown_words
from outcomes.loading.plan import FAR, QuestionnairePlan
from outcomes.loading.recorded_totals import check_totals
from outcomes.loading.answers import RawAnswers, answer_table, difficulty_table, read_columns
from outcomes.loading.coding import decide_coding, spread
from outcomes.loading.faults import first_fault
from outcomes.loading.layout import InstrumentLayout
from outcomes.loading.numbers import parse_whole
from outcomes.loading.rows import find_filled
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import explain_identifier, find_identifier_values

@dataclass(frozen=True, eq=False)
class Answered:
    """One instrument's part of the rows; the index is that of the rows that hold data.

    Attributes
    ----------
    instrument : Instrument
    items : DataFrame of float, one column per item, NaN where not answered; without columns where there is a
        total only
    difficulty, recorded_total : Series of Int64
    present : Series of bool, True where there is a valid answer, or a total where there are no items
    reason : Series of string, why the questionnaire cannot be used; missing where it can, and where nothing
        was answered
    column : Series of Int64, the column at fault, from 1
    problems : tuple of Problem, what has to be settled before the file can be read
    notes : tuple of str
    """

    instrument: Instrument
    items: pd.DataFrame
    difficulty: pd.Series
    recorded_total: pd.Series
    present: pd.Series
    reason: pd.Series
    column: pd.Series
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def absent_reason(self) -> str:
        """The reason of a row in which nothing was answered."""
        return "no_answers" if len(self.items.columns) else "missing_score"


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
    cells = table.cells.loc[live]
    found = _identifiers(table, plan)
    answered = _read_items(table, cells, plan) if plan.items else _read_total(table, cells, plan)
    if not found:
        return answered
    return _with(answered, (*found, *answered.problems), answered.notes)


def _read_total(table: Table, cells: pd.DataFrame, plan: QuestionnairePlan) -> Answered:
    instrument, position = plan.instrument, plan.total
    assert position is not None
    read = parse_whole(
        cells[position], low=instrument.total_min, high=instrument.total_max, missing_codes=plan.missing_codes
    )
    reason, column = first_fault(cells.index, [(position, read.fault)])
    nothing = pd.Series(pd.NA, index=cells.index, dtype="Int64")
    items = pd.DataFrame(index=cells.index)
    return Answered(instrument, items, nothing, read.value, read.value.notna(), reason, column)


def _read_items(table: Table, cells: pd.DataFrame, plan: QuestionnairePlan) -> Answered:
    instrument = plan.instrument
    tables = {
        p: answer_table(instrument, labels=plan.layout.labels, choices=plan.choices.get(p))
        for p in plan.items
    }
    raw = read_columns(cells[list(plan.items)], tables, missing_codes=plan.missing_codes)
    recorded = (
        None
        if plan.total is None
        else parse_whole(cells[plan.total], low=-FAR, high=FAR, missing_codes=plan.missing_codes)
    )
    problems = [*ask_unknown_words(table, instrument, raw), *ask_unknown_choices(table, plan)]
    coding = decide_coding(
        raw, instrument, declared=plan.layout.coding, recorded=recorded.value if recorded else None
    )
    if coding.shift is None and not problems:
        problems.append(
            ask_bad_cells(table, plan, raw, first)
            or table.problem(coding.code, coding.question, column=plan.items[0])
        )
    scores, faults = zip(*(_decode(column, coding.shift or 0, instrument) for column in raw), strict=True)
    matrix = np.column_stack([spread(column, score) for column, score in zip(raw, scores, strict=True)])
    rows = [
        (column.position, _fault(column, fault, cells.index))
        for column, fault in zip(raw, faults, strict=True)
    ]
    if recorded is not None and plan.total is not None:
        rows.append((plan.total, recorded.fault.mask(recorded.fault.eq("missing_code").fillna(False))))
    reason, column = first_fault(cells.index, rows)
    notes = [coding.evidence] if coding.evidence else []
    total = recorded.value if recorded else pd.Series(pd.NA, index=cells.index, dtype="Int64")
    if recorded is not None and not problems:
        raw_sum = np.column_stack([_codes(column) for column in raw]).sum(axis=1)
        reason, column, asked, said = check_totals(
            table, plan, matrix, raw_sum, total, reason, column, cells
        )
        problems.extend(asked)
        notes.extend(said)
    difficulty, said = _read_difficulty(table, cells, plan, coding.shift)
    items = pd.DataFrame(
        matrix, index=cells.index, columns=[f"item_{item.number}" for item in instrument.items]
    )
    present = pd.Series(~np.isnan(matrix).all(axis=1), index=cells.index)
    notes = [f"{table.where()}: {note}" for note in (*notes, *said)]
    return Answered(
        instrument, items, difficulty, total, present, reason, column, tuple(problems), tuple(notes)
    )


def _decode(column: RawAnswers, shift: int, instrument: Instrument) -> tuple[pd.Series, pd.Series]:
    """Scores and faults of the distinct cells, numbers shifted and held to the range."""
    number = column.number - shift
    outside = ((number < instrument.item_min) | (number > instrument.item_max)).fillna(False).astype(bool)
    return column.score.fillna(number.mask(outside)), column.fault.mask(outside, "out_of_range")


def _codes(column: RawAnswers) -> np.ndarray:
    """The numbers of the cells as they were written, also where a dictionary gives them another score."""
    return spread(column, column.written)


def _fault(column: RawAnswers, fault: pd.Series, index: pd.Index) -> pd.Series:
    return fault.take(column.places).set_axis(index)


def _read_difficulty(
    table: Table, cells: pd.DataFrame, plan: QuestionnairePlan, shift: int | None
) -> tuple[pd.Series, list[str]]:
    """Scores of the difficulty question; what is not beyond doubt is missing, for it enters no total."""
    nothing = pd.Series(pd.NA, index=cells.index, dtype="Int64")
    if plan.difficulty is None or plan.instrument.difficulty is None:
        return nothing, []
    words = difficulty_table(plan.instrument)
    choices = {code: label for code, label in plan.choices.get(plan.difficulty, {}).items()}
    coded = {
        code: words.labels[key]
        for code, label in choices.items()
        if (key := label.strip().lower()) in words.labels
    }
    table = type(words)(words.labels, coded)
    (raw,) = read_columns(
        cells[[plan.difficulty]], {plan.difficulty: table}, missing_codes=plan.missing_codes
    )
    top = len(plan.instrument.difficulty.answers) - 1
    values = set(raw.number.dropna())
    start = 0 if 0 in values else shift if plan.layout.coding else None
    number = raw.number - start if start is not None else raw.number.mask(raw.number.notna())
    score = raw.score.fillna(number.where((number >= 0) & (number <= top)))
    notes = []
    if values and start is None:
        notes.append(
            f"{plan.instrument.id}: difficulty is left missing, since its numbers may count from 0 or 1"
        )
    return score.take(raw.places).set_axis(cells.index).astype("Int64"), notes


def _identifiers(table: Table, plan: QuestionnairePlan) -> list[Problem]:
    """Search all cells of the instrument at once for what identifies a person."""
    positions = list(plan.columns)
    cells = table.cells[positions].to_numpy(dtype=object).ravel(order="F")
    finding = find_identifier_values(pd.Series(cells), kind="number")
    if finding is None:
        return []
    column, row = divmod(finding.position, len(table.cells))
    message = explain_identifier(finding.code)
    return [table.problem(finding.code, message, row=int(table.cells.index[row]), column=positions[column])]


def _with(answered: Answered, problems: tuple[Problem, ...], notes: tuple[str, ...]) -> Answered:
    return Answered(
        answered.instrument, answered.items, answered.difficulty, answered.recorded_total, answered.present, answered.reason,
        answered.column, problems, notes,
    )  # fmt: skip
