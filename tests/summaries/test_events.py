"""What was seen of an event: counts that add up, and the gap between scores."""

from __future__ import annotations

import pandas as pd

import outcomes as oc


def events(rows: list[tuple]) -> pd.DataFrame:
    names = ["patient_id", "series", "included", "event", "reason", "unconfirmed", "median_gap_days"]
    frame = pd.DataFrame(rows, columns=names).assign(instrument="phq9", endpoint="relapse", quarter="2026Q1")
    return frame.astype(
        {"series": "Int64", **dict.fromkeys(("included", "event", "unconfirmed"), "boolean")}
        | {"median_gap_days": "Float64"}
    )


SIX = [
    ("a", 1, True, True, "score", False, 14.0),
    ("b", 1, True, True, "new_series", False, 30.0),
    ("c", 1, True, True, "admission", False, 7.0),
    ("d", 1, True, False, "last_score", True, 21.0),
    ("e", 1, True, False, "no_follow_up", False, None),
    ("f", 1, False, False, "last_score", True, 1.0),
]


def test_events_add_up_to_what_brought_them():
    row = oc.summarize_events(events(SIX)).iloc[0]
    assert row[["n", "n_events", "n_by_score", "n_new_series", "n_admission"]].tolist() == [5, 3, 1, 1, 1]
    assert row[["n_unconfirmed", "n_no_follow_up"]].tolist() == [1, 1]


def test_the_gap_is_the_median_of_those_included_and_missing_where_there_is_none():
    assert oc.summarize_events(events(SIX))["median_gap_days"].item() == 17.5
    assert pd.isna(oc.summarize_events(events(SIX[4:5]))["median_gap_days"].item())


def test_a_later_series_is_not_counted_and_groups_stand_apart():
    frame = events([*SIX, ("a", 2, True, True, "score", False, 14.0)])
    split = frame.assign(quarter=["2025Q4", *["2026Q1"] * 6])
    assert oc.summarize_events(split, by="quarter")["n"].tolist() == [1, 4]


def test_an_empty_frame_gives_no_rows():
    assert oc.summarize_events(events([])).empty
