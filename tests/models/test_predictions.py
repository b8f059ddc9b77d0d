"""Predicted curves, their shapes in time, and expected shares, against whole matrices and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.mixed.time_shapes import ns, piecewise


@pytest.fixture(scope="module")
def growth(make_scores):
    return oc.fit_mixed_model(make_scores(40, seed=4), "total ~ day * route + baseline")


def condition_densely(fit, x0, z0, label):
    """Mean and error of x0'b + z0'u of one patient, from V as a full matrix."""
    design = fit.extras["parts"].design
    x, z = design.x.to_numpy(), design.z.to_numpy()
    omega, s2 = fit.model.cov_re.to_numpy(), fit.model.scale
    same = np.equal.outer(design.codes, design.codes)
    inverse = np.linalg.inv(same * (z @ omega @ z.T) + s2 * np.eye(len(x)))
    phi = np.linalg.inv(x.T @ inverse @ x)
    b = phi @ x.T @ inverse @ design.y
    own = (design.codes == design.labels.get_loc(label))[:, None] * (z @ omega @ z0)[:, None]
    toward = inverse @ own[:, 0]
    rest = x0 - x.T @ toward
    variance = z0 @ omega @ z0 - own[:, 0] @ toward + rest @ phi @ rest
    return x0 @ b + toward @ (design.y - x @ b), np.sqrt(variance)


def test_a_patients_own_curve_is_that_of_the_full_matrices(growth):
    design = growth.extras["parts"].design
    label = design.labels[3]
    table = oc.estimate_predictions(growth, at={"day": [5, 30]}, patients=[label]).table
    own = design.frame.iloc[np.flatnonzero(design.codes == 3)[0]]
    for day, row in zip([5.0, 30.0], table.itertuples(), strict=True):
        x0 = design.make_rows(pd.DataFrame([own.to_dict() | {"day": day}]).astype(design.frame.dtypes))[0]
        mean, error = condition_densely(growth, x0, np.array([1.0, day]), label)
        assert row.estimate == pytest.approx(mean, rel=1e-6)
        assert row.std_error == pytest.approx(error, rel=1e-6)
        assert row.predict_high - row.estimate == pytest.approx(
            1.959964 * np.sqrt(error**2 + growth.model.scale), rel=1e-5
        )


def test_a_new_patient_has_the_mean_of_the_model_and_the_spread_of_patients(growth):
    table = oc.estimate_predictions(growth, at={"day": [0, 30]}, by="route").table
    means = oc.estimate_marginal_means(growth, at={"day": [0, 30]}, by="route").table
    assert table["estimate"].tolist() == means["estimate"].tolist()
    assert table["conf_low"].tolist() == means["conf_low"].tolist()
    z = np.column_stack([np.ones(len(table)), table["day"]])
    variance = np.einsum("ra,ab,rb->r", z, growth.model.cov_re.to_numpy(), z) + growth.model.scale
    far = stats.t.ppf(0.975, table["df"]) * np.sqrt(variance + table["std_error"] ** 2)
    assert (table["predict_high"] - table["estimate"]).to_numpy() == pytest.approx(far)


def test_nineteen_of_twenty_new_patients_lie_in_the_interval(make_scores):
    scores = make_scores(400, seed=8)
    later = scores["patient_id"].isin(scores["patient_id"].unique()[200:])
    fit, fresh = oc.fit_mixed_model(scores[~later], "total ~ day * route + baseline"), scores[later]
    parts = fit.extras["parts"]
    typed = fresh[["day", "route", "baseline"]].astype(
        parts.design.frame.dtypes[["day", "route", "baseline"]]
    )
    x = parts.design.make_rows(typed)
    z = np.column_stack([np.ones(len(fresh)), fresh["day"]])
    sd = np.sqrt(parts.spread.find_variances(z)[0])
    inside = np.abs(fresh["total"].to_numpy() - x @ parts.fixed) < 1.96 * sd
    assert 0.92 < inside.mean() < 0.98


def test_predictions_that_the_fit_cannot_give_are_refused(growth, make_scores):
    for options in (
        {"patients": ["nobody"]},
        {"patients": [growth.extras["parts"].design.labels[0]], "by": "route"},
    ):
        with pytest.raises(EstimationError):
            oc.estimate_predictions(growth, at={"day": [7]}, **options)
    frame = make_scores(40).assign(visit=lambda one: one.groupby("patient_id").cumcount().clip(upper=2))
    frame = frame.drop_duplicates(["patient_id", "visit"])
    visits = oc.fit_mmrm(frame, "total ~ C(visit)", visit="visit")
    with pytest.raises(EstimationError, match="use estimate_marginal_means"):
        oc.estimate_predictions(visits, at={"visit": [1]})


def test_pieces_are_straight_and_meet_at_the_knot():
    day = pd.Series([0.0, 10, 21, 30, 84])
    columns = piecewise(day, 21)
    assert columns["to 21"].tolist() == [0, 10, 21, 21, 21]
    assert columns["from 21"].tolist() == [0, 0, 0, 9, 63]
    assert list(piecewise(day, [7, 21]).columns) == ["to 7", "7 to 21", "from 21"]


def test_a_piecewise_course_gives_the_slopes_of_induction_and_maintenance():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"patient_id": np.repeat(np.arange(60), 8), "day": [0, 4, 8, 15, 21, 40, 60, 84] * 60}
    )
    mean = 18 - 0.4 * np.minimum(frame["day"], 21) + 0.02 * np.maximum(frame["day"] - 21, 0)
    frame["total"] = mean + np.repeat(rng.normal(0, 3, 60), 8) + rng.normal(0, 1, 480)
    fit = oc.fit_mixed_model(frame, "total ~ piecewise(day, 21)", re_formula="~1")
    slopes = fit.table.set_index("term")["estimate"]
    assert slopes["piecewise(day, 21)[to 21]"] == pytest.approx(-0.4, abs=0.03)
    assert slopes["piecewise(day, 21)[from 21]"] == pytest.approx(0.02, abs=0.01)


def test_a_natural_spline_is_straight_outside_and_keeps_its_basis():
    day = np.linspace(-20, 130, 301)
    basis = ns(day, [7, 21, 42], lower=0, upper=84).to_numpy()
    assert basis.shape[1] == 4
    second = np.diff(basis, 2, axis=0)
    outside = (day[1:-1] < -0.6) | (day[1:-1] > 84.6)
    assert np.abs(second[outside]).max() < 1e-9
    assert np.abs(second[~outside]).max() > 1e-5
    few = ns(day[:5], [7, 21, 42], lower=0, upper=84).to_numpy()
    assert np.array_equal(few, basis[:5])


def test_splines_of_one_space_give_the_same_means(make_scores):
    scores = make_scores(60, seed=9)
    one = oc.fit_mixed_model(scores, "total ~ ns(day, [10, 20], upper=60)", re_formula="~1")
    other = oc.fit_mixed_model(
        scores,
        "total ~ day + I(ns(day, [10, 20], upper=60).iloc[:, 1])"
        " + I(ns(day, [10, 20], upper=60).iloc[:, 2] * 3 - day)",
        re_formula="~1",
    )
    first, second = (oc.estimate_marginal_means(fit, at={"day": [5, 15, 30]}).table for fit in (one, other))
    assert first["estimate"].to_numpy() == pytest.approx(second["estimate"].to_numpy(), rel=1e-8)
    assert first["df"].to_numpy() == pytest.approx(second["df"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize(
    "formula", ["total ~ ns(day, [30, 10])", "total ~ piecewise(day, [])", "total ~ ns(day, [7], upper=5)"]
)
def test_knots_that_do_not_rise_are_refused(make_scores, formula):
    with pytest.raises(EstimationError):
        oc.fit_mixed_model(make_scores(30), f"total ~ {formula}")


def test_expected_shares_are_those_of_simulated_patients():
    rng = np.random.default_rng(6)
    n = 600
    baseline = rng.normal(17, 4, n).round()
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(n), 4), "day": [7, 14, 21, 28] * n})
    own = rng.normal(0, 3, n)
    mean = 0.6 * baseline[frame["patient_id"]] - 0.15 * frame["day"]
    total = (mean + own[frame["patient_id"]] + rng.normal(0, 2, 4 * n)).round()
    frame = frame.assign(baseline=baseline[frame["patient_id"]], total=total)
    fit = oc.fit_mixed_model(frame, "total ~ day + baseline", re_formula="~1")
    seen = frame[frame["day"] == 28]
    remission = oc.estimate_probability(fit, at={"day": [28]}, at_most=4).table.iloc[0]
    response = oc.estimate_probability(fit, at={"day": [28]}, share_of={"baseline": 0.5}).table.iloc[0]
    assert remission["estimate"] == pytest.approx((seen["total"] <= 4).mean(), abs=0.03)
    assert response["estimate"] == pytest.approx((seen["total"] <= 0.5 * seen["baseline"]).mean(), abs=0.04)
    for row in (remission, response):
        assert row["conf_low"] < row["estimate"] < row["conf_high"]


def test_the_error_of_an_expected_share_covers_repeated_clinics():
    found, errors = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"patient_id": np.repeat(np.arange(40), 4), "day": [7, 14, 21, 28] * 40})
        frame["total"] = 12 - 0.2 * frame["day"] + np.repeat(rng.normal(0, 3, 40), 4) + rng.normal(0, 2, 160)
        row = oc.estimate_probability(
            oc.fit_mixed_model(frame, "total ~ day", re_formula="~1"), at={"day": [28]}, at_most=6
        ).table.iloc[0]
        found.append(row["estimate"])
        errors.append(row["std_error"])
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.25)


def test_a_share_needs_one_cut_off(growth):
    for options in ({}, {"at_most": 4, "share_of": {"baseline": 0.5}}, {"share_of": {"route": 0.5}}):
        with pytest.raises(EstimationError):
            oc.estimate_probability(growth, at={"day": [28]}, **options)
