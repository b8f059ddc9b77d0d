"""Robust errors by patient: unbiased under the model, and the closed form of two groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.mixed.robust import measure_robust


def make_groups(sizes=(9, 21), visits=4):
    rng = np.random.default_rng(3)
    n = sum(sizes)
    who = np.repeat(np.arange(n), visits)
    frame = pd.DataFrame(
        {"patient_id": [f"p{one:02d}" for one in who], "week": np.tile(np.arange(visits), n)}
    )
    frame["arm"] = np.where(who < sizes[0], "A", "B")
    return frame.assign(total=16 - frame["week"] + rng.normal(0, 3, n)[who] + rng.normal(0, 2, len(who)))


def find_row(fit, term):
    return fit.table.set_index("term").loc[term]


@pytest.mark.parametrize("sizes", [(9, 21), (15, 15)])
def test_two_groups_have_the_variance_and_degrees_of_freedom_of_their_patient_means(sizes):
    data = make_groups(sizes)
    fit = oc.fit_mixed_model(data, "total ~ arm + week", re_formula="~1", df_method="robust")
    means = data.groupby(["arm", "patient_id"])["total"].mean()
    spread, n = means.groupby("arm").var(), means.groupby("arm").size()
    row = find_row(fit, "arm[T.B]")
    assert row["std_error"] == pytest.approx(np.sqrt((spread / n).sum()), rel=1e-9)
    assert row["df"] == pytest.approx((1 / n).sum() ** 2 / (1 / (n**2 * (n - 1))).sum(), rel=1e-9)


def test_the_estimate_is_unbiased_where_the_model_is_right():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(12), rng.integers(1, 5, 12))
    x = np.column_stack([np.ones(len(codes)), rng.normal(size=len(codes)), codes % 2])
    z = x[:, :2]
    v = np.eye(len(codes)) + np.equal.outer(codes, codes) * (z @ np.array([[2.0, 0.3], [0.3, 0.5]]) @ z.T)
    phi = np.linalg.inv(x.T @ np.linalg.solve(v, x))
    hat = x @ phi @ x.T @ np.linalg.inv(v)
    covariance = (np.eye(len(v)) - hat) @ v @ (np.eye(len(v)) - hat).T  # of the residuals
    values, vectors = np.linalg.eigh(covariance)
    found = sum(
        measure_robust(
            x, vector * np.sqrt(max(value, 0)), codes, phi, lambda rows: v[rows[:, :, None], rows[:, None]]
        ).covariance
        for value, vector in zip(values, vectors.T, strict=True)
    )
    assert found == pytest.approx(phi, rel=1e-8, abs=1e-12)


def test_errors_grow_where_patients_vary_more_than_the_model_says():
    data = make_groups((20, 20), visits=8)
    slopes = np.random.default_rng(5).normal(0, 1.5, 40)
    data["total"] += np.repeat(slopes, 8) * data["week"]
    plain = oc.fit_mixed_model(data, "total ~ week", re_formula="~1")
    robust = oc.fit_mixed_model(data, "total ~ week", re_formula="~1", df_method="robust")
    assert find_row(robust, "week")["std_error"] > 1.5 * find_row(plain, "week")["std_error"]
    assert find_row(robust, "week")["df"] == pytest.approx(39, rel=1e-6)  # a paired t-test


def test_repeated_measures_show_robust_errors_beside_those_of_a_structure():
    data = make_groups((20, 20))
    fit = oc.fit_mmrm(data, "total ~ C(week) * arm", visit="week", covariance="ar1")
    robust = fit.extras["robust"].set_index("term")
    asked = oc.fit_mmrm(data, "total ~ C(week) * arm", visit="week", covariance="ar1", df_method="robust")
    assert find_row(asked, "arm[T.B]")["std_error"] == robust.loc["arm[T.B]", "std_error"]
    means = oc.estimate_marginal_means(asked, at={"week": [3]}, by="arm")
    assert means.table["df"].tolist() == pytest.approx([19, 19], rel=1e-6)


def test_sites_and_robust_errors_are_refused():
    with pytest.raises(EstimationError, match="independent of one another"):
        oc.fit_mixed_model(
            make_groups().assign(site="s"), "total ~ arm", re_formula="~1", sites="site", df_method="robust"
        )


def test_the_first_covariance_that_can_be_estimated_is_used_and_named():
    data = make_groups((20, 20))
    data = data[~((data["week"] == 3) & (data["arm"] == "A"))]
    never = data[~((data["week"] == 1) & (data["arm"] == "B"))]  # visits 1 and 3 are never seen together
    ladder = ["unstructured", "heterogeneous toeplitz", "heterogeneous compound symmetry"]
    fit = oc.fit_mmrm(never, "total ~ C(week)", visit="week", covariance=ladder)
    assert fit.verdict == "CAUTION"
    assert fit.settings["covariance"] == "heterogeneous toeplitz"
    assert fit.notes[0].startswith(
        "unstructured: Visits 1 and 3 are seen together in fewer than two patients"
    )
    assert "heterogeneous toeplitz, the first of those asked for" in fit.notes[1]
    alone = oc.fit_mmrm(never, "total ~ C(week)", visit="week")
    assert alone.verdict == "NOT ESTIMABLE"
