"""Totals: strict by default, prorated by the declared rule only."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import DataError
from outcomes.loading.scoring import score_items
from outcomes.schema import ITEMS, SCORES, check_frame

SIZES = {"phq9": 9, "gad7": 7, "pcl5": 20}


def items_frame(*questionnaires: tuple[str, list[int | None], int | None]) -> pd.DataFrame:
    rows = []
    for number, (instrument, answers, recorded) in enumerate(questionnaires):
        row = {"assessment_id": f"a{number}", "instrument": instrument, "recorded_total": recorded}
        rows.append(row | {f"item_{place}": answer for place, answer in enumerate(answers, start=1)})
    frame = pd.DataFrame(rows, columns=[column.name for column in ITEMS.columns])
    return frame.astype({column.name: column.dtype for column in ITEMS.columns})


def test_a_complete_questionnaire_has_the_sum_of_its_items():
    scored = score_items(items_frame(("phq9", [3, 2, 1, 0, 3, 2, 1, 0, 1], None), ("pcl5", [4] * 20, None)))
    assert scored["total"].tolist() == [13, 80]
    assert scored["n_items_answered"].tolist() == [9, 20]
    check_frame(scored, SCORES)


def test_one_missing_item_leaves_the_total_missing_and_is_counted():
    scored = score_items(items_frame(("gad7", [1, 1, 1, None, 1, 1, 1], 6)))
    assert scored["total"].isna().all()
    assert scored["n_items_answered"].tolist() == [6]
    assert scored["prorated"].tolist() == [False]


def test_a_recorded_total_stands_only_where_there_are_no_items():
    scored = score_items(items_frame(("phq9", [], 17), ("phq9", [0] * 9, 17)))
    assert scored["total"].tolist() == [17, 0]
    assert scored["items_available"].tolist() == [False, True]
    assert scored["n_items_answered"].tolist() == [pd.NA, 9]


@pytest.mark.parametrize(
    ("instrument", "answers", "total"),
    [
        ("phq9", [1, 1, 1, 1, 1, 1, 1, None, None], 9),
        ("phq9", [1, 0, 0, 0, 0, 0, 1, None, None], 3),  # 9 * 2 / 7 = 2.57
        ("gad7", [1, 0, 0, 0, 0, 0, None], 1),  # 7 * 1 / 6 = 1.17
        (
            "pcl5",
            [4] * 4 + [None] + [4] + [None] + [4] * 6 + [None] + [4] * 5 + [None],
            80,
        ),  # one per cluster
    ],
)
def test_prorating_rounds_half_up_within_the_limit(instrument, answers, total):
    scored = score_items(items_frame((instrument, answers, None)), missing_items="prorate")
    assert scored["total"].tolist() == [total]
    assert scored["prorated"].tolist() == [True]


@pytest.mark.parametrize(
    ("instrument", "answers"),
    [
        ("phq9", [1] * 6 + [None] * 3),
        ("gad7", [1] * 5 + [None] * 2),
        ("pcl5", [1] * 18 + [None] * 2),  # both in cluster E
        ("phq9", [None] * 9),
    ],
)
def test_prorating_never_goes_beyond_the_limit(instrument, answers):
    scored = score_items(items_frame((instrument, answers, None)), missing_items="prorate")
    assert scored["total"].isna().all()
    assert scored["prorated"].tolist() == [False]


def test_rows_order_index_and_input_are_kept():
    items = items_frame(("phq9", [0] * 9, None), ("gad7", [3] * 7, None)).set_axis([7, 3])
    before = items.copy(deep=True)
    scored = score_items(items)
    assert scored.index.tolist() == [7, 3]
    assert scored["total"].tolist() == [0, 21]
    pd.testing.assert_frame_equal(items, before)


def test_an_answer_out_of_range_is_refused():
    with pytest.raises(DataError, match="E251"):
        score_items(items_frame(("phq9", [4] * 9, None)))


def test_an_empty_frame_gives_an_empty_frame():
    assert score_items(ITEMS.empty())["total"].dtype == "Int64"


def test_another_rule_for_missing_items_is_refused():
    with pytest.raises(DataError):
        score_items(ITEMS.empty(), missing_items="mean")


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(SIZES)).flatmap(
        lambda id: st.tuples(
            st.just(id), st.lists(st.none() | st.integers(0, 3), min_size=SIZES[id], max_size=SIZES[id])
        )
    )
)
def test_any_questionnaire_is_scored_as_by_hand(questionnaire):
    instrument, answers = questionnaire
    given_answers = [answer for answer in answers if answer is not None]
    n, size = len(given_answers), len(answers)
    limit = {"phq9": 2, "gad7": 1, "pcl5": 4}[instrument]
    clusters = [answers[0:5], answers[5:7], answers[7:14], answers[14:20]] if instrument == "pcl5" else []
    allowed = n > 0 and size - n <= limit and all(part.count(None) <= 1 for part in clusters)
    strict = sum(given_answers) if n == size else None
    prorated = (2 * size * sum(given_answers) + n) // (2 * n) if allowed else None
    items = items_frame((instrument, answers, None))
    for rule, expected in (("strict", strict), ("prorate", prorated)):
        total = score_items(items, missing_items=rule)["total"].iloc[0]
        assert (None if total is pd.NA else total) == expected
