"""Each patient's own slope: against the statsmodels prediction, and its refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    day = np.tile([0, 7, 14, 28, 42], 30)
    level, slope = rng.normal(16, 3, 30), rng.normal(-0.15, 0.12, 30)
    total = np.repeat(level, 5) + np.repeat(slope, 5) * day + rng.normal(0, 2, 150)
    frame = pd.DataFrame({"patient_id": [f"p{i // 5:02d}" for i in range(150)], "day": day, "total": total})
    return frame[~((frame["patient_id"] == "p03") & (frame["day"] > 7))]


def test_the_slopes_are_those_of_the_statsmodels_prediction(scores):
    fit = oc.fit_mixed_model(scores, "total ~ day")
    slopes = oc.estimate_slopes(fit)
    average = fit.table.set_index("term").loc["day", "estimate"]
    own = [effects.iloc[1] for effects in fit.model.random_effects.values()]
    assert slopes.table["estimate"].tolist() == pytest.approx([average + one for one in own], abs=1e-8)


def test_a_patient_with_two_scores_has_a_slope_and_no_class(scores):
    slopes = oc.estimate_slopes(oc.fit_mixed_model(scores, "total ~ day"))
    row = slopes.table.set_index("term").loc["p03"]
    assert row["n_scores"] == 2
    assert pd.isna(row["class"])
    assert "1 patients with fewer than 3 scores" in slopes.notes[0]


def test_where_higher_is_better_a_rise_is_an_improvement(scores):
    rising = scores.assign(total=40 - scores["total"])
    falls = oc.estimate_slopes(oc.fit_mixed_model(scores, "total ~ day"))
    rises = oc.estimate_slopes(oc.fit_mixed_model(rising, "total ~ day"), lower_is_better=False)
    assert rises.table["class"].equals(falls.table["class"])


@pytest.mark.parametrize(
    ("formula", "re_formula"), [("total ~ bs(day, df=4)", "~day"), ("total ~ day", "~1")]
)
def test_a_model_without_one_straight_slope_is_refused(scores, formula, re_formula):
    fit = oc.fit_mixed_model(scores, formula, re_formula=re_formula)
    with pytest.raises(EstimationError, match="one straight term"):
        oc.estimate_slopes(fit)


def test_a_model_that_was_not_estimable_gives_no_slope(scores):
    fit = oc.fit_mixed_model(scores[scores["patient_id"] == "p01"], "total ~ day")
    assert oc.estimate_slopes(fit).verdict == "NOT ESTIMABLE"
