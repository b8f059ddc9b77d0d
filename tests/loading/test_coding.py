"""From 0 or from 1: proof, or a question."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.answers import answer_table, read_columns
from outcomes.loading.coding import decide_coding

GAD7 = get_instrument("gad7")


def decide(rows: list[str], totals: list[int] | None = None, declared: str | None = None):
    cells = pd.DataFrame([list(row) for row in rows], dtype=object)
    columns = read_columns(cells, dict.fromkeys(cells.columns, answer_table(GAD7)))
    return decide_coding(
        columns,
        GAD7,
        declared=declared,
        recorded=None if totals is None else pd.Series(totals, dtype="Int64"),
    )


@pytest.mark.parametrize(
    ("rows", "totals", "shift", "code"),
    [
        (["0123123", "3333333"], None, 0, ""),
        (["1111111", "4444444"], [0, 21], 1, ""),
        (["1111111", "3333333"], [0, 14], 1, ""),
        (["1111111", "3333333"], [7, 21], None, "E253"),  # a total that sums raw codes proves nothing
        (["1111111", "4444444"], [0, 20], None, "E253"),
        (["1111111", "3333333"], None, None, "E253"),
        (["1111111", "5444444"], [0, 22], None, "E253"),
        (["0111111", "4444444"], None, None, "E251"),
        (["0111111", "9444443"], None, None, "E251"),
        (["0111111", "9333333"], None, 0, ""),  # a 9 is one bad cell, not another coding
    ],
)
def test_a_coding_is_proven_or_asked(rows, totals, shift, code):
    coding = decide(rows, totals)
    assert (coding.shift, coding.code) == (shift, code)


@pytest.mark.parametrize(("declared", "shift"), [("0-3", 0), ("1-4", 1)])
def test_the_layout_decides(declared, shift):
    assert decide(["0111111", "4444444"], declared=declared).shift == shift


def test_without_any_number_nothing_has_to_be_decided():
    assert decide(["       "]).shift == 0
