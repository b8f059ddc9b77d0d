"""Records, summaries and blank rows."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.loading.extract import first_fault
from outcomes.loading.rows import exclude_all, judge_rows


def judge(read, text: str) -> list:
    reason = judge_rows(read(text), id_column=0, when_columns=[1], score_columns=[2])
    return [None if one is pd.NA else one for one in reason]


@pytest.mark.parametrize("word", ["Total", "mean", "N", "Average", "count", "SUM"])
def test_a_summary_names_a_summary_word_and_no_date(read, word):
    assert judge(read, f"id,date,score\nA,2026-01-01,5\n{word},,5\n{word},2026-01-01,5\n") == [
        None,
        "summary_row",
        None,
    ]


def test_numbers_without_an_id_and_a_date_are_a_summary(read):
    assert judge(read, "id,date,score\n,,5\n,,five\n,2026-01-01,5\n") == ["summary_row", None, None]


def test_a_blank_row_ends_the_table_only_if_no_complete_row_follows(read):
    text = "id,date,score\nA,2026-01-01,5\n,,\nB,2026-01-01,\n{}"
    assert judge(read, text.format("")) == [None, "blank_row", "summary_row"]
    assert judge(read, text.format("C,2026-01-01,3\n")) == [None, "blank_row", None, None]


def test_a_ragged_row_is_no_record(read):
    assert judge(read, "id,date,score\nA,2026-01-01,5\nB,2026-01-01\nC,2026-01-01,5\n") == [
        None,
        "row_length",
        None,
    ]


def test_all_rows_of_a_file_may_share_one_reason(read):
    rows = exclude_all(read("id,date,score\nA,2026-01-01,5\n\nB,2026-01-01,5\n"), "scores", "duplicate_file")
    assert rows[["row", "status", "reason"]].to_numpy().tolist() == [
        [n, "excluded", "duplicate_file"] for n in (2, 3, 4)
    ]


def test_the_first_reason_of_the_closed_list_stands_at_its_first_column():
    index = pd.Index([7, 8, 9])
    late = pd.Series(["out_of_range", "out_of_range", pd.NA], index=index, dtype="string")
    early = pd.Series([pd.NA, "missing_id", pd.NA], index=index, dtype="string")
    reason, column = first_fault(index, [(4, late), (5, late), (0, early), (None, early)])
    assert reason.tolist() == ["out_of_range", "missing_id", pd.NA]
    assert column.tolist() == [5, 1, pd.NA]
