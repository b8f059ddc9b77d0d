from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.baseline import derive_baseline
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.timeline import derive_timeline
from outcomes.errors import DataError, DefinitionError
from outcomes.schema import INFUSIONS, PATIENTS, SCORES, check_frame

HOUR = 3600
INDUCTION = (0, 3, 7, 10)
INTERVAL = ["left", "right", "time", "event", "reason"]


def onset(clinic, patients, *, endpoint="response", profile="default", **options):
    """EVENTS by patient, without courses, of patients given as (scores, infusions)."""
    given, asked = [], []
    for name, (rows, infusions) in patients.items():
        asked += [(name, "phq9", *row) for row in rows]
        given += [(name, *((part,) if isinstance(part, int) else part)) for part in infusions]
    frames = (clinic.scores(asked), clinic.infusions(given), clinic.patients(patients))
    scores = derive_baseline(derive_timeline(*frames, profile=profile), profile=profile)
    events = build_onset_times(scores, endpoint=endpoint, profile=profile)
    check_frame(events, "EVENTS")
    return events.set_index("patient_id")


def test_intervals_and_censoring_of_first_response(clinic):
    patients = {
        "fourth": ([(-1, 16), (4, 12), (9, 8)], INDUCTION),
        "first": ([(-1, 16), (5, 8)], INDUCTION),
        "never": ([(-1, 16), (5, 12), (30, 9)], INDUCTION),
        "late": ([(-1, 16), (20, 12), (61, 2)], INDUCTION),
        "silent": ([(-1, 16)], (0,)),
    }
    found = onset(clinic, patients)[INTERVAL]
    assert found.loc["fourth"].tolist() == [4, 9, 9, True, "score"]
    assert found.loc["first"].tolist() == [0, 5, 5, True, "score"]
    assert found.loc["never"].tolist() == [30, pd.NA, 30, False, "last_score"]
    assert found.loc["late"].tolist() == [20, pd.NA, 20, False, "last_score"]
    assert found.loc["silent"].tolist() == [0, pd.NA, 0, False, "no_follow_up"]


def test_one_infusion_and_immaturity_do_not_exclude_from_onset(clinic):
    found = clinic.run([(-1, 16)], [0], until=3)
    assert not found.course["due"]
    assert found.onset()[["included", "reason", "time"]].tolist() == [True, "no_follow_up", 0]


def test_an_event_on_day_0_lies_in_its_first_day(clinic):
    evening = {"clock": 20 * HOUR}
    patients = {"p1": ([(-1, 16), (0, 5, evening)], ((0, {"clock": 9 * HOUR}),))}
    names = ["left", "right", "left_infusions", "right_infusions"]
    assert onset(clinic, patients)[names].loc["p1"].tolist() == [0, 1, 0, 1]


def test_the_infusion_clock_counts_infusions_before_the_score(clinic):
    patients = {
        "apart": ([(-1, 16), (2, 14), (7, 12), (8, 7)], INDUCTION),
        "equal": ([(-1, 16), (4, 12), (6, 7)], INDUCTION),
        "trough": ([(-1, 16), (3, 7)], INDUCTION),
    }
    found = onset(clinic, patients)[["left_infusions", "right_infusions"]]
    assert found.loc["apart"].tolist() == [2, 3]  # before infusion 3 on day 7, after it on day 8
    assert found.loc["equal"].tolist() == [1, 2]
    assert found.loc["trough"].tolist() == [0, 1]


def test_sustained_onset_starts_where_every_score_holds_up_to_one_7_days_later(clinic):
    patients = {
        "holds": ([(-1, 16), (4, 8), (6, 12), (9, 8), (12, 6), (16, 7)], INDUCTION),
        "beyond": ([(-1, 16), (20, 12), (60, 6), (90, 7)], INDUCTION),
        "lost": ([(-1, 16), (9, 8), (12, 6), (20, 9)], INDUCTION),
        "always": ([(-1, 16), (9, 8), (12, 6)], INDUCTION),
    }
    found = onset(clinic, patients, endpoint="sustained_response")
    assert found.loc["holds", INTERVAL].tolist() == [6, 9, 9, True, "score"]
    assert found.loc["beyond", INTERVAL].tolist() == [20, 60, 60, True, "score"]
    assert found.loc["lost", INTERVAL].tolist() == [20, pd.NA, 20, False, "last_score"]
    assert found.loc["always", INTERVAL].tolist() == [0, pd.NA, 0, False, "unconfirmed"]
    assert found["unconfirmed"].tolist() == [True, False, False, False]


