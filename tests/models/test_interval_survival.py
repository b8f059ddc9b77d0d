"""The interval-censored curve: certified optimum, exact data, edges, and the trap of the library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from outcomes.errors import EstimationError
from outcomes.models.survival.interval_survival import fit_interval_survival
from outcomes.models.survival.kaplan_meier import fit_kaplan_meier
from outcomes.models.survival.turnbull import find_support, maximize_likelihood, sum_log_likelihood

# reference case C17: own program to a certificate gap of 3e-11; survival 3.5-3 agrees to 2e-6
C17 = {
    6: 0.975499401, 9: 0.905952802, 12: 0.783383006, 13: 0.71511217, 15: 0.542445754,
    16: 0.479040996, 17: 0.40210711, 20: 0.222256837, 23: 0.127004745, 27: 0.050488202,
}  # fmt: skip
C17_LOG_LIKELIHOOD = -1966.546882779


@pytest.fixture(scope="module")
def diabetes() -> pd.DataFrame:
    from lifelines.datasets import load_diabetes

    return load_diabetes()


def visits(n: int = 60, seed: int = 1) -> pd.DataFrame:
    """Patients seen at irregular days; some never respond."""
    rng = np.random.default_rng(seed)
    seen = np.cumsum(rng.integers(2, 13, size=(n, 12)), axis=1)
    when = rng.exponential(25, size=n)[:, None]
    left = np.where(seen < when, seen, 0).max(axis=1)
    right = np.where(seen >= when, seen, 10_000).min(axis=1)
    return pd.DataFrame(
        {"left": left, "right": pd.array(np.where(right > 60, np.nan, right), dtype="Float64")}
    )


def test_case_c17_to_the_seventh_decimal_with_its_certificate(diabetes):
    fit = fit_interval_survival(diabetes, n_boot=0, days=tuple(C17))
    np.testing.assert_allclose(fit.extras["landmarks"]["estimate"], list(C17.values()), atol=1e-7)
    assert fit.extras["medians"]["text"].item() == "day 16"
    support = find_support(diabetes["left"].to_numpy(float), diabetes["right"].to_numpy(float))
    mass, gap = maximize_likelihood(support, support.counts[None, :])
    assert gap[0] < 1e-8
    assert sum_log_likelihood(support, support.counts, mass[0]) == pytest.approx(C17_LOG_LIKELIHOOD, abs=1e-7)


def test_k2_the_estimate_of_lifelines_is_one_step_late(diabetes):
    from lifelines import KaplanMeierFitter

    theirs = KaplanMeierFitter().fit_interval_censoring([1, 2, 3, 4], [1, 2, 3, 4])
    assert float(theirs.survival_function_.loc[1].iloc[0]) == pytest.approx(1.0)
    ours = fit_interval_survival(pd.DataFrame({"left": [1, 2, 3, 4], "right": [1, 2, 3, 4]}), n_boot=0)
    assert ours.table.set_index("day").loc[1, "estimate"] == pytest.approx(0.75)


def test_exact_days_give_the_kaplan_meier_curve():
    from lifelines.datasets import load_lung

    lung = load_lung().rename(columns={"status": "event"})
    exact = pd.DataFrame({"left": lung["time"], "right": lung["time"].where(lung["event"] == 1)})
    ours = fit_interval_survival(exact, n_boot=0).table.set_index("day")
    right = fit_kaplan_meier(lung).table.set_index("day").loc[ours.index]
    np.testing.assert_allclose(ours["estimate"], right["estimate"], atol=1e-8)
    assert_frame_equal(ours[["at_risk", "observed", "censored"]], right[["at_risk", "observed", "censored"]])


def test_a_case_that_can_be_checked_by_hand():
    # two in (0, 7], two in (7, 14], one beyond 14: fifths
    fit = fit_interval_survival(
        pd.DataFrame({"left": [0, 0, 7, 7, 14], "right": [7, 7, 14, 14, None]}), n_boot=0
    )
    support = fit.extras["support"]
    assert support["low"].tolist() == [0, 7, 14]
    assert support["high"].tolist() == [7, 14, pd.NA]
    assert support["mass"].tolist() == pytest.approx([0.4, 0.4, 0.2])
    assert fit.extras["medians"]["text"].item() == "after day 7, by day 14"


def test_no_other_curve_on_the_support_has_a_higher_likelihood():
    frame = visits()
    left, right = frame["left"].to_numpy(float), frame["right"].fillna(np.inf).to_numpy(float)
    informative = (left > 0) | np.isfinite(right)
    support = find_support(left[informative], right[informative])
    mass, gap = maximize_likelihood(support, support.counts[None, :])
    best = sum_log_likelihood(support, support.counts, mass[0])
    rng = np.random.default_rng(0)
    others = [0.98 * mass[0] + 0.02 * rng.dirichlet(np.ones(len(mass[0]))) for _ in range(200)]
    assert max(sum_log_likelihood(support, support.counts, other) for other in others) <= best + 1e-8
    assert abs(gap[0]) < 1e-8


def test_inside_a_support_interval_the_curve_is_a_range_and_flagged():
    fit = fit_interval_survival(pd.DataFrame({"left": [0] * 6, "right": [10] * 6}), n_boot=0, days=(5, 10))
    inside, at_end = fit.extras["landmarks"].to_dict("records")
    assert (inside["inside"], inside["lowest"], inside["estimate"], inside["highest"]) == (True, 0, 0.5, 1)
    assert (at_end["inside"], at_end["estimate"]) == (False, 0)


def test_an_interval_inside_a_box_covers_the_whole_range_that_the_data_leave():
    # all events lie somewhere in (30, 60]: on day 56 nobody or everybody may have had it
    nothing_known = pd.DataFrame({"left": [0] * 6 + [30], "right": [60] * 6 + [None]})
    row = fit_interval_survival(nothing_known, n_boot=50, days=(56,)).extras["landmarks"].iloc[0]
    assert (row["lowest"], row["highest"]) == (0, 1)
    assert (row["conf_low"], row["conf_high"]) == (0, 1)
    # half by day 14, half by day 28: on day 21 between 0 and 1/2, and no less sure above than on day 14
    halves = pd.DataFrame({"left": [0] * 10 + [14] * 10, "right": [14] * 10 + [28] * 10})
    at = fit_interval_survival(halves, n_boot=200, days=(7, 14, 21)).extras["landmarks"].set_index("day")
    assert at.loc[7, ["conf_low", "conf_high"]].tolist() == [at.loc[14, "conf_low"], 1]
    assert at.loc[21, ["conf_low", "conf_high"]].tolist() == [0, at.loc[14, "conf_high"]]
    assert at.loc[14, "conf_low"] < 0.5 < at.loc[14, "conf_high"]


def test_no_interval_is_narrower_than_the_range_inside_it():
    fortnights = visits()
    fortnights = fortnights.assign(
        left=fortnights["left"] // 14 * 14, right=-(-fortnights["right"] // 14) * 14
    )
    at = fit_interval_survival(fortnights, n_boot=60, days=tuple(range(2, 50))).extras["landmarks"]
    known = at.dropna(subset=["conf_low", "conf_high"])
    assert known["inside"].any()
    assert (known["conf_low"] <= known["lowest"]).all()
    assert (known["highest"] <= known["conf_high"]).all()


def test_without_a_bootstrap_there_is_no_interval_inside_a_box_either():
    frame = pd.DataFrame({"left": [0] * 6, "right": [10] * 6})
    at = fit_interval_survival(frame, n_boot=0, days=(5,)).extras["landmarks"]
    assert at[["conf_low", "conf_high"]].isna().all(axis=None)


def test_nothing_is_known_after_the_last_visit():
    landmarks = fit_interval_survival(visits(), n_boot=0, days=(28, 400)).extras["landmarks"]
    assert landmarks["estimate"].notna().tolist() == [True, False]
    assert landmarks[["lowest", "highest"]].notna().all(axis=1).tolist() == [True, False]


def test_counts_add_up_to_everyone_with_those_without_information():
    frame = visits()
    more = pd.concat(
        [frame, pd.DataFrame({"left": [0, 0], "right": pd.array([None, None], dtype="Float64")})],
        ignore_index=True,
    )
    fit, bare = fit_interval_survival(more, n_boot=0), fit_interval_survival(frame, n_boot=0)
    table = fit.table
    assert (table["at_risk"] + table["observed"] + table["censored"] == len(more)).all()
    assert table["estimate"].tolist() == bare.table["estimate"].tolist()
    assert any("carry no information" in note for note in fit.notes)


def test_order_of_rows_changes_nothing_and_the_seed_repeats():
    frame = visits()
    first, again = (
        fit_interval_survival(one, n_boot=50, seed=3) for one in (frame, frame.sample(frac=1, random_state=2))
    )
    assert_frame_equal(first.table, again.table)
    other = fit_interval_survival(frame, n_boot=50, seed=4)
    assert other.table["estimate"].tolist() == first.table["estimate"].tolist()
    assert other.table["conf_low"].tolist() != first.table["conf_low"].tolist()


def test_time_in_weeks_or_days_gives_the_same_curve():
    frame = visits()
    ours, theirs = (fit_interval_survival(one, n_boot=30).table for one in (frame, frame * 7))
    assert (theirs["day"] == 7 * ours["day"]).all()
    assert_frame_equal(theirs.drop(columns="day"), ours.drop(columns="day"))


def test_everybody_twice_leaves_the_curve():
    frame = visits()
    twice = fit_interval_survival(pd.concat([frame, frame]), n_boot=0).table
    np.testing.assert_allclose(
        twice["estimate"], fit_interval_survival(frame, n_boot=0).table["estimate"], atol=1e-7
    )


def test_a_group_is_fitted_as_if_alone():
    frame = visits(80).assign(arm=["a", "b"] * 40)
    both = fit_interval_survival(frame, by="arm", n_boot=40).table
    alone = fit_interval_survival(frame[frame["arm"] == "b"], n_boot=40).table
    assert_frame_equal(
        both[both["group"] == "b"].drop(columns="group").reset_index(drop=True), alone.drop(columns="group")
    )


def test_the_bootstrap_interval_holds_the_estimate_and_is_near_greenwood_on_exact_days():
    rng = np.random.default_rng(5)
    time = rng.integers(1, 60, 150)
    event = rng.random(150) < 0.8
    exact = pd.DataFrame({"left": time, "right": pd.Series(time).where(event)})
    ours = fit_interval_survival(exact, n_boot=250, days=(14, 28, 42)).extras["landmarks"]
    right = fit_kaplan_meier(pd.DataFrame({"time": time, "event": event}), landmarks=(14, 28, 42)).extras[
        "landmarks"
    ]
    assert ((ours["conf_low"] < ours["estimate"]) & (ours["estimate"] < ours["conf_high"])).all()
    np.testing.assert_allclose(ours[["conf_low", "conf_high"]], right[["conf_low", "conf_high"]], atol=0.02)


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ([7, 9], [5, None], "must not lie after"),
        ([-1, 3], [5, 8], "negative"),
        ([None, 3], [5, 8], "missing"),
        ([1.5, 3], [5, 8], "whole days"),
        ([0, 3], [0, 8], "after day 0"),
    ],
)
def test_ends_that_no_visit_can_give_are_refused(left, right, words):
    with pytest.raises(EstimationError, match=words):
        fit_interval_survival(pd.DataFrame({"left": left, "right": right}))


def test_no_event_few_events_one_patient_and_nobody():
    nobody = fit_interval_survival(
        pd.DataFrame({"left": [7, 14], "right": pd.array([None, None], dtype="Int64")})
    )
    assert (nobody.verdict, nobody.table["estimate"].isna().all()) == ("NOT ESTIMABLE", True)
    assert nobody.extras["medians"]["text"].item() == "not estimable"
    one = fit_interval_survival(pd.DataFrame({"left": [3], "right": [9]}), n_boot=10)
    assert (one.verdict, one.table["estimate"].tolist()) == ("CAUTION", [1, 1, 0])
    empty = fit_interval_survival(pd.DataFrame({"left": [], "right": []}))
    assert (empty.verdict, empty.n_patients) == ("NOT ESTIMABLE", 0)


@pytest.mark.parametrize(
    ("left", "right", "text", "at_risk_before"),
    [
        # half of the mass by day 7, the rest from day 21 on: the curve is 1/2 between; one is lost at day 0
        ([0, 0, 21, 21, 0], [7, 7, 28, 28, None], "after day 0, by day 21", 4),
        # (7, 14] holds the middle: three of five are still followed after day 7
        ([0, 0, 7, 7, 14], [7, 7, 14, 14, None], "after day 7, by day 14", 3),
        # exact days: four of five on the day before day 3
        ([2, 3, 3, 4, 5], [2, 3, 3, 4, 5], "day 3", 4),
    ],
)
def test_a_median_names_its_stretch_and_who_was_still_followed_before_it(left, right, text, at_risk_before):
    frame = pd.DataFrame({"left": left, "right": pd.array(right, dtype="Int64")})
    median = fit_interval_survival(frame, n_boot=0).extras["medians"].iloc[0]
    assert (median["text"], median["at_risk_before"]) == (text, at_risk_before)


def test_a_median_not_reached_says_so():
    frame = pd.DataFrame(
        {"left": [0] * 5 + [30] * 20, "right": pd.array([7] * 5 + [None] * 20, dtype="Int64")}
    )
    median = fit_interval_survival(frame, n_boot=0).extras["medians"].iloc[0]
    assert (median["text"], pd.isna(median["median_high"])) == ("not reached", True)
    assert pd.isna(median["at_risk_before"])


def test_the_table_loses_people_on_the_day_they_leave_and_falls_at_the_end_of_a_support_interval():
    left, right = [7, 7, 7, 10, 20, 30], [14, 14, None, None, None, None]
    events = pd.DataFrame({"left": left, "right": pd.array(right, dtype="Int64")})
    table = fit_interval_survival(events, n_boot=0).table
    assert table[["day", "at_risk", "observed", "censored"]].to_numpy().tolist() == [
        [0, 6, 0, 0],
        [7, 5, 0, 1],
        [10, 4, 0, 2],
        [14, 2, 2, 2],
        [20, 1, 2, 3],
        [30, 0, 2, 4],
    ]
    assert table["estimate"].round(3).tolist() == [1, 1, 1, 0.5, 0.5, 0.5]


def test_without_an_event_the_landmarks_hold_the_exact_bound_of_those_still_followed():
    events = pd.DataFrame({"left": [60] * 13 + [10], "right": pd.array([None] * 14, dtype="Int64")})
    fit = fit_interval_survival(events, days=(28, 56), n_boot=0)
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.extras["landmarks"]["event_share_upper"].round(4).tolist() == [0.2471, 0.2471]
    with_event = pd.DataFrame({"left": [7, 7], "right": pd.array([14, None], dtype="Int64")})
    seen = fit_interval_survival(with_event, days=(28,), n_boot=0)
    assert seen.extras["landmarks"]["event_share_upper"].isna().all()
