"""The gates of the verdict: degenerate data give no number, healthy data are OK."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import OutcomesError

VISITS = [0, 7, 14, 28]


def make(seed=0, n=40, visits=VISITS, level=3.0, slope=0.08, noise=2.0, lost=0.2):
    """Patients with their own level and slope at planned days; a fifth stop early."""
    rng = np.random.default_rng(seed)
    who, day = np.repeat(np.arange(n), len(visits)), np.tile(visits, n).astype(float)
    own = rng.normal(0, level, n)[who] + rng.normal(0, slope, n)[who] * day
    frame = pd.DataFrame({"patient_id": [f"p{one:03d}" for one in who], "day": day, "visit": day.astype(int)})
    frame["arm"] = np.where(who % 2, "A", "B")
    frame["baseline"] = rng.normal(17, 3, n)[who]
    frame["total"] = 17 - 0.2 * day - 0.05 * day * (who % 2) + own + rng.normal(0, noise, len(who))
    last = np.where(rng.random(n) < lost, rng.integers(1, len(visits), n), len(visits))[who]
    return frame[np.tile(np.arange(len(visits)), n) < last].reset_index(drop=True)


# what is done to the data, and the formula; none of them carries the fixed effects it asks for
NOT_MIXED = {
    "one patient": (lambda one: one[one["patient_id"] == "p000"], "total ~ day"),
    "two patients": (lambda one: one[one["patient_id"] < "p002"], "total ~ day"),
    "three patients, two arms": (lambda one: one[one["patient_id"] < "p003"], "total ~ arm"),
    "no row": (lambda one: one.head(0), "total ~ day"),
    "one row": (lambda one: one.head(1), "total ~ day"),
    "one row each": (lambda one: one.drop_duplicates("patient_id"), "total ~ arm"),
    "two rows each": (lambda one: one.groupby("patient_id").head(2), "total ~ day"),
    "one visit": (lambda one: one[one["day"] == 7], "total ~ arm"),
    "few with two rows": (
        lambda one: one[~one.duplicated("patient_id") | (one["patient_id"] < "p008")], "total ~ day",
    ),
    "the same score everywhere": (lambda one: one.assign(total=9.0), "total ~ day"),
    "zero everywhere": (lambda one: one.assign(total=0.0), "total ~ day"),
    "a straight line without error": (lambda one: one.assign(total=20 - one["day"] / 4), "total ~ day"),
    "two lines without error": (
        lambda one: one.assign(total=20 - one["day"] * (1 + (one["arm"] == "A")) / 8), "total ~ day * arm",
    ),
    "patients without change": (
        lambda one: one.assign(total=one.groupby("patient_id")["total"].transform("first")), "total ~ day",
    ),
    "every patient an own line without error": (
        lambda one: one.assign(total=10 + one["patient_id"].str[1:].astype(int) % 7 * (1 + one["day"])),
        "total ~ day",
    ),
    "all scores missing": (lambda one: one.assign(total=np.nan), "total ~ day"),
    "all baselines missing": (lambda one: one.assign(baseline=np.nan), "total ~ day + baseline"),
    "an arm that nobody has": (lambda one: one.assign(arm=None), "total ~ day * arm"),
    "more parameters than half the rows": (lambda one: one.head(18), "total ~ bs(day, df=3) * arm"),
    "two scores that differ": (
        lambda one: one.assign(total=(np.arange(len(one)) == 3).astype(float)).head(5), "total ~ day",
    ),
}  # fmt: skip
REFUSED = {
    "a column twice": (lambda one: one.assign(again=one["day"]), "total ~ day + again"),
    "a column of zeros": (lambda one: one.assign(again=0.0), "total ~ day + again"),
    "a column that is a sum": (
        lambda one: one.assign(again=one["day"] + one["baseline"]), "total ~ day + baseline + again",
    ),
    "the site is the arm": (lambda one: one.assign(site=one["arm"]), "total ~ arm + site"),
    "one arm only": (lambda one: one.assign(arm="A"), "total ~ day + arm"),
    "an infinite score": (
        lambda one: one.assign(total=one["total"].where(one.index != 3, np.inf)), "total ~ day",
    ),
    "an infinite covariate": (
        lambda one: one.assign(baseline=one["baseline"].where(one.index != 3, np.inf)), "total ~ baseline",
    ),
    "a logarithm of zero": (lambda one: one, "total ~ np.log(day)"),
    "words as scores": (lambda one: one.assign(total="mild"), "total ~ day"),
    "no such column": (lambda one: one, "total ~ week"),
}  # fmt: skip
NOT_VISITS = {
    "one visit": lambda one: one[one["visit"] == 0],
    "one row each": lambda one: one.groupby("patient_id").sample(1, random_state=1),
    "visits never seen together": lambda one: one[
        ~((one["visit"] == 28) & (one["arm"] == "A")) & ~((one["visit"] == 14) & (one["arm"] == "B"))
    ],
    "five patients": lambda one: one[one["patient_id"] < "p005"],
    "the same score everywhere": lambda one: one.assign(total=5.0),
    "patients without change": lambda one: one.assign(
        total=one.groupby("patient_id")["total"].transform("first")
    ),
    "no row": lambda one: one.head(0),
    "all scores missing": lambda one: one.assign(total=np.nan),
    "a visit that copies the one before": lambda one: one.assign(
        total=one["total"].where(one["visit"] != 28, one.groupby("patient_id")["total"].shift(1))
    ).dropna(),
    "means without error": lambda one: one.assign(total=20.0 - one["visit"]),
}


def assert_no_number(fit):
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.notes
    assert fit.table.select_dtypes("number").isna().all(axis=None)
    assert fit.model is None


def test_there_are_forty_degenerate_sets():
    assert len(NOT_MIXED) + len(REFUSED) + len(NOT_VISITS) >= 40


@pytest.mark.parametrize("name", NOT_MIXED)
@pytest.mark.parametrize("method", ["kenward-roger", "satterthwaite", "robust", "residual"])
def test_degenerate_data_give_a_reason_and_no_number(name, method):
    change, formula = NOT_MIXED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_no_number(oc.fit_mixed_model(change(make()), formula, df_method=method))


@pytest.mark.parametrize("name", REFUSED)
def test_columns_that_cannot_be_used_are_refused_in_words(name):
    change, formula = REFUSED[name]
    with pytest.raises(OutcomesError):
        oc.fit_mixed_model(change(make()), formula)


@pytest.mark.parametrize("name", NOT_VISITS)
def test_degenerate_visits_give_a_reason_and_no_number(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_no_number(oc.fit_mmrm(NOT_VISITS[name](make()), "total ~ C(visit)", visit="visit"))


def test_two_hundred_healthy_sets_are_ok():
    mixed = [
        oc.fit_mixed_model(make(seed, n=80, slope=0.15), "total ~ day * arm").verdict for seed in range(100)
    ]
    visits = [
        oc.fit_mmrm(make(seed, n=80), "total ~ C(visit) * arm", visit="visit").verdict for seed in range(100)
    ]
    assert sum(verdict == "OK" for verdict in [*mixed, *visits]) >= 196
