"""Degenerate times give a verdict in words and no number; healthy ones are OK."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import OutcomesError


def make(seed=0, n=80):
    """Two arms, a covariate, sites, a competing event, visits every week: nothing wrong with it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"patient_id": [f"p{one:03d}" for one in range(n)], "arm": np.array(["A", "B"] * (n // 2))}
    )
    frame["x"], frame["site"] = rng.normal(size=n).round(2), rng.integers(0, 12, n).astype(str)
    true = np.ceil(rng.exponential(30 * np.exp(0.3 * (frame["arm"] == "B"))))
    end, stop = rng.integers(20, 90, n), np.ceil(rng.exponential(100, n))
    first = np.minimum(np.minimum(true, end), stop)
    frame["time"], frame["event"] = first.astype(int), true <= first
    frame["cause"] = np.where(true <= first, "response", np.where(stop <= first, "stopped", None))
    frame["left"] = (np.minimum(true - 1, end) // 7 * 7).astype(int)
    frame["right"] = np.where(true <= end // 7 * 7, frame["left"] + 7, np.nan)
    return frame


def censor(frame):
    return frame.assign(event=False, cause=None, right=np.nan)


def at_start(frame):
    """Everything on day 0, with an event."""
    return frame.assign(time=0, event=True, cause="response", left=0, right=0.0)


def tie(frame):
    """Everybody has the event on the same day."""
    return frame.assign(time=14, event=True, cause="response", left=7, right=14.0)


def one_each(frame):
    return frame.groupby("arm").head(1)


VERBS = {
    "fit_kaplan_meier": lambda one: oc.fit_kaplan_meier(one, by="arm"),
    "compare_survival": lambda one: oc.compare_survival(one, by="arm"),
    "fit_interval_survival": lambda one: oc.fit_interval_survival(one, by="arm", n_boot=20),
    "compare_interval_survival": lambda one: oc.compare_interval_survival(
        one, by="arm", n_boot=20, n_permutations=50
    ),
    "fit_interval_regression": lambda one: oc.fit_interval_regression(one, "~ arm"),
    "fit_cumulative_incidence": lambda one: oc.fit_cumulative_incidence(one, by="arm"),
    "compare_cumulative_incidence": lambda one: oc.compare_cumulative_incidence(one, by="arm", of="response"),
    "estimate_restricted_mean": lambda one: oc.estimate_restricted_mean(one, by="arm", tau=20),
    "fit_cox": lambda one: oc.fit_cox(one, "~ arm"),
    "fit_cox, clusters": lambda one: oc.fit_cox(one, "~ arm + x", clusters="site"),
}
BROKEN = {
    "no row": lambda one: one.head(0),
    "everybody censored": censor,
    "everybody censored on day 0": lambda one: censor(one).assign(time=0, left=0),
    "every event on day 0": at_start,
}
# what these may still say something about: a curve of known events is a curve
ALSO_BROKEN = {
    "one patient": lambda one: one[one["event"]].head(1),
    "one patient per group": one_each,
    "the same day for all": tie,
    "one group": lambda one: one[one["arm"] == "A"],
    "no event in one group": lambda one: pd.concat([one[one["arm"] == "A"], censor(one[one["arm"] == "B"])]),
}
COMPARING = [
    name for name in VERBS if not name.startswith(("fit_kaplan", "fit_interval_s", "fit_cum", "est"))
]


def judge(name, frame):
    """The fit, or None where it was refused in words; no warning of a library, no infinite number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            fit = VERBS[name](frame.reset_index(drop=True))
        except OutcomesError:
            return None
    for table in (fit.table, *(one for one in fit.extras.values() if isinstance(one, pd.DataFrame))):
        table = table.drop(columns="df", errors="ignore")  # infinite: the normal distribution
        numbers = table.select_dtypes("number").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        assert not np.isinf(numbers).any(), table
    if fit.verdict != "OK":
        assert fit.notes
        assert len(fit.notes[0]) > 15
    return fit


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("how", BROKEN)
def test_data_without_an_event_give_no_number(name, how):
    fit = judge(name, BROKEN[how](make()))
    assert fit is None or fit.verdict == "NOT ESTIMABLE"
    if fit is not None and "estimate" in fit.table:
        assert fit.table["estimate"].isna().all()


@pytest.mark.parametrize("name", COMPARING)
@pytest.mark.parametrize("how", ALSO_BROKEN)
def test_groups_that_cannot_be_compared_give_no_number(name, how):
    fit = judge(name, ALSO_BROKEN[how](make()))
    assert fit is None or fit.verdict == "NOT ESTIMABLE"


@pytest.mark.parametrize("name", [name for name in VERBS if name not in COMPARING])
@pytest.mark.parametrize("how", ALSO_BROKEN)
def test_a_curve_of_few_or_of_one_day_says_so(name, how):
    fit = judge(name, ALSO_BROKEN[how](make()))
    if how in ("one patient", "one patient per group", "no event in one group"):
        assert fit is None or fit.verdict != "OK"


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("seed", range(5))
def test_healthy_times_are_ok(name, seed):
    assert judge(name, make(seed)).verdict == "OK"


@pytest.mark.parametrize("name", VERBS)
def test_ties_in_any_order_of_rows_give_the_same(name):
    frame = make(3).assign(time=lambda one: one["time"] // 14 * 14 + 14)
    shuffled = frame.sample(frac=1, random_state=5)
    first, second = judge(name, frame), judge(name, shuffled)
    if "compare_interval" not in name and "fit_interval_s" not in name:  # these draw by row
        pd.testing.assert_frame_equal(first.table, second.table, rtol=1e-8)


def test_separation_is_refused_in_words():
    frame = make().assign(x=lambda one: (one["event"] & (one["time"] < 30)).astype(float))
    frame = frame.assign(event=frame["x"] > 0)
    fit = oc.fit_cox(frame, "~ x")
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.table["estimate"].isna().all()
