from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.endpoints.timeline import derive_timeline
from outcomes.errors import DefinitionError
from outcomes.schema import INFUSIONS, PATIENTS, SCORES, check_frame

INDUCTION = (0, 3, 7, 10)
START = [(0, 18), (31, 6)]  # response at day 31: t0
INTERVAL = ["left", "right", "event", "reason"]
CENSOR = get_profile("default").replace(maintenance="censor")


@pytest.fixture(scope="module")
def relapse(clinic):
    """EVENTS by patient of patients given as (scores, infusions)."""

    def run(patients, *, profile="default", admissions=None, **options):
        given, asked = [], []
        for name, (rows, infusions) in patients.items():
            asked += [(name, "phq9", *row) for row in rows]
            given += [(name, day) for day in infusions]
        infusions = clinic.infusions(given, dated=True)
        people = clinic.patients(patients, dated=True)
        days = people["patient_id"].map(admissions or {}).astype("Float64")
        admitted = (clinic.day_zero + pd.to_timedelta(days, unit="D")).astype("datetime64[ns]")
        people = people.assign(admission_date=admitted)
        scores = derive_timeline(clinic.scores(asked, dated=True), infusions, people, profile=profile)
        courses = build_courses(scores, infusions, people, profile=profile)
        events = build_relapse_times(scores, courses, profile=profile, **options)
        check_frame(events, "EVENTS")
        return events[events["series"].fillna(1) == 1].set_index("patient_id")

    return run


SEQUENCES = {
    "confirmed": ([*START, (45, 13), (55, 14)], INDUCTION),
    "refuted": ([*START, (41, 12), (51, 5)], INDUCTION),
    "too_soon": ([*START, (45, 13), (49, 14)], INDUCTION),
    "broken": ([*START, (45, 13), (48, 7), (52, 14), (57, 15)], INDUCTION),
    "too_late": ([*START, (40, 5), (45, 13), (76, 14)], INDUCTION),
    "just_in_time": ([*START, (45, 13), (75, 14)], INDUCTION),
    "small_rise": ([(0, 18), (31, 8), (45, 13), (55, 13)], INDUCTION),
    "unseen": (START, INDUCTION),
    "second": ([*START, (41, 13), (80, 14), (90, 15)], INDUCTION),
}


def test_confirmed_relapse_and_its_censorings(relapse):
    found = relapse(SEQUENCES)
    expected = {
        "confirmed": [0, 14, True, "score"],
        "refuted": [20, pd.NA, False, "last_score"],
        "too_soon": [0, pd.NA, False, "last_bad_unconfirmed"],
        "broken": [17, 21, True, "score"],
        "too_late": [9, pd.NA, False, "last_bad_unconfirmed"],
        "just_in_time": [0, 14, True, "score"],
        "small_rise": [24, pd.NA, False, "last_score"],
        "unseen": [0, pd.NA, False, "no_follow_up"],
        # No score within 30 days confirms the first bad one; the last good score is t0.
        "second": [0, 49, True, "score"],
    }
    assert {name: found.loc[name, INTERVAL].tolist() for name in expected} == expected
    assert sorted(found.index[found["unconfirmed"]]) == ["too_late", "too_soon"]
    assert (found["origin_day"] == 31).all()


def test_loss_of_response_is_the_first_score_without_response(relapse):
    found = relapse(
        {name: SEQUENCES[name] for name in ("refuted", "small_rise", "unseen")}, endpoint="loss_of_response"
    )
    assert found.loc["refuted", INTERVAL].tolist() == [0, 10, True, "score"]
    assert found.loc["small_rise", INTERVAL].tolist() == [0, 14, True, "score"]
    assert found.loc["unseen", INTERVAL].tolist() == [0, pd.NA, False, "no_follow_up"]
    assert not found["unconfirmed"].any()


def test_without_confirmation_the_first_bad_score_is_the_event(relapse):
    found = relapse({"refuted": SEQUENCES["refuted"], "too_late": SEQUENCES["too_late"]}, confirm=False)
    assert found["right"].tolist() == [10, 14]
    assert found.loc["too_late", "left"] == 9
    assert not found["unconfirmed"].any()


def test_a_new_series_is_relapse_at_its_day_if_it_comes_first(relapse):
    patients = {
        "seen": ([*START, (60, 7)], (*INDUCTION, 80)),
        "unseen": (START, (*INDUCTION, 80)),
        "after": (SEQUENCES["confirmed"][0], (*INDUCTION, 80)),
    }
    found = relapse(patients)
    assert found.loc["seen", ["left", "right", "time", "reason", "event_gap"]].tolist() == [
        49,
        49,
        49,
        "new_series",
        False,
    ]
    assert found.loc["unseen", ["left", "right", "reason", "event_gap"]].tolist() == [
        49,
        49,
        "new_series",
        True,
    ]
    assert found.loc["after", INTERVAL].tolist() == [0, 14, True, "score"]
    ended = relapse(patients, endpoint="loss_of_response")
    assert ended.loc["seen", INTERVAL].tolist() == [29, pd.NA, False, "last_score"]


