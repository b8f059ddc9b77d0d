from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.timeline import derive_timeline
from outcomes.schema import INFUSIONS, PATIENTS, SCORES

HOUR = 3600
STRICT = get_profile("default").replace(same_day_policy="require_evidence")


@pytest.mark.parametrize("dated", [False, True])
def test_dates_and_study_days_give_the_same_course(clinic, dated):
    found = clinic.run([(-3, 16), (4, 12), (80, 9)], [0, 3, 75], dated=dated).scores
    assert found["series"].tolist() == [1, 1, 2]
    assert found["day"].tolist() == [-3, 4, 5]
    assert found["infusion_number"].tolist() == [0, 2, 1]
    assert found["days_since_infusion"].tolist() == [pd.NA, 1, 5]
    assert found["days_to_next_infusion"].tolist() == [3, 71, pd.NA]
    assert found["phase"].tolist() == ["before", "induction", "induction"]


def test_study_days_of_a_patient_with_dated_infusions_count_from_the_first_of_them(clinic):
    infusions = clinic.infusions([("p1", 0), ("p1", 3)], dated=True)
    found = derive_timeline(
        clinic.scores([("p1", "phq9", 9, 7)]), infusions, clinic.patients(["p1"], dated=True)
    )
    assert found["day"].tolist() == [9]


def test_a_declared_label_wins_over_clocks_and_clocks_over_the_policy(clinic):
    rows = [
        (0, 15, {"clock": 12 * HOUR}),
        (0, 15, {"clock": 9 * HOUR}),
        (0, 15, {"clock": 12 * HOUR, "declared_timing": "before"}),
        (0, 15, {"clock": 10 * HOUR}),
        (0, 15),
        (1, 15, {"declared_timing": "after"}),
    ]
    found = clinic.run(rows, [(0, {"clock": 10 * HOUR})], profile=STRICT).scores
    assert found["timing"].tolist() == ["after", "before", "before", "before", "unknown", "none"]
    assert not found["order_assumed"].any()


def test_the_earliest_known_start_of_a_day_decides_before_and_the_latest_one_the_hours(clinic):
    twice = [(0, {"clock": 9 * HOUR}), (0, {"clock": 15 * HOUR}), (0, {})]
    rows = [(0, 15, {"clock": 12 * HOUR}), (0, 14, {"clock": 20 * HOUR}), (1, 9, {"clock": 9 * HOUR})]
    found = clinic.run(rows, twice).scores
    assert found["timing"].tolist() == ["after", "after", "none"]
    assert found["hours_since_infusion"].tolist() == [3, 5, 18]
    assert found["timing_class"].tolist() == ["acute", "early", "early"]


def test_acute_reaches_exactly_4_hours_also_past_midnight(clinic):
    rows = [(1, 9, {"clock": 2 * HOUR}), (1, 9, {"clock": 2 * HOUR + 1})]
    found = clinic.run(rows, [(0, {"clock": 22 * HOUR})]).scores
    assert found["timing_class"].tolist() == ["acute", "early"]


def test_early_reaches_72_hours_by_the_clock_and_3_days_without(clinic):
    rows = [(3, 9, {"clock": 10 * HOUR}), (3, 9, {"clock": 11 * HOUR}), (3, 9), (4, 9)]
    found = clinic.run(rows, [(0, {"clock": 10 * HOUR})]).scores
    assert found["timing_class"].tolist() == ["early", "later", "early", "later"]


def test_trough_is_the_day_of_infusion_2_and_later_of_the_home_series(clinic):
    found = clinic.run([(0, 15), (7, 9), (75, 12)], [0, 7, 75]).scores
    assert found["timing_class"].tolist() == ["pre_course", "trough", "later"]
    assert found["series"].tolist() == [1, 1, 1]
    assert found["baseline_candidate_of"].tolist() == [1, pd.NA, 2]


def test_a_score_2_hours_after_the_start_serves_no_endpoint(clinic):
    found = clinic.run([(-1, 16), (26, 3, {"clock": 12 * HOUR})], [0, 3, 7, 10, (26, {"clock": 10 * HOUR})])
    assert found.scores["timing_class"].tolist() == ["pre_course", "acute"]
    assert found.scores["change"].isna().all()
    assert found.course["endpoint_reason"] == "acute_only"
    assert found.onset()["reason"] == "no_follow_up"


