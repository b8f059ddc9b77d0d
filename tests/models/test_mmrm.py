"""Models for repeated measures against nlme, published values, exact identities and their refusals."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError
from outcomes.models.visits.covariances import Structure
from outcomes.models.visits.mmrm import COVARIANCES
from outcomes.models.visits.patterns import collect_patterns, differentiate_patterns, evaluate_patterns

R = json.loads((Path(__file__).parents[1] / "reference" / "mmrm.json").read_text(encoding="utf-8"))
DATA = pd.DataFrame(R["data"])
FORMULA = "y ~ C(week) * arm"


def fit(data: pd.DataFrame = DATA, **options: object) -> oc.Fit:
    return oc.fit_mmrm(data, **{"formula": FORMULA, "visit": "week", "groups": "id", **options})


def fixed(found: oc.Fit) -> pd.DataFrame:
    return found.table[found.table["kind"] == "fixed"]


@pytest.mark.parametrize("covariance", R["fits"])
def test_estimates_errors_and_deviance_are_those_of_nlme(covariance):
    expected = R["fits"][covariance]
    found = fit(covariance=covariance, df_method="satterthwaite")
    rows = fixed(found)
    assert found.verdict == "OK"
    assert found.extras["deviance"] == pytest.approx(expected["deviance"], abs=1e-5)
    assert rows["estimate"].tolist() == pytest.approx(expected["estimate"], rel=1e-4, abs=1e-4)
    assert rows["std_error"].tolist() == pytest.approx(expected["std_error"], rel=1e-4)


def make_complete(n: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    level = rng.normal(16, 3, n)
    frame = pd.DataFrame({"id": np.repeat(np.arange(n), 4), "week": [1, 2, 4, 8] * n})
    return frame.assign(
        arm=np.where(frame["id"] % 3 == 0, "A", "B"),
        y=np.repeat(level, 4) - 0.4 * frame["week"] + rng.normal(0, 2, 4 * n),
    )


def test_complete_data_and_a_saturated_mean_have_patients_minus_groups_degrees_of_freedom():
    rows = fixed(fit(make_complete(), df_method="satterthwaite"))
    assert rows["df"].tolist() == pytest.approx([28.0] * len(rows), abs=1e-4)


def test_compound_symmetry_is_the_random_intercept_model():
    complete = make_complete()
    own = fit(complete, covariance="compound symmetry", df_method="satterthwaite")
    other = oc.fit_mixed_model(complete, FORMULA, groups="id", re_formula="~1", df_method="satterthwaite")
    theirs = other.table[other.table["kind"] == "fixed"]
    for name in ("estimate", "std_error", "df"):
        assert fixed(own)[name].tolist() == pytest.approx(theirs[name].tolist(), rel=1e-5), name


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_derivatives_are_those_of_the_deviance(covariance):
    structure = Structure(COVARIANCES[covariance], 4)
    x = np.column_stack([np.ones(len(DATA)), DATA["arm"] == "A", DATA["week"]]).astype(float)
    codes, visits = pd.factorize(DATA["id"])[0], pd.factorize(DATA["week"], sort=True)[0]
    sums = collect_patterns(x, DATA["y"].to_numpy(), codes, visits, 4)
    base = np.array([[9, 3, 2, 1.5], [3, 10, 3, 2], [2, 3, 12, 3], [1.5, 2, 3, 14.0]])
    theta = structure.start(base)

    def differentiate(at):
        shape = structure.shape(at)
        level = evaluate_patterns(sums, shape.sigma)
        return level.deviance, differentiate_patterns(sums, level, shape.slopes, shape.curves)

    _, here = differentiate(theta)
    step = 1e-5
    for k in range(len(theta)):
        move = np.zeros(len(theta))
        move[k] = step
        (up, above), (down, below) = differentiate(theta + move), differentiate(theta - move)
        assert here.gradient[k] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-5)
        numeric = (above.gradient - below.gradient) / (2 * step)
        assert here.hessian[k] == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_order_of_rows_and_scale_of_scores_change_what_they_must():
    plain = fixed(fit())
    shuffled = fixed(fit(DATA.sample(frac=1, random_state=2)))
    pd.testing.assert_frame_equal(plain, shuffled, rtol=1e-7)
    doubled = fixed(fit(DATA.assign(y=2 * DATA["y"])))
    assert doubled["estimate"].tolist() == pytest.approx((2 * plain["estimate"]).tolist(), rel=1e-6)
    assert doubled["df"].tolist() == pytest.approx(plain["df"].tolist(), rel=1e-5)


def test_it_serves_marginal_means_and_their_contrasts():
    found = fit()
    means = oc.estimate_marginal_means(found, at={"week": [1, 8]}, by="arm").table
    assert len(means) == 4
    terms = fixed(found).set_index("term")["estimate"]
    first = means[(means["arm"] == "A") & (means["week"] == 1)]["estimate"].iloc[0]
    assert first == pytest.approx(terms["Intercept"])


def test_two_rows_of_one_visit_are_refused():
    with pytest.raises(EstimationError, match="one row per patient and visit"):
        fit(pd.concat([DATA, DATA.head(1)]))


def test_visits_that_nobody_shares_are_named_with_what_to_try():
    apart = DATA[
        ((DATA["id"] % 2 == 0) & (DATA["week"] != 8)) | ((DATA["id"] % 2 == 1) & (DATA["week"] != 1))
    ]
    found = fit(apart, formula="y ~ C(week)")
    assert found.verdict == "NOT ESTIMABLE"
    assert "Visits 1 and 8" in found.notes[0] and "heterogeneous toeplitz" in found.notes[0]
    assert found.table["estimate"].isna().all()
    assert fit(apart, formula="y ~ C(week)", covariance="heterogeneous ar1").verdict == "OK"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (DATA.assign(y=7.0), "the same in all rows"),
        (DATA[DATA["week"] == 1], "one visit only"),
        (DATA[DATA["id"] <= 3], "fewer than two patients"),
        (DATA.assign(y=np.nan), "No row is left"),
    ],
)
def test_data_that_determine_nothing_give_no_number(data, why):
    found = fit(data, formula="y ~ arm")
    assert found.verdict == "NOT ESTIMABLE"
    assert why in " ".join(found.notes)


def test_copies_of_a_visit_are_no_second_visit():
    copied = DATA.assign(y=DATA.groupby("id")["y"].transform("first"))
    assert fit(copied, formula="y ~ C(week)").verdict != "OK"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariance": "free"}, "covariance must be"),
        ({"df_method": "exact"}, "df_method must be"),
        ({"level": 2}, "level"),
    ],
)
def test_wrong_words_are_refused(options, message):
    with pytest.raises(EstimationError, match=message):
        fit(**options)


@pytest.fixture(scope="module")
def fev() -> pd.DataFrame:
    if "OUTCOMES_REFERENCE" not in os.environ:
        pytest.skip("the reference data may not be shipped")
    return pd.read_csv(Path(os.environ["OUTCOMES_REFERENCE"]) / "fev_data.csv")


FEV = {  # estimate, error, Satterthwaite df, Kenward-Roger error, deviance
    "unstructured": (3.819749555073, 0.6389062464455, 160.690588500132, 0.6613004456288, 3667.96275614366),
    "ar1": (4.225742920907, 0.9598672535036, 188.469519117786, 0.9605806809661, 3855.12433950753),
    "compound symmetry": (
        4.196636132596,
        0.7955993681483,
        177.038461422202,
        0.7964696559388,
        3890.9789685893,
    ),
    "toeplitz": (4.470502439563, 0.874611921739, 160.013763315527, 0.8784294412062, 3830.79965707594),
}


@pytest.mark.parametrize("covariance", FEV)
def test_fev_has_the_values_of_sas(fev, covariance):
    estimate, error, df, adjusted, deviance = FEV[covariance]
    formula = "FEV1 ~ C(ARMCD, contr.treatment('PBO'))"
    found = {
        method: oc.fit_mmrm(
            fev, formula, visit="AVISIT", groups="USUBJID", covariance=covariance, df_method=method
        )
        for method in ("satterthwaite", "kenward-roger")
    }
    row = fixed(found["satterthwaite"]).iloc[1]
    assert row["estimate"] == pytest.approx(estimate, rel=1e-6)
    assert row["std_error"] == pytest.approx(error, rel=1e-6)
    assert row["df"] == pytest.approx(df, rel=2e-5)
    assert fixed(found["kenward-roger"]).iloc[1]["std_error"] == pytest.approx(adjusted, rel=1e-6)
    assert found["satterthwaite"].extras["deviance"] == pytest.approx(deviance, abs=1e-6)


VARIANTS = {  # error by (information, variant), and degrees of freedom by information
    "unstructured": ((0.65362266288, 0.65362266288), (0.6613004456288, 0.6613004456288), 170.916829846607),
    "ar1": ((0.9604206731271, 0.9589260534654), (0.9605806809661, 0.9586536549568), 220.512890832562),
    "compound symmetry": (
        (0.796477799233, 0.7964777993174),
        (0.7964696559388, 0.7964696560224),
        175.93635680775,
    ),
    "toeplitz": ((0.8799147207242, 0.8799147207242), (0.8784294412062, 0.8784294412062), 176.669912236589),
}


@pytest.mark.parametrize("covariance", VARIANTS)
def test_expected_information_and_the_full_variant_have_their_own_values(fev, covariance):
    expected, observed, df = VARIANTS[covariance]
    for information, errors in (("expected", expected), ("observed", observed)):
        for method, error in zip(("kenward-roger", "kenward-roger-full"), errors, strict=True):
            found = oc.fit_mmrm(
                fev, "FEV1 ~ C(ARMCD, contr.treatment('PBO'))", visit="AVISIT", groups="USUBJID",
                covariance=covariance, df_method=method, information=information,
            )  # fmt: skip
            row = fixed(found).iloc[1]
            assert row["std_error"] == pytest.approx(error, rel=1e-6)
            if information == "expected":
                assert row["df"] == pytest.approx(df, rel=2e-5)


def test_fev_with_an_unstructured_covariance_has_the_published_values(fev):
    terms = {  # estimate, error, Satterthwaite df; Kenward-Roger error (observed, expected), df (expected)
        "Intercept": (
            30.777406569626, 0.8865665452734, 218.794518362693,
            0.8971359424584, 0.8970019726019, 216.725701630335,
        ),
        "RACE[T.White]": (
            5.643567862144, 0.6655896851826, 157.14059407181,
            0.6807245808156, 0.6808460750118, 158.679353549222,
        ),
        "SEX[T.Female]": (
            0.3260273004944, 0.5319357970679, 166.135545490178,
            0.5442204531071, 0.5443075559537, 167.530906536681,
        ),
        "ARMCD[T.TRT]": (
            3.774414043799, 1.074160758121, 145.547142360202,
            1.081777793109, 1.081455412529, 144.073644338509,
        ),
        "ARMCD[T.TRT]:AVISIT[T.VIS4]": (
            0.6241227225376, 1.850960219068, 129.708730820838,
            1.867957659584, 1.86728515874, 144.377039245849,
        ),
    }  # fmt: skip
    data = fev.assign(
        SEX=pd.Categorical(fev["SEX"], ["Male", "Female"]), ARMCD=pd.Categorical(fev["ARMCD"], ["PBO", "TRT"])
    )
    formula = "FEV1 ~ RACE + SEX + ARMCD * AVISIT"
    found = {
        (method, information): fixed(
            oc.fit_mmrm(
                data, formula, visit="AVISIT", groups="USUBJID", df_method=method, information=information
            )
        ).set_index("term")
        for method, information in (
            ("satterthwaite", "observed"), ("kenward-roger", "observed"), ("kenward-roger", "expected"),
        )
    }  # fmt: skip
    plain, observed, expected = found.values()
    for term, (estimate, error, df, error_observed, error_expected, df_expected) in terms.items():
        assert plain.loc[term, "estimate"] == pytest.approx(estimate, rel=1e-5)
        assert plain.loc[term, "std_error"] == pytest.approx(error, rel=1e-5)
        assert plain.loc[term, "df"] == pytest.approx(df, rel=5e-4)
        assert observed.loc[term, "std_error"] == pytest.approx(error_observed, rel=1e-4)
        assert expected.loc[term, "std_error"] == pytest.approx(error_expected, rel=1e-4)
        assert expected.loc[term, "df"] == pytest.approx(df_expected, rel=5e-4)
