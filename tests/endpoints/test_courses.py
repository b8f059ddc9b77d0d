from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.timeline import derive_timeline
from outcomes.errors import DataError
from outcomes.schema import INFUSIONS, PATIENTS, SCORES, check_frame

HOUR = 3600
INDUCTION = (0, 3, 7, 10)


def build(clinic, patients, *, profile="default", until=1000, instruments=("phq9",)):
    """COURSES by patient and series of patients given as (scores, infusion days or (day, columns))."""
    given, asked = [], []
    for name, (rows, infusions) in patients.items():
        asked += [(name, "phq9", *row) for row in rows]
        given += [(name, *((part,) if isinstance(part, int) else part)) for part in infusions]
    infusions, people = clinic.infusions(given), clinic.patients(patients, until=until)
    scores = derive_timeline(clinic.scores(asked), infusions, people, profile=profile)
    courses = build_courses(scores, infusions, people, profile=profile, instruments=instruments)
    check_frame(courses, "COURSES")
    return courses.set_index(["patient_id", "series"]).sort_index()


def test_the_post_induction_score_is_the_earliest_in_the_window_and_the_latest_of_its_day(clinic):
    rows = [(-1, 16), (30, 9, {"clock": 60}), (30, 8, {"clock": 120}), (41, 3), (23, 2), (42, 1)]
    course = build(clinic, {"p1": (rows, INDUCTION)}).loc[("p1", 1)]
    assert course[["endpoint_day", "endpoint_total", "endpoint_timing_class"]].tolist() == [30, 8, "later"]
    assert course[["change", "percent_change"]].tolist() == [-8, -50.0]


def test_a_missing_endpoint_names_the_first_reason(clinic):
    again = (30, {"declared_phase": "re-induction"})
    patients = {
        "unusable": ([(-1, 16), (26, None), (60, 3)], INDUCTION),
        "acute": ([(-1, 16), (26, None, {"declared_timing": "after"})], (*INDUCTION, 26)),
        "series": ([(-1, 16), (33, 3)], (*INDUCTION, again)),
        "outside": ([(-1, 16), (23, 3), (42, 3), (26, 3, {"declared_timing": "after"})], INDUCTION),
        "nothing": ([(-1, 16)], INDUCTION),
    }
    found = build(clinic, patients)["endpoint_reason"]
    assert found[("unusable", 1)] == "not_usable"
    assert found[("acute", 1)] == "acute_only"
    assert found[("series", 1)] == "new_series_first"
    assert pd.isna(found[("outside", 1)])  # a label means nothing on a day without an infusion
    assert found[("nothing", 1)] == "no_score_in_window"


def test_the_last_or_best_score_never_stands_in_for_the_endpoint(clinic):
    course = build(clinic, {"left": ([(0, 20), (7, 2)], (0, 3))}).loc[("left", 1)]
    assert course[["eligible", "endpoint_reason"]].tolist() == [True, "no_score_in_window"]
    assert pd.isna(course["response"])


@pytest.mark.parametrize(("until", "matured"), [(58, False), (59, True)])
def test_everyone_matures_at_day_59_however_short_the_course(clinic, until, matured):
    course = build(clinic, {"p1": ([(-1, 16), (26, 7)], INDUCTION)}, until=until).loc[("p1", 1)]
    assert course[["matured", "due", "eligible"]].tolist() == [matured] * 3
    if not matured:
        assert course[["eligible_reason", "endpoint_reason"]].tolist() == ["not_matured"] * 2
        assert course[["endpoint_total", "response", "any_worsening"]].isna().all()


def test_induction_status_tells_complete_compressed_in_progress_and_incomplete(clinic):
    patients = {
        "complete": ([], (0, 2, 4, 7)),
        "compressed": ([], (0, 2, 4, 6)),
        "few": ([], (0, 7)),
        "maintained": ([], (0, 7, 29)),
    }
    late = build(clinic, patients, until=29)["induction_status"].droplevel(1)
    early = build(clinic, patients, until=28)["induction_status"].droplevel(1)
    names = ["complete", "compressed", "few", "maintained"]
    assert late[names].tolist() == ["complete", "compressed", "incomplete", "incomplete"]
    assert early[names].tolist() == ["complete", "compressed", "in_progress", "incomplete"]


