"""Severity bands before and after: everyone due with a baseline stands in one cell."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import get_profile
from outcomes.summaries.severity import summarize_severity_shift

from .conftest import judged, make_courses


def cells(table: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    seen = table[table["k"] > 0]
    return {(row["band_from"], row["band_to"]): (row["k"], row["n"]) for _, row in seen.iterrows()}


def test_by_hand_three_severe_one_mild():
    courses = make_courses([judged(20, 19), judged(27, 4), judged(20, None), judged(5, 9)])
    table = summarize_severity_shift(courses)
    assert cells(table) == {
        ("severe", "moderately severe"): (1, 3), ("severe", "minimal"): (1, 3),
        ("severe", "not measured"): (1, 3), ("mild", "mild"): (1, 1),
    }  # fmt: skip
    assert len(table) == 5 * 6
    best = (table["band_from"] == "severe") & (table["band_to"] == "minimal")
    assert table.loc[best, "shift"].tolist() == [-4]
    assert table.loc[table["band_to"] == "not measured", "shift"].isna().all()


def test_pcl5_is_divided_at_caseness():
    courses = make_courses([judged(33, 32, instrument="pcl5"), judged(32, 33, instrument="pcl5")])
    assert cells(summarize_severity_shift(courses)) == {
        ("33 or above", "below 33"): (1, 1), ("below 33", "33 or above"): (1, 1)
    }  # fmt: skip


def test_a_questionnaire_without_bands_and_caseness_has_one_band_and_nobody_vanishes():
    courses = make_courses([judged(40, 20, instrument="pcl5"), judged(40, None, instrument="pcl5")])
    profile = get_profile("default").replace(caseness={"pcl5": None})
    assert cells(summarize_severity_shift(courses, profile=profile)) == {
        ("any total", "any total"): (1, 2), ("any total", "not measured"): (1, 2)
    }  # fmt: skip


def test_a_follow_up_window_and_groups():
    courses = make_courses([{**judged(20, 8), "due_90": True, "total_90": 15}, judged(20, 8, site="Lake")])
    assert cells(summarize_severity_shift(courses, window=90)) == {("severe", "moderately severe"): (1, 1)}
    by_site = summarize_severity_shift(courses, by="site")
    assert by_site.groupby("site")["k"].sum().to_dict() == {"Harbor": 1, "Lake": 1}
