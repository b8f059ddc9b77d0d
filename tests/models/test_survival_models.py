"""Regression, competing events, restricted means, interval censoring, against R (survival_models.R)."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import outcomes as oc
from outcomes.errors import DataError, EstimationError

R = json.loads((Path(__file__).parents[1] / "reference" / "survival_models.json").read_text(encoding="utf-8"))


@pytest.fixture
def data():
    return pd.DataFrame(R["data"]).assign(event=lambda one: one["event"].astype(bool))


def assert_cox(fit, want, column="std_error"):
    wanted = want if isinstance(want["terms"], list) else {name: [value] for name, value in want.items()}
    assert fit.table["estimate"].tolist() == pytest.approx(wanted["estimate"], rel=1e-6)
    assert fit.table["std_error"].tolist() == pytest.approx(wanted[column], rel=1e-6)
    assert fit.verdict == "OK"


def test_cox_with_ties_equals_coxph(data):
    assert_cox(oc.fit_cox(data, "~ arm + baseline"), R["cox"])


def test_cox_with_late_entry_and_errors_by_site_equals_coxph(data):
    fit = oc.fit_cox(data, "~ arm + baseline", entry="entry", clusters="site")
    assert_cox(fit, R["late"], "robust")
    assert fit.settings["errors"] == "robust by site"


def test_cox_with_strata_equals_coxph(data):
    fit = oc.fit_cox(data, "~ baseline", strata="arm", clusters="site")
    assert_cox(fit, R["stratified"], "robust")
    zph = fit.extras["proportional_hazards"]
    assert zph["statistic"].iloc[-1] == pytest.approx(R["zph_stratified"]["chisq"][-1], rel=1e-5)


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_the_test_of_proportional_hazards_equals_cox_zph(data, transform):
    table = oc.fit_cox(data, "~ arm + baseline", transform=transform).extras["proportional_hazards"]
    want = R["zph"][transform]
    assert table["term"].tolist() == want["names"]
    assert table["statistic"].tolist() == pytest.approx(want["chisq"], rel=1e-5)
    assert table["df"].tolist() == want["df"]


def test_late_entry_at_zero_is_no_late_entry_and_time_has_no_unit(data):
    plain = oc.fit_cox(data, "~ arm + baseline").table
    zero = oc.fit_cox(data.assign(zero=0), "~ arm + baseline", entry="zero").table
    sevenfold = oc.fit_cox(data.assign(time=7 * data["time"]), "~ arm + baseline").table
    for other in (zero, sevenfold):
        assert other["estimate"].tolist() == pytest.approx(plain["estimate"].tolist(), rel=1e-9)
        assert other["std_error"].tolist() == pytest.approx(plain["std_error"].tolist(), rel=1e-9)


def test_absolute_risks_stand_beside_hazard_ratios(data):
    fit = oc.fit_cox(data, "~ arm + baseline", days=[14, 28])
    risks = fit.extras["risks"].set_index(["term", "day"])
    assert (risks["risk_with"] - risks["risk_at"]).tolist() == pytest.approx(risks["difference"].tolist())
    assert (risks.xs(28, level="day")["risk_at"] > risks.xs(14, level="day")["risk_at"]).all()
    assert risks.loc[("arm[T.IV]", 28), "difference"] < 0  # a hazard ratio below 1


def test_recurrent_events_are_robust_by_patient(data):
    later = data[data["event"]]
    later = later.assign(entry=later["time"], time=later["time"] + 11, event=False)
    rows = pd.concat([data, later], ignore_index=True)
    with pytest.raises(EstimationError, match="one row per patient"):
        oc.fit_cox(rows, "~ baseline", entry="entry")
    fit = oc.fit_cox(rows, "~ baseline", entry="entry", recurrent=True)
    assert fit.settings["errors"] == "robust by patient_id"
    assert fit.n_patients == data["patient_id"].nunique()
    with pytest.raises(EstimationError, match="do not overlap"):
        oc.fit_cox(pd.concat([data, data]), "~ baseline", entry="entry", recurrent=True)


def test_the_library_that_ignores_entry_in_its_robust_errors_is_not_used_for_them(data):
    """K3: lifelines' robust errors with entry times; the day it mends them this test can go."""
    from lifelines import CoxPHFitter

    frame = data.assign(iv=(data["arm"] == "IV").astype(float))
    frame = frame[["iv", "baseline", "entry", "time", "event", "site"]]
    theirs = CoxPHFitter().fit(frame, "time", "event", entry_col="entry", cluster_col="site", robust=True)
    ours = oc.fit_cox(frame, "~ iv + baseline", entry="entry", clusters="site").table
    assert theirs.standard_errors_.to_numpy() != pytest.approx(ours["std_error"].to_numpy(), rel=1e-4)