def test_an_unknown_order_serves_nothing_on_a_first_day_and_endpoints_later(clinic):
    found = clinic.run([(-5, 16), (0, 15), (7, 9), (75, 12)], [0, 7, 75], profile=STRICT).scores
    assert found["timing_class"].tolist() == ["pre_course", *["unknown_same_day"] * 3]
    assert found["endpoint_use"].tolist() == [False, False, True, False]
    assert found["series"].tolist() == [1, 1, 1, 2]
    assert found["infusion_number"].tolist() == [0, 0, 1, 0]
    assert found["change"].tolist() == [pd.NA, pd.NA, -7, pd.NA]


def test_assume_after_makes_the_score_acute_and_says_so(clinic):
    profile = get_profile("default").replace(same_day_policy="assume_after")
    found = clinic.run([(0, 15)], [0], profile=profile).scores.iloc[0]
    assert found[["timing", "order_assumed", "timing_class"]].tolist() == ["after", True, "acute"]


def test_recall_overlap_compares_days_since_infusion_with_the_recall_of_the_instrument(clinic):
    infusions = clinic.infusions([("p1", 0)])
    rows = [("p1", "pcl5", 10, 40), ("p1", "phq9", 5, 9), ("p1", "phq9", 14, 9), ("p1", "pcl5", 30, 40)]
    rows.append(("p1", "phq9", -1, 16))
    found = derive_timeline(clinic.scores(rows), infusions, clinic.patients(["p1"]))
    assert found["recall_overlap"].tolist() == [True, True, False, False, False]
    assert found["total"].tolist() == [40, 9, 9, 40, 16]


@pytest.mark.parametrize(("days_after", "observed"), [(59, False), (60, True)])
def test_a_start_less_than_60_days_after_observed_from_is_not_observed(clinic, days_after, observed):
    first = clinic.day_zero - pd.Timedelta(days=days_after)
    found = clinic.run([(-1, 16), (26, 7)], [0, 3, 7, 10], dated=True, observed_from=first)
    assert found.scores["start_observed"].tolist() == [observed] * 2
    assert found.course["due"] == observed
    if not observed:
        names = ["baseline_reason", "eligible_reason", "endpoint_reason", "reason_90"]
        assert found.course[names].tolist() == ["start_not_observed"] * 4
        assert found.scores["baseline_of"].isna().all()


def test_route_and_drug_are_those_of_the_first_infusion_of_the_home_series(clinic):
    infusions = [(0, {"route": "IV", "drug": "ketamine"}), (3, {"route": "IM"}), (75, {"route": "IN"})]
    found = clinic.run([(-1, 16), (9, 12), (80, 9)], infusions).scores
    assert found["route"].tolist() == ["IV", "IV", "IN"]
    assert found["drug"].tolist() == ["ketamine", "ketamine", pd.NA]


def test_a_row_without_a_day_belongs_to_series_1_and_serves_nothing(clinic):
    found = clinic.run([(-1, 16), (None, 3)], [0]).scores.iloc[1]
    assert found["series"] == 1
    assert not found["endpoint_use"]
    assert found[["day", "timing", "timing_class", "phase", "change"]].isna().all()


def test_a_patient_without_infusions_has_no_series(clinic):
    found = derive_timeline(clinic.scores([("p1", "phq9", 3, 9)]), INFUSIONS.empty(), PATIENTS.empty()).iloc[
        0
    ]
    assert found[["series", "day", "timing_class", "start_observed", "recall_overlap"]].isna().all()
    assert not found["endpoint_use"]


def test_empty_frames_give_the_columns_in_their_dtypes():
    found = derive_timeline(SCORES.empty(), INFUSIONS.empty(), PATIENTS.empty())
    made = [column for column in SCORES.columns if column.made_by == "derive_timeline"]
    assert {column.name: str(found[column.name].dtype) for column in made} == {c.name: c.dtype for c in made}
