"""Answers as exports write them, numbers or words, turned into item scores by table and never by likeness."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.loading.choices import Choices, read_choices
from outcomes.loading.coded import Distinct, Numbering, small_type
from outcomes.loading.labels import normalize_label, split_label
from outcomes.loading.numbers import FAR, find_missing, parse_whole

SEVERAL = "[several answers]"
"""The cell of a question that was answered more than once, as formats with lists of answers write it."""


@dataclass(frozen=True)
class AnswerTable:
    """Which words stand for which scores.

    Attributes
    ----------
    labels : mapping of label keys to scores
    choices : Choices, the codes of this column as a codebook labels them; their scores override numbers
    """

    labels: Mapping[str, int]
    choices: Choices


@dataclass(frozen=True, eq=False)
class RawAnswers:
    """The distinct cells of one column, told apart: numbers to be decoded, words already scored, and faults.

    Attributes
    ----------
    position : int, the column (0, 1, ...)
    places : array, for each row the place of its cell among the distinct cells
    number : Int64 per distinct cell, a bare number still to be decoded; missing otherwise
    written : Int64 per distinct cell, any whole number as it was written, also one that a dictionary has
        scored
    score : Int64 per distinct cell, the score of a word or declared code; missing otherwise
    fault : string per distinct cell, a reason; missing otherwise
    unknown : array of bool per distinct cell, words of this column that no table knows
    choices : Choices, what a codebook says of the codes of this column
    """

    position: int
    places: np.ndarray
    number: pd.Series
    written: pd.Series
    score: pd.Series
    fault: pd.Series
    unknown: np.ndarray
    choices: Choices

    @property
    def count(self) -> np.ndarray:
        """Number of rows of each distinct cell."""
        return np.bincount(self.places, minlength=len(self.number))

    def spread(self, values: pd.Series) -> np.ndarray:
        """Give per row what was found for its distinct cell, as floats with nan for missing."""
        return values.to_numpy(dtype=float, na_value=np.nan)[self.places]

    def spread_faults(self, fault: pd.Series, index: pd.Index) -> pd.Series:
        """Give per row the fault of its distinct cell; the index is that of the rows."""
        return fault.take(self.places).set_axis(index)


def answer_table(
    instrument: Instrument,
    *,
    labels: Mapping[str, int] | None = None,
    choices: Mapping[str, str] | None = None,
    missing_codes: Collection[str | int] = (),
) -> AnswerTable:
    """Give the words and codes of an instrument's answers.

    Parameters
    ----------
    instrument : Instrument
    labels : further labels of a layout, with their scores
    choices : codes and labels of a codebook; a code counts by its label, never by itself
    missing_codes : codes that are declared missing otherwise
    """
    known = {normalize_label(label): score for label, score in instrument.answer_values.items()}
    known |= {normalize_label(code): score for code, score in instrument.answer_codes.items()}
    known |= {normalize_label(label): score for label, score in (labels or {}).items()}
    return AnswerTable(known, read_choices(choices, known, missing_codes=missing_codes))


def difficulty_table(instrument: Instrument, *, choices: Mapping[str, str] | None = None) -> AnswerTable:
    """Give the words and codes of the difficulty question's answers."""
    if instrument.difficulty is None:
        return AnswerTable({}, Choices({}))
    known = {normalize_label(label): score for score, label in enumerate(instrument.difficulty.answers)}
    known |= {normalize_label(code): score for code, score in instrument.difficulty.answer_codes.items()}
    return AnswerTable(known, read_choices(choices, known))


def score_label(text: str, table: AnswerTable) -> int | None:
    """The score of words or of an answer code, with or without a number beside them; None: it has none."""
    return table.labels.get(split_label(text)[0], table.labels.get(normalize_label(text)))


def read_columns(
    cells: pd.DataFrame, tables: Mapping[int, AnswerTable], *, missing_codes: tuple[str | int, ...] = ()
) -> list[RawAnswers]:
    """Tell the cells of several columns apart, once per distinct cell of the columns that share a table.

    Parameters
    ----------
    cells : DataFrame of str, the columns in the order wanted
    tables : AnswerTable of each column, by its position
    missing_codes : declared missing values; a cell that holds one is a missing answer, not a fault

    Returns
    -------
    list of RawAnswers, in the order of the columns
    """
    distinct = {int(position): Distinct.of_cells(cells[position]) for position in cells.columns}
    return read_distinct(distinct, tables, missing_codes=missing_codes)


