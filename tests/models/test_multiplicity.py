"""Families of comparisons against mvtnorm, emmeans and the studentized range."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.estimates.multiplicity import adjust_dunnett, adjust_holm

SPLINE = "total ~ bs(day, df=4) * route + baseline"


@pytest.fixture(scope="module")
def spline(mixed_reference):
    return oc.fit_mixed_model(pd.DataFrame(mixed_reference["data"]), SPLINE)


def test_holm_steps_down_and_never_passes_one():
    assert adjust_holm(np.array([0.01, 0.04, 0.03, 0.9])).tolist() == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert adjust_holm(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]


MVTNORM = {  # 1 - pmvt of three with correlation 1/2, at 1.5, 2.4 and 3.1 (mvtnorm 1.1-3, abseps 1e-8)
    10: [0.352516340, 0.090067856, 0.028445552],
    25: [0.325661112, 0.061836797, 0.012847794],
    200: [0.308438706, 0.046008969, 0.006267765],
}


@pytest.mark.parametrize("df", MVTNORM)
def test_the_multivariate_t_is_that_of_mvtnorm(df):
    covariance = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    p, _ = adjust_dunnett(np.array([1.5, -2.4, 3.1]), covariance, df, 0.95)
    assert p.tolist() == pytest.approx(MVTNORM[df], abs=1e-4)


def test_all_pairs_of_equal_groups_are_those_of_the_studentized_range():
    contrasts = np.array([[1, -1, 0], [1, 0, -1], [0, 1, -1.0]])
    p, critical = adjust_dunnett(np.array([2.4]), contrasts @ contrasts.T, 20.0, 0.95)
    assert p[0] == pytest.approx(stats.studentized_range.sf(2.4 * np.sqrt(2), 3, 20), abs=5e-5)
    assert critical == pytest.approx(stats.studentized_range.ppf(0.95, 3, 20) / np.sqrt(2), rel=1e-3)


def test_without_degrees_of_freedom_the_normal_is_used():
    p, critical = adjust_dunnett(np.array([1.96]), np.array([[4.0]]), np.inf, 0.95)
    assert p[0] == pytest.approx(0.05, abs=1e-4)
    assert critical == pytest.approx(1.96, abs=1e-2)


def test_differences_from_a_reference_equal_emmeans(spline, mixed_reference):
    table = oc.compare_marginal_means(
        spline, at={"day": [7, 28]}, reference={"route": "IM"}, adjust="dunnett"
    ).table.sort_values(["day", "route"])
    want = pd.DataFrame(mixed_reference["spline"]["arms_mvt"])
    assert table["estimate"].to_numpy() == pytest.approx(want["estimate"].to_numpy(), rel=1e-6)
    # emmeans takes each contrast's own degrees of freedom, we the smallest of the family
    assert table["p_adjusted"].to_numpy() == pytest.approx(want["p.value"].to_numpy(), abs=0.005)
    assert table["conf_low"].to_numpy() == pytest.approx(want["lower.CL"].to_numpy(), rel=0.02)
    assert (table["conf_low"].to_numpy() <= want["lower.CL"].to_numpy() + 0.02).all()


@pytest.mark.parametrize(("adjust", "name"), [("holm", "pairs_holm"), ("dunnett", "pairs_mvt")])
def test_all_pairs_equal_emmeans(spline, mixed_reference, adjust, name):
    fit = oc.compare_marginal_means(spline, at={"day": [7, 28]}, pairwise="route", adjust=adjust)
    want = pd.DataFrame(mixed_reference["spline"][name])
    table = fit.table.set_index(["route", "day"]).loc[list(zip(want["contrast"], want["day"], strict=True))]
    assert table["estimate"].to_numpy() == pytest.approx(want["estimate"].to_numpy(), rel=1e-6)
    assert table["p_adjusted"].to_numpy() == pytest.approx(want["p.value"].to_numpy(), abs=0.005)
    assert any("6 comparisons of this table" in note for note in fit.notes)


def test_effect_sizes_are_differences_over_the_spread_at_the_start(spline):
    plain = oc.compare_marginal_means(spline, at={"day": [28]}, reference={"route": "IM"})
    sized = oc.compare_marginal_means(spline, at={"day": [28]}, reference={"route": "IM"}, effect_size=True)
    sd = np.sqrt(spline.model.cov_re.iloc[0, 0] + spline.model.scale)
    table = sized.table
    assert table["effect_size"].to_numpy() == pytest.approx(plain.table["estimate"].to_numpy() / sd)
    naive = table["conf_high"] - table["conf_low"]
    assert ((table["effect_high"] - table["effect_low"]) * sd > naive).all()  # the spread is not known either
    assert any("standard deviation of a score at day = 0" in note for note in sized.notes)


def test_effect_sizes_of_visits_stand_on_the_first_one():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(40), 3), "visit": [1, 2, 3] * 40})
    frame["total"] = rng.normal(15, 3, 120) - frame["visit"]
    fit = oc.fit_mmrm(frame, "total ~ C(visit)", visit="visit")
    table = oc.compare_marginal_means(fit, at={"visit": [3]}, reference={"visit": 1}, effect_size=True).table
    sd = np.sqrt(fit.extras["sigma"].iloc[0, 0])
    assert table["effect_size"].item() == pytest.approx(table["estimate"].item() / sd)


@pytest.mark.parametrize(
    "options",
    [{}, {"reference": {"day": 7}, "pairwise": "route"}, {"pairwise": "route", "adjust": "bonferroni"}],
)
def test_requests_that_mean_nothing_are_refused(spline, options):
    with pytest.raises(EstimationError):
        oc.compare_marginal_means(spline, at={"day": [28]}, **options)
