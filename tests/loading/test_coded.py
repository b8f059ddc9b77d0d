"""Cells as codes, and the columns of frames made from them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.loading.arrays import choose_text, missing_array, repeat_number, repeat_text
from outcomes.loading.coded import Distinct, code_rows, small_type, trim

CELLS = st.lists(st.sampled_from(["", "P1", "P2", "7", "007"]), max_size=30)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cells=CELLS, seed=st.integers(0, 99))
def test_codes_stand_for_the_cells_and_for_any_part_of_them(cells, seed):
    column = pd.Series(cells, dtype=object)
    kept = np.random.default_rng(seed).random(len(cells)) < 0.7
    distinct = Distinct.of_cells(column)
    part, blanked = distinct.at(kept), distinct.blanked(kept)
    assert distinct.cells.tolist() == cells
    assert part.cells.tolist() == column[kept].tolist()
    assert blanked.cells.tolist() == column.where(kept, "").tolist()
    for one in (distinct, part, blanked):
        assert sorted(one.texts) == sorted(set(one.cells))


def test_texts_that_are_equal_when_trimmed_get_one_code():
    found = trim(np.array([0, 1, 2, 1]), [" P1", "P1 ", "P2"])
    assert (found.cells.tolist(), found.texts.tolist()) == (["P1", "P1", "P2", "P1"], ["P1", "P2"])


def test_equal_cells_share_one_object():
    coded = code_rows(iter([(["id"], 1), (["".join("P1")], 2), (["".join(["P", "1"])], 3)]))
    first, second = coded.columns[0].cells
    assert first is second


@pytest.mark.parametrize("size", [0, 1, 128, 129, 32_768, 32_769])
def test_codes_fit_into_their_type(size):
    assert np.iinfo(small_type(size)).max >= size - 1


@pytest.mark.parametrize("size", [127, 128, 129, 32_767, 32_768])
def test_a_row_can_be_made_blank_however_many_texts_there_are(size):
    cells = [f"P{number}" for number in range(size)]
    distinct = trim(np.arange(size), cells)
    kept = np.arange(size) > 0
    assert distinct.blanked(kept).cells.tolist() == ["", *cells[1:]]
    assert distinct.at(kept).cells.tolist() == cells[1:]


def test_rows_of_a_workbook_may_be_short_and_those_of_a_text_may_not():
    rows = [(["id", "total"], 1), (["P1"], 2), (["P2", "3", "4"], 3), ([], 4)]
    short, strict = code_rows(iter(rows), pads=True), code_rows(iter(rows))
    assert [column.cells.tolist() for column in short.columns] == [["P1", "", ""], ["", "", ""]]
    assert [column.cells.tolist() for column in strict.columns] == [["", "", ""], ["", "", ""]]
    assert short.blank.tolist() == strict.blank.tolist() == [False, False, True]
    assert strict.widths.tolist() == [1, 3, 0]


def test_columns_made_at_once_have_the_dtypes_of_a_frame():
    made = {
        "string": choose_text(["a", None], np.array([0, 1, 0])),
        "Int64": repeat_number(3, 3),
        "datetime64[ns]": missing_array("datetime64[ns]", 3),
        "Int8": missing_array("Int8", 3),
    }
    assert {dtype: str(pd.Series(array).dtype) for dtype, array in made.items()} == {d: d for d in made}
    assert list(made["string"]) == ["a", pd.NA, "a"]
    assert repeat_text(None, 2).isna().all()


def test_a_table_keeps_codes_only_as_long_as_its_cells_are_those(read):
    table = read("id,total\nP1,3\nP2,4\n")
    assert table.distinct(1).cells.tolist() == table.cells[1].tolist() == ["3", "4"]
    other = dataclasses.replace(table, cells=table.cells.replace("3", "9"))
    assert other.distinct(1).cells.tolist() == ["9", "4"]
    assert table.distinct(1).cells.tolist() == ["3", "4"]
