"""The check by statsmodels catches a point that is no optimum, and the result works like any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

import outcomes as oc
from outcomes.models.mixed import result as mixed_result
from outcomes.models.mixed.likelihood import collect_sums, differentiate_likelihood, evaluate_likelihood
from outcomes.models.mixed.optimum import find_optimum
from outcomes.models.mixed.result import find_disagreements


@pytest.fixture
def arrays(make_scores):
    scores = make_scores(40)
    day = scores["day"].to_numpy(dtype=float) / 50
    x = np.column_stack([np.ones(len(day)), day])
    codes = np.unique(scores["patient_id"].to_numpy(dtype=str), return_inverse=True)[1]
    return x, scores["total"].to_numpy(dtype=float), x.copy(), codes


def test_statsmodels_agrees_at_the_optimum(arrays):
    optimum = find_optimum(collect_sums(*arrays), reml=True)
    assert find_disagreements(*arrays, optimum) == []


def test_a_point_beside_the_optimum_has_a_slope(arrays):
    sums = collect_sums(*arrays)
    optimum = find_optimum(sums, reml=True)
    beside = evaluate_likelihood(sums, optimum.point.factor * 1.05, reml=True)
    moved = replace(optimum, point=beside, pieces=differentiate_likelihood(sums, beside))
    assert find_disagreements(*arrays, moved) == [
        "statsmodels finds a slope in the likelihood at the optimum."
    ]


def test_a_wrong_likelihood_is_caught_also_on_a_part_of_the_patients(arrays, monkeypatch):
    optimum = find_optimum(collect_sums(*arrays), reml=True)
    monkeypatch.setattr(mixed_result, "_CHECK_LIMIT", 10)
    monkeypatch.setattr(mixed_result, "_CHECK_PATIENTS", 10)
    assert find_disagreements(*arrays, optimum) == []
    loglike = MixedLM.loglike
    monkeypatch.setattr(MixedLM, "loglike", lambda *given, **named: loglike(*given, **named) + 0.01)
    assert find_disagreements(*arrays, optimum) == ["statsmodels computes another likelihood at the optimum."]


def test_a_disagreement_makes_the_fit_not_estimable(make_scores, monkeypatch):
    loglike = MixedLM.loglike
    monkeypatch.setattr(MixedLM, "loglike", lambda *given, **named: loglike(*given, **named) + 0.01)
    fit = oc.fit_mixed_model(make_scores(40), "total ~ day")
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.table["estimate"].isna().all()


def test_the_covariance_of_the_result_is_the_joint_hessian_of_statsmodels(make_scores):
    model = oc.fit_mixed_model(make_scores(40), "total ~ day").model
    hessian, _ = model.model.hessian(model.params_object)
    assert model.normalized_cov_params.to_numpy() * model.scale == pytest.approx(
        np.linalg.inv(-hessian), rel=1e-5
    )
