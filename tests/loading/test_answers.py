"""Answers by number, by word, by code."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.answers import answer_table, read_columns
from outcomes.loading.labels import split_label

PHQ9 = get_instrument("phq9")


def read(*cells: str, instrument=PHQ9, missing_codes=(), **tables):
    frame = pd.DataFrame({4: list(cells)}, dtype=object)
    (column,) = read_columns(frame, {4: answer_table(instrument, **tables)}, missing_codes=missing_codes)
    spread = lambda values: [None if v is pd.NA else v for v in values.take(column.places)]  # noqa: E731
    return (
        spread(column.number),
        spread(column.score),
        spread(column.fault),
        column.unknown[column.places].tolist(),
    )


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Not at all", 0),
        ("  several  DAYS ", 1),
        ("more than half the days", 2),
        ("Nearly every day", 3),
        ("serveral days", 1),
        ("nearly everyday", 3),
        ("Not at all (0)", 0),
        ("1 - Several days", 1),
        ("2= More than half the days", 2),
        ("3) Nearly every day", 3),
        ("Several<br>days", 1),
        ("several_days", 1),
        ("Varios días", 1),
        ("Überhaupt nicht", 0),
        ("LA6571-9", 3),
        ("Not-at-all", 0),
    ],
)
def test_words_and_codes_are_scored_by_table(text, score):
    assert read(text) == ([None], [score], [None], [False])


@pytest.mark.parametrize("text", ["2 - Several days", "Nearly every day (1)"])
def test_a_number_that_contradicts_its_label_is_a_conflict(text):
    assert read(text)[2] == ["answer_conflict"]


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", ".", "Not Answered", "[not completed]", "REDACTED"])
def test_words_that_always_mean_missing_are_missing_answers(text):
    assert read(text) == ([None], [None], [None], [False])


@pytest.mark.parametrize(
    ("text", "fault", "unknown"),
    [
        ("12*", "not_a_number", False),
        ("~1", "not_a_number", False),
        ("1 (est)", "not_a_number", False),
        ("1,5", "not_a_number", False),
        ("1.5", "not_integer", False),
        ("１", "not_a_number", False),
        ("#REF!", "excel_error", False),
        ("sometimes", "not_a_number", True),
        ("None", "not_a_number", True),
    ],
)
def test_other_cells_are_faults_and_other_words_are_told_apart(text, fault, unknown):
    assert read(text) == ([None], [None], [fault], [unknown])


def test_a_bare_number_waits_for_its_coding():
    assert read("2", "2.0")[0] == [2, 2]


def test_a_declared_missing_code_is_a_missing_answer():
    assert read("-9", "NASK", missing_codes=(-9, "NASK"))[2] == [None, None]


def test_further_labels_come_from_the_layout():
    assert read("most days", labels={"Most Days": 2})[1] == [2]


def test_a_dictionary_scores_codes_by_their_labels_and_nothing_else():
    choices = {
        "1": "Not at all",
        "2": "Several days",
        "3": "More than half the days",
        "4": "Nearly every day",
    }
    assert read("1", "4", "0", choices=choices) == (
        [None] * 3,
        [0, 3, None],
        [None, None, "out_of_range"],
        [False] * 3,
    )


def test_pcl5_answers_have_their_own_words():
    assert read("Quite a bit", "Extremely", instrument=get_instrument("pcl5"))[1] == [3, 4]


def test_the_label_key_drops_the_number_before_or_after():
    assert split_label("0 – Not at all") == ("not at all", 0)
    assert split_label("Not at all (0)") == ("not at all", 0)
    assert split_label("Not at all") == ("not at all", None)
