"""The review list: the last answer counts, whatever else is wrong with its questionnaire."""

from __future__ import annotations

import pandas as pd

import outcomes as oc


def answers(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["patient_id", "date", "item_9", "total"])
    scores = (
        oc.SCORES.empty()
        .reindex(range(len(frame)))
        .assign(
            **{name: frame[name] for name in ("patient_id", "item_9", "total")},
            date=pd.to_datetime(frame["date"]),
            instrument="phq9",
            row_uid=[f"1:0:{number}" for number in range(2, len(frame) + 2)],
        )
    )
    return scores.astype({column.name: column.dtype for column in oc.SCORES.required_columns})


def test_the_last_answer_by_date_counts_and_not_the_highest():
    scores = answers(
        [
            ("A", "2026-01-01", 3, 20),
            ("A", "2026-02-01", 0, 5),
            ("B", "2026-01-01", 0, 9),
            ("B", "2026-01-09", 1, 8),
        ]
    )
    assert oc.build_review_list(scores)[["patient_id", "answer", "row_uid"]].to_numpy().tolist() == [
        ["B", 1, "1:0:5"]
    ]


def test_a_questionnaire_without_a_total_counts():
    assert oc.build_review_list(answers([("A", "2026-01-01", 2, None)]))["answer"].tolist() == [2]


def test_an_unanswered_item_does_not_hide_an_earlier_answer():
    scores = answers([("A", "2026-01-01", 2, 12), ("A", "2026-02-01", None, None)])
    assert oc.build_review_list(scores)["answer"].tolist() == [2]


def test_nobody_above_zero_and_no_questionnaire_give_an_empty_list():
    assert oc.build_review_list(answers([("A", "2026-01-01", 0, 4)])).empty
    assert oc.build_review_list(oc.SCORES.empty()).empty


def test_a_second_series_is_later_than_the_first(sample_scores):
    listed = oc.build_review_list(sample_scores)
    rows = (
        sample_scores.query("instrument == 'phq9'")
        .dropna(subset=["item_9"])
        .sort_values(["date", "clock", "row_uid"], na_position="first")
    )
    last = rows.groupby("patient_id")["item_9"].last()
    assert set(listed["patient_id"]) == set(last[last > 0].index)
