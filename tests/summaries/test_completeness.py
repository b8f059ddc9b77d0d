"""Measured of due, occasion by occasion."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.summaries.completeness import summarize_completeness

from .conftest import judged, make_courses


def scores(rows: list[tuple]) -> pd.DataFrame:
    names = ["patient_id", "infusion_number", "days_to_next_infusion", "timing", "total", "series"]
    frame = pd.DataFrame(rows, columns=names).assign(instrument="phq9")
    return frame.astype(
        {"infusion_number": "Int64", "days_to_next_infusion": "Int64", "total": "Int64", "series": "Int64"}
    )


def test_measured_of_due_with_the_offset_from_the_target_day():
    courses = make_courses(
        [
            judged(18, 6, endpoint_day=36, due_90=True, total_90=5, day_90=100),
            judged(18, 6, endpoint_day=34),
            judged(18, None, due_90=True),
        ]
    )
    table = summarize_completeness(courses).set_index("occasion")
    assert table.loc["endpoint", ["n_measured", "n_due", "median_offset_days"]].tolist() == [2, 3, 1.0]
    assert table.loc["90 days", ["n_measured", "n_due", "median_offset_days"]].tolist() == [1, 2, 10.0]
    assert table.loc["180 days", ["n_measured", "n_due"]].tolist() == [0, 0]
    assert pd.isna(table.loc["180 days", "share"])


def test_the_offset_follows_the_anchor_of_the_profile():
    anchored = get_profile("default").replace(endpoint_anchor="first_infusion")
    table = summarize_completeness(
        make_courses([judged(18, 6, endpoint_day=20)]), profile=anchored
    ).set_index("occasion")
    assert table.loc["endpoint", "median_offset_days"] == 6


def test_a_score_up_to_two_days_before_an_infusion_is_the_one_before_it():
    courses = make_courses(
        [judged(18, 6, n_infusions=3), judged(18, 6, n_infusions=2), judged(18, 6, n_infusions=1)]
    )
    seen = scores(
        [
            ("P0", 1, 0, "before", 14, 1),  # on the day of infusion 2
            ("P0", 2, 3, "none", 12, 1),  # three days before infusion 3: too early
            ("P1", 1, 2, "none", 15, 1),
            ("P1", 1, 1, "none", 15, 1),  # nearer: offset -1
            ("P1", 2, 1, "none", 11, 1),  # before the first infusion of a later series: nobody was due for it
        ]
    )
    table = summarize_completeness(courses, seen).set_index("occasion")
    assert table.index.tolist()[:3] == ["baseline", "before infusion 2", "before infusion 3"]
    assert table.loc["before infusion 2", ["n_measured", "n_due", "median_offset_days"]].tolist() == [
        2,
        2,
        -0.5,
    ]
    assert table.loc["before infusion 3", ["n_measured", "n_due"]].tolist() == [0, 1]


@pytest.mark.parametrize(
    "row", [("P0", 1, 0, "unknown", 14, 1), ("P0", 1, 0, "before", None, 1), ("P0", 1, 0, "before", 14, 2)]
)
def test_unknown_order_unscorable_totals_and_later_series_are_not_before_an_infusion(row):
    table = summarize_completeness(make_courses([judged(18, 6)]), scores([row])).set_index("occasion")
    assert table.loc["before infusion 2", "n_measured"] == 0


def test_more_infusions_than_an_induction_are_not_listed():
    table = summarize_completeness(make_courses([judged(18, 6, n_infusions=30)]), scores([]))
    assert table["occasion"].tolist()[7:9] == ["before infusion 8", "endpoint"]


def test_a_group_with_nobody_stays():
    table = summarize_completeness(make_courses([judged(18, 6), {"series": None, "site": "Lake"}]), by="site")
    assert table[table["site"] == "Lake"]["n_due"].tolist() == [0] * 5