def test_every_patient_of_any_frame_appears_once_per_instrument(clinic):
    infusions = clinic.infusions([("dosed", 0), ("both", 0)])
    patients = clinic.patients(["listed", "dosed", "both"])
    asked = clinic.scores([("both", "phq9", 0, 15), ("asked", "pcl5", 3, 40)])
    scores = derive_timeline(asked, infusions, patients)
    found = build_courses(scores, infusions, patients, instruments=["phq9", "gad7"])
    assert found["patient_id"].tolist() == [
        name for name in ("asked", "both", "dosed", "listed") for _ in range(2)
    ]
    reasons = found.groupby("patient_id")["eligible_reason"].first()
    assert reasons[["asked", "listed"]].tolist() == ["not_started"] * 2
    absent = found[found["patient_id"] == "asked"].iloc[0]
    assert absent[["baseline_reason", "endpoint_reason", "reason_90"]].tolist() == ["not_started"] * 3
    assert absent[["due", "eligible", "due_90"]].tolist() == [False] * 3
    assert pd.isna(absent["series"])
    assert found.set_index(["patient_id", "instrument"])["baseline_reason"][("dosed", "phq9")] == "no_score"


def test_instruments_default_to_those_asked_and_else_to_those_of_the_profile(clinic):
    infusions, patients = clinic.infusions([("p1", 0)]), clinic.patients(["p1"])
    scores = derive_timeline(clinic.scores([("p1", "gad7", 0, 15)]), infusions, patients)
    assert build_courses(scores, infusions, patients)["instrument"].tolist() == ["gad7"]
    assert build_courses(scores.iloc[:0], infusions, patients)["instrument"].tolist() == [
        "gad7",
        "pcl5",
        "phq9",
    ]


def test_follow_up_takes_the_score_nearest_its_day_also_from_a_later_series(clinic):
    rows = [(-1, 16), (80, 7), (100, 6), (200, 9)]
    courses = build(clinic, {"p1": (rows, (*INDUCTION, 150))})
    course, second = courses.loc[("p1", 1)], courses.loc[("p1", 2)]
    assert course[["day_90", "total_90", "response_90", "after_new_series_90"]].tolist() == [
        80,
        7,
        True,
        False,
    ]
    assert course[["day_180", "total_180", "response_180", "after_new_series_180"]].tolist() == [
        200,
        9,
        False,
        True,
    ]
    assert course[["reason_365", "due_365"]].tolist() == ["no_score_in_window", True]
    assert second["start_day"] == 150
    assert second["day_90"] is pd.NA


def test_each_follow_up_is_due_when_its_own_window_has_closed(clinic):
    course = build(clinic, {"p1": ([(-1, 16), (90, 7)], INDUCTION)}, until=119).loc[("p1", 1)]
    assert course[["due_90", "due_180", "eligible_90", "eligible_180"]].tolist() == [True, False, True, False]
    assert course["reason_180"] == "not_matured"


def test_a_population_of_completers_leaves_out_incomplete_inductions(clinic):
    profile = get_profile("default").replace(population="completed_induction")
    course = build(clinic, {"p1": ([(-1, 16)], (0, 3))}, profile=profile).loc[("p1", 1)]
    assert course[["eligible", "eligible_reason", "due"]].tolist() == [False, "induction_not_complete", True]


def test_a_window_from_the_first_infusion_takes_the_day_nearest_its_target_and_of_two_the_earlier(clinic):
    profile = get_profile("default").replace(
        endpoint_anchor="first_infusion", post_window_days=(21, 35), post_window_target=28
    )
    rows = [(-1, 16), (21, 9), (26, 8), (30, 7), (35, 6)]
    course = build(clinic, {"p1": (rows, (*INDUCTION, 24))}, profile=profile, until=35).loc[("p1", 1)]
    assert course[["matured", "endpoint_day", "infusion_in_window"]].tolist() == [True, 26, True]


def test_quarters_come_from_dates_and_else_from_the_period_of_series_1(clinic):
    found = clinic.run([(0, 15)], [0, 80], dated=True).courses
    assert found["quarter"].tolist() == ["2026Q1", "2026Q1"]
    assert found["start_date"].tolist() == [clinic.day_zero, clinic.day_zero + pd.Timedelta(days=80)]
    given = clinic.run([(0, 15)], [0, 80], period="2025Q4").courses
    assert given["quarter"].tolist() == ["2025Q4", pd.NA]


def test_a_patient_with_infusions_and_no_last_observable_day_is_asked_for(clinic):
    infusions, patients = clinic.infusions([("p1", 0)]), clinic.patients(["p1"], until=None)
    scores = derive_timeline(clinic.scores([]), infusions, patients)
    with pytest.raises(DataError, match="1 patients with infusions have neither observed_until nor"):
        build_courses(scores, infusions, patients)


def test_underived_scores_are_refused_with_the_verb_to_run_first(clinic):
    with pytest.raises(DataError, match=r"build_courses needs the column series: run derive_"):
        build_courses(clinic.scores([]), clinic.infusions([]), clinic.patients([]))


def test_empty_frames_give_an_empty_frame_in_its_dtypes():
    scores = derive_timeline(SCORES.empty(), INFUSIONS.empty(), PATIENTS.empty())
    found = build_courses(scores, INFUSIONS.empty(), PATIENTS.empty())
    assert found.shape[0] == 0
    check_frame(found, "COURSES")
