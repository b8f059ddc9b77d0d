"""One instrument, read from the rows of a table: answers, recorded total, and the fault of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.errors import Problem
from outcomes.loading.answers import answer_table, difficulty_table, read_columns
from outcomes.loading.choices import find_missing_codes
from outcomes.loading.coding import (
    ask_bad_cells,
    ask_choices,
    ask_unknown_words,
    decide_coding,
    decode_answers,
)
from outcomes.loading.extract import first_fault
from outcomes.loading.numbers import FAR, Whole, parse_whole
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.recorded_totals import check_totals
from outcomes.loading.rows import find_filled
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import explain_identifier, find_identifier_values


@dataclass(frozen=True, eq=False)
class Answered:
    """One instrument's part of the rows; the index is that of the rows that hold data.

    Attributes
    ----------
    plan : QuestionnairePlan
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

    plan: QuestionnairePlan
    items: pd.DataFrame
    difficulty: pd.Series
    recorded_total: pd.Series
    present: pd.Series
    reason: pd.Series
    column: pd.Series
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def instrument(self) -> Instrument:
        """The instrument."""
        return self.plan.instrument

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
    if plan.others:
        return _read_forms(table, plan, live)
    cells = table.cells.loc[live]
    found = find_identifiers(table, plan.columns)
    if plan.items and plan.total is not None and table.format == "fhir":
        answered = _read_both(table, cells, plan)
    else:
        answered = _read_items(table, cells, plan) if plan.items else _read_total(table, cells, plan)
    return replace(answered, problems=(*found, *answered.problems)) if found else answered


def _read_forms(table: Table, plan: QuestionnairePlan, live: pd.Series) -> Answered:
    """Read each row from the form that it holds; a row that holds none is read from the first, as empty."""
    filled = np.column_stack(
        [find_filled(table.cells[list(part.columns)]).any(axis=1) for part in plan.parts]
    )
    holder = pd.Series(filled.argmax(axis=1), index=table.cells.index)
    parts = [
        read_questionnaire(table, part, live & holder.eq(place)) for place, part in enumerate(plan.parts)
    ]
    order = live.index[live]

    def join(name: str) -> Any:
        return pd.concat([getattr(one, name) for one in parts]).loc[order]

    return Answered(
        plan,
        join("items"),
        join("difficulty"),
        join("recorded_total"),
        join("present"),
        join("reason"),
        join("column"),
        tuple(problem for one in parts for problem in one.problems),
        tuple(dict.fromkeys(note for one in parts for note in one.notes)),
    )


def _read_both(table: Table, cells: pd.DataFrame, plan: QuestionnairePlan) -> Answered:
    """Read rows of answers beside rows of bare totals, as responses and Observations stand in one file."""
    bare = (cells[list(plan.items)] == "").all(axis=1) & (cells[plan.total] != "")
    items = _read_items(table, cells[~bare], plan)
    if not bare.any():
        return items
    totals = _read_total(table, cells[bare], plan)

    def stack(name: str) -> pd.Series:
        return pd.concat([getattr(items, name), getattr(totals, name)]).reindex(cells.index)

    return replace(
        items,
        items=items.items.reindex(cells.index),
        difficulty=stack("difficulty"),
        recorded_total=stack("recorded_total"),
        present=stack("present"),
        reason=stack("reason"),
        column=stack("column"),
        problems=(*items.problems, *totals.problems),
        notes=(*items.notes, *totals.notes),
    )


def _read_total(table: Table, cells: pd.DataFrame, plan: QuestionnairePlan) -> Answered:
    instrument, position = plan.instrument, plan.total
    assert position is not None
    read = parse_whole(
        cells[position], low=instrument.total_min, high=instrument.total_max, missing_codes=_total_codes(plan)
    )
    reason, column = first_fault(cells.index, [(position, read.fault)])
    nothing = pd.Series(pd.NA, index=cells.index, dtype="Int64")
    items = pd.DataFrame(index=cells.index)
    return Answered(plan, items, nothing, read.value, read.value.notna(), reason, column)


