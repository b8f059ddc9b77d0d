"""Model-based rates: known answers at both ends, and a known truth in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.profile import get_profile
from outcomes.errors import EstimationError

DAYS = np.array([0, 4, 8, 12, 16, 20, 27, 34])


def make_clinic(n: int, *, seed: int, lose: str = "nobody", share: float = 0.4):
    """One series of 21 days per patient, a fall of 0.25 points a day, endpoint on day 34.

    lose : "nobody", "random" patients, or the "worse" half at day 20 loses its endpoint more often
    """
    rng = np.random.default_rng(seed)
    level, slope = rng.normal(17, 3, n), rng.normal(-0.25, 0.12, n)
    totals = np.clip(np.rint(level[:, None] + slope[:, None] * DAYS + rng.normal(0, 2, (n, 8))), 0, 27)
    chance = {"nobody": np.zeros(n), "random": np.full(n, share)}.get(lose)
    if chance is None:
        chance = np.where(totals[:, 5] > np.median(totals[:, 5]), 0.7, 0.1)
    gone = rng.random(n) < chance
    full = totals[:, -1].copy()
    ids = [f"p{i:04d}" for i in range(n)]
    scores = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, 8), "instrument": "phq9", "series": 1, "day": np.tile(DAYS, n),
            "total": totals.ravel(), "baseline_of": np.tile([1, *[None] * 7], n),
            "endpoint_use": np.tile(DAYS > 0, n),
        }
    ).astype({"day": "Int64", "baseline_of": "Int64"})  # fmt: skip
    scores.loc[(scores["day"] == 34) & np.repeat(gone, 8), "total"] = np.nan
    eligible = totals[:, 0] >= 10
    courses = pd.DataFrame(
        {
            "patient_id": ids, "instrument": "phq9", "series": 1, "eligible": eligible, "site": "Harbor",
            "baseline": totals[:, 0], "endpoint_total": np.where(gone, np.nan, full),
            "last_induction_day": 20,
        }
    ).astype({"baseline": "Int64", "endpoint_total": "Int64", "last_induction_day": "Int64"})  # fmt: skip
    truth = float((2 * (totals[:, 0] - full) >= totals[:, 0])[eligible].mean())
    return scores, courses, truth


def test_with_every_total_there_the_rate_is_the_observed_one():
    scores, courses, truth = make_clinic(80, seed=1)
    row = oc.estimate_rates(scores, courses, endpoints=["response"]).table.iloc[0]
    assert row["estimate"] == pytest.approx(truth, abs=1e-12)
    assert (row["n_missing"], row["missing_information"]) == (0, 0)


def test_a_rate_that_dropout_has_biased_is_brought_back():
    errors, naive = [], []
    for seed in range(6):
        scores, courses, truth = make_clinic(250, seed=seed, lose="worse")
        row = oc.estimate_rates(scores, courses, endpoints=["response"]).table.iloc[0]
        errors.append(row["estimate"] - truth)
        seen = courses[courses["eligible"] & courses["endpoint_total"].notna()]
        met = 2 * (seen["baseline"] - seen["endpoint_total"]) >= seen["baseline"]
        naive.append(float(met.mean()) - truth)
        assert row["conf_low"] < truth < row["conf_high"]
    assert abs(np.mean(errors)) < 0.02
    assert np.mean(naive) > 0.06, "the case must be one in which the observed rate is wrong"


def test_the_same_seed_gives_the_same_numbers_and_another_nearly():
    scores, courses, _ = make_clinic(150, seed=3, lose="random")
    one, again, other = (oc.estimate_rates(scores, courses, seed=seed).table for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert other["estimate"].tolist() == pytest.approx(one["estimate"].tolist(), abs=0.03)
    assert other["estimate"].tolist() != one["estimate"].tolist()


def test_fewer_than_twenty_observed_is_not_estimable():
    scores, courses, _ = make_clinic(40, seed=4)
    few = courses.assign(endpoint_total=courses["endpoint_total"].where(np.arange(40) < 19))
    fit = oc.estimate_rates(scores, few)
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.table["estimate"].isna().all()
    assert "needs 20" in " ".join(fit.notes)
    lower = get_profile("default").replace(model_based_min_observed=10)
    assert oc.estimate_rates(scores, few, profile=lower).verdict == "OK"


def test_a_group_that_is_too_small_has_no_estimate_and_the_others_have():
    scores, courses, _ = make_clinic(100, seed=5, lose="random", share=0.2)
    split = courses.assign(site=np.where(np.arange(100) < 15, "Lake", "Harbor"))
    fit = oc.estimate_rates(scores, split, endpoints=["response"], by="site")
    table = fit.table.set_index("site")
    assert fit.verdict == "CAUTION"
    assert table.loc["Lake", "verdict"] == "NOT ESTIMABLE" and pd.isna(table.loc["Lake", "estimate"])
    assert table.loc["Harbor", "verdict"] == "OK"


def test_everyone_or_nobody_responds_and_the_interval_stays_within_bounds():
    scores, courses, _ = make_clinic(60, seed=6)
    for total in (0, 20):
        flat = courses.assign(endpoint_total=total, baseline=20, eligible=True).astype(
            {"endpoint_total": "Int64"}
        )
        row = oc.estimate_rates(scores, flat, endpoints=["response"]).table.iloc[0]
        assert 0 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1
        assert abs(row["estimate"] - (total == 0)) < 0.02


def test_a_flag_without_a_gate_is_refused():
    scores, courses, _ = make_clinic(30, seed=7)
    with pytest.raises(EstimationError, match="endpoints may be"):
        oc.estimate_rates(scores, courses, endpoints=["any_worsening"])