DEGENERATE_COX = {
    "no event": (lambda one: one.assign(event=False), "~ baseline", "0 events"),
    "few events": (lambda one: one.assign(event=one.index < 6), "~ arm + baseline", "at least 5 each"),
    "a level without events": (
        lambda one: one.assign(event=one["event"] & (one["arm"] != "IN")), "~ arm", "No event in arm = IN",
    ),
    "separation": (
        lambda one: one.assign(mark=one["event"].astype(float), time=one["time"] + 40 * ~one["event"]),
        "~ mark", "runs away",
    ),
    "nobody": (lambda one: one.head(0), "~ baseline", "0 events"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEGENERATE_COX)
def test_what_cox_cannot_estimate_has_a_reason_and_no_number(data, name):
    change, formula, reason = DEGENERATE_COX[name]
    fit = oc.fit_cox(change(data), formula)
    assert fit.verdict == "NOT ESTIMABLE"
    assert any(reason in note for note in fit.notes), fit.notes
    assert fit.table["estimate"].isna().all()


def test_few_clusters_and_repeated_columns_are_told(data):
    few = oc.fit_cox(data.assign(site="s" + (data.index % 4).astype(str)), "~ baseline", clusters="site")
    assert few.verdict == "CAUTION"
    with pytest.raises(EstimationError, match="again"):
        oc.fit_cox(data.assign(again=2 * data["baseline"]), "~ baseline + again")
    with pytest.raises(EstimationError, match="transform must be"):
        oc.fit_cox(data, "~ baseline", transform="sqrt")
    with pytest.raises(EstimationError, match="entry days"):
        oc.fit_cox(data.assign(entry=data["time"]), "~ baseline", entry="entry")


def test_cumulative_incidence_equals_survfit(data):
    landmarks = oc.fit_cumulative_incidence(data, days=R["incidence"]["day"]).extras["landmarks"]
    for cause in ("response", "stopped"):
        own = landmarks[landmarks["cause"] == cause]
        assert own["estimate"].tolist() == pytest.approx(R["incidence"][cause], rel=1e-8)
        assert own["std_error"].tolist() == pytest.approx(R["incidence"][f"error_{cause}"], rel=1e-8)


def test_incidences_and_what_is_left_add_to_one(data):
    table = oc.fit_cumulative_incidence(data).table
    last = table.groupby("cause")["estimate"].last().sum()
    free = oc.fit_kaplan_meier(data.assign(event=data["cause"].notna())).table["estimate"].iloc[-1]
    assert last + free == pytest.approx(1)


def test_one_cause_alone_is_one_minus_kaplan_meier(data):
    alone = data.assign(cause=data["cause"].where(data["cause"] == "response"))
    curve = oc.fit_cumulative_incidence(alone).table
    km = oc.fit_kaplan_meier(alone.assign(event=alone["cause"].notna())).table
    assert curve["estimate"].tolist() == pytest.approx((1 - km["estimate"]).tolist())


def test_the_order_of_tied_rows_does_not_matter(data):
    """K6: lifelines shakes ties at random."""
    shuffled = data.sample(frac=1, random_state=2)
    one, other = (oc.fit_cumulative_incidence(rows).table for rows in (data, shuffled))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(("of", "place"), [("response", 0), ("stopped", 1)])
def test_grays_test_decides_as_cmprsk(data, of, place):
    # the covariance is another; on mgus2 of R's survival the statistics are 1.18 and 1.19, 11.74 and 11.65
    row = oc.compare_cumulative_incidence(data, by="arm", of=of).table.iloc[0]
    assert row["df"] == 2
    assert (row["p_value"] < 0.05) == (stats.chi2.sf(R["gray"][place], 2) < 0.05)


def test_grays_test_holds_its_level_with_ties():
    p = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"time": 7 * rng.integers(1, 9, 80), "arm": rng.choice(["A", "B"], 80)})
        kinds = np.array(["response", "stopped", None], dtype=object)
        frame["cause"] = kinds[rng.choice(3, 80, p=[0.5, 0.25, 0.25])]
        p.append(oc.compare_cumulative_incidence(frame, by="arm", of="response").table["p_value"].item())
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.085


def test_restricted_means_equal_survfit(data):
    table = oc.estimate_restricted_mean(data, tau=40, by="arm").table.set_index("group")
    for arm, (mean, error) in R["restricted_mean"].items():
        assert table.loc[arm, "estimate"] == pytest.approx(mean, rel=1e-9)
        assert table.loc[arm, "std_error"] == pytest.approx(error, rel=1e-7)


