"""From summaries and fits to cells: what becomes a number and what becomes words."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.fit import Fit
from outcomes.reports.blocks import Estimate, NotEstimable, Share
from outcomes.reports.cells import make_estimate, make_p, read_landmark, read_median, take_share
from outcomes.reports.estimates import count_self_harm_answers, estimate_durations
from outcomes.reports.format import show_plain
from outcomes.reports.settings import ReportSettings, list_settings
from outcomes.reports.words import define_endpoint, define_relapse, define_window, name_endpoint

DEFAULT = oc.get_profile("default")


def curve(estimate, *, at_risk=20, observed=5, verdict="OK", median=None, **more) -> Fit:
    row = {
        "group": "all",
        "day": 56,
        "estimate": estimate,
        "conf_low": 0.5,
        "conf_high": 0.8,
        "at_risk": at_risk,
        "observed": observed,
        "event_share_upper": float("nan"),
        **more,
    }
    landmarks = pd.DataFrame([row])
    medians = pd.DataFrame({"group": ["all"], **(median or {"text": "not reached", "at_risk_before": None})})
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
        (curve(0.66, at_risk=10), "too few"),
        (curve(1.0, observed=5), "no event"),
        (curve(0.66, observed=0, verdict="NOT ESTIMABLE"), "no event"),
        (curve(float("nan")), "not estimable"),
        (curve(0.66, inside=True, lowest=0.5, highest=0.8), "open"),
        (curve(0.66, inside=True, lowest=0.65, highest=0.67), "66 % (95 % CI 50 to 80)"),
        (Fit("Curve", pd.DataFrame({"estimate": [0.1]}), "NOT ESTIMABLE", notes=("x",)), "not estimable"),
    ],
)
def test_a_landmark_is_a_number_only_where_enough_people_are_at_risk_and_the_visits_place_it(fit, shown):
    found = read_landmark(fit, 56, as_incidence=False, smallest=11, widest=0.10)
    assert show_plain(found.value) == shown


def test_the_share_with_the_event_turns_the_interval_around():
    found = read_landmark(curve(0.66), 56, as_incidence=True, smallest=11, widest=0.10)
    assert show_plain(found.value) == "34 % (95 % CI 20 to 50)"
    assert found.at_risk == 20


@pytest.mark.parametrize(("as_incidence", "interval"), [(False, "75 to 100"), (True, "0 to 25")])
def test_where_nobody_had_the_event_the_exact_interval_stands_beside_the_words(as_incidence, interval):
    fit = curve(float("nan"), at_risk=13, observed=0, verdict="NOT ESTIMABLE", event_share_upper=0.2471)
    found = read_landmark(fit, 56, as_incidence=as_incidence, smallest=11, widest=0.10)
    assert [show_plain(cell) for cell in found.cells] == ["no event", interval, "13"]


@pytest.mark.parametrize(
    ("median", "shown"),
    [
        (None, "not reached"),
        ({"text": "day 361", "at_risk_before": 3}, "too few at risk"),
        ({"text": "after day 10, by day 13", "at_risk_before": 20}, "after day 10, by day 13"),
        (
            {"text": "day 17", "at_risk_before": 20, "conf_low": 10.0, "conf_high": float("nan")},
            "day 17 (10 to not reached)",
        ),
    ],
)
def test_a_median_has_its_interval_and_is_withheld_where_it_rests_on_the_last_few(median, shown):
    assert show_plain(read_median(curve(0.66, median=median), smallest=11)) == shown


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


def test_the_last_answer_to_the_self_harm_item_is_that_of_the_latest_date_in_any_series():
    rows = [
        # patient, series, day of the series, date, baseline of, answer: days restart with a second series
        ("a", 1, 0, "2026-04-01", 1, 2),
        ("a", 1, 90, "2026-06-30", None, 3),
        ("a", 2, 3, "2026-08-01", None, 0),
        ("b", 1, 0, "2026-04-01", 1, 1),
        ("c", 1, 3, "2026-04-04", None, None),
    ]
    names = ["patient_id", "series", "day", "date", "baseline_of", "item_9"]
    scores = oc.SCORES.empty().reindex(range(len(rows))).assign(instrument="phq9", row_uid=list("12345"))
    scores = scores.assign(**pd.DataFrame(rows, columns=names).to_dict("series"))
    scores = scores.astype(
        {"date": "datetime64[ns]", "baseline_of": "Int64", "item_9": "Int64", "day": "Int64"}
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


def test_every_kind_of_losing_a_response_has_its_curve_at_the_days_of_the_tables_and_of_the_card():
    left, right = [7, 7, 7, 10, 20, 30], [14, 14, None, None, None, None]
    events = pd.DataFrame(
        {
            "patient_id": list("abcdef"),
            "included": True,
            "series": 1,
            "left": pd.array(left, dtype="Int64"),
            "right": pd.array(right, dtype="Int64"),
        }
    )
    settings = ReportSettings(relapse_days=(28, 84), well_day=56, n_boot=20)
    fits = estimate_durations({"relapse": events, "loss": events}, settings)
    assert list(fits) == ["relapse", "loss"]
    assert fits["relapse"].extras["landmarks"]["day"].tolist() == [28, 56, 84]


def test_every_setting_of_a_report_has_a_meaning_in_words():
    listed = dict(list_settings(ReportSettings()))
    printed_elsewhere = {"title", "paper", "sections", "logo", "profile", "changes", "chart_rebase"}
    assert len(listed) == len(fields(ReportSettings)) - len(printed_elsewhere)
    assert all(meaning and "_" not in meaning for meaning in listed)
    assert listed["share of those due who should have an endpoint score"] == "80 %"


def test_a_curve_of_nobody_says_nobody_and_not_too_few():
    fit = oc.fit_kaplan_meier(pd.DataFrame({"time": [], "event": []}))
    found = read_landmark(fit, 56, as_incidence=False, smallest=11, widest=0.10)
    assert show_plain(found.value) == "nobody"
