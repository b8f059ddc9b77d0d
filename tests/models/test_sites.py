"""Patients within sites, or seen at two, against lme4, lmerTest and pbkrtest (tests/reference/sites.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.models.mixed.likelihood import collect_sums, differentiate_likelihood, evaluate_likelihood
from outcomes.models.mixed.optimum import find_optimum

ANSWER = json.loads((Path(__file__).parents[1] / "reference" / "sites.json").read_text(encoding="utf-8"))


@pytest.fixture
def visits():
    return pd.DataFrame(ANSWER["data"])


def fit_case(visits, name, **options):
    data = visits.assign(site=ANSWER["moved"]) if name.startswith("crossed") else visits
    method = "kenward-roger" if name.endswith("kr") else "satterthwaite"
    return oc.fit_mixed_model(
        data,
        "total ~ week * arm",
        re_formula="~week" if name.startswith("slope") else "~1",
        sites="site",
        reml=not name.endswith("ml"),
        df_method=method,
        **options,
    )


@pytest.mark.parametrize(
    "name",
    [
        "slope_kr",
        "slope_satterthwaite",
        "slope_ml",
        "level_kr",
        "level_ml",
        "crossed_kr",
        "crossed_satterthwaite",
    ],
)
def test_estimates_errors_and_degrees_of_freedom_equal_those_of_r(visits, name):
    want, fit = ANSWER[name], fit_case(visits, name)
    fixed = fit.table[fit.table["kind"] == "fixed"].set_index("term")
    fixed = fixed.loc[["Intercept", "week", "arm[T.B]", "week:arm[T.B]"]]
    assert fixed["estimate"].to_numpy() == pytest.approx(want["estimate"], rel=1e-5)
    assert fixed["std_error"].to_numpy() == pytest.approx(want["std_error"], rel=2e-5)
    assert fixed["df"].to_numpy() == pytest.approx(want["df"], rel=1e-3)
    assert fit.extras["deviance"] == pytest.approx(want["deviance"], abs=1e-6)
    variances = fit.table[fit.table["kind"] == "variance"].set_index("term")["estimate"]
    theirs = pd.DataFrame({key: want[key] for key in ("group", "var1", "var2", "vcov")})
    site = theirs.loc[theirs["group"] == "site", "vcov"].item()
    assert variances["variance site"] == pytest.approx(site, rel=1e-4)
    assert variances["variance residual"] == pytest.approx(theirs["vcov"].iloc[-1], rel=1e-4)
    assert variances["variance Intercept"] == pytest.approx(theirs["vcov"].iloc[0], rel=1e-4)


def test_the_joint_test_equals_that_of_pbkrtest(visits):
    fit = fit_case(visits, "slope_kr")
    small, fixed = fit.extras["parts"].small, fit.extras["parts"].fixed
    names = list(fit.extras["parts"].design.x.columns)
    rows = np.eye(4)[[names.index("week"), names.index("week:arm[T.B]")]]
    statistic, _, df, _ = small.test_jointly(rows, fixed)
    assert statistic == pytest.approx(ANSWER["slope_joint"]["F"], rel=1e-4)
    assert df == pytest.approx(ANSWER["slope_joint"]["df"], rel=1e-3)


@pytest.mark.parametrize("reml", [True, False])
def test_derivatives_equal_differences_of_the_deviance(visits, reml):
    x = np.column_stack([np.ones(len(visits)), visits["week"]])
    codes, sites = (pd.factorize(visits[name], sort=True)[0] for name in ("patient_id", "site"))
    sums = collect_sums(x, visits["total"].to_numpy(), x, codes, sites=sites)

    # in vech(Psi) and the logarithm of the site variance
    def at(psi):
        matrix = np.array([[psi[0], psi[1]], [psi[1], psi[2]]])
        return evaluate_likelihood(sums, np.linalg.cholesky(matrix), reml=reml, site=np.exp(psi[3]))

    here, step = np.array([2.0, 0.1, 0.3, -0.5]), 1e-4
    pieces = differentiate_likelihood(sums, at(here))
    moves = np.eye(4) * step
    slopes = [(at(here + move).deviance - at(here - move).deviance) / (2 * step) for move in moves]
    assert pieces.slopes == pytest.approx(slopes, rel=1e-6)
    bends = [
        (
            differentiate_likelihood(sums, at(here + move)).slopes
            - differentiate_likelihood(sums, at(here - move)).slopes
        )
        / (2 * step)
        for move in moves
    ]
    assert pieces.hessian == pytest.approx(np.array(bends), rel=1e-5, abs=1e-5)


def test_sites_that_do_not_differ_have_a_variance_of_zero(visits):
    apart = visits["total"] - visits.groupby("site")["total"].transform("mean")
    mixed = visits.assign(total=apart + 15)  # less apart than chance would have them
    fit = fit_case(mixed, "level_kr")
    assert fit.verdict == "CAUTION"
    assert any("variance between sites is zero" in note for note in fit.notes)
    plain = oc.fit_mixed_model(mixed, "total ~ week * arm", re_formula="~1")
    fixed = fit.table["kind"] == "fixed"
    assert fit.table.loc[fixed, "df"].to_numpy() == pytest.approx(plain.table["df"].dropna().to_numpy())


def test_few_sites_belong_into_the_formula(visits):
    three = visits.assign(site="s" + (visits["patient_id"].str[1:].astype(int) % 3).astype(str))
    assert any("belongs into the formula" in note for note in fit_case(three, "level_kr").notes)
    one = fit_case(visits.assign(site="s1"), "level_kr")
    assert one.verdict == "NOT ESTIMABLE"
    assert any("one site only" in note for note in one.notes)


def test_a_likelihood_that_is_not_that_of_the_normal_density_is_caught(visits, monkeypatch):
    from outcomes.models.mixed import result as mixed_result

    true = mixed_result.evaluate_likelihood
    monkeypatch.setattr(
        mixed_result,
        "evaluate_likelihood",
        lambda sums, factor, *, reml, site: true(sums, factor * 1.01, reml=reml, site=site),
    )
    fit = fit_case(visits, "level_kr")
    assert fit.verdict == "NOT ESTIMABLE"


def test_a_search_from_elsewhere_ends_at_the_same_optimum(visits):
    x = np.column_stack([np.ones(len(visits)), visits["week"]])
    codes, sites = (pd.factorize(visits[name], sort=True)[0] for name in ("patient_id", "site"))
    optimum = find_optimum(collect_sums(x, visits["total"].to_numpy(), x, codes, sites=sites), reml=True)
    assert optimum.doubts == ()
    assert optimum.decrease < 1e-8


def test_effects_of_single_patients_are_not_read_off_a_fit_with_sites(visits):
    fit = oc.fit_mixed_model(visits, "total ~ week", re_formula="~week", sites="site")
    for read in (lambda: oc.estimate_slopes(fit, variable="week"), lambda: oc.estimate_residuals(fit)):
        with pytest.raises(oc.EstimationError, match="without sites="):
            read()