def test_differences_and_ratios_of_restricted_means(data):
    fit = oc.estimate_restricted_mean(data, tau=40, by="arm")
    table, apart = fit.table, fit.extras["differences"]
    mean = table["estimate"]
    assert apart["estimate"].tolist() == pytest.approx((mean - mean.iloc[0]).tolist()[1:])
    assert apart["ratio"].tolist() == pytest.approx((mean / mean.iloc[0]).tolist()[1:])
    assert (apart["ratio_low"] < apart["ratio"]).all()


def test_a_restricted_mean_beyond_follow_up_is_not_estimable(data):
    fit = oc.estimate_restricted_mean(data, tau=500)
    assert fit.verdict == "NOT ESTIMABLE"
    assert any("nobody is followed" in note for note in fit.notes)
    with pytest.raises(EstimationError):
        oc.estimate_restricted_mean(data, tau=0)
    nothing = oc.estimate_restricted_mean(data.assign(event=False), tau=20)
    assert nothing.verdict == "NOT ESTIMABLE"


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "loglogistic"])
def test_interval_regression_equals_survreg(data, distribution):
    fit = oc.fit_interval_regression(data, "~ baseline", distribution=distribution)
    want = R["accelerated"][distribution]
    fixed = fit.table[fit.table["kind"] == "fixed"]
    assert fixed["estimate"].tolist() == pytest.approx(want["estimate"], rel=1e-5)
    assert fixed["std_error"].tolist() == pytest.approx(want["std_error"], rel=1e-4)
    assert fit.table["estimate"].iloc[-1] == pytest.approx(want["scale"], rel=1e-5)
    likelihoods = fit.extras["likelihoods"].set_index("distribution")["log_likelihood"]
    assert likelihoods[distribution] == pytest.approx(want["log_likelihood"], abs=1e-5)


def test_interval_regression_says_what_it_cannot(data):
    nothing = oc.fit_interval_regression(data.assign(right=None), "~ baseline")
    assert nothing.verdict == "NOT ESTIMABLE"
    with pytest.raises(EstimationError, match="distribution must be"):
        oc.fit_interval_regression(data, distribution="gompertz")


def test_the_interval_test_on_exact_days_is_near_the_log_rank_test(data):
    exact = data.assign(left=data["time"], right=data["time"].where(data["event"]))
    interval = oc.compare_interval_survival(exact, by="arm", n_permutations=0).table.iloc[0]
    log_rank = oc.compare_survival(exact, by="arm").table.iloc[0]
    assert interval["statistic"] == pytest.approx(log_rank["statistic"], rel=0.3)


def test_the_permuted_p_is_near_its_approximation_and_repeats(data):
    one, again = (oc.compare_interval_survival(data, by="arm", n_permutations=4_000).table for _ in range(2))
    pd.testing.assert_frame_equal(one, again)
    approximate = oc.compare_interval_survival(data, by="arm", n_permutations=0).table["p_value"].item()
    assert one["p_value"].item() == pytest.approx(approximate, abs=0.03)


def test_the_interval_test_finds_a_difference_and_warns_of_unequal_visits():
    rng = np.random.default_rng(2)
    arm = np.array(["A", "B"] * 60)
    true = rng.exponential(np.where(arm == "A", 15, 40))
    left = np.floor(true / 7) * 7
    frame = pd.DataFrame({"arm": arm, "left": left, "right": left + 7})
    frame["median_gap_days"] = np.where(arm == "A", 7, 14)
    fit = oc.compare_interval_survival(frame, by="arm", n_permutations=999)
    assert fit.table["p_value"].item() < 0.01
    assert fit.extras["groups"].set_index("group").loc["A", "score"] > 0
    assert fit.verdict == "CAUTION"
    alone = oc.compare_interval_survival(frame[frame["arm"] == "A"], by="arm")
    assert alone.verdict == "NOT ESTIMABLE"


def test_stopping_comes_first_only_where_no_response_came_before_it():
    key = {"series": 1, "instrument": "phq9"}
    events = pd.DataFrame(
        {
            "patient_id": list("ABCDE"), **key, "endpoint": "response",
            "included": [True, True, True, True, False], "time": [3, 30, 20, 9, 5],
            "event": [True, True, False, True, True],
        }
    )  # fmt: skip
    courses = pd.DataFrame(
        {
            "patient_id": list("ABCDE"), **key, "last_infusion_day": [8, 8, 8, 18, 8],
            "induction_status": ["incomplete", "incomplete", "incomplete", "complete", "incomplete"],
        }
    )  # fmt: skip
    found = oc.build_competing_times(events, courses).set_index("patient_id")
    assert found["cause"].tolist()[:4] == ["response", "stopped", "stopped", "response"]
    assert found["time"].tolist()[:4] == [3, 9, 9, 9]
    assert pd.isna(found.loc["E", "cause"])
    with pytest.raises(DataError, match="have none"):
        oc.build_competing_times(events, courses.iloc[1:])


