"""From summaries and fits to cells: what becomes a number and what becomes words."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.fit import Fit
from outcomes.reports.blocks import Count, Estimate, NotEstimable, Share
from outcomes.reports.cells import make_estimate, make_p, read_landmark, read_median, take_share
from outcomes.reports.estimates import count_categories, count_self_harm_answers, estimate_durations
from outcomes.reports.format import show_plain
from outcomes.reports.words import define_endpoint, define_relapse, define_window, name_endpoint

DEFAULT = oc.get_profile("default")


def curve(estimate, *, at_risk=20, observed=5, verdict="OK", **more) -> Fit:
    row = {
        "group": "all",
        "day": 56,
        "estimate": estimate,
        "conf_low": 0.5,
        "conf_high": 0.8,
        "at_risk": at_risk,
        "observed": observed,
        **more,
    }
    landmarks = pd.DataFrame([row])
    medians = pd.DataFrame({"group": ["all"], "text": ["not reached"]})
    return Fit(
        "Curve",
        landmarks.copy(),
        verdict,
        notes=("no event.",),
        extras={"landmarks": landmarks, "medians": medians},
    )


@pytest.mark.parametrize(
    ("fit", "shown"),
    [
        (curve(0.66), "66 % (95 % CI 50 to 80)"),
        (curve(0.66, at_risk=10), "too few at risk"),
        (curve(1.0, observed=5), "no event by then"),
        (curve(0.66, observed=0, verdict="NOT ESTIMABLE"), "no event by then"),
        (curve(float("nan")), "not estimable"),
        (curve(0.66, inside=True, lowest=0.5, highest=0.8), "not determined"),
        (curve(0.66, inside=True, lowest=0.65, highest=0.67), "66 % (95 % CI 50 to 80)"),
        (Fit("Curve", pd.DataFrame({"estimate": [0.1]}), "NOT ESTIMABLE", notes=("x",)), "not estimable"),
    ],
)
def test_a_landmark_is_a_number_only_where_enough_people_are_at_risk_and_the_visits_place_it(fit, shown):
    assert show_plain(read_landmark(fit, 56, as_incidence=False, smallest=11)[0]) == shown


def test_the_share_with_the_event_turns_the_interval_around():
    value, at_risk, number = read_landmark(curve(0.66), 56, as_incidence=True, smallest=11)
    assert show_plain(value) == "34 % (95 % CI 20 to 50)"
    assert (at_risk, number) == (Count(20), 20)


def test_a_median_that_is_not_reached_says_so():
    assert show_plain(read_median(curve(0.66))) == "not reached"


def test_a_share_that_is_not_in_the_frame_is_nobody():
    frame = pd.DataFrame(
        {
            "endpoint": ["response"],
            "k": [3],
            "n": [8],
            "conf_low": [0.1],
            "conf_high": [0.7],
            "percent_shown": [False],
        }
    )
    assert take_share(frame, endpoint="response") == Share(3, 8, 0.1, 0.7, percent_shown=False)
    assert take_share(frame, endpoint="remission") == Share(0, 0, percent_shown=False)
    assert take_share(frame.iloc[:0], endpoint="response") == Share(0, 0, percent_shown=False)


def test_missing_numbers_become_words():
    assert make_estimate(pd.NA) == NotEstimable("not estimable")
    assert make_estimate(float("nan"), 1.0, 2.0) == NotEstimable("not estimable")
    assert make_estimate(1.5, pd.NA, 2.0) == Estimate(1.5, None, None, 1, "")
    assert make_p(pd.NA) == NotEstimable("not estimable")


def test_categories_add_up_to_the_eligible_and_the_first_that_fits_is_taken():
    flags = {
        name: pd.array(values, dtype="boolean")
        for name, values in {
            "eligible": [True, True, True, True, True, True, False],
            "remission": [True, False, False, False, False, None, None],
            "response": [True, True, False, False, False, None, None],
            "reliable_improvement": [True, True, True, False, False, None, None],
            "reliable_deterioration": [False, False, False, False, True, None, False],
        }.items()
    }
    courses = pd.DataFrame(
        {**flags, "percent_change": pd.array([-80, -55, -40, -5, 60, None, -10], dtype="Float64")}
    )
    counts = count_categories(courses, "phq9", DEFAULT)
    assert counts["category"].tolist() == [
        "remission",
        "response only",
        "reliable improvement only",
        "no reliable change",
        "reliable deterioration",
        "no endpoint total",
    ]
    assert counts["n"].tolist() == [1, 1, 1, 1, 1, 1]


def test_the_last_answer_to_the_self_harm_item_counts_once_per_patient():
    scores = pd.DataFrame(
        {
            "assessment_id": ["1", "2", "3", "4"],
            "patient_id": ["a", "a", "b", "c"],
            "day": [0, 9, 0, 3],
            "clock": pd.array([None] * 4, "Int64"),
            "baseline_of": pd.array([1, None, 1, None], "Int64"),
            "item_9": pd.array([2, 0, 1, None], "Int8"),
        }
    )
    counts = count_self_harm_answers(scores, oc.get_instrument("phq9"), smallest=11)
    assert counts[["occasion", "k", "n"]].to_numpy().tolist() == [
        ["baseline", 2, 2],
        ["last questionnaire", 1, 2],
    ]
    assert count_self_harm_answers(scores, oc.get_instrument("gad7"), smallest=11).empty


@pytest.mark.parametrize(
    ("endpoint", "instrument", "changes", "words"),
    [
        ("response", "phq9", {}, "PHQ-9 total at least 50 % below baseline"),
        ("response", "pcl5", {}, "PCL-5 total at least 10 points below baseline"),
        ("response", "pcl5", {"response_points": None}, "not defined here"),
        ("remission", "phq9", {}, "PHQ-9 total below 5"),
        ("remission", "phq9", {"remission_op": "<="}, "PHQ-9 total 5 or below"),
        ("reliable_deterioration", "gad7", {}, "GAD-7 total at least 4 points above baseline"),
    ],
)
def test_an_endpoint_is_a_sentence_with_operator_and_value(endpoint, instrument, changes, words):
    assert define_endpoint(endpoint, instrument, DEFAULT.replace(**changes)) == words


def test_below_cut_off_is_never_called_remission():
    assert name_endpoint("remission", "pcl5", DEFAULT) == "Below cut-off"
    assert name_endpoint("response", "pcl5", DEFAULT) == "10-point improvement"


def test_windows_and_relapse_in_words():
    assert (
        define_window(DEFAULT)
        == "14 to 31 days after the last induction infusion, the score nearest to day 14"
    )
    assert define_relapse("phq9", DEFAULT) == (
        "PHQ-9: a total of 10 or more, the response lost, at least 6 points above the endpoint score; "
        "confirmed by a second such score 5 to 30 days later; or a psychiatric admission or a new series of "
        "infusions"
    )
    assert define_relapse("phq9", oc.get_profile("mcinnes2022")) == "PHQ-9: the response lost"


def test_the_table_of_a_curve_between_visits_loses_people_on_the_day_they_leave():
    left, right = [7, 7, 7, 10, 20, 30], [14, 14, None, None, None, None]
    events = pd.DataFrame(
        {
            "patient_id": list("abcdef"),
            "included": True,
            "series": 1,
            "median_gap_days": 7.0,
            "left": pd.array(left, dtype="Int64"),
            "right": pd.array(right, dtype="Int64"),
        }
    )
    table = estimate_durations(events, events)["relapse"].table
    assert table[["day", "at_risk", "observed", "censored"]].to_numpy().tolist() == [
        [0, 6, 0, 0],
        [7, 5, 0, 1],
        [10, 4, 0, 2],
        [14, 2, 2, 2],
        [20, 1, 2, 3],
        [30, 0, 2, 4],
    ]
    assert table["estimate"].round(6).tolist()[:3] == [1, 1, 1], (
        "the step stands at the end of the open interval"
    )
    assert table["estimate"].iloc[3] < 1
