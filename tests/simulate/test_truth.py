"""The truth of the generating model, and the rules by which it is read off."""

from __future__ import annotations

import pandas as pd
import pytest
from numpy.random import RandomState

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import get_profile
from outcomes.simulate.clinic import simulate_clinic
from outcomes.simulate.network import list_sites
from outcomes.simulate.truth import _derive_courses, _is_confirmed, _median, compute_truth


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


@pytest.fixture(scope="module")
def measured():
    """A clinic in which every questionnaire is filled in, as the frames of a loaded cohort."""
    clinic = simulate_clinic(list_sites(1)[0], 200, RandomState(11))
    start = pd.Timestamp("2025-01-06")
    who = {"site": pd.array(["Harbor"], dtype="string")[0], "study_day": pd.NA, "clock": pd.NA}

    def place(frame):
        ids = {"patient_id": "P" + frame["patient"].astype(str), "row_uid": "1:0:" + frame.index.astype(str)}
        return frame.assign(**ids, **who, date=start + pd.to_timedelta(frame["day"], unit="D"))

    parts = []
    for name in ("phq9", "pcl5"):
        keys = get_instrument(name).item_keys
        asked = clinic.assessments[clinic.assessments[keys[0]] >= 0].reset_index(drop=True)
        items = place(asked[["patient", "day"]]).assign(
            assessment_id=lambda frame, name=name: frame["row_uid"] + name, instrument=name
        )
        parts.append(items.assign(**{f"item_{k}": asked[key] for k, key in enumerate(keys, start=1)}))
    items = fit_schema(pd.concat(parts, ignore_index=True), oc.ITEMS)
    given = clinic.infusions[clinic.infusions["status"] == "given"].reset_index(drop=True)
    infusions = fit_schema(place(given[["patient", "day"]]).assign(route="IV", drug="ketamine"), oc.INFUSIONS)
    patients = fit_schema(
        pd.DataFrame(
            {
                "patient_id": "P" + clinic.patients.index.astype(str),
                "observed_until": pd.Timestamp("2029-12-31"),
            }
        ),
        oc.PATIENTS,
    )
    scores = oc.derive_endpoints(oc.score_items(items), infusions, patients)
    return clinic, scores, oc.build_courses(scores, infusions, patients)


def fit_schema(frame: pd.DataFrame, schema) -> pd.DataFrame:
    columns = schema.required_columns
    return frame.reindex(columns=[c.name for c in columns]).astype({c.name: c.dtype for c in columns})


def by_patient(frame: pd.DataFrame, instrument: str) -> pd.DataFrame:
    first = frame[(frame["instrument"] == instrument) & (frame["series"] == 1)]
    return first.assign(patient=first["patient_id"].str[1:].astype(int)).set_index("patient").sort_index()


@pytest.mark.parametrize("instrument", ["phq9", "pcl5"])
def test_the_truth_is_read_off_as_the_endpoints_room_reads_it(measured, instrument):
    clinic, _, courses = measured
    true = _derive_courses(clinic, instrument, get_profile("default"))
    found = by_patient(courses, instrument).reindex(true.index)
    assert found["baseline"].tolist() == true["baseline"].tolist()
    assert found["eligible"].tolist() == true["eligible"].tolist()
    assert found["endpoint_total"].fillna(-1).tolist() == true["total"].fillna(-1).tolist()
    eligible = true[true["eligible"]].index
    assert (
        found.loc[eligible, "response"].fillna(False).tolist()
        == true.loc[eligible, "responding"].fillna(False).tolist()
    )


def test_true_onset_and_relapse_are_read_off_as_the_endpoints_room_reads_them(measured):
    clinic, scores, courses = measured
    true = _derive_courses(clinic, "phq9", get_profile("default"))
    true = true[true["eligible"]]
    onset = by_patient(oc.build_onset_times(scores, courses, endpoint="response"), "phq9").reindex(true.index)
    assert onset["right"].fillna(-1).tolist() == true["onset_right"].fillna(-1).tolist()
    events = onset["event"].fillna(False)
    assert onset.loc[events, "left"].tolist() == true.loc[events, "onset_left"].tolist()
    responders = true[true["responding"].fillna(False)]
    for endpoint, column in (("relapse", "relapse_after"), ("loss_of_response", "lost_after")):
        events = by_patient(oc.build_relapse_times(scores, courses, endpoint=endpoint), "phq9").reindex(
            responders.index
        )
        assert events["event"].sum() >= 8, endpoint
        assert events["right"].fillna(-1).tolist() == responders[column].fillna(-1).tolist(), endpoint
