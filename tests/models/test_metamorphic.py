"""What must not change a result, and how it must change where it must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc


@pytest.fixture(scope="module")
def scores(make_scores):
    frame = make_scores(40, seed=4)
    visit = frame.groupby("patient_id").cumcount().clip(upper=4)
    return frame.assign(total=frame["total"].astype(float), visit=visit)


def once(frame):
    return frame.drop_duplicates(["patient_id", "visit"])


def fit_growth(frame, formula="total ~ day * route", re_formula="~day", **options):
    return oc.fit_mixed_model(frame, formula, re_formula=re_formula, **options)


def fit_visits(frame, formula="total ~ C(visit) + route", **options):
    return oc.fit_mmrm(once(frame), formula, visit="visit", **options)


FITS = {
    "mixed model": fit_growth,
    "mixed model, Satterthwaite": lambda frame: fit_growth(frame, df_method="satterthwaite"),
    "mixed model, robust": lambda frame: fit_growth(frame, df_method="robust"),
    "visits": fit_visits,
    "visits, ar1": lambda frame: fit_visits(frame, covariance="heterogeneous ar1"),
}
NUMBERS = ["estimate", "std_error", "df", "p_value"]


def numbers(fit):
    return fit.table.set_index("term")[NUMBERS]


def assert_same(one, other, **tolerance):
    assert one.verdict == other.verdict
    left, right = numbers(one), numbers(other)
    assert list(left.index) == list(right.index)
    assert left.to_numpy() == pytest.approx(
        right.to_numpy(), nan_ok=True, **{"rel": 1e-6, "abs": 1e-9, **tolerance}
    )


@pytest.mark.parametrize("name", FITS)
def test_the_order_of_rows_does_not_matter(scores, name):
    shuffled = scores.sample(frac=1, random_state=3)
    kept = shuffled if name.startswith("mixed") else once(scores).sample(frac=1, random_state=3)
    assert_same(FITS[name](scores), FITS[name](kept))


@pytest.mark.parametrize("name", FITS)
def test_the_names_of_patients_do_not_matter(scores, name):
    codes = pd.factorize(scores["patient_id"])[0]
    renamed = scores.assign(patient_id=[f"z{97 * one % 101}" for one in codes])
    assert_same(FITS[name](scores), FITS[name](renamed))


@pytest.mark.parametrize("name", FITS)
def test_a_constant_added_to_all_scores_moves_the_intercept_only(scores, name):
    one, other = FITS[name](scores), FITS[name](scores.assign(total=scores["total"] + 1000))
    left, right = numbers(one), numbers(other)
    assert right.loc["Intercept", "estimate"] == pytest.approx(
        left.loc["Intercept", "estimate"] + 1000, rel=1e-8
    )
    rest = left.index != "Intercept"
    assert right[rest].to_numpy() == pytest.approx(left[rest].to_numpy(), rel=1e-5, abs=1e-8, nan_ok=True)
    assert right.loc["Intercept", "std_error"] == pytest.approx(left.loc["Intercept", "std_error"], rel=1e-6)


@pytest.mark.parametrize("name", FITS)
def test_doubled_scores_double_estimates_and_errors(scores, name):
    one, other = FITS[name](scores), FITS[name](scores.assign(total=2 * scores["total"]))
    fixed = (one.table["kind"] == "fixed").to_numpy()
    left, right = numbers(one)[fixed], numbers(other)[fixed]
    for column, factor in {"estimate": 2, "std_error": 2, "df": 1, "p_value": 1}.items():
        assert right[column].to_numpy() == pytest.approx(factor * left[column].to_numpy(), rel=1e-5), column


def test_weeks_in_place_of_days_divide_slopes_and_change_nothing_else(scores):
    days = fit_growth(scores)
    weeks = fit_growth(scores.assign(week=scores["day"] / 7), "total ~ week * route", "~week")
    left, right = numbers(days), numbers(weeks)
    for old, new in {"day": "week", "day:route[T.IV]": "week:route[T.IV]"}.items():
        assert right.loc[new, "estimate"] == pytest.approx(7 * left.loc[old, "estimate"], rel=1e-6)
        assert right.loc[new, "df"] == pytest.approx(left.loc[old, "df"], rel=1e-5)
    means = [
        oc.compare_marginal_means(fit, at={unit: [at]}, reference={unit: 0}, by="route").table
        for fit, unit, at in ((days, "day", 28), (weeks, "week", 4))
    ]
    assert means[0][NUMBERS].to_numpy() == pytest.approx(means[1][NUMBERS].to_numpy(), rel=1e-5)


def test_days_counted_from_elsewhere_leave_slopes_and_means(scores):
    one, other = fit_growth(scores), fit_growth(scores.assign(day=scores["day"] + 100))
    left, right = numbers(one), numbers(other)
    assert right.loc["day"].to_numpy() == pytest.approx(left.loc["day"].to_numpy(), rel=1e-4)
    first = oc.estimate_marginal_means(one, at={"day": [10, 40]}).table
    second = oc.estimate_marginal_means(other, at={"day": [110, 140]}).table
    assert first[["estimate", "std_error", "df"]].to_numpy() == pytest.approx(
        second[["estimate", "std_error", "df"]].to_numpy(), rel=1e-4
    )


def test_swapped_groups_swap_the_sign_and_another_reference_the_contrasts(scores):
    order = list(scores["route"].unique())
    left, right = (
        oc.compare_marginal_means(
            fit_growth(scores.assign(route=pd.Categorical(scores["route"], categories=levels))),
            at={"day": [28]}, pairwise="route",
        ).table
        for levels in (order, order[::-1])
    )  # fmt: skip
    signs = {frozenset(row.route.split(" - ")): (row.route, row) for row in left.itertuples()}
    for row in right.itertuples():
        name, same = signs[frozenset(row.route.split(" - "))]
        sign = 1 if name == row.route else -1
        assert row.estimate == pytest.approx(sign * same.estimate, rel=1e-6)
        assert (row.std_error, row.df) == pytest.approx((same.std_error, same.df), rel=1e-6)


def test_every_patient_twice_under_maximum_likelihood_keeps_estimates_and_shrinks_errors(scores):
    twice = pd.concat([scores, scores.assign(patient_id=scores["patient_id"] + "b")])
    one, other = (fit_growth(frame, reml=False, df_method="normal") for frame in (scores, twice))
    left, right = numbers(one), numbers(other)
    assert right["estimate"].to_numpy() == pytest.approx(left["estimate"].to_numpy(), rel=1e-4)
    fixed = (one.table["kind"] == "fixed").to_numpy()
    ratio = right["std_error"].to_numpy()[fixed] / left["std_error"].to_numpy()[fixed]
    assert ratio == pytest.approx(np.full(fixed.sum(), np.sqrt(0.5)), rel=1e-4)


def test_a_random_intercept_is_compound_symmetry_of_visits(scores):
    frame = once(scores)
    own = fit_growth(frame, "total ~ C(visit) + route", "~1", df_method="satterthwaite")
    visits = fit_visits(frame, covariance="compound symmetry", df_method="satterthwaite")
    terms = own.table.loc[own.table["kind"] == "fixed", "term"]
    assert numbers(own).loc[terms].to_numpy() == pytest.approx(
        numbers(visits).loc[terms].to_numpy(), rel=1e-4
    )
    assert own.extras["deviance"] == pytest.approx(visits.extras["deviance"], abs=1e-6)


def test_sites_of_one_patient_each_cannot_be_told_from_patients(scores):
    fit = fit_growth(scores.assign(place=scores["patient_id"]), re_formula="~1", sites="place")
    assert fit.verdict == "NOT ESTIMABLE"
    assert any("as many sites as patients" in note for note in fit.notes)
