"""Mixed models: against R and statsmodels, on data that cannot be fitted, on the same data said otherwise."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import outcomes as oc
from outcomes.errors import EstimationError

MAIN = "total ~ day * route + baseline"
NUMBERS = ["estimate", "std_error", "df"]


def name_as_in_r(terms):
    return terms.str.replace("Intercept", "(Intercept)").str.replace("[T.", "").str.replace("]", "")


def take_fixed(fit):
    return fit.table.query("kind == 'fixed'").set_index("term")


def take_variances(fit):
    return fit.table.query("kind == 'variance'").set_index("term")["estimate"]


@pytest.mark.parametrize(
    ("model", "method", "options", "tolerance"),
    [
        ("slope", "kenward-roger", {}, 1e-6),
        ("slope", "satterthwaite", {}, 1e-6),
        ("level", "kenward-roger", {"re_formula": None}, 1e-6),
        ("slope_ml", "satterthwaite", {"reml": False}, 1e-5),
    ],
)
def test_estimates_errors_and_degrees_of_freedom_equal_r(mixed_reference, model, method, options, tolerance):
    expected = mixed_reference[model]
    fit = oc.fit_mixed_model(pd.DataFrame(mixed_reference["data"]), MAIN, df_method=method, **options)
    rows = expected[method.replace("-", "_")]
    table = take_fixed(fit)
    table.index = name_as_in_r(table.index)
    for name in NUMBERS:
        assert table.loc[rows["terms"], name].to_numpy() == pytest.approx(rows[name], rel=tolerance), name
    criterion = expected["deviance"] if "deviance" in expected else expected["reml_criterion"]
    assert -2 * fit.model.llf == pytest.approx(criterion, abs=1e-7)
    named = dict(
        zip(
            zip(expected["random"]["var1"], expected["random"]["var2"], strict=True),
            expected["random"]["vcov"],
            strict=True,
        )
    )
    variances = take_variances(fit)
    assert variances["variance Intercept"] == pytest.approx(named["(Intercept)", None], rel=1e-4)
    assert variances["variance residual"] == pytest.approx(named[None, None], rel=1e-5)
    if model != "level":
        assert variances["covariance Intercept, day"] == pytest.approx(named["(Intercept)", "day"], rel=1e-4)
        assert variances["variance day"] == pytest.approx(named["day", None], rel=1e-4)


@pytest.mark.parametrize(
    ("model", "formula", "method", "answer"),
    [
        ("slope", MAIN, "kenward-roger", "interaction_kr"),
        ("slope", MAIN, "satterthwaite", "interaction_satterthwaite"),
        ("spline", "total ~ bs(day, df=4) * route + baseline", "kenward-roger", "interaction_kr"),
    ],
)
def test_joint_tests_equal_r(mixed_reference, model, formula, method, answer):
    fit = oc.fit_mixed_model(pd.DataFrame(mixed_reference["data"]), formula, df_method=method)
    row, expected = fit.extras["tests"].iloc[-1], mixed_reference[model][answer]
    assert row["term"].endswith("day:route" if model == "slope" else ":route")
    assert row["df_numerator"] == expected["num"]
    assert row[["statistic", "df_denominator"]].tolist() == pytest.approx(
        [expected["F"], expected["den"]], rel=1e-5
    )


@pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="sleepstudy is exported by R, which is not installed"
)
def test_case_c05_sleepstudy_unbalanced(tmp_path):
    # lme4 1.1-31 (tight bobyqa), lmerTest 3.1-3, pbkrtest 0.5.2
    path = tmp_path / "sleepstudy.csv"
    script = f"write.csv(lme4::sleepstudy, '{path}', row.names = FALSE)"
    if subprocess.run(["Rscript", "-e", script], capture_output=True, check=False).returncode:
        pytest.skip("sleepstudy is exported by the R package lme4, which is not installed")
    sleep = pd.read_csv(path)
    row, subject = np.arange(1, 181), pd.factorize(sleep["Subject"])[0] + 1
    kept = sleep[~((row % 7 == 3) | ((sleep["Days"] > 6) & (subject % 3 == 0)))]
    formula, groups = "Reaction ~ Days", "Subject"
    kr = oc.fit_mixed_model(kept, formula, groups=groups, re_formula="~Days")
    assert kr.n_rows == 139
    assert take_fixed(kr)["estimate"].tolist() == pytest.approx([248.853920310, 11.475932935], rel=1e-6)
    assert take_fixed(kr)["std_error"].tolist() == pytest.approx([6.929096391, 1.625199253], rel=1e-5)
    assert take_fixed(kr)["df"].tolist() == pytest.approx([16.897581855, 16.567521575], rel=1e-4)
    assert take_variances(kr).tolist() == pytest.approx(
        [606.1111404, 17.4913930, 34.7437629, 564.7296663], rel=1e-4
    )
    assert -2 * kr.model.llf == pytest.approx(1333.7770688491, abs=1e-7)
    other = oc.fit_mixed_model(kept, formula, groups=groups, re_formula="~Days", df_method="satterthwaite")
    assert take_fixed(other)["std_error"].tolist() == pytest.approx([6.915882287, 1.617791283], rel=1e-5)
    assert take_fixed(other)["df"].tolist() == pytest.approx([17.543486278, 14.812096050], rel=1e-4)
    level = oc.fit_mixed_model(kept, formula, groups=groups, re_formula=None)
    assert take_fixed(level)["std_error"].tolist() == pytest.approx([9.401093651, 0.905033509], rel=1e-5)
    assert take_fixed(level)["df"].tolist() == pytest.approx([23.395055150, 121.312886395], rel=1e-4)
    # statsmodels' own errors come from the joint Hessian (6.91823, 1.61909)
    assert kr.model.bse.iloc[:2].tolist() == pytest.approx([6.91823483, 1.61908942], rel=2e-5)


@pytest.mark.skipif("OUTCOMES_REFERENCE" not in os.environ, reason="the reference data may not be shipped")
def test_case_c01s_an_exactly_singular_fit_is_found_and_said():
    scores = pd.read_csv(Path(os.environ["OUTCOMES_REFERENCE"]) / "claus_2020.csv").dropna(subset=["hamd"])
    scores = scores[scores.groupby("id")["hamd"].transform("size") >= 3]
    fit = oc.fit_mixed_model(scores, "hamd ~ time", groups="id", re_formula="~time")
    assert fit.verdict == "CAUTION"
    assert any("perfectly correlated" in note for note in fit.notes)
    assert -2 * fit.model.llf == pytest.approx(934.394205952, abs=1e-6)
    assert take_fixed(fit)["estimate"].tolist() == pytest.approx([26.7125, -3.24], rel=1e-6)
    assert take_variances(fit).tolist() == pytest.approx(
        [0.0385783, -0.3609335, 3.3768501, 11.804118], rel=1e-3
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # statsmodels converges here without a word
        theirs = smf.mixedlm("hamd ~ time", scores, groups="id", re_formula="~time").fit()
    assert theirs.converged
    assert theirs.cov_re.iloc[0, 1] / np.sqrt(np.diag(theirs.cov_re).prod()) > -1


def test_the_model_is_a_statsmodels_result_at_the_same_optimum(make_scores):
    scores = make_scores(40)
    model = oc.fit_mixed_model(scores, MAIN).model
    plain = scores.astype({"route": object, "patient_id": object, "day": float, "baseline": float})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = smf.mixedlm(MAIN, plain, groups="patient_id", re_formula="~day").fit()
    assert theirs.llf - 1e-8 <= model.llf <= theirs.llf + 1e-3
    names = model.fe_params.index
    assert model.fe_params.to_numpy() == pytest.approx(theirs.fe_params[names].to_numpy(), abs=1e-4)
    assert model.bse_fe[names].to_numpy() == pytest.approx(theirs.bse_fe[names].to_numpy(), rel=1e-3)
    assert model.model.loglike(model.params_object, profile_fe=True) == pytest.approx(model.llf, abs=1e-6)
    assert "total" in str(model.summary())
    assert len(model.random_effects) == 40
    assert model.fittedvalues.shape == (len(scores),)


def test_k17_the_table_holds_generalized_least_squares_errors_not_those_of_the_joint_hessian(make_scores):
    fit = oc.fit_mixed_model(make_scores(20), MAIN, df_method="satterthwaite")
    ours, theirs = take_fixed(fit)["std_error"].to_numpy(), fit.model.bse_fe.to_numpy()
    assert (theirs >= ours * (1 - 1e-9)).all()
    assert (theirs > ours * (1 + 1e-5)).any()


def test_k18_a_singular_fit_is_a_caution(make_scores):
    fit = oc.fit_mixed_model(make_scores(40, seed=2, slope_sd=0.0), "total ~ day")
    variances = take_variances(fit)
    correlation = variances["covariance Intercept, day"] / np.sqrt(
        variances["variance Intercept"] * variances["variance day"]
    )
    assert abs(correlation) == pytest.approx(1)
    assert fit.verdict == "CAUTION"
    assert fit.notes[0].startswith("Random effects are perfectly correlated")


def test_k19_zero_variance_gives_the_means_and_says_so(make_parallel_scores):
    scores = make_parallel_scores(40)
    fit = oc.fit_mixed_model(scores, "total ~ day", re_formula=None)
    slope, intercept = np.polyfit(scores["day"], scores["total"], 1)
    assert take_fixed(fit)["estimate"].tolist() == pytest.approx([intercept, slope])
    assert take_variances(fit)["variance Intercept"] == 0
    assert fit.verdict == "CAUTION"
    assert fit.notes[0] == "The variance between patients is zero for: Intercept."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            np.linalg.LinAlgError
        ):  # the day statsmodels can do this, the rule can be read again
            smf.mixedlm("total ~ day", scores, groups="patient_id").fit(method="lbfgs")


def test_k20_no_warning_escapes(make_scores, make_parallel_scores):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scores in (make_scores(12, slope_sd=0.0), make_parallel_scores(12)):
            assert oc.fit_mixed_model(scores, "total ~ day").verdict == "CAUTION"


def test_k21_k27_missing_rows_are_counted(make_scores):
    scores = make_scores(40)
    missing = scores.assign(total=scores["total"].mask(scores.index % 10 == 0))
    fit = oc.fit_mixed_model(missing, MAIN)
    gone = int(missing["total"].isna().sum())
    assert fit.n_rows == len(scores) - gone
    assert f"{gone} of {len(scores)} rows are left out: {gone} without total." in fit.notes
    assert fit.table.equals(oc.fit_mixed_model(missing.dropna(), MAIN).table)


NOT_ESTIMABLE = {
    "one row per patient": (lambda scores: scores.drop_duplicates("patient_id"), "has one row"),
    "one patient": (lambda scores: scores.query("patient_id == 'p000'"), "1 patients"),
    "two patients": (lambda scores: scores.query("patient_id < 'p002'"), "2 patients"),
    "the same outcome everywhere": (lambda scores: scores.assign(total=9.0), "the same in all rows"),
    "an outcome without error": (
        lambda scores: scores.assign(total=20 - scores["day"] / 8),
        "reproduces the outcome",
    ),
    "no change within any patient": (
        lambda scores: scores.assign(total=scores.groupby("patient_id")["total"].transform("first")),
        "stopped before it reached the optimum",
    ),
    "two rows per patient": (lambda scores: scores.groupby("patient_id").head(2), "more rows are needed"),
    "few patients with two rows": (
        lambda scores: scores[~scores.duplicated("patient_id") | (scores["patient_id"] < "p010")],
        "half of them",
    ),
    "everything missing": (lambda scores: scores.assign(total=np.nan), "No row is left"),
    "an empty frame": (lambda scores: scores.iloc[:0], "No row is left"),
}


@pytest.mark.parametrize("name", NOT_ESTIMABLE)
def test_what_cannot_be_estimated_gives_a_reason_and_no_number(make_scores, name):
    change, reason = NOT_ESTIMABLE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = oc.fit_mixed_model(change(make_scores(40)), "total ~ day")
    assert fit.verdict == "NOT ESTIMABLE"
    assert any(reason in note for note in fit.notes), fit.notes
    assert fit.table.select_dtypes("number").isna().all(axis=None)
    assert fit.model is None
    assert "NOT ESTIMABLE" in fit.summary()


def test_more_parameters_than_half_the_rows_are_not_estimable(make_scores):
    fit = oc.fit_mixed_model(make_scores(6), "total ~ bs(day, df=12) * route")
    assert any("two rows for each" in note for note in fit.notes)
    assert fit.verdict == "NOT ESTIMABLE"


def test_healthy_data_are_ok():
    # 20 of 20 here; 120 of 120 when it was run at length
    fits = [oc.fit_mixed_model(_make_healthy(seed), "total ~ day * route") for seed in range(20)]
    assert [fit.verdict for fit in fits] == ["OK"] * 20
    covered = [_covers(fit, "day", -0.08) for fit in fits]
    assert sum(covered) >= 16


def _make_healthy(seed):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(60), rng.integers(3, 9, 60))
    day, route = rng.integers(1, 85, len(patient)), rng.choice(["IM", "IV"], 60)[patient]
    own = rng.multivariate_normal([0, 0], [[16, 0.05], [0.05, 0.01]], 60)[patient]
    total = 18 - 0.08 * day + own[:, 0] + own[:, 1] * day + rng.normal(0, 2.5, len(patient))
    return pd.DataFrame({"patient_id": patient, "day": day, "route": route, "total": np.round(total)})


def _covers(fit, term, truth):
    row = take_fixed(fit).loc[term]
    return row["conf_low"] <= truth <= row["conf_high"]


def test_few_patients_are_a_caution(make_scores):
    fit = oc.fit_mixed_model(make_scores(14), "total ~ day")
    assert fit.verdict == "CAUTION"
    assert "There are 14 patients; fewer than 30." in fit.notes


def test_three_groups_of_rows_give_few_degrees_of_freedom(make_scores):
    scores = make_scores(60)
    sites = scores.assign(site=(scores["patient_id"].str[-1].astype(int) % 4).astype(str))
    fit = oc.fit_mixed_model(sites, "total ~ day", groups="site", re_formula=None)
    assert any("below 8" in note for note in fit.notes)


@pytest.fixture(scope="module")
def said_once(make_scores):
    scores = make_scores(40, seed=4)
    return scores, oc.fit_mixed_model(scores, MAIN)


def assert_same(fit, other, *, rel=1e-7):
    left, right = fit.table.set_index("term"), other.table.set_index("term")
    for name in [*NUMBERS, "conf_low", "conf_high", "p_value"]:
        assert left[name].to_numpy() == pytest.approx(
            right.loc[left.index, name].to_numpy(), rel=rel, abs=1e-9, nan_ok=True
        )


def test_the_order_of_rows_does_not_matter(said_once):
    scores, fit = said_once
    assert_same(fit, oc.fit_mixed_model(scores.sample(frac=1, random_state=1), MAIN))


def test_names_of_patients_do_not_matter(said_once):
    scores, fit = said_once
    other = scores["patient_id"].map(
        {name: f"x{99 - n:02d}" for n, name in enumerate(scores["patient_id"].unique())}
    )
    assert_same(fit, oc.fit_mixed_model(scores.assign(patient_id=other), MAIN))


def test_a_constant_added_to_all_scores_moves_the_intercept_only(said_once):
    scores, fit = said_once
    moved = oc.fit_mixed_model(scores.assign(total=scores["total"] + 1000), MAIN)
    left, right = take_fixed(fit), take_fixed(moved)
    assert (right["estimate"] - left["estimate"]).to_dict() == pytest.approx(
        {**dict.fromkeys(left.index, 0.0), "Intercept": 1000.0}, abs=1e-7
    )
    assert right["std_error"].to_numpy() == pytest.approx(left["std_error"].to_numpy(), rel=1e-7)


def test_doubled_scores_double_estimates_and_errors(said_once):
    scores, fit = said_once
    twice = oc.fit_mixed_model(scores.assign(total=scores["total"] * 2), MAIN)
    for name, factor in (("estimate", 2), ("std_error", 2), ("df", 1), ("p_value", 1)):
        expected = factor * take_fixed(fit)[name].to_numpy()
        assert take_fixed(twice)[name].to_numpy() == pytest.approx(expected, rel=1e-7)
    assert take_variances(twice).to_numpy() == pytest.approx(4 * take_variances(fit).to_numpy(), rel=1e-6)


def test_weeks_instead_of_days_change_the_unit_of_slopes_only(said_once):
    scores, fit = said_once
    weeks = scores.assign(week=scores["day"] / 7)
    other = oc.fit_mixed_model(weeks, MAIN.replace("day", "week"), re_formula="~week")
    left, right = take_fixed(fit).loc["day"], take_fixed(other).loc["week"]
    assert right["estimate"] == pytest.approx(7 * left["estimate"], rel=1e-7)
    assert right["df"] == pytest.approx(left["df"], rel=1e-6)
    assert take_variances(other)["variance week"] == pytest.approx(
        49 * take_variances(fit)["variance day"], rel=1e-6
    )


def test_another_reference_level_turns_signs(said_once):
    scores, fit = said_once
    turned = oc.fit_mixed_model(scores.assign(route=pd.Categorical(scores["route"], ["IV", "IM"])), MAIN)
    for before, after in (("route[T.IV]", "route[T.IM]"), ("day:route[T.IV]", "day:route[T.IM]")):
        left, right = take_fixed(fit).loc[before], take_fixed(turned).loc[after]
        assert right["estimate"] == pytest.approx(-left["estimate"], rel=1e-7)
        assert right[["std_error", "df"]].tolist() == pytest.approx(
            left[["std_error", "df"]].tolist(), rel=1e-7
        )


def test_every_patient_twice_leaves_maximum_likelihood_estimates(said_once):
    scores, _ = said_once
    options = {"reml": False, "df_method": "normal"}
    once = oc.fit_mixed_model(scores, MAIN, **options)
    twice = oc.fit_mixed_model(
        pd.concat([scores, scores.assign(patient_id="z" + scores["patient_id"])]), MAIN, **options
    )
    assert take_fixed(twice)["estimate"].to_numpy() == pytest.approx(
        take_fixed(once)["estimate"].to_numpy(), rel=1e-6
    )
    errors = take_fixed(once)["std_error"].to_numpy() / np.sqrt(2)
    assert take_fixed(twice)["std_error"].to_numpy() == pytest.approx(errors, rel=1e-6)


def test_another_unit_and_origin_of_time_reach_the_same_optimum(said_once):
    scores, fit = said_once
    seconds = oc.fit_mixed_model(scores.assign(day=(scores["day"] + 100) * 86_400), MAIN)
    assert seconds.verdict == fit.verdict
    left, right = take_fixed(fit).loc["day"], take_fixed(seconds).loc["day"]
    assert right["estimate"] * 86_400 == pytest.approx(left["estimate"], rel=1e-6)
    assert right["df"] == pytest.approx(left["df"], rel=1e-5)


def test_arguments_that_make_no_sense_are_refused(make_scores):
    scores = make_scores(20)
    with pytest.raises(EstimationError, match="Kenward-Roger is defined for REML"):
        oc.fit_mixed_model(scores, MAIN, reml=False)
    with pytest.raises(EstimationError, match="df_method must be one of"):
        oc.fit_mixed_model(scores, MAIN, df_method="containment")
    with pytest.raises(EstimationError, match="level must lie between"):
        oc.fit_mixed_model(scores, MAIN, level=95)
    with pytest.raises(EstimationError, match=r"again can be computed"):
        oc.fit_mixed_model(scores.assign(again=scores["baseline"] * 2 + 1), MAIN + " + again")
    with pytest.raises(TypeError, match="weights"):
        oc.fit_mixed_model(scores, MAIN, weights="n")


def test_the_table_keeps_the_contract(said_once):
    fit = said_once[1]
    assert fit.table.columns.tolist() == [
        "term",
        "estimate",
        "std_error",
        "df",
        "statistic",
        "p_value",
        "conf_low",
        "conf_high",
        "kind",
    ]
    assert fit.settings["df_method"] == "kenward-roger"
    assert fit.settings["information"] == "expected"
    assert "Mixed model of total" in fit.summary()
