"""The simulated clinic against the published cohorts that it is calibrated to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.random import RandomState

from outcomes.simulate.clinic import simulate_clinic
from outcomes.simulate.network import count_patients, list_sites

PATIENTS = 3_000


@pytest.fixture(scope="module")
def clinics():
    sites = list_sites(3)
    counts = count_patients(sites, PATIENTS)
    return [
        simulate_clinic(site, n, RandomState([9, k]))
        for k, (site, n) in enumerate(zip(sites, counts, strict=True))
    ]


@pytest.fixture(scope="module")
def patients(clinics):
    return pd.concat([clinic.patients.assign(site=clinic.site.name) for clinic in clinics], ignore_index=True)


@pytest.fixture(scope="module")
def starts(clinics):
    """Totals at the check-in of the first infusion."""
    days = pd.concat([clinic.assessments.query("day == 0") for clinic in clinics], ignore_index=True)
    items = {"phq9": 9, "gad7": 7, "pcl5": 20}
    sums = {name: days[[f"{name}_{k + 1}" for k in range(n)]].sum(axis=1) for name, n in items.items()}
    return pd.DataFrame({name: total.where(days[f"{name}_1"] >= 0) for name, total in sums.items()})


def test_baseline_totals_are_those_of_ketamine_clinics(starts):
    assert 17 <= starts["phq9"].mean() <= 19
    assert 5 <= starts["phq9"].std() <= 6.7
    assert 12 <= starts["gad7"].mean() <= 14
    assert 45 <= starts["pcl5"].mean() <= 56


def test_the_three_questionnaires_go_together_within_a_patient(starts):
    correlation = starts.corr()
    assert 0.55 < correlation.loc["phq9", "gad7"] < 0.75
    assert 0.25 < correlation.loc["phq9", "pcl5"] < 0.6


def test_phq9_items_hang_together_as_published(clinics):
    items = (
        clinics[0].assessments.query("day == 0")[[f"phq9_{k}" for k in range(1, 10)]].to_numpy(dtype=float)
    )
    alpha = 9 / 8 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
    assert 0.83 < alpha < 0.92


def test_a_third_or_more_stop_early(patients):
    assert 0.32 < (patients["taken"] < patients["planned"]).mean() < 0.45


def test_some_have_maintenance_and_about_one_in_ten_a_second_series(clinics):
    infusions = pd.concat([clinic.infusions.assign(site=clinic.site.name) for clinic in clinics])
    maintenance = infusions.query("phase == 'maintenance'").groupby("site")["patient"].nunique().sum()
    second = infusions.query("series == 2").groupby("site")["patient"].nunique().sum()
    assert 0.15 < maintenance / PATIENTS < 0.35
    assert 0.06 < second / PATIENTS < 0.13


def test_sites_differ_by_route_and_only_two_ask_the_pcl5(patients, clinics):
    routes = patients.groupby("site")["route"].value_counts(normalize=True)
    assert routes["Harbor", "IV"] > 0.8
    assert routes["Summit", "IN"] > 0.4
    assert "IN" not in routes["Harbor"].index.union(routes["Lakeside"].index)
    asked = [bool((clinic.assessments["pcl5_1"] >= 0).any()) for clinic in clinics]
    assert asked == [True, False, True]


def test_the_follow_up_of_sicker_patients_is_missing_more_often(clinics):
    clinic = clinics[0]
    scores = clinic.assessments.assign(
        total=clinic.assessments[[f"phq9_{k}" for k in range(1, 10)]].sum(axis=1)
    )
    post = scores.query("occasion == 'post' and series == 1").set_index("patient")
    before = (
        scores.query("occasion == 'check_in' and series == 1 and seen")
        .sort_values("day")
        .groupby("patient")["total"]
        .last()
    )
    seen = post["seen"].groupby(before.reindex(post.index) >= 15).mean()
    assert seen[True] < seen[False] - 0.1


def test_a_patient_answers_at_most_once_a_day(clinics):
    for clinic in clinics:
        assert not clinic.assessments.duplicated(["patient", "day"]).any()


def test_a_clinic_of_one_patient_is_a_clinic():
    clinic = simulate_clinic(list_sites(1)[0], 1, RandomState(4))
    assert clinic.patients.index.tolist() == [0]
    assert clinic.infusions["day"].min() == 0
    assert not np.isnan(clinic.patients["age"]).any()


def test_patients_are_shared_out_by_weight_and_every_site_has_one():
    sites = list_sites(3)
    assert count_patients(sites, 400) == (180, 128, 92)
    assert count_patients(sites, 3) == (1, 1, 1)
    assert [sum(count_patients(list_sites(k), 50)) for k in range(1, 15)] == [50] * 14
    assert len({site.name for site in list_sites(20)}) == 20
