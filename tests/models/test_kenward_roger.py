"""Kenward-Roger and Satterthwaite, against R and against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from outcomes.models.mixed.kenward_roger import measure_small_sample
from outcomes.models.mixed.likelihood import (
    collect_sums,
    differentiate_likelihood,
    evaluate_likelihood,
    list_units,
)
from outcomes.models.mixed.optimum import find_optimum


@pytest.fixture
def take_arrays(make_scores):
    def take(n_patients=8):
        scores = make_scores(n_patients)
        week = scores["day"].to_numpy(dtype=float) / 7
        x = np.column_stack([np.ones(len(week)), week, scores["route"] == "IV"]).astype(float)
        codes = np.unique(scores["patient_id"].to_numpy(dtype=str), return_inverse=True)[1]
        return x, scores["total"].to_numpy(dtype=float), x[:, :2] / np.array([1.0, 6.0]), codes

    return take


def measure(arrays, method, *, reml=True):
    x, y, z, codes = arrays
    sums = collect_sums(x, y, z, codes)
    optimum = find_optimum(sums, reml=reml)
    assert optimum.doubts == ()
    information = "observed" if method == "satterthwaite" else "expected"
    return optimum, measure_small_sample(
        sums, optimum.point, optimum.pieces, method=method, information=information
    )


def list_dense_derivatives(arrays, point):
    """V and its derivatives in (vech(Omega), s2) as full matrices."""
    x, _, z, codes = arrays
    same = codes[:, None] == codes[None, :]
    v = point.scale * (np.eye(len(x)) + same * (z @ point.psi @ z.T))
    return v, [*(same * (z @ unit @ z.T) for unit in list_units(2)), np.eye(len(x))]


def test_kenward_roger_equals_its_definition_on_dense_matrices(take_arrays):
    arrays = take_arrays()
    optimum, small = measure(arrays, "kenward-roger")
    x = arrays[0]
    v, changes = list_dense_derivatives(arrays, optimum.point)
    inverse = np.linalg.inv(v)
    phi = np.linalg.inv(x.T @ inverse @ x)
    projection = inverse - inverse @ x @ phi @ x.T @ inverse
    information = [[np.trace(projection @ a @ projection @ b) / 2 for b in changes] for a in changes]
    weight = np.linalg.inv(np.array(information))
    p = [-x.T @ inverse @ one @ inverse @ x for one in changes]
    middle = sum(
        weight[k, m] * (x.T @ inverse @ a @ inverse @ b @ inverse @ x - p[k] @ phi @ p[m])
        for k, a in enumerate(changes)
        for m, b in enumerate(changes)
    )
    assert small.phi == pytest.approx(phi, rel=1e-9)
    assert small.weight == pytest.approx(weight, rel=1e-8)
    assert small.covariance == pytest.approx(phi + 2 * phi @ middle @ phi, rel=1e-8)
    row = np.array([0.0, 1.0, 0.0])
    gradient = np.array([row @ phi @ one @ phi @ row for one in p])
    df = 2 * (row @ phi @ row) ** 2 / (gradient @ weight @ gradient)
    assert small.find_df(row[None]) == pytest.approx([df], rel=1e-8)


def test_satterthwaite_uses_the_curvature_of_the_full_likelihood(take_arrays):
    arrays = take_arrays(12)
    x, y, z, codes = arrays
    optimum, small = measure(arrays, "satterthwaite")
    same = codes[:, None] == codes[None, :]
    units = list_units(2)

    def deviance(parameters):
        omega = np.einsum("k,kab->ab", parameters[:3], units)
        v = parameters[3] * np.eye(len(x)) + same * (z @ omega @ z.T)
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        return np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest

    omega = optimum.point.scale * optimum.point.psi
    at = np.append(omega[np.tril_indices(2)], optimum.point.scale)
    steps = np.diag(1e-3 * np.maximum(np.abs(at), 0.5))
    hessian = np.array(
        [
            [
                (deviance(at + a + b) - deviance(at + a - b) - deviance(at - a + b) + deviance(at - a - b))
                / (4 * a.sum() * b.sum())
                for b in steps
            ]
            for a in steps
        ]
    )
    assert small.weight == pytest.approx(2 * np.linalg.inv(hessian), rel=2e-3)
    assert small.covariance == pytest.approx(small.phi)


def test_a_joint_test_of_one_row_is_the_squared_t_test(take_arrays):
    for method in ("kenward-roger", "satterthwaite", "residual"):
        optimum, small = measure(take_arrays(12), method)
        row = np.array([[0.0, 1.0, 0.0]])
        t = (row @ optimum.point.fixed / small.find_errors(row))[0]
        statistic, count, below, p = small.test_jointly(row, optimum.point.fixed)
        assert (count, statistic) == (1, pytest.approx(t**2))
        assert p == pytest.approx(2 * stats.t.sf(abs(t), below))


def test_residual_and_normal_degrees_of_freedom_need_no_variances(take_arrays):
    arrays = take_arrays(12)
    rows = np.eye(3)
    _, residual = measure(arrays, "residual")
    _, normal = measure(arrays, "normal")
    assert residual.find_df(rows).tolist() == [len(arrays[1]) - 3] * 3
    assert np.isinf(normal.find_df(rows)).all()
    assert residual.find_errors(rows) == pytest.approx(normal.find_errors(rows))


def test_balanced_patients_have_patients_minus_groups_degrees_of_freedom():
    # complete data, slope within patients, arm between them: the exact answer is known
    n, days = 14, np.array([0.0, 1.0, 2.0, 4.0])
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(n), 4)
    x = np.column_stack([np.ones(4 * n), np.tile(days, n), codes % 2, (codes % 2) * np.tile(days, n)])
    level, slope = rng.normal(0, 3, n), rng.normal(0, 2, n)
    y = x @ [18, -2, 0, 0] + level[codes] + slope[codes] * x[:, 1] + rng.normal(0, 1, 4 * n)
    _, small = measure((x, y, x[:, :2].copy(), codes), "kenward-roger")
    assert small.find_df(np.eye(4)) == pytest.approx([n - 2] * 4, rel=1e-6)
    assert small.covariance == pytest.approx(small.phi, rel=1e-6)


def test_variances_that_cannot_be_told_apart_give_no_degrees_of_freedom():
    # two rows per patient on the same days: level, slope and residual are three numbers too many
    codes = np.repeat(np.arange(10), 2)
    x = np.column_stack([np.ones(20), np.tile([0.0, 1.0], 10)])
    y = np.random.default_rng(0).normal(size=20)
    sums = collect_sums(x, y, x, codes)
    point = evaluate_likelihood(sums, np.eye(2), reml=True)
    small = measure_small_sample(
        sums, point, differentiate_likelihood(sums, point), method="kenward-roger", information="expected"
    )
    assert np.isnan(small.find_df(np.eye(2))).all()
