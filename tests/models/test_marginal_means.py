"""Marginal means and their differences: against emmeans, by hand, and as they can be asked for."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError

SPLINE = "total ~ bs(day, df=4) * route + baseline"


@pytest.fixture(scope="module")
def spline(mixed_reference):
    return oc.fit_mixed_model(pd.DataFrame(mixed_reference["data"]), SPLINE)


@pytest.fixture(scope="module")
def line(make_scores):
    return oc.fit_mixed_model(make_scores(40, seed=4), "total ~ day * route + baseline")


def assert_columns(table, expected, **names):
    for ours, theirs in names.items():
        assert table[ours].to_numpy() == pytest.approx([row[theirs] for row in expected], rel=1e-5), ours


def test_means_by_group_equal_emmeans(spline, mixed_reference):
    table = oc.estimate_marginal_means(spline, at={"day": [7, 28]}, by="route").table
    expected = sorted(mixed_reference["spline"]["means"], key=lambda row: (row["route"], row["day"]))
    assert table[["route", "day"]].to_numpy().tolist() == [[row["route"], row["day"]] for row in expected]
    assert_columns(
        table, expected, estimate="emmean", std_error="SE", df="df", conf_low="lower.CL", conf_high="upper.CL"
    )


def test_means_over_groups_equal_emmeans(spline, mixed_reference):
    fit = oc.estimate_marginal_means(spline, at={"day": [7, 28]})
    assert_columns(
        fit.table, mixed_reference["spline"]["overall"], estimate="emmean", std_error="SE", df="df"
    )
    assert "Averaged over the levels of route." in fit.notes
    assert "At their mean over patients: baseline." in fit.notes


def test_changes_since_a_day_equal_emmeans(spline, mixed_reference):
    table = oc.compare_marginal_means(spline, at={"day": [28]}, reference={"day": 7}, by="route").table
    assert table["route"].tolist() == ["IM", "IN", "IV"]
    assert_columns(
        table,
        mixed_reference["spline"]["changes"],
        estimate="estimate",
        std_error="SE",
        df="df",
        statistic="t.ratio",
        p_value="p.value",
    )


def test_differences_between_groups_equal_emmeans(spline, mixed_reference):
    fit = oc.compare_marginal_means(spline, at={"day": [7, 28]}, reference={"route": "IM"})
    table = fit.table.sort_values(["day", "route"])
    assert_columns(table, mixed_reference["spline"]["arms"], estimate="estimate", std_error="SE", df="df")
    assert "Intervals and p-values are not adjusted for the number of comparisons." in fit.notes


def test_in_a_linear_model_the_contrasts_are_the_coefficients(line):
    fixed = line.table.set_index("term")
    names = ["estimate", "std_error", "df", "p_value"]
    slope = oc.compare_marginal_means(
        line, at={"day": [11], "route": ["IM"]}, reference={"day": 10}
    ).table.loc[0]
    assert slope[names].tolist() == pytest.approx(fixed.loc["day", names].tolist(), rel=1e-7)
    both = oc.compare_marginal_means(line, at={"day": [11]}, reference={"route": "IM", "day": 10}).table
    assert both[["route", "day"]].to_numpy().tolist() == [["IV", 11]]
    assert both.loc[0, names].tolist() == pytest.approx(
        fixed.loc["day:route[T.IV]", names].tolist(), rel=1e-7
    )


def test_covariates_stand_at_their_mean_over_patients_not_over_rows(make_scores):
    scores = make_scores(40, seed=4)
    heavy = pd.concat(
        [scores, scores[scores["patient_id"] < "p005"].assign(day=lambda one: one["day"] + 0.5)]
    )
    heavy = heavy.astype({"day": float})
    fit = oc.fit_mixed_model(heavy, "total ~ day + baseline")
    fixed = fit.table.set_index("term")["estimate"]
    per_patient = scores.groupby("patient_id")["baseline"].first().astype(float).mean()
    mean = oc.estimate_marginal_means(fit, at={"day": [28]}).table.loc[0, "estimate"]
    assert mean == pytest.approx(fixed["Intercept"] + 28 * fixed["day"] + per_patient * fixed["baseline"])


def test_equal_and_observed_weights_differ_by_the_shares_of_patients(make_scores):
    scores = make_scores(40, seed=4)
    fit = oc.fit_mixed_model(scores, "total ~ day + route")
    by_route = oc.estimate_marginal_means(fit, at={"day": [28]}, by="route").table["estimate"].to_numpy()
    share = scores.drop_duplicates("patient_id")["route"].eq("IV").mean()
    equal = oc.estimate_marginal_means(fit, at={"day": [28]}).table.loc[0, "estimate"]
    observed = oc.estimate_marginal_means(fit, at={"day": [28]}, weights="observed").table.loc[0, "estimate"]
    assert equal == pytest.approx(by_route.mean())
    assert observed == pytest.approx((1 - share) * by_route[0] + share * by_route[1])
    assert share != pytest.approx(0.5)


def test_another_basis_of_the_same_curves_gives_the_same_means(make_scores):
    scores = make_scores(40, seed=4)
    asked = {"at": {"day": [7, 28, 60]}, "by": "route"}
    first = oc.estimate_marginal_means(
        oc.fit_mixed_model(scores, "total ~ poly(day, 3) * route"), **asked
    ).table
    second = oc.estimate_marginal_means(
        oc.fit_mixed_model(scores, "total ~ bs(day, df=3) * route"), **asked
    ).table
    for name in ("estimate", "std_error", "df"):
        assert second[name].to_numpy() == pytest.approx(first[name].to_numpy(), rel=1e-6)


def test_another_reference_level_gives_the_same_means(make_scores, line):
    scores = make_scores(40, seed=4)
    turned = scores.assign(route=pd.Categorical(scores["route"], ["IV", "IM"]))
    other = oc.fit_mixed_model(turned, "total ~ day * route + baseline")
    asked = {"at": {"day": [7, 28]}, "by": "route"}
    left = oc.estimate_marginal_means(line, **asked).table
    right = oc.estimate_marginal_means(other, **asked).table
    assert right["route"].tolist() == ["IV", "IV", "IM", "IM"]
    right = right.sort_values(["route", "day"])
    for name in ("estimate", "std_error", "df"):
        assert right[name].to_numpy() == pytest.approx(left[name].to_numpy(), rel=1e-7)


def test_degrees_of_freedom_are_those_of_the_fit_never_residual(line, make_scores):
    means = oc.estimate_marginal_means(line, at={"day": [28]}).table
    assert means.loc[0, "df"] < 60 < line.n_rows - 5
    plain = oc.fit_mixed_model(
        make_scores(40, seed=4), "total ~ day * route + baseline", df_method="residual"
    )
    assert oc.estimate_marginal_means(plain, at={"day": [28]}).table.loc[0, "df"] == plain.n_rows - 5


def test_a_narrower_level_gives_a_narrower_interval(line):
    wide, narrow = (
        oc.estimate_marginal_means(line, at={"day": [28]}, level=level).table for level in (0.95, 0.8)
    )
    assert (narrow["conf_low"] > wide["conf_low"]).all()
    assert narrow["estimate"].equals(wide["estimate"])


def test_days_outside_the_data_are_a_caution_in_a_line_and_refused_in_a_spline(line, spline):
    fit = oc.estimate_marginal_means(line, at={"day": [400]})
    assert fit.verdict == "CAUTION"
    assert "Some values of day lie outside the data: the model is drawn out beyond them." in fit.notes
    with pytest.raises(EstimationError, match="only between the first and the last day"):
        oc.estimate_marginal_means(spline, at={"day": [400]})


def test_a_day_that_many_patients_did_not_reach_is_a_caution(make_scores):
    scores = make_scores(40, seed=4)
    early = scores[(scores["day"] < 45) | (scores["patient_id"] < "p020")]
    fit = oc.fit_mixed_model(early, "total ~ day")
    assert fit.verdict == "OK"
    assert oc.estimate_marginal_means(fit, at={"day": [7]}).verdict == "OK"
    late = oc.estimate_marginal_means(fit, at={"day": [7, 60]})
    assert late.verdict == "CAUTION"
    assert late.notes[0].startswith("More than 20% of patients have no score on or after day 60")


@pytest.fixture(scope="module")
def short_group(make_scores):
    """Ten of a hundred patients, group c, are seen to day 10 only."""
    scores = make_scores(100, seed=6)
    in_c = scores["patient_id"] < "p010"
    group = scores["route"].replace({"IM": "a", "IV": "b"}).mask(in_c, "c")
    day = scores["day"].astype(float).mask(in_c, scores["day"].astype(float) / 10)
    return oc.fit_mixed_model(scores.assign(g=group, day=day), "total ~ day * g")


def test_a_level_without_data_on_a_day_is_a_caution_that_names_the_level(short_group):
    assert short_group.verdict == "OK"
    assert oc.estimate_marginal_means(short_group, at={"day": [28]}).verdict == "OK"
    fit = oc.estimate_marginal_means(short_group, at={"day": [28]}, by="g")
    assert fit.verdict == "CAUTION"
    said = [note for note in fit.notes if note.startswith("g = ")]
    assert said == [
        "g = c: some values of day lie outside the data: the model is drawn out beyond them.",
        "g = c: more than 20% of patients have no score on or after day 28: those means lean on scores "
        "missing at random.",
    ]
    early = oc.estimate_marginal_means(short_group, at={"day": [5]}, by="g")
    assert not any("outside" in note for note in early.notes)


def test_a_level_that_is_asked_for_in_at_or_reference_is_judged_alike(short_group):
    named = oc.estimate_marginal_means(short_group, at={"day": [28], "g": ["c"]})
    compared = oc.compare_marginal_means(short_group, at={"day": [28], "g": ["a"]}, reference={"g": "c"})
    for fit in (named, compared):
        assert fit.verdict == "CAUTION"
        assert any(note.startswith("g = c: some values of day") for note in fit.notes)
    others = oc.estimate_marginal_means(short_group, at={"day": [28], "g": ["a", "b"]})
    assert others.verdict == "OK"


def test_levels_that_never_occur_together_are_a_caution(make_scores):
    scores = make_scores(80, seed=4)
    site = pd.Series("s1", index=scores.index).mask(
        scores["route"].eq("IM") & (scores["patient_id"] < "p040"), "s2"
    )
    fit = oc.fit_mixed_model(scores.assign(site=site), "total ~ day + route + site")
    means = oc.estimate_marginal_means(fit, at={"day": [28]}, by=["route", "site"])
    assert means.verdict == "CAUTION"
    assert any(note.startswith("route = IV, site = s2: no score at all") for note in means.notes)


@pytest.mark.parametrize("day", [-1, -5])
def test_a_day_where_the_formula_has_no_value_is_refused_without_a_warning(make_scores, day):
    fit = oc.fit_mixed_model(make_scores(40, seed=4), "total ~ np.log(day + 1)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in (
            lambda: oc.estimate_marginal_means(fit, at={"day": [7, day]}),
            lambda: oc.compare_marginal_means(fit, at={"day": [7]}, reference={"day": day}),
        ):
            with pytest.raises(
                EstimationError, match=r"np\.log\(day \+ 1\) has none in 1 of 2 cells"
            ) as error:
                call()
            assert str(day) not in str(error.value)


def test_what_is_not_estimable_stays_not_estimable(make_scores):
    fit = oc.fit_mixed_model(make_scores(40).drop_duplicates("patient_id"), "total ~ day * route")
    means = oc.estimate_marginal_means(fit, at={"day": [7, 28]}, by="route")
    changes = oc.compare_marginal_means(fit, at={"day": [28]}, reference={"day": 7})
    for one, rows in ((means, 2), (changes, 1)):
        assert (one.verdict, len(one.table)) == ("NOT ESTIMABLE", rows)
        assert one.table["estimate"].isna().all()
        assert one.notes == fit.notes


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"at": {"week": [1]}}, "not so: week"),
        ({"at": {"day": [7]}, "by": "baseline"}, "not so: baseline"),
        ({"at": {}}, "an empty request"),
        ({"at": {"day": [7]}, "weights": "cells"}, "weights"),
        ({"at": {"day": 7}}, "needs a list of values"),
        ({"at": {"day": []}}, "needs a list of values"),
        ({"at": {"day": ["early", 7]}}, "numbers for day; 1 of 2"),
        ({"at": {"route": ["SC"]}}, "levels of the model for route; 1 of 1"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(line, asked, message):
    with pytest.raises(EstimationError, match=message) as error:
        oc.estimate_marginal_means(line, **asked)
    assert "early" not in str(error.value)
    assert "SC" not in str(error.value)


@pytest.mark.parametrize("reference", [{}, {"route": "SC"}, {"site": "A"}])
def test_a_reference_that_the_model_does_not_know_is_refused(line, reference):
    with pytest.raises(EstimationError):
        oc.compare_marginal_means(line, at={"day": [7, 28]}, reference=reference)


def test_only_a_mixed_model_has_marginal_means():
    other = oc.Fit("Something else", pd.DataFrame({"term": ["a"], "estimate": [np.float64(1)]}), "OK")
    with pytest.raises(EstimationError, match="need a Fit of fit_mixed_model"):
        oc.estimate_marginal_means(other, at={"day": [7]})
