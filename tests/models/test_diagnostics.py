"""Influence, residuals and comparisons of models: by refitting, by simulation, and against R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import outcomes as oc
from outcomes.errors import EstimationError


@pytest.fixture(scope="module")
def scores(make_scores):
    return make_scores(40, seed=4)


@pytest.fixture(scope="module")
def growth(scores):
    return oc.fit_mixed_model(scores, "total ~ day * route + baseline")


def test_without_a_patient_the_estimate_is_that_of_least_squares_with_the_same_variances(growth):
    parts = growth.extras["parts"]
    x, z, y, codes = parts.design.x.to_numpy(), parts.design.z.to_numpy(), parts.design.y, parts.design.codes
    omega, s2 = growth.model.cov_re.to_numpy(), growth.model.scale
    v = np.equal.outer(codes, codes) * (z @ omega @ z.T) + s2 * np.eye(len(y))
    kept = codes != 7
    inverse = np.linalg.inv(v[np.ix_(kept, kept)])
    left = np.linalg.solve(x[kept].T @ inverse @ x[kept], x[kept].T @ inverse @ y[kept])
    changes = oc.estimate_influence(growth).extras["changes"].set_index("unit")
    assert changes.loc[str(parts.design.labels[7])].to_numpy(dtype=float) == pytest.approx(
        left - parts.fixed, rel=1e-6, abs=1e-9
    )


def test_a_patient_who_is_out_of_line_is_found(scores):
    whose = scores["patient_id"].value_counts().idxmax()
    odd = scores.assign(total=scores["total"] + scores["day"].astype(float) * (scores["patient_id"] == whose))
    fit = oc.estimate_influence(oc.fit_mixed_model(odd, "total ~ day", re_formula="~1"))
    assert fit.table["unit"].iloc[0] == whose
    assert fit.verdict == "CAUTION"


def test_influence_of_levels_of_a_category(growth):
    fit = oc.estimate_influence(growth, by="route")
    assert set(fit.table["unit"]) == set(growth.extras["parts"].design.frame["route"].cat.categories)
    assert fit.table["n_rows"].sum() == growth.n_rows
    with pytest.raises(EstimationError):
        oc.estimate_influence(growth, by="day")


def test_influence_of_repeated_measures_uses_their_covariance():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(40), 3), "visit": [1, 2, 3] * 40})
    frame["total"] = rng.normal(15, 3, 120)
    fit = oc.fit_mmrm(frame, "total ~ C(visit)", visit="visit", covariance="compound symmetry")
    plain = oc.fit_mixed_model(frame, "total ~ C(visit)", re_formula="~1")
    if plain.extras["parts"].spread.omega[0, 0] > 0:
        one, other = (oc.estimate_influence(each).table["cooks_distance"].to_numpy() for each in (fit, plain))
        assert one == pytest.approx(other, rel=1e-3)


def test_standardized_residuals_are_independent_with_variance_one(growth):
    fit = oc.estimate_residuals(growth)
    table = fit.table
    assert len(table) == growth.n_rows
    assert table["standardized"].std() == pytest.approx(1, abs=0.05)
    pairs = table.groupby("patient")["standardized"].agg(["first", "last"])
    assert abs(pairs.corr().iloc[0, 1]) < 0.35
    assert np.corrcoef(table["standardized"], table["normal_quantile"])[0, 1] > 0.98
    assert set(fit.extras["patients"]["effect"]) == {"Intercept", "day"}
    effects = growth.model.random_effects
    shown = fit.extras["patients"].query("effect == 'day'").set_index("patient")["value"]
    assert shown.to_numpy() == pytest.approx(
        [effects[one].iloc[1] for one in shown.index], rel=1e-6, abs=1e-9
    )


def test_a_skewed_or_far_residual_is_a_caution(scores):
    odd = scores.assign(total=scores["total"].astype(float))
    odd.loc[odd.index[::9], "total"] += 40
    fit = oc.estimate_residuals(oc.fit_mixed_model(odd, "total ~ day", re_formula="~1"))
    assert fit.verdict == "CAUTION"
    assert any("skewed" in note for note in fit.notes)


def test_a_random_slope_is_tested_with_the_mixture(scores):
    level, slope = (oc.fit_mixed_model(scores, "total ~ day", re_formula=one) for one in ("~1", "~day"))
    table = oc.compare_models({"level": level, "slope": slope}).table
    statistic = 2 * (slope.model.llf - level.model.llf)
    row = table.iloc[1]
    assert row["statistic"] == pytest.approx(statistic, abs=1e-6)
    assert row["p_value"] == pytest.approx(stats.chi2.sf(statistic, 1) / 2 + stats.chi2.sf(statistic, 2) / 2)
    assert row["aic"] == pytest.approx(row["deviance"] + 2 * 4)
    assert row["n_covariance"] == 4


def test_the_mixture_holds_its_level_where_there_is_no_slope():
    p = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"patient_id": np.repeat(np.arange(30), 5), "day": [0, 7, 14, 21, 28] * 30})
        frame["total"] = 15 + np.repeat(rng.normal(0, 3, 30), 5) + rng.normal(0, 2, 150)
        fits = {
            one: oc.fit_mixed_model(frame, "total ~ day", re_formula=one, df_method="normal")
            for one in ("~1", "~day")
        }
        p.append(oc.compare_models(fits).table["p_value"].iloc[1])
    assert 0.005 <= np.mean(np.array(p) < 0.05) <= 0.11


def test_fixed_parts_need_maximum_likelihood(scores):
    reml = {one: oc.fit_mixed_model(scores, f"total ~ {one}") for one in ("day", "day + route")}
    table = oc.compare_models(reml).table
    assert table[["aic", "bic", "p_value"]].isna().all().all()
    ml = {
        one: oc.fit_mixed_model(scores, f"total ~ {one}", reml=False, df_method="satterthwaite")
        for one in ("day", "day + route")
    }
    row = oc.compare_models(ml).table.iloc[1]
    count = scores["route"].nunique() - 1
    assert row["df"] == count
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], count))
    assert row["aic"] == pytest.approx(row["deviance"] + 2 * (row["n_fixed"] + row["n_covariance"]))


def test_covariances_of_visits_are_compared_under_reml():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(50), 4), "visit": [1, 2, 3, 4] * 50})
    frame["total"] = np.repeat(rng.normal(15, 3, 50), 4) + rng.normal(0, 2, 200)
    names = ("compound symmetry", "heterogeneous compound symmetry", "unstructured")
    fits = {one: oc.fit_mmrm(frame, "total ~ C(visit)", visit="visit", covariance=one) for one in names}
    table = oc.compare_models(fits).table
    assert table["n_covariance"].tolist() == [2, 5, 10]
    assert table["df"].tolist()[1:] == [3, 5]
    assert table["bic"].notna().all()


def test_models_that_cannot_be_compared_are_refused_or_said_so(scores, growth):
    fewer = oc.fit_mixed_model(scores.iloc[5:], "total ~ day")
    ml = oc.fit_mixed_model(scores, "total ~ day", reml=False, df_method="satterthwaite")
    with pytest.raises(EstimationError, match="same rows"):
        oc.compare_models({"a": fewer, "b": growth})
    with pytest.raises(EstimationError, match="REML for all"):
        oc.compare_models({"a": ml, "b": growth})
    with pytest.raises(EstimationError, match="two fits"):
        oc.compare_models({"a": growth})
    nothing = oc.fit_mixed_model(scores.head(4), "total ~ day")
    assert oc.compare_models({"a": nothing, "b": growth}).verdict == "NOT ESTIMABLE"
