"""Missing scores filled in by rules: published values, identities, and what the tipping point promises."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError

FORMULA = "change ~ baseline * C(week) + arm * C(week)"


def make_trial(n=60, effect=-3.0, seed=4, lost=0.5):
    rng = np.random.default_rng(seed)
    who, week = np.repeat(np.arange(n), 4), np.tile([1, 2, 4, 8], n)
    arm, baseline = np.where(np.arange(n) % 2, "drug", "control"), rng.normal(18, 3, n).round()
    level = rng.normal(0, 3, n)
    change = level[who] - 0.4 * week + (arm[who] == "drug") * effect * week / 8 + rng.normal(0, 2, 4 * n)
    frame = pd.DataFrame(
        {
            "patient_id": who,
            "week": week,
            "arm": arm[who],
            "baseline": baseline[who],
            "change": change.round(2),
        }
    )
    last = np.where(rng.random(n) < lost, rng.choice([2, 4], n), 99)[who]
    return frame[week < last].reset_index(drop=True)


def impute(data, **options):
    given = {"visit": "week", "arm": "arm", "reference": "control", **options}
    return oc.estimate_imputed_differences(data, FORMULA, **given)


@pytest.fixture(scope="module")
def trial():
    return make_trial()


@pytest.fixture
def antidepressant():
    if "OUTCOMES_REFERENCE" not in os.environ:
        pytest.skip("the reference data may not be shipped")
    path = Path(os.environ["OUTCOMES_REFERENCE"]) / "antidepressant_data.csv"
    return pd.read_csv(path, dtype={"PATIENT": str, "VISIT": str})


C20 = {  # estimate and jackknife error at visit 7
    "mar": (-2.801833584, 1.106719),
    "j2r": (-2.12558009, 0.858135),
    "cr": (-2.370747717, 0.981077),
    "cir": (-2.449177448, 1.000802),
}


def impute_c20(data, **options):
    formula = "CHANGE ~ BASVAL * VISIT + THERAPY * VISIT"
    given = {"visit": "VISIT", "arm": "THERAPY", "reference": "PLACEBO", "groups": "PATIENT", **options}
    return oc.estimate_imputed_differences(data, formula, covariates=["BASVAL"], **given)


@pytest.mark.parametrize("rule", C20)
def test_c20_the_published_trial_has_its_published_values(antidepressant, rule):
    fit = impute_c20(antidepressant, rule=rule)
    row, (estimate, error) = fit.table.set_index("visit").loc["7"], C20[rule]
    assert row["estimate"] == pytest.approx(estimate, rel=1e-5)
    assert row["std_error"] == pytest.approx(error, rel=1e-4)
    assert row["n_imputed"] == 43
    if rule == "j2r":
        assert [row["conf_low"], row["conf_high"]] == pytest.approx([-3.807494, -0.443666], abs=2e-5)
        visits = fit.table.set_index("visit")["estimate"]
        assert [visits["5"], visits["6"]] == pytest.approx([-1.305433, -1.928992], rel=1e-5)


def test_c20_deltas_move_the_estimate_and_rubin_keeps_information(antidepressant):
    formula = "CHANGE ~ BASVAL * VISIT + THERAPY * VISIT"
    tip = oc.estimate_tipping_point(
        antidepressant, formula, visit="VISIT", arm="THERAPY", reference="PLACEBO", groups="PATIENT",
        covariates=["BASVAL"], largest=5,
    )  # fmt: skip
    assert tip.table["estimate"].tolist() == pytest.approx(
        [-2.801834, -2.560473, -2.319112, -2.077751, -1.83639, -1.595029], abs=1e-5
    )
    rubin = impute_c20(antidepressant, rule="j2r", standard_error="rubin", draws=60).table.iloc[-1]
    assert rubin["std_error"] == pytest.approx(1.123, rel=0.03)  # the jackknife has 0.858
    assert rubin["estimate"] == pytest.approx(C20["j2r"][0], abs=0.12)


def test_under_missing_at_random_the_estimate_is_that_of_the_model(trial):
    fit = impute(trial)
    model = oc.fit_mmrm(trial, FORMULA, visit="week")
    means = oc.compare_marginal_means(model, at={"week": [1, 2, 4, 8]}, reference={"arm": "control"})
    assert fit.table["estimate"].tolist() == pytest.approx(means.table["estimate"].tolist(), rel=1e-6)
    assert fit.table["std_error"].iloc[-1] == pytest.approx(means.table["std_error"].iloc[-1], rel=0.25)


def test_reference_rules_pull_the_difference_towards_none_in_their_order():
    trial = make_trial(n=200, effect=-16)
    found = {rule: impute(trial, rule=rule).table.iloc[-1] for rule in C20}
    sizes = {rule: abs(row["estimate"]) for rule, row in found.items()}
    assert sizes["j2r"] < sizes["cir"] < sizes["mar"]
    assert sizes["j2r"] < sizes["cr"] < sizes["mar"]
    assert any(
        "sensitivity analysis" in note
        for note in impute(trial, rule="cr", standard_error="rubin", draws=5).notes
    )


def test_nothing_is_filled_in_where_nothing_is_missing():
    whole = make_trial(lost=0)
    plain, jump = impute(whole), impute(whole, rule="j2r", delta=5)
    assert jump.table["estimate"].tolist() == pytest.approx(plain.table["estimate"].tolist())
    assert plain.table["n_imputed"].tolist() == [0, 0, 0, 0]


def test_a_gap_before_a_later_score_is_missing_at_random_under_every_rule():
    whole = make_trial(lost=0)
    gappy = whole[~((whole["patient_id"] == 5) & (whole["week"] == 2))]
    plain, jump = impute(gappy), impute(gappy, rule="j2r", delta=5)
    assert jump.table["estimate"].tolist() == pytest.approx(plain.table["estimate"].tolist())


def test_delta_is_added_to_dropouts_of_the_chosen_arms(trial):
    plain = impute(trial).table["estimate"].iloc[-1]
    both = impute(trial, delta=2, delta_arms=["drug", "control"]).table["estimate"].iloc[-1]
    drug = impute(trial, delta=2).table["estimate"].iloc[-1]
    control = impute(trial, delta=2, delta_arms=["control"]).table["estimate"].iloc[-1]
    assert drug > plain > control
    assert both - plain == pytest.approx((drug - plain) + (control - plain))


def test_at_the_tipping_point_the_interval_holds_zero_and_just_before_it_does_not():
    trial = make_trial(n=120, effect=-5)
    tip = oc.estimate_tipping_point(trial, FORMULA, visit="week", arm="arm", reference="control", largest=30)
    delta = tip.extras["tipping"]["delta"].item()
    assert 0 < delta < 30
    at, before = (impute(trial, delta=one).table.iloc[-1] for one in (delta, delta - 0.05))
    assert at["conf_high"] >= 0 > before["conf_high"]
    assert tip.extras["tipping"]["reached"].item()


def test_a_conclusion_that_nothing_turns_or_that_is_none_is_said_so():
    strong = make_trial(n=120, effect=-12, lost=0.1)
    tip = oc.estimate_tipping_point(strong, FORMULA, visit="week", arm="arm", reference="control", largest=3)
    assert not tip.extras["tipping"]["reached"].item()
    assert any("no delta up to 3 points" in note for note in tip.notes)
    none = make_trial(effect=0.0)
    tip = oc.estimate_tipping_point(none, FORMULA, visit="week", arm="arm", reference="control")
    assert tip.extras["tipping"]["delta"].item() == 0
    assert any("without any delta" in note for note in tip.notes)


def test_without_arms_the_mean_change_is_judged(trial):
    formula = "change ~ baseline * C(week)"
    options = {"visit": "week", "arm": None}
    fit = oc.estimate_imputed_differences(trial, formula, **options)
    model = oc.fit_mmrm(trial, formula, visit="week")
    mean = oc.estimate_marginal_means(model, at={"week": [8]}).table["estimate"].item()
    assert fit.table["estimate"].iloc[-1] == pytest.approx(mean, rel=1e-6)
    assert fit.table["group"].unique().tolist() == ["all"]
    tip = oc.estimate_tipping_point(trial, formula, **options, at=4)
    assert tip.extras["tipping"]["delta"].item() > 0


def test_the_same_seed_gives_the_same_draws(trial):
    first, second = (impute(trial, standard_error="rubin", draws=10, seed=3).table for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "locf"}, "rule must be one of"),
        ({"standard_error": "none"}, "standard_error jackknife or rubin"),
        ({"reference": "nobody"}, "reference= must be a level"),
        ({"covariates": ["age"]}, "must be variables of the formula"),
        ({"arm": None, "rule": "j2r"}, "Without arm= there is no reference"),
    ],
)
def test_requests_that_mean_nothing_are_refused(trial, options, message):
    with pytest.raises(EstimationError, match=message):
        impute(trial, **options)


def test_a_variable_that_varies_within_a_patient_is_refused(trial):
    moving = trial.assign(baseline=trial["baseline"] + trial["week"])
    with pytest.raises(EstimationError, match="same at all visits of a patient; baseline varies"):
        impute(moving)


def test_what_the_model_cannot_estimate_has_no_number(trial):
    fit = impute(trial[trial["patient_id"] < 4])
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.notes
