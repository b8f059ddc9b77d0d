"""The truth of the generating model, and the rules by which it is read off."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.simulate.network import list_sites
from outcomes.simulate.truth import _is_confirmed, _median, compute_truth


@pytest.fixture(scope="module")
def truth():
    return compute_truth(list_sites(3))["instruments"]


def test_response_and_remission_are_about_a_half_and_a_quarter(truth):
    assert truth["phq9"]["overall"]["response"] == pytest.approx(0.5, abs=0.05)
    assert truth["phq9"]["overall"]["remission"] == pytest.approx(0.25, abs=0.05)


def test_of_those_who_respond_80_percent_still_do_at_4_weeks_and_60_at_8(truth):
    phq9 = truth["phq9"]["overall"]
    assert phq9["still_responding_day_28"] == pytest.approx(0.8, abs=0.05)
    assert phq9["still_responding_day_56"] == pytest.approx(0.6, abs=0.05)


def test_a_confirmed_relapse_is_rarer_than_a_lost_response(truth):
    for instrument in truth.values():
        for days in (28, 56):
            assert (
                instrument["overall"][f"relapse_free_day_{days}"]
                > instrument["overall"][f"still_responding_day_{days}"]
            )


def test_sites_differ_and_the_network_lies_between_them(truth):
    response = {site: values["response"] for site, values in truth["phq9"]["by_site"].items()}
    assert response["Harbor"] > response["Summit"] + 0.04
    assert min(response.values()) < truth["phq9"]["overall"]["response"] < max(response.values())


def test_only_the_sites_that_ask_the_pcl5_have_a_true_pcl5(truth):
    assert list(truth["pcl5"]["by_site"]) == ["Harbor", "Summit"]
    assert truth["pcl5"]["overall"]["remission_label"] == "below cut-off"


def test_the_median_onset_is_an_interval_between_visits(truth):
    phq9 = truth["phq9"]["overall"]
    assert 3 < phq9["median_onset_after_day"] < phq9["median_onset_at_latest_on_day"] < 30


@pytest.mark.parametrize(
    ("days", "bad", "confirmed"),
    [
        ([10, 20], [True, True], [True, False]),
        ([10, 20], [True, False], [False, False]),
        ([10, 13, 20], [True, False, True], [False, False, False]),
        ([10, 13, 20], [True, True, True], [True, True, False]),
        ([10, 45], [True, True], [False, False]),
        ([10], [True], [False]),
    ],
    ids=["next is bad", "next is good", "a good one between", "all bad", "too late", "nothing after"],
)
def test_a_bad_score_needs_bad_scores_up_to_one_5_to_30_days_later(days, bad, confirmed):
    scores = pd.DataFrame({"patient": 1, "day": days, "bad": bad})
    assert _is_confirmed(scores, (5, 30)).tolist() == confirmed


def test_the_next_patient_confirms_nothing():
    scores = pd.DataFrame({"patient": [1, 2], "day": [10, 20], "bad": [True, True]})
    assert _is_confirmed(scores, (5, 30)).tolist() == [False, False]


def test_a_median_that_fewer_than_half_reach_is_none():
    weights = pd.Series([1.0, 1.0, 1.0])
    assert _median(pd.Series([4.0, None, None]), weights) is None
    assert _median(pd.Series([4.0, 9.0, None]), weights) == 9.0
