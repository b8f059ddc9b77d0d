"""Means, effect sizes, reliable change and the observed course, on frames small enough to check by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from outcomes.definitions.profile import get_profile
from outcomes.errors import DataError
from outcomes.summaries.scores import summarize_reliable_change, summarize_scores, summarize_trajectory

from .conftest import judged, make_courses

PAIRS = [judged(20, 10), judged(16, 8), judged(12, 12), judged(6, 8)]


def test_means_and_named_effect_sizes_of_pairs():
    row = summarize_scores(make_courses(PAIRS)).query("population == 'paired'").iloc[0]
    before, after = np.array([20, 16, 12, 6]), np.array([10, 8, 12, 8])
    change = after - before
    half = 3.182446305284263 * change.std(ddof=1) / 2  # t(3) at .975
    expected = {
        "n": 4,
        "n_missing": 0,
        "baseline_mean": 13.5,
        "baseline_sd": before.std(ddof=1),
        "endpoint_mean": 9.5,
        "endpoint_sd": after.std(ddof=1),
        "mean_change": -4.0,
        "change_sd": change.std(ddof=1),
        "conf_low": -4 - half,
        "conf_high": -4 + half,
        "d_baseline": 4 / before.std(ddof=1),
        "d_av": 4 / ((before.std(ddof=1) + after.std(ddof=1)) / 2),
        "d_z": 4 / change.std(ddof=1),
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert pd.isna(row["expected_regression"])


def test_expected_regression_is_from_the_gate_of_all_eligible_toward_everyone_who_started():
    courses = make_courses(
        [*PAIRS, judged(24, None), {"baseline": 18, "due": False, "matured": False, "eligible": False}]
    )
    row = summarize_scores(courses).query("population == 'eligible'").iloc[0]
    eligible, everyone = np.mean([20, 16, 12, 24]), np.mean([20, 16, 12, 6, 24, 18])
    assert row["retest"] == 0.737
    assert row["retest_source"] == "BMC2020, psychiatric patients, 2 weeks"
    assert row["expected_regression"] == pytest.approx((1 - 0.737) * (eligible - everyone))
    assert (row["n"], row["n_missing"]) == (3, 1)


@pytest.mark.parametrize(
    ("instrument", "retest", "source"),
    [
        # verified entries come first, in the order of the instrument's file
        ("phq9", 0.737, "BMC2020, psychiatric patients, 2 weeks"),
        ("pcl5", 0.82, "Blevins2015, trauma-exposed students"),
        # none is verified: it is used, and its source says so
        ("gad7", 0.83, "Spitzer2006 (secondary), primary care, intraclass correlation; unverified"),
    ],
)
def test_a_verified_retest_reliability_is_preferred_and_another_is_named_as_such(instrument, retest, source):
    row = summarize_scores(make_courses([judged(20, 10), judged(16, 8)]).assign(instrument=instrument)).iloc[
        0
    ]
    assert (row["retest"], row["retest_source"]) == (retest, source)


def test_one_pair_has_a_mean_and_no_interval_and_no_pair_has_neither():
    one = summarize_scores(make_courses([judged(20, 10)])).iloc[0]
    assert one["mean_change"] == -10
    assert pd.isna(one["conf_low"])
    assert pd.isna(one["d_baseline"])
    none = summarize_scores(make_courses([judged(20, None)])).iloc[0]
    assert (none["n"], none["n_missing"]) == (0, 1)
    assert pd.isna(none["mean_change"])


def test_equal_baselines_have_no_effect_size_by_baseline():
    row = summarize_scores(make_courses([judged(20, 10), judged(20, 12)])).iloc[0]
    assert pd.isna(row["d_baseline"])
    assert row["d_z"] == pytest.approx(9 / math.sqrt(2))


def test_a_constant_added_to_all_scores_changes_no_change():
    moved = make_courses([judged(p["baseline"] + 1, p["endpoint_total"] + 1) for p in PAIRS])
    names = ["mean_change", "conf_low", "conf_high", "d_baseline", "d_av", "d_z"]
    first, second = (summarize_scores(one)[names].iloc[[0]] for one in (make_courses(PAIRS), moved))
    assert_frame_equal(first, second)


def test_four_classes_add_up_and_the_alternative_rule_stands_beside():
    courses = make_courses(
        [
            judged(20, 10),
            judged(16, 10),
            judged(16, 9),
            judged(12, 18),
            judged(8, 14),
            judged(15, None),
            judged(4, 4),
        ]
    )
    table = summarize_reliable_change(courses)
    assert table["points"].drop_duplicates().tolist() == [6, 7, 9]
    six, seven = (table[table["points"] == points].set_index("class") for points in (6, 7))
    assert six["k"].to_dict() == {"improved": 3, "unchanged": 1, "deteriorated": 2, "not measured": 1}
    assert seven["k"].to_dict() == {"improved": 2, "unchanged": 4, "deteriorated": 0, "not measured": 1}
    assert six["n"].to_dict() == {"improved": 6, "unchanged": 6, "deteriorated": 6, "not measured": 7}
    assert six.loc["improved", "rule"] == "phq9.nhs"
    assert "unverified" in six.loc["improved", "rule_text"]
    assert six["n_out_of_reach"].to_dict() == {
        "improved": 1,
        "unchanged": 0,
        "deteriorated": 0,
        "not measured": 0,
    }


def test_a_baseline_near_the_top_leaves_no_room_to_deteriorate():
    table = summarize_reliable_change(make_courses([judged(23, 20)])).query("points == 6").set_index("class")
    assert table.loc["deteriorated", "n_out_of_reach"] == 1


def test_a_rule_set_by_hand_leads_and_says_so():
    table = summarize_reliable_change(
        make_courses(PAIRS), profile=get_profile("default").replace(reliable_change=8)
    )
    assert table[["rule", "points"]].iloc[0].tolist() == ["profile", 8]


@pytest.mark.parametrize(("instrument", "points"), [("gad7", [4, 6]), ("pcl5", [15, 5, 10, 11, 12, 18])])
def test_each_instrument_has_its_rule_and_at_least_one_alternative(instrument, points):
    table = summarize_reliable_change(make_courses([judged(20, 10, instrument=instrument)]))
    assert table["points"].drop_duplicates().tolist() == points


def test_a_site_with_nobody_stays_in_both_tables():
    courses = make_courses(
        [judged(20, 10), {"series": None, "site": "Lake", "due": False, "eligible": False}]
    )
    assert summarize_scores(courses, by="site").query("site == 'Lake'")["n"].tolist() == [0, 0]
    assert summarize_reliable_change(courses, by="site").query("site == 'Lake'")["n"].sum() == 0


def test_empty_frames_give_empty_tables():
    empty = make_courses(PAIRS)[:0]
    assert len(summarize_scores(empty)) == 0
    assert len(summarize_reliable_change(empty)) == 0


def course(rows: list[tuple]) -> pd.DataFrame:
    names = [
        "patient_id",
        "day",
        "clock",
        "total",
        "infusion_number",
        "baseline_of",
        "endpoint_use",
        "timing_class",
    ]
    frame = pd.DataFrame(rows, columns=names).assign(instrument="phq9", series=1, route="IV")
    whole = ["day", "clock", "total", "infusion_number", "baseline_of", "series"]
    return frame.astype(
        {**dict.fromkeys(whole, "Int64"), "endpoint_use": "boolean", "timing_class": "string"}
    )


COURSE = [
    ("A", -3, None, 20, 0, None, False, "pre_course"),  # earlier than the baseline: not used
    ("A", 0, None, 18, 0, 1, False, "pre_course"),
    ("A", 0, 50_000, 3, 1, None, False, "acute"),  # hours after the infusion: never
    ("A", 3, None, 15, 1, None, True, "trough"),
    ("A", 6, None, 13, 2, None, True, "early"),  # the latest of week 1
    ("A", 8, None, 9, 2, None, True, "later"),
    ("B", 0, None, 12, 0, 1, False, "pre_course"),
    ("B", 7, None, 11, 1, None, True, "trough"),
    ("B", 9, None, None, 1, None, True, "later"),  # not scorable
]


def test_one_score_per_patient_and_week_the_latest():
    table = summarize_trajectory(course(COURSE))
    assert table[["week", "n", "mean", "n_trough", "n_early", "n_later", "n_group"]].to_numpy().tolist() == [
        [0, 2, 15.0, 0, 0, 0, 2],
        [1, 2, 12.0, 1, 1, 0, 2],
        [2, 1, 9.0, 0, 0, 1, 2],
    ]
    assert table["conf_low"].isna().tolist() == [False, False, True]


def test_by_number_of_infusions_says_how_many_are_left():
    table = summarize_trajectory(course(COURSE), by="infusion_number")
    assert table[["infusion_number", "n", "mean", "n_group"]].to_numpy().tolist() == [
        [0, 2, 15.0, 2],
        [1, 2, 13.0, 2],
        [2, 1, 9.0, 2],
    ]


def test_later_series_do_not_enter_and_groups_stand_apart():
    frame = course(COURSE)
    later = frame.assign(series=pd.array([2] * len(frame), dtype="Int64"))
    assert_frame_equal(summarize_trajectory(pd.concat([frame, later])), summarize_trajectory(frame))
    by_route = summarize_trajectory(
        pd.concat([frame, frame.assign(route="IM", patient_id=frame["patient_id"] + "2")]), group="route"
    )
    assert by_route["n_group"].tolist() == [2] * 6


def test_rows_in_another_order_give_the_same_course():
    frame = course(COURSE)
    assert_frame_equal(
        summarize_trajectory(frame.sample(frac=1, random_state=2)), summarize_trajectory(frame)
    )


def test_another_axis_is_refused_and_an_empty_frame_is_empty():
    with pytest.raises(DataError, match="week"):
        summarize_trajectory(course(COURSE), by="month")  # type: ignore[arg-type]
    assert len(summarize_trajectory(course(COURSE)[:0])) == 0


def test_the_effect_sizes_and_their_limits_are_those_of_r():
    found = json.loads((Path(__file__).parents[1] / "reference" / "change.json").read_text(encoding="utf-8"))
    pairs = zip(found["given"]["before"], found["given"]["after"], strict=True)
    row = summarize_scores(make_courses([judged(before, after) for before, after in pairs])).iloc[0]
    assert row["correlation"] == pytest.approx(found["correlation"], rel=1e-9)
    for name, values in found["sizes"].items():
        columns = [f"d_{name}", f"d_{name}_low", f"d_{name}_high", f"g_{name}"]
        assert row[columns].tolist() == pytest.approx(values, rel=1e-7), name


def test_d_z_needs_two_patients_and_a_large_effect_has_limits():
    one = summarize_scores(make_courses([judged(20, 8)])).iloc[0]
    assert pd.isna(one["d_z"]) and pd.isna(one["d_z_low"])
    strong = summarize_scores(make_courses([judged(20 + n % 2, 8) for n in range(12)])).iloc[0]
    assert strong["d_z_low"] < strong["d_z"] < strong["d_z_high"]