def test_of_several_scores_on_a_day_the_latest_clock_counts(clinic):
    rows = [(-1, 16), (5, 3, {"clock": 60}), (5, 14, {"clock": 120})]
    assert onset(clinic, {"p1": (rows, INDUCTION)}).loc["p1", INTERVAL].tolist() == [
        5,
        pd.NA,
        5,
        False,
        "last_score",
    ]


def test_a_relapse_before_the_next_visit_changes_nothing_about_onset(clinic):
    assert onset(clinic, {"p1": ([(-1, 16), (5, 8), (9, 16)], INDUCTION)}).loc["p1", "right"] == 5


def test_those_left_out_stand_with_their_reason_and_without_times(clinic):
    patients = {"mild": ([(-1, 9), (5, 3)], INDUCTION), "no": ([(5, 3)], INDUCTION), "apart": ([(5, 3)], ())}
    found = onset(clinic, patients)
    reasons = found.loc[["mild", "no", "apart"], "excluded_reason"].tolist()
    assert reasons == ["below_caseness", "only_after_start", "not_started"]
    assert not found["included"].any()
    assert found[["left", "time", "event", "n_scores", "origin_day"]].isna().all(axis=None)


def test_visits_are_counted_with_the_median_gap_from_day_0(clinic):
    found = onset(clinic, {"p1": ([(-1, 16), (4, 12), (9, 8), (11, 8), (80, 3)], INDUCTION)}).loc["p1"]
    assert found[["n_scores", "median_gap_days"]].tolist() == [3, 4.0]  # gaps 4, 5, 2


def test_two_series_have_their_own_clocks(clinic):
    rows = [(-1, 16), (5, 8), (74, 18), (80, 15), (90, 9)]
    found = onset(clinic, {"p1": (rows, (0, 3, 75))})
    assert found[["series", "left", "right"]].to_numpy().tolist() == [[1, 0, 5], [2, 5, 15]]


def test_an_endpoint_without_its_numbers_is_not_defined(clinic):
    profile = get_profile("default").replace(confirm_min_days=None)
    patients = {"p1": ([(-1, 16), (5, 8)], INDUCTION)}
    found = onset(clinic, patients, endpoint="sustained_response", profile=profile)
    assert found["excluded_reason"].tolist() == ["not_defined"]


def test_courses_add_those_without_questionnaires(clinic):
    infusions, patients = clinic.infusions([("p1", 0), ("p2", 0)]), clinic.patients(["p1", "p2", "p3"])
    scores = derive_endpoints(clinic.scores([("p1", "phq9", 0, 15)]), infusions, patients)
    found = build_onset_times(scores, build_courses(scores, infusions, patients))
    assert found["excluded_reason"].tolist() == [pd.NA, "no_score", "not_started"]
    with pytest.raises(DataError, match="1 rows of courses have a baseline and no questionnaire in scores"):
        build_onset_times(scores.iloc[:0], build_courses(scores, infusions, patients))


def test_courses_change_nothing_for_those_with_questionnaires(clinic):
    found = clinic.run([(-1, 16), (4, 12), (9, 8)], INDUCTION, dated=True)
    pd.testing.assert_series_equal(found.onset(), build_onset_times(found.scores).iloc[0])


def test_an_unknown_endpoint_is_refused_with_the_known_ones():
    with pytest.raises(DefinitionError, match="response, remission, sustained_response"):
        build_onset_times(
            derive_endpoints(SCORES.empty(), INFUSIONS.empty(), PATIENTS.empty()), endpoint="cure"
        )


def test_empty_frames_give_an_empty_frame_in_its_dtypes():
    scores = derive_endpoints(SCORES.empty(), INFUSIONS.empty(), PATIENTS.empty())
    for endpoint in ("response", "sustained_remission"):
        check_frame(build_onset_times(scores, endpoint=endpoint), "EVENTS")
