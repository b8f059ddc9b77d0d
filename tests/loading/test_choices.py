"""Codes count by their labels; what a codebook leaves open is proven or asked."""

from __future__ import annotations

import pytest

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.answers import answer_table
from outcomes.loading.choices import is_missing_label

LABELS = ("Not at all", "Several days", "More than half the days", "Nearly every day")


def choose(choices: dict[str, str], missing_codes: tuple[str | int, ...] = ()):
    return answer_table(get_instrument("phq9"), choices=choices, missing_codes=missing_codes).choices


@pytest.mark.parametrize(
    ("choices", "scores"),
    [
        ({"0": LABELS[0], "1": LABELS[1], "2": LABELS[2], "3": LABELS[3]}, {"0": 0, "1": 1, "2": 2, "3": 3}),
        ({"1": LABELS[0], "2": LABELS[1], "3": LABELS[2], "4": LABELS[3]}, {"1": 0, "2": 1, "3": 2, "4": 3}),
        ({"3": LABELS[0], "2": LABELS[1], "1": LABELS[2], "0": LABELS[3]}, {"3": 0, "2": 1, "1": 2, "0": 3}),
        ({"0": LABELS[0], "3": LABELS[3]}, {"0": 0, "1": 1, "2": 2, "3": 3}),
        ({"1": LABELS[0], "4": LABELS[3]}, {"1": 0, "2": 1, "3": 2, "4": 3}),
        ({"4": LABELS[0], "1": LABELS[3]}, {"4": 0, "3": 1, "2": 2, "1": 3}),
        ({"0": LABELS[0], "1": LABELS[1], "2": "2", "3": "3"}, {"0": 0, "1": 1, "2": 2, "3": 3}),
        ({"0": "0 - Not at all", "3": "3 = Nearly every day"}, {"0": 0, "1": 1, "2": 2, "3": 3}),
        ({"A": LABELS[0], "B": LABELS[1], "C": LABELS[2], "D": LABELS[3]}, {"A": 0, "B": 1, "C": 2, "D": 3}),
    ],
)
def test_codes_follow_from_the_labels_of_a_line(choices, scores):
    read = choose(choices)
    assert (read.scores, read.unknown, read.complete) == (scores, (), True)


def test_labels_that_lie_on_no_line_leave_the_other_codes_open():
    read = choose({"0": LABELS[0], "10": LABELS[3]})
    assert (read.scores, read.complete) == ({"0": 0, "10": 3}, False)


@pytest.mark.parametrize(
    ("code", "label", "shift"), [("0", LABELS[0], 0), ("1", LABELS[0], 1), ("4", LABELS[3], 1)]
)
def test_one_label_proves_no_direction(code, label, shift):
    read = choose({code: label})
    assert (read.scores, read.shift) == ({}, shift)


def test_labels_that_repeat_their_codes_say_nothing():
    read = choose({"0": "0", "1": "1", "2": "", "3": " 3 "})
    assert (read.scores, read.unknown, read.shift) == ({}, (), None)


def test_an_unknown_label_is_named_and_no_line_fills_it():
    read = choose({"0": LABELS[0], "1": "now and then", "3": LABELS[3]})
    assert (read.scores, read.unknown) == ({"0": 0, "2": 2, "3": 3}, ("1",))


def test_a_missing_code_needs_no_known_label():
    read = choose({"0": LABELS[0], "3": LABELS[3], "8": "Refused", "9": "see page 2"}, missing_codes=(9,))
    assert (read.missing, read.unknown) == ({"8", "refused"}, ())
    assert set(read.scores) == {"0", "1", "2", "3"}


@pytest.mark.parametrize(
    "label",
    ["Refused", "Don't know", "DON’T KNOW", "Missing", "Not answered", "Prefer not to answer",
     "Not applicable",      "No response", "Skipped",
     "Refused / don't know", "Missing or refused", "9 = Refused", "Missing (99)", "N/A"],
)  # fmt: skip
def test_labels_that_say_missing(label):
    assert is_missing_label(label)


@pytest.mark.parametrize("label", ["None", "Not at all", "", "Refused treatment", "Never", "/", "or"])
def test_labels_that_do_not(label):
    assert not is_missing_label(label)
