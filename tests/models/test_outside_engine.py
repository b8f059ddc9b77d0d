"""Variance components are fitted by statsmodels, said so, and refused where its optimum is no optimum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.regression.mixed_linear_model import MixedLM

import outcomes as oc
from outcomes.errors import EstimationError


@pytest.fixture(scope="module")
def rated():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(40), 6), "rater": [1, 1, 2, 2, 3, 3] * 40})
    frame["day"] = [0, 7, 0, 7, 0, 7] * 40
    own, rater = rng.normal(0, 3, 40), rng.normal(0, 2, (40, 3))
    noise = rng.normal(0, 1.5, 240)
    frame["total"] = 15 - 0.3 * frame["day"] + np.repeat(own, 6) + np.repeat(rater.ravel(), 2) + noise
    return frame.assign(rater="r" + frame["rater"].astype(str))


def fit(frame, **options):
    return oc.fit_mixed_model(
        frame, "total ~ day", re_formula="~1", vc_formula={"rater": "0 + rater"}, **options
    )


def test_the_fit_is_that_of_statsmodels_and_says_so(rated):
    found = fit(rated)
    theirs = smf.mixedlm(
        "total ~ day", rated, groups="patient_id", re_formula="1", vc_formula={"rater": "0 + C(rater)"}
    ).fit()
    assert found.verdict == "CAUTION"
    assert found.notes[0].startswith("Variance components are outside of this package's engine")
    estimates = found.table.set_index("term")["estimate"]
    assert estimates["day"] == pytest.approx(theirs.params["day"], rel=1e-4)
    assert estimates["variance rater"] == pytest.approx(float(theirs.vcomp[0]), rel=1e-2)
    assert estimates["variance residual"] == pytest.approx(theirs.scale, rel=1e-2)
    assert found.settings["df_method"] == "normal"


def test_rows_without_the_component_are_counted(rated):
    missing = rated.assign(rater=rated["rater"].where(rated.index > 9))
    found = fit(missing)
    assert found.n_rows == 230
    assert any("10 without rater" in note for note in found.notes)


def test_an_optimum_with_a_slope_is_not_believed(rated, monkeypatch):
    true = MixedLM.score_full
    monkeypatch.setattr(
        MixedLM,
        "score_full",
        lambda self, *given, **named: tuple(one + 5 for one in true(self, *given, **named)),
    )
    found = fit(rated)
    assert found.verdict == "NOT ESTIMABLE"
    assert found.table["estimate"].isna().all()


def test_what_only_the_engine_has_is_refused(rated):
    for options in ({"df_method": "satterthwaite"}, {"sites": "rater"}):
        with pytest.raises(EstimationError, match="statsmodels fits the model"):
            fit(rated, **options)


def test_fixed_effects_of_exactly_zero_are_not_believed_though_statsmodels_says_converged(rated, monkeypatch):
    """The failure of statsmodels issue 10239, as its result looks."""
    true = MixedLM.fit

    def fail(self, *given, **named):
        result = true(self, *given, **named)
        result._results.fe_params = result.fe_params * 0
        assert result.converged
        return result

    monkeypatch.setattr(MixedLM, "fit", fail)
    found = fit(rated)
    assert found.verdict == "NOT ESTIMABLE"
    assert any("exactly zero" in note for note in found.notes)