def _read_items(table: Table, cells: pd.DataFrame, plan: QuestionnairePlan) -> Answered:
    instrument, index = plan.instrument, cells.index
    labels, choices = plan.layout.labels, plan.choices
    codes = plan.missing_codes
    tables = {
        p: answer_table(instrument, labels=labels, choices=choices.get(p), missing_codes=codes)
        for p in plan.items
    }
    raw = read_columns(cells[list(plan.items)], tables, missing_codes=codes)
    recorded = _read_recorded(cells, plan)
    coding = decide_coding(raw, instrument, declared=plan.layout.coding, recorded=recorded.value)
    problems = [*ask_unknown_words(table, instrument, raw), *ask_choices(table, instrument, raw)]
    if coding.shift is None and not problems:
        undecoded, _ = first_fault(
            index, [(one.position, one.spread_faults(one.fault, index)) for one in raw]
        )
        question = table.problem(coding.code, coding.question, column=plan.items[0])
        problems.append(ask_bad_cells(table, plan, cells, undecoded) or question)

    decoded = [decode_answers(one, coding.shift or 0, instrument) for one in raw]
    pairs = list(zip(raw, decoded, strict=True))
    scores = np.column_stack([one.spread(score) for one, (score, _) in pairs])
    faults: list[tuple[int | None, pd.Series]] = [
        (one.position, one.spread_faults(fault, index)) for one, (_, fault) in pairs
    ]
    reason, column = first_fault(index, [*faults, (plan.total, recorded.fault)])
    notes = [coding.evidence] if coding.evidence else []
    coded = sum(bool(one.choices.scores) for one in tables.values())
    if coded:
        notes.append(
            f"{instrument.id}: the codes of {coded} columns count by their labels in the data dictionary "
            "or the value labels"
        )
    if not problems:
        differs, problems, said = check_totals(
            table,
            plan,
            cells,
            summed=scores.sum(axis=1),
            written=np.column_stack([one.spread(one.written) for one in raw]).sum(axis=1),
            recorded=recorded.value.to_numpy(dtype=float, na_value=np.nan),
            free=reason.isna().to_numpy(dtype=bool),
        )
        reason, column = reason.mask(differs, "total_mismatch"), column.mask(differs, (plan.total or 0) + 1)
        notes += said
    difficulty, said = _read_difficulty(cells, plan, coding.shift)
    items = pd.DataFrame(scores, index=index, columns=[f"item_{item.number}" for item in instrument.items])
    placed = tuple(f"{table.where()}: {note}" for note in (*notes, *said))
    present = items.notna().any(axis=1)
    return Answered(plan, items, difficulty, recorded.value, present, reason, column, tuple(problems), placed)


def _read_recorded(cells: pd.DataFrame, plan: QuestionnairePlan) -> Whole:
    """The recorded totals, of any size: one out of range differs from its items, and that is its fault."""
    if plan.total is None:
        index = cells.index
        return Whole(
            pd.Series(pd.NA, index=index, dtype="Int64"), pd.Series(pd.NA, index=index, dtype="string")
        )
    read = parse_whole(cells[plan.total], low=-FAR, high=FAR, missing_codes=_total_codes(plan))
    return Whole(read.value, read.fault.mask(read.fault.eq("missing_code").fillna(False).astype(bool)))


def _total_codes(plan: QuestionnairePlan) -> tuple[str | int, ...]:
    """The codes that mean a missing total, also by the labels of its own column."""
    return (
        *plan.missing_codes,
        *find_missing_codes({} if plan.total is None else plan.choices.get(plan.total)),
    )


def _read_difficulty(
    cells: pd.DataFrame, plan: QuestionnairePlan, shift: int | None
) -> tuple[pd.Series, list[str]]:
    """Scores of the difficulty question; what is not beyond doubt is missing, for it enters no total."""
    if plan.difficulty is None or plan.instrument.difficulty is None:
        return pd.Series(pd.NA, index=cells.index, dtype="Int64"), []
    table = difficulty_table(plan.instrument, choices=plan.choices.get(plan.difficulty))
    (raw,) = read_columns(
        cells[[plan.difficulty]], {plan.difficulty: table}, missing_codes=plan.missing_codes
    )
    top, values = len(plan.instrument.difficulty.answers) - 1, set(raw.number.dropna())
    start = 0 if 0 in values else shift if plan.layout.coding else None
    if start is None:
        note = f"{plan.instrument.id}: difficulty is left missing, since its numbers may count from 0 or 1"
        score, notes = raw.score, [note] if values else []
    else:
        number = raw.number - start
        score, notes = raw.score.fillna(number.where((number >= 0) & (number <= top))), []
    return score.take(raw.places).set_axis(cells.index).astype("Int64"), notes


def find_identifiers(table: Table, positions: Sequence[int]) -> list[Problem]:
    """Search all cells of columns of answers or totals at once for what identifies a person."""
    positions = list(positions)
    cells = table.cells[positions].to_numpy(dtype=object).ravel(order="F")
    finding = find_identifier_values(pd.Series(cells), kind="number")
    if finding is None:
        return []
    column, row = divmod(finding.position, len(table.cells))
    message = explain_identifier(finding.code)
    return [table.problem(finding.code, message, row=int(table.cells.index[row]), column=positions[column])]
