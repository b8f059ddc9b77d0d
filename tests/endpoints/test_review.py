"""The review list: every answer above zero counts, whatever else is wrong with its questionnaire."""

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


def test_whoever_answered_above_zero_is_listed_and_the_last_answer_leads():
    scores = answers(
        [
            ("A", "2026-01-01", 3, 20),
            ("A", "2026-02-01", 0, 5),
            ("B", "2026-01-01", 0, 9),
            ("B", "2026-01-09", 1, 8),
        ]
    )
    columns = ["patient_id", "answer", "row_uid", "highest", "n_above_zero", "highest_row_uid"]
    assert oc.build_review_list(scores)[columns].to_numpy().tolist() == [
        ["B", 1, "1:0:5", 1, 1, "1:0:5"],
        ["A", 0, "1:0:3", 3, 1, "1:0:2"],
    ]


def test_T_11_an_answer_in_a_row_that_was_left_out_reaches_the_list_with_its_reason():
    scores = answers([("A", "2026-01-01", 0, 12), ("B", "2026-01-01", 0, 12)])
    left_out = answers([("A", "2026-01-08", 2, None), ("B", "2026-01-01", 1, None)])
    excluded = left_out.assign(reason=["total_mismatch", "duplicate"], row_uid=["1:0:9", "1:0:10"]).astype(
        {"reason": "string"}
    )
    listed = oc.build_review_list(scores, excluded=excluded)
    assert listed[["patient_id", "answer", "origin", "row_uid"]].to_numpy().tolist() == [
        ["A", 2, "total_mismatch", "1:0:9"]
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
    last, highest = rows.groupby("patient_id")["item_9"].last(), rows.groupby("patient_id")["item_9"].max()
    assert set(listed.query("answer > 0")["patient_id"]) == set(last[last > 0].index)
    assert set(listed["patient_id"]) == set(highest[highest > 0].index)