def read_distinct(
    columns: Mapping[int, Distinct],
    tables: Mapping[int, AnswerTable],
    *,
    missing_codes: tuple[str | int, ...] = (),
) -> list[RawAnswers]:
    """Tell columns apart that are coded already; otherwise as read_columns."""
    read: dict[int, RawAnswers] = {}
    positions = list(columns)
    while rest := [position for position in positions if position not in read]:
        alike = [position for position in rest if tables[position] == tables[rest[0]]]
        read |= _read_alike({p: columns[p] for p in alike}, tables[rest[0]], missing_codes)
    return [read[position] for position in positions]


def _read_alike(
    columns: Mapping[int, Distinct], table: AnswerTable, missing_codes: tuple[str | int, ...]
) -> dict[int, RawAnswers]:
    """Read columns of one table together."""
    seen = Numbering()
    merged = {p: np.array([seen[cell] for cell in one.texts], dtype=np.intp) for p, one in columns.items()}
    text = pd.Series(list(seen), dtype=object)
    small = small_type(len(text))
    whole = parse_whole(text, low=-FAR, high=FAR, missing_codes=missing_codes)
    declared = whole.fault.eq("missing_code").fillna(False).to_numpy(dtype=bool)
    codes = [raw if number is pd.NA else str(number) for raw, number in zip(text, whole.value, strict=True)]
    labeled = np.array([_is_labeled_missing(code, table) for code in codes], dtype=bool)
    absent = find_missing(text).to_numpy() | declared | labeled
    written = whole.value.mask(pd.Series(labeled, dtype=bool))
    number: list[Any] = list(written)
    fault: list[Any] = [pd.NA if skip else reason for skip, reason in zip(absent, whole.fault, strict=True)]
    score: list[Any] = [pd.NA] * len(text)
    unknown = np.zeros(len(text), dtype=bool)
    for place in np.flatnonzero(~absent):
        raw = text[place]
        code = codes[place]
        if code in table.choices.scores:
            score[place], number[place], fault[place] = table.choices.scores[code], pd.NA, pd.NA
        elif table.choices.scores and number[place] is not pd.NA:  # a number that is no choice says nothing
            number[place], fault[place] = pd.NA, "out_of_range"
        elif fault[place] is not pd.NA and fault[place] == "not_a_number":
            score[place], fault[place], unknown[place] = _read_words(raw, table)
    found = pd.DataFrame({"number": number, "score": score, "fault": fault}, dtype=object)
    found = found.astype({"number": "Int64", "score": "Int64", "fault": "string"})
    read = {}
    for position, one in columns.items():
        places, here = merged[position].astype(small)[one.codes], np.zeros(len(text), dtype=bool)
        here[merged[position]] = True
        read[position] = RawAnswers(
            position,
            places,
            found["number"],
            written,
            found["score"],
            found["fault"],
            unknown & here,
            table.choices,
        )
    return read


def _is_labeled_missing(cell: str, table: AnswerTable) -> bool:
    """Whether a cell is a code, or the label of one, that the codebook's labels declare as missing."""
    missing = table.choices.missing
    return bool(missing) and (cell in missing or split_label(cell)[0] in missing)


def _read_words(raw: str, table: AnswerTable) -> tuple[Any, Any, bool]:
    """Give score, fault, and whether the words stand in no table."""
    if raw == SEVERAL:
        return pd.NA, "answer_conflict", False
    key, said = split_label(raw)
    if key in table.labels:
        if said is not None and said != table.labels[key]:
            return pd.NA, "answer_conflict", False
        return table.labels[key], pd.NA, False
    if normalize_label(raw) in table.labels:  # answer codes such as LA6568-5 hold digits of their own
        return table.labels[normalize_label(raw)], pd.NA, False
    return pd.NA, "not_a_number", _is_words(raw)


def _is_words(text: str) -> bool:
    """True for letters without any digit, an answer in other words; "12 (est)" is a damaged number."""
    return any(c.isalpha() for c in text) and not any(c.isnumeric() for c in text)
