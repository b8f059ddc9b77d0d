"""The likelihood, its derivatives, and the certificate of the optimum."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.mixed.likelihood import (
    collect_sums,
    differentiate_likelihood,
    evaluate_likelihood,
    list_units,
)
from outcomes.models.mixed.optimum import find_optimum


@pytest.fixture
def take_sums(make_scores):
    def take(n_patients=25, **options):
        scores = make_scores(n_patients, **options)
        day = scores["day"].to_numpy(dtype=float)
        y = scores["total"].to_numpy(dtype=float)
        x = np.column_stack([np.ones(len(day)), day / 40, day / 40 * (scores["route"] == "IV")]).astype(float)
        codes = np.unique(scores["patient_id"].to_numpy(dtype=str), return_inverse=True)[1]
        return collect_sums(x, y, x[:, :2].copy(), codes), x, y, codes

    return take


@pytest.mark.parametrize("reml", [True, False])
def test_the_deviance_is_that_of_the_normal_distribution(take_sums, reml):
    sums, x, y, codes = take_sums(6)
    factor = np.array([[1.1, 0.0], [-0.4, 0.7]])
    point = evaluate_likelihood(sums, factor, reml=reml)
    v = np.eye(len(y)) + (codes[:, None] == codes[None, :]) * (x[:, :2] @ factor @ factor.T @ x[:, :2].T)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    fixed = np.linalg.solve(information, x.T @ inverse @ y)
    rest = y - x @ fixed
    df = len(y) - 3 * reml
    scale = rest @ inverse @ rest / df
    deviance = np.linalg.slogdet(v)[1] + df * (1 + np.log(2 * np.pi * scale))
    deviance += np.linalg.slogdet(information)[1] if reml else 0
    assert point.deviance == pytest.approx(deviance, abs=1e-9)
    assert point.fixed == pytest.approx(fixed, rel=1e-9)
    assert point.scale == pytest.approx(scale, rel=1e-10)


@pytest.mark.parametrize("reml", [True, False])
def test_derivatives_equal_differences_of_the_deviance(take_sums, reml):
    sums = take_sums(20)[0]
    factor = np.array([[1.1, 0.0], [-0.4, 0.7]])
    psi, units, step = factor @ factor.T, list_units(2), 1e-4

    def deviance(one):
        return evaluate_likelihood(sums, np.linalg.cholesky(one), reml=reml).deviance

    def slopes(one):
        point = evaluate_likelihood(sums, np.linalg.cholesky(one), reml=reml)
        return np.einsum("ab,kab->k", differentiate_likelihood(sums, point).gradient, units)

    pieces = differentiate_likelihood(sums, evaluate_likelihood(sums, factor, reml=reml))
    first = [(deviance(psi + step * one) - deviance(psi - step * one)) / (2 * step) for one in units]
    second = [(slopes(psi + step * one) - slopes(psi - step * one)) / (2 * step) for one in units]
    assert slopes(psi) == pytest.approx(first, rel=1e-6, abs=1e-6)
    assert pieces.hessian == pytest.approx(np.array(second), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_no_point_nearby_is_better_than_the_optimum(take_sums, seed):
    sums = take_sums(20, seed=seed, slope_sd=0.01 * seed)[0]
    optimum = find_optimum(sums, reml=True)
    assert optimum.doubts == ()
    rng = np.random.default_rng(seed)
    for size in (1e-1, 1e-2, 1e-3):
        moved = optimum.point.factor + size * np.tril(rng.normal(size=(40, 2, 2)))
        nearby = [evaluate_likelihood(sums, one, reml=True).deviance for one in moved]
        assert min(nearby) > optimum.point.deviance - 1e-9


def test_a_singular_optimum_is_found_exactly_and_certified(take_sums):
    sums = take_sums(20, seed=2, slope_sd=0.0)[0]
    optimum = find_optimum(sums, reml=True)
    gradient, psi = optimum.pieces.gradient, optimum.point.psi
    assert optimum.rank == 1
    assert np.linalg.eigvalsh(psi)[0] == pytest.approx(0, abs=1e-12)
    assert psi @ gradient == pytest.approx(np.zeros((2, 2)), abs=1e-6)
    assert optimum.edge > 0


def test_no_variance_between_patients_is_rank_zero():
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(30), 4)
    x = np.ones((120, 1))
    y = rng.normal(size=120)
    y = y - np.repeat(np.bincount(codes, y) / 4, 4)  # the same mean for all patients
    optimum = find_optimum(collect_sums(x, y, x, codes), reml=True)
    assert (optimum.rank, optimum.doubts) == (0, ())
    assert optimum.point.psi.tolist() == [[0.0]]


def test_an_outcome_without_residual_is_a_doubt():
    codes = np.repeat(np.arange(10), 3)
    x = np.ones((30, 1))
    optimum = find_optimum(collect_sums(x, np.zeros(30), x, codes), reml=True)
    assert optimum.doubts == ("The likelihood cannot be computed: the model reproduces the outcome exactly.",)