def test_the_score_test_of_two_groups_is_the_cox_test(data):
    two = data[data["arm"] != "IN"]
    fit = oc.fit_cox(two, "~ arm")
    log_rank = oc.compare_survival(two, by="arm").table["statistic"].item()
    assert fit.table["statistic"].item() ** 2 == pytest.approx(log_rank, rel=0.15)
    assert stats.chi2.sf(log_rank, 1) == pytest.approx(fit.table["p_value"].item(), abs=0.03)


def make_states():
    return pd.DataFrame(
        {
            "patient_id": list("AABBBCD"), "instrument": "phq9",
            "state": [
                "not responding", "responding", "not responding", "responding", "response lost",
                "not responding", "not responding",
            ],
            "start": [0, 7, 0, 7, 21, 0, 0], "stop": [7, 28, 7, 21, 28, 28, 14],
        }
    )  # fmt: skip


def test_state_occupancy_by_hand():
    table = oc.fit_state_occupancy(make_states(), days=[0, 7, 14, 21, 28], n_boot=0).table
    shares = table.pivot_table(index="day", columns="state", values="estimate")
    assert shares.sum(axis=1).tolist() == pytest.approx([1.0] * 5)
    assert shares.loc[7, "responding"] == pytest.approx(0.5)  # two of four
    assert shares.loc[21, "response lost"] == pytest.approx(0.25)  # one of the two who responded
    assert table.loc[table["day"] == 14, "at_risk"].iloc[0] == 3


def test_without_censoring_occupancy_is_the_share_seen():
    rng = np.random.default_rng(4)
    rows = []
    for who in range(60):
        onset, loss = int(rng.integers(3, 60)), int(rng.integers(3, 60))
        cuts = [0, min(onset, 84), min(onset + loss, 84), 84]
        for state, (low, high) in zip(
            ("not responding", "responding", "response lost"), pairwise(cuts), strict=True
        ):
            if low < high:
                rows.append((f"p{who}", "phq9", state, low, high))
    states = pd.DataFrame(rows, columns=["patient_id", "instrument", "state", "start", "stop"])
    table = oc.fit_state_occupancy(states, days=[14, 30, 60], n_boot=50).table
    for day in (14, 30, 60):
        inside = states[(states["start"] <= day) & (states["stop"] > day)]
        own = table[table["day"] == day].set_index("state")
        for state in ("not responding", "responding", "response lost"):
            assert own.loc[state, "estimate"] == pytest.approx((inside["state"] == state).sum() / 60)
    assert (table["conf_low"] <= table["estimate"] + 1e-9).all()


def test_the_time_in_each_state_adds_to_the_days_looked_at():
    fit = oc.fit_state_occupancy(make_states(), days=[0, 28], n_boot=20)
    assert fit.extras["time"]["estimate"].sum() == pytest.approx(28)
    assert fit.verdict == "CAUTION"  # four patients


def test_occupancy_beyond_follow_up_and_of_nobody_has_no_number():
    table = oc.fit_state_occupancy(make_states(), days=[28, 90], n_boot=0).table
    assert table.loc[table["day"] == 90, "estimate"].isna().all()
    assert oc.fit_state_occupancy(make_states().head(0)).verdict == "NOT ESTIMABLE"


def test_differences_between_interval_curves_are_those_of_the_curves(data):
    fit = oc.compare_interval_survival(data, by="arm", days=[14, 28], n_permutations=0, n_boot=200)
    curves = oc.fit_interval_survival(data, by="arm", days=[14, 28], n_boot=0).extras["landmarks"]
    share = curves.set_index(["group", "day"])["estimate"]
    table = fit.extras["differences"]
    for row in table.itertuples():
        assert row.estimate == pytest.approx(share[(row.group, row.day)] - share[(row.reference, row.day)])
        assert row.conf_low < row.estimate < row.conf_high
    assert 0.03 < table["std_error"].max() < 0.25


def test_an_empty_frame_of_events_gives_no_number_and_no_error():
    nobody = oc.EVENTS.empty()
    fits = [
        oc.fit_cox(nobody, "~ route"),
        oc.fit_cumulative_incidence(nobody.assign(cause=None)),
        oc.estimate_restricted_mean(nobody),
        oc.compare_interval_survival(nobody, by="route"),
        oc.fit_interval_regression(nobody),
    ]
    assert [fit.verdict for fit in fits] == ["NOT ESTIMABLE"] * 5
