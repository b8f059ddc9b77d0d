"""The trap list of the clinical definitions: one test per rule, worked by hand on a few rows."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.profile import get_profile
from outcomes.errors import DataError

INDUCTION = [0, 3, 7, 10]  # the post-induction window is days 24 to 41
EVIDENCE = get_profile("default").replace(same_day_policy="require_evidence")


def rates_of(courses: pd.DataFrame, endpoint: str = "response") -> pd.DataFrame:
    table = oc.summarize_endpoints(courses, endpoints=[endpoint])
    return table.set_index("denominator")


def courses_of(clinic, histories, *, infusions=None, profile="default", until=1000, instrument="phq9"):
    """COURSES of several patients: id to a list of (day, total)."""
    doses = infusions or dict.fromkeys(histories, INDUCTION)
    rows = [(id, instrument, *one) for id, scores in histories.items() for one in scores]
    frames = (
        clinic.scores(rows),
        clinic.infusions([(id, day) for id, days in doses.items() for day in days]),
        clinic.patients(list(histories), until=until),
    )
    scores = oc.derive_endpoints(*frames, profile=profile)
    return scores, oc.build_courses(scores, *frames[1:], profile=profile, instruments=[instrument])


def test_T_01_from_4_to_2_is_no_response_and_counted_as_left_out_and_harm_has_no_gate(clinic):
    scores, courses = courses_of(
        clinic, {"low": [(0, 4), (26, 2)], "rise": [(0, 4), (26, 10)], "zero": [(0, 0), (26, 3)]}
    )
    assert courses["response"].isna().all()
    assert courses["eligible_reason"].eq("below_caseness").all()
    flow = oc.summarize_flow(courses)
    left = flow[flow["reason"] == "below_caseness"].iloc[0]
    assert (left["n_reason"], flow.loc[flow["step"] == left["step"], "n"].iloc[0]) == (3, 3)
    harm = rates_of(courses, "reliable_deterioration").loc["paired"]
    assert (harm["k"], harm["n"]) == (1, 3)
    zero = courses.set_index("patient_id").loc["zero"]
    assert pd.isna(zero["percent_change"]) and zero["change"] == 3
    assert oc.build_review_list(scores.assign(item_9=2))["patient_id"].nunique() == 3


def test_T_02_from_9_to_3_is_no_remission(clinic):
    course = clinic.run([(0, 9), (26, 3)], INDUCTION).course
    assert pd.isna(course["remission"]) and not course["eligible"]


def test_T_03_every_remission_figure_has_operator_and_value(clinic):
    _, courses = courses_of(clinic, {"A": [(0, 18), (26, 5)]})
    strict = rates_of(courses, "remission").loc["observed"]
    assert (strict["rule"], strict["k"]) == ("total < 5", 0)
    profile = get_profile("default").replace(remission_op="<=")
    _, courses = courses_of(clinic, {"A": [(0, 18), (26, 5)]}, profile=profile)
    table = oc.summarize_endpoints(courses, endpoints=["remission"], profile=profile).set_index("denominator")
    assert table.loc["observed", ["rule", "k"]].tolist() == ["total <= 5", 1]
    with pytest.raises(DataError, match="not those of the profile"):
        oc.summarize_endpoints(courses, endpoints=["remission"])


@pytest.mark.parametrize(
    ("score", "dose", "profile", "baseline", "assumed", "reason"),
    [
        ({}, {}, "default", 15, True, None),
        ({}, {}, EVIDENCE, None, None, "same_day_unordered"),
        ({"declared_timing": "before"}, {}, EVIDENCE, 15, False, None),
        ({"clock": 36_000}, {"clock": 36_000}, EVIDENCE, 15, False, None),
        ({"clock": 36_001}, {"clock": 36_000}, "default", None, None, "only_after_start"),
        ({"declared_timing": "after"}, {}, "default", None, None, "only_after_start"),
    ],
)
def test_T_04_the_only_score_on_day_0(clinic, score, dose, profile, baseline, assumed, reason):
    doses = [(0, dose), 3, 7, 10]
    course = clinic.run([(0, 15, score)], doses, profile=profile).course
    found = [None if pd.isna(course[name]) else course[name]
             for name in ("baseline", "baseline_order_assumed", "baseline_reason")]  # fmt: skip
    assert found == [baseline, assumed, reason]


def test_T_05_a_score_two_hours_after_the_start_serves_no_endpoint_and_reaches_the_review_list(clinic):
    acute = {"clock": 43_200, "item_9": 3}
    run = clinic.run([(0, 18), (7, 4, acute), (26, 16)], [0, 3, (7, {"clock": 36_000}), 10])
    assert run.course["endpoint_total"] == 16
    assert (run.onset()["event"], run.onset()["n_scores"]) == (False, 1)
    listed = oc.build_review_list(run.scores)
    assert listed["answer"].tolist() == [3]


def test_T_06_trough_and_early_scores_are_never_averaged_without_the_mix(clinic):
    run = clinic.run([(0, 20), (3, 16), (4, 8), (6, 12)], [0, 3, 7, 10])
    table = oc.summarize_trajectory(run.scores).set_index("week")
    assert table.loc[1, ["n_trough", "n_early", "n_later"]].tolist() == [0, 1, 0]  # the latest of the week
    by_infusion = oc.summarize_trajectory(run.scores, by="infusion_number").set_index("infusion_number")
    assert by_infusion.loc[1, ["n", "n_trough"]].tolist() == [1, 1]
    assert run.scores["days_since_infusion"].tolist() == [pd.NA, 3, 1, 3]


@pytest.mark.parametrize(
    ("instrument", "day", "overlap"),
    [("pcl5", 20, True), ("pcl5", 40, False), ("phq9", 15, True), ("phq9", 24, False)],
)
def test_T_07_the_reported_period_reaches_into_treatment(clinic, instrument, day, overlap):
    run = clinic.run([(0, 40 if instrument == "pcl5" else 18), (day, 12)], INDUCTION, instrument=instrument)
    row = run.scores.iloc[1]
    assert (row["recall_overlap"], row["total"]) == (overlap, 12)


def test_T_08_scores_of_two_questionnaires_give_no_change(clinic):
    rows = [("p1", "phq8", 0, 18), ("p1", "phq9", 26, 9), ("p1", "pcl5", 0, 50), ("p1", "pcl5_week", 26, 20)]
    frames = (
        clinic.scores(rows),
        clinic.infusions([("p1", day) for day in INDUCTION]),
        clinic.patients(["p1"]),
    )
    scores = oc.derive_endpoints(*frames)
    assert scores["change"].isna().all()
    assert oc.build_courses(scores, *frames[1:])["change"].isna().all()


def test_T_12_neither_the_last_nor_the_best_score_stands_in_for_the_endpoint(clinic):
    _, courses = courses_of(clinic, {"left": [(0, 20), (9, 4), (12, 6)], "stayed": [(0, 20), (26, 18)]})
    left = courses.set_index("patient_id").loc["left"]
    assert pd.isna(left["endpoint_total"]) and left["endpoint_reason"] == "no_score_in_window"
    assert rates_of(courses).loc["all_eligible", ["k", "n"]].tolist() == [0, 2]


def test_T_13_three_series_are_one_person_and_pooled_series_have_wider_intervals(clinic):
    doses = [start + day for start in (0, 100, 200) for day in INDUCTION]
    steady = {f"s{n}": [(s + d, t) for s in (0, 100, 200) for d, t in ((0, 20), (26, 8))] for n in range(8)}
    others = {f"n{n}": [(s + d, t) for s in (0, 100, 200) for d, t in ((0, 20), (26, 18))] for n in range(8)}
    histories = steady | others
    _, courses = courses_of(clinic, histories, infusions=dict.fromkeys(histories, doses))
    assert rates_of(courses).loc["all_eligible", ["k", "n"]].tolist() == [8, 16]
    pooled = oc.summarize_endpoints(courses, endpoints=["response"], series="all").set_index("denominator")
    row = pooled.loc["all_eligible"]
    assert row[["k", "n", "n_patients"]].tolist() == [24, 48, 16]
    # Series of one patient agree: 48 series are worth 15 patients, C - 1 of C.
    single = (
        oc.summarize_endpoints(courses, endpoints=["response"]).set_index("denominator").loc["all_eligible"]
    )
    assert row["conf_low"] <= single["conf_low"] + 0.01 and row["conf_high"] >= single["conf_high"] - 0.01


def test_T_14_one_infusion_and_no_later_score_stays_in_onset_and_in_all_eligible(clinic):
    run = clinic.run([(0, 18)], [0])
    onset = run.onset()
    assert onset[["included", "time", "event", "reason"]].tolist() == [True, 0, False, "no_follow_up"]
    assert rates_of(run.courses).loc["all_eligible", ["k", "n"]].tolist() == [0, 1]
    early = clinic.run([(0, 18), (5, 6), (12, 16), (26, 6), (40, 7)], INDUCTION).relapse()
    assert early[["origin_day", "left", "event"]].tolist() == [26, 14, False]


def test_T_15_loss_of_response_at_day_10_and_no_relapse_side_by_side(clinic):
    run = clinic.run([(0, 18), (26, 6), (36, 12), (46, 5)], INDUCTION)
    assert run.relapse("loss_of_response")[["left", "right", "event"]].tolist() == [0, 10, True]
    assert run.relapse()[["time", "event", "reason"]].tolist() == [20, False, "last_score"]


def test_T_16_two_scales_of_the_same_people_stand_side_by_side(clinic):
    rows = [("p1", id, day, total) for id in ("phq9", "qids_sr16") for day, total in ((0, 18), (26, 8))]
    frames = (
        clinic.scores(rows),
        clinic.infusions([("p1", day) for day in INDUCTION]),
        clinic.patients(["p1"]),
    )
    courses = oc.build_courses(oc.derive_endpoints(*frames), *frames[1:])
    found = courses.set_index("instrument")
    assert found.loc["phq9", "response"] and pd.isna(found.loc["qids_sr16", "response"])
    assert found["endpoint_total"].tolist() == [8, 8]


def test_T_17_the_gate_alone_lets_a_mean_fall_and_the_table_says_by_how_much(clinic):
    histories = {"A": [(0, 20), (26, 10)], "B": [(0, 16), (26, 8)], "C": [(0, 6), (26, 6)]}
    _, courses = courses_of(clinic, histories)
    row = oc.summarize_scores(courses).set_index("population").loc["eligible"]
    # mean of the eligible 18, of all 14, retest .737: (1 - .737) * 4 points
    assert row["expected_regression"] == pytest.approx((1 - row["retest"]) * (18 - 14))
    assert row["retest"] == 0.737


def test_T_18_three_of_eight_has_no_percent_and_sites_are_never_ranked(clinic):
    histories = {f"p{n}": [(0, 20), (26, 8 if n < 3 else 19)] for n in range(8)}
    _, courses = courses_of(clinic, histories)
    row = rates_of(courses).loc["all_eligible"]
    assert row[["k", "n", "percent_shown"]].tolist() == [3, 8, False]
    assert row[["conf_low", "conf_high"]].notna().all()
    sites = courses.assign(site=["Z" if n < 3 else "A" for n in range(8)])
    assert oc.summarize_endpoints(sites, by="site")["site"].drop_duplicates().tolist() == ["A", "Z"]


def test_T_21_a_cumulative_rate_keeps_everyone_who_started(clinic):
    histories = {"A": [(0, 20), (4, 8)], "B": [(0, 20), (4, 19)], "C": [(0, 20)]}
    doses = {"A": [0, 3, 7], "B": [0, 3, 7], "C": [0]}
    scores, courses = courses_of(clinic, histories, infusions=doses)
    onset = oc.build_onset_times(scores, courses)
    table = oc.summarize_cumulative_response(onset, courses, most=3)
    assert table[["infusion_number", "k", "n", "n_reached"]].to_numpy().tolist() == [
        [1, 0, 3, 3], [2, 1, 3, 2], [3, 1, 3, 2],
    ]  # fmt: skip


def test_T_22_relapse_keeps_its_interval_and_the_median_gap(clinic):
    run = clinic.run([(0, 18), (26, 6), (40, 8), (60, 16), (70, 17)], INDUCTION)
    assert run.relapse()[["left", "right", "time", "median_gap_days"]].tolist() == [14, 34, 34, 14.0]
    assert run.relapse()["right"] - run.relapse()["left"] == 20


def test_T_23_scores_per_patient_are_counted_by_the_band_of_the_last_total(clinic):
    histories = {"sick": [(0, 22), (7, 21), (14, 20)], "well": [(0, 22), (28, 3)]}
    scores, courses = courses_of(clinic, histories)
    table = oc.summarize_visit_intensity(scores, courses, until_day=56).set_index("band")
    # severe: 7 + 7 + 42 days after the sick one's totals, 28 after the other's first
    assert table.loc["severe", ["n_intervals", "n_next", "days"]].tolist() == [4, 3, 84]
    assert table.loc["severe", "scores_per_28_days"] == pytest.approx(28 * 3 / 84)
    assert table.loc["minimal", ["n_intervals", "n_next", "days"]].tolist() == [1, 0, 28]


def test_T_26_a_change_of_profile_recomputes_every_quarter_or_is_refused(clinic):
    histories = {"A": [(0, 18), (26, 5)], "B": [(0, 18), (26, 8)]}
    _, courses = courses_of(clinic, histories)
    changed = get_profile("default").replace(remission_value={"phq9": 6})
    assert changed.hash != get_profile("default").hash
    with pytest.raises(DataError, match="not those of the profile"):
        oc.summarize_endpoints(courses, by="quarter", endpoints=["remission"], profile=changed)
    _, again = courses_of(clinic, histories, profile=changed)
    table = oc.summarize_endpoints(again, endpoints=["remission"], profile=changed).set_index("denominator")
    assert table.loc["observed", ["rule", "k", "n"]].tolist() == ["total < 6", 1, 2]
