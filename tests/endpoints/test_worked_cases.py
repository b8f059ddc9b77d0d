"""The worked cases of the clinical definitions: PHQ-9, default profile, one test per line."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints

INDUCTION = [0, 3, 7, 10]  # last induction day 10, post-induction window days 24-41


PAIRS = [(15, 7), (15, 8), (10, 5), (16, 9), (20, 13), (12, 18), (12, 13), (8, 14)]


def build_pairs(clinic, **changes):
    """One patient per pair of baseline and endpoint; COURSES by pair."""
    profile = get_profile("default").replace(**changes)
    names = {f"{b}-{f}": (b, f) for b, f in PAIRS}
    infusions = clinic.infusions([(name, day) for name in names for day in INDUCTION])
    rows = [
        (name, "phq9", day, total)
        for name, pair in names.items()
        for day, total in zip((-1, 26), pair, strict=True)
    ]
    patients = clinic.patients(names)
    scores = derive_endpoints(clinic.scores(rows), infusions, patients, profile=profile)
    return build_courses(scores, infusions, patients, profile=profile).set_index("patient_id")


@pytest.fixture(scope="module")
def pairs(clinic):
    return build_pairs(clinic)


def test_half_of_15_is_reached_at_7_and_not_at_8(pairs):
    assert pairs.loc[["15-7", "15-8"], "response"].tolist() == [True, False]


def test_from_10_to_5_is_response_and_recovery_but_neither_remission_nor_reliable(pairs, clinic):
    names = ["response", "remission", "recovery", "reliable_improvement"]
    assert pairs.loc["10-5", names].tolist() == [True, False, True, False]
    assert build_pairs(clinic, remission_op="<=").loc["10-5", "remission"]


def test_from_16_to_9_is_recovered_and_from_20_to_13_is_improved(pairs):
    names = ["response", "reliable_recovery", "change_class"]
    assert pairs.loc["16-9", names].tolist() == [False, True, "recovered"]
    assert pairs.loc["20-13", "change_class"] == "improved"


def test_a_rise_of_6_is_reliable_deterioration_and_a_rise_of_1_only_any_worsening(pairs):
    names = ["reliable_deterioration", "any_worsening"]
    assert pairs.loc["12-18", names].tolist() == [True, True]
    assert pairs.loc["12-13", names].tolist() == [False, True]


def test_deterioration_from_below_caseness_is_counted_though_not_eligible(pairs):
    names = ["eligible", "eligible_reason", "reliable_deterioration"]
    assert pairs.loc["8-14", names].tolist() == [False, "below_caseness", True]
    assert pd.isna(pairs.loc["8-14", "response"])


def test_seven_infusions_with_the_last_on_day_38_are_six_of_induction(clinic):
    found = clinic.run([(0, 15), (31, 7), (48, 3)], [0, 3, 7, 10, 14, 17, 38])
    assert found.course[["n_induction", "induction_status", "endpoint_day"]].tolist() == [6, "complete", 31]
    early = clinic.run([(0, 15), (30, 7), (49, 3)], [0, 3, 7, 10, 14, 17, 38])
    assert early.course["endpoint_reason"] == "no_score_in_window"


def test_a_gap_of_12_days_after_4_infusions_ends_induction(clinic):
    found = clinic.run([(0, 15), (26, 7)], [0, 3, 7, 10, 22])
    names = [
        "n_induction",
        "last_induction_day",
        "first_maintenance_day",
        "endpoint_day",
        "infusion_in_window",
    ]
    assert found.course[names].tolist() == [4, 10, 22, 26, True]
    assert clinic.run([(0, 15), (24, 7)], [0, 3, 7, 10, 22]).course["endpoint_day"] == 24
    assert clinic.run([(0, 15), (42, 7)], [0, 3, 7, 10, 22]).course["endpoint_reason"] == "no_score_in_window"


def test_three_infusions_are_an_incomplete_induction_that_stays_in_the_denominator(clinic):
    course = clinic.run([(0, 15)], [0, 14, 28]).course
    names = ["n_induction", "induction_status", "last_induction_day", "eligible"]
    assert course[names].tolist() == [3, "incomplete", 28, True]


def test_a_gap_of_65_days_starts_series_2_with_its_own_baseline_window(clinic):
    found = clinic.run([(0, 15), (60, 9), (61, 12)], [0, 3, 7, 10, 75])
    assert found.courses["series"].tolist() == [1, 2]
    assert found.courses["start_day"].tolist() == [0, 75]
    assert found.courses["baseline"].tolist() == [15, 12]
    assert found.courses["baseline_day"].tolist() == [0, -14]


def test_the_score_of_day_0_without_a_time_is_the_assumed_baseline(clinic):
    rows = [(-20, 18), (-3, 16), (0, 15)]
    assumed = clinic.run(rows, INDUCTION).course
    assert assumed[["baseline", "baseline_order_assumed"]].tolist() == [15, True]
    strict = get_profile("default").replace(same_day_policy="require_evidence")
    assert clinic.run(rows, INDUCTION, profile=strict).course["baseline"] == 16


def test_onset_lies_between_day_4_and_day_9_and_sustained_onset_is_unconfirmed(clinic):
    found = clinic.run([(0, 16), (4, 12), (9, 8), (12, 6)], [0, 3, 7])
    assert found.onset()[["left", "right", "event"]].tolist() == [4, 9, True]
    sustained = found.onset("sustained_response")
    assert sustained[["left", "time", "event", "reason", "unconfirmed"]].tolist() == [
        4,
        4,
        False,
        "unconfirmed",
        True,
    ]


RELAPSE = [(0, 18), (31, 6), (45, 13)]


def test_relapse_at_45_is_confirmed_at_55(clinic):
    event = clinic.run([*RELAPSE, (55, 14)], INDUCTION).relapse()
    assert event[["origin_day", "left", "right", "event", "reason"]].tolist() == [31, 0, 14, True, "score"]


def test_without_a_score_5_to_30_days_later_there_is_no_relapse_but_it_is_counted(clinic):
    found = clinic.run([*RELAPSE, (90, 14)], INDUCTION)
    event = found.relapse()
    assert event[["left", "event", "reason", "unconfirmed"]].tolist() == [
        0,
        False,
        "last_bad_unconfirmed",
        True,
    ]
    first_bad = found.relapse(confirm=False)
    assert first_bad[["left", "right", "event", "unconfirmed"]].tolist() == [0, 14, True, False]