def test_an_admission_counts_after_the_origin_and_before_a_new_series(relapse):
    patients = {name: ([*START, (60, 7)], (*INDUCTION, 80)) for name in ("during", "before", "later")}
    found = relapse(patients, admissions={"during": 70, "before": 20, "later": 85})
    assert found.loc["during", INTERVAL].tolist() == [39, 39, True, "admission"]
    assert found.loc["before", INTERVAL].tolist() == [49, 49, True, "new_series"]
    assert found.loc["later", INTERVAL].tolist() == [49, 49, True, "new_series"]
    ignored = get_profile("default").replace(relapse_care_events=None)
    assert not relapse(patients, admissions={"during": 70}, profile=ignored)["event"].any()


def test_censoring_at_maintenance_ends_follow_up_and_excludes_those_treated_before_the_origin(relapse):
    patients = {
        "ends": ([*START, (40, 7), (52, 13), (60, 14)], (*INDUCTION, 50)),
        "same_day": ([*START, (50, 13), (60, 14)], (*INDUCTION, 50)),
        "treated": ([*START, (40, 7)], (*INDUCTION, 25)),
        "none": ([*START, (45, 13), (55, 14)], INDUCTION),
    }
    found = relapse(patients, profile=CENSOR)
    assert found.loc["ends", [*INTERVAL, "n_scores"]].tolist() == [9, pd.NA, False, "last_score", 1]
    assert found.loc["same_day", INTERVAL].tolist() == [0, pd.NA, False, "last_bad_unconfirmed"]
    assert found.loc["treated", ["included", "excluded_reason"]].tolist() == [
        False,
        "maintenance_before_origin",
    ]
    assert found.loc["none", INTERVAL].tolist() == [0, 14, True, "score"]
    ignored = relapse(patients)
    assert ignored.loc[["ends", "treated"], "included"].tolist() == [True, True]
    assert ignored.loc["ends", INTERVAL].tolist() == [9, 21, True, "score"]


def test_only_responders_at_the_endpoint_are_at_risk_and_the_others_say_why(relapse):
    patients = {
        "slow": ([(0, 18), (31, 12), (50, 3)], INDUCTION),
        "mild": ([(0, 9), (31, 3)], INDUCTION),
        "lost": ([(0, 18)], INDUCTION),
        "apart": ([(0, 18)], ()),
    }
    found = relapse(patients)["excluded_reason"]
    assert found[["slow", "mild", "lost", "apart"]].tolist() == [
        "no_response", "below_caseness", "no_score_in_window", "not_started",
    ]  # fmt: skip


def test_relapses_before_the_origin_cannot_count(relapse):
    rows = [(0, 18), (12, 5), (18, 17), (23, 17), (31, 6), (45, 7)]
    assert relapse({"p1": (rows, INDUCTION)}).loc["p1", INTERVAL].tolist() == [14, pd.NA, False, "last_score"]


def test_a_profile_without_any_condition_is_not_defined(relapse):
    profile = get_profile("default").replace(
        relapse_min_total=None, relapse_min_rise=None, relapse_requires_loss_of_response=False
    )
    assert relapse({"p1": SEQUENCES["confirmed"]}, profile=profile)["excluded_reason"].tolist() == [
        "not_defined"
    ]


def test_mcinnes_relapse_is_loss_of_response_without_maintenance(relapse):
    patients = {"refuted": SEQUENCES["refuted"], "treated": (SEQUENCES["refuted"][0], (*INDUCTION, 12, 33))}
    found = relapse(patients, profile="mcinnes2022")
    assert found.loc["refuted", INTERVAL].tolist() == [0, 10, True, "score"]
    assert found.loc["treated", INTERVAL].tolist() == [0, pd.NA, False, "no_follow_up"]


def test_an_unknown_endpoint_is_refused_and_empty_frames_keep_their_dtypes():
    scores = derive_timeline(SCORES.empty(), INFUSIONS.empty(), PATIENTS.empty())
    courses = build_courses(scores, INFUSIONS.empty(), PATIENTS.empty())
    for endpoint in ("relapse", "loss_of_response"):
        check_frame(build_relapse_times(scores, courses, endpoint=endpoint), "EVENTS")
    with pytest.raises(DefinitionError, match="relapse, loss_of_response"):
        build_relapse_times(scores, courses, endpoint="cure")
