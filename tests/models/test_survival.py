"""Kaplan-Meier curves and log-rank tests: against R, at the edges, and around the library's traps."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from outcomes.errors import DataError, EstimationError
from outcomes.models.survival.kaplan_meier import compare_survival, fit_kaplan_meier

R = json.loads((Path(__file__).parent.parent / "reference" / "survival.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lung() -> pd.DataFrame:
    from lifelines.datasets import load_lung

    return load_lung().rename(columns={"status": "event"})


def made_by_rule() -> pd.DataFrame:
    return pd.DataFrame(R["data"])


def events(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "patient_id": ["A", "B", "C", "D", "E", "F"],
            "series": 1,
            "instrument": "phq9",
            "endpoint": "response",
            "included": True,
            "time": pd.array([7, 14, 14, 21, 28, 0], dtype="Int64"),
            "event": pd.array([True, True, False, True, True, False], dtype="boolean"),
            "route": ["IV", "IV", "IM", "IM", "IM", "IV"],
            "median_gap_days": [7.0, 7.0, 7.0, 7.0, 9.0, np.nan],
        }
    )
    return frame.assign(**changes)


def test_curves_limits_and_medians_are_those_of_r():
    fit = fit_kaplan_meier(made_by_rule(), by="arm")
    medians = fit.extras["medians"].set_index("group")
    for arm, right in R["kaplan_meier"].items():
        ours = fit.table[fit.table["group"] == arm].set_index("day").loc[right["day"]]
        for column in ("estimate", "conf_low", "conf_high"):
            expected = np.array(right[column], dtype=float)
            np.testing.assert_allclose(ours[column].to_numpy(), expected, rtol=1e-9, atol=1e-10)
        for ours_name, theirs in (
            ("median", "median"),
            ("conf_low", "median_low"),
            ("conf_high", "median_high"),
        ):
            np.testing.assert_equal(
                medians.loc[arm, ours_name], np.nan if right[theirs] is None else right[theirs]
            )


def test_case_c10_lung_by_sex(lung):
    # reference case C10, survival 3.5-3
    fit = fit_kaplan_meier(lung, by="sex", landmarks=(365,))
    medians = fit.extras["medians"]
    assert medians[["median", "conf_low", "conf_high"]].to_numpy().tolist() == [
        [270, 210, 306],
        [426, 345, 524],
    ]
    at = fit.extras["landmarks"][["estimate", "conf_low", "conf_high"]].to_numpy()
    right = [[0.33608783464, 0.25272914333, 0.4213021682], [0.52646303019, 0.40357982327, 0.6353162328]]
    np.testing.assert_allclose(at, right, rtol=1e-9)
    assert compare_survival(lung, by="sex").table["statistic"].item() == pytest.approx(10.32674195, abs=1e-8)
    assert compare_survival(lung, by="sex", rho=1).table["statistic"].item() == pytest.approx(
        12.7141514, abs=1e-7
    )


@pytest.mark.parametrize(("rho", "key"), [(0, "log_rank"), (1, "peto_peto")])
def test_three_group_tests_are_those_of_r(rho, key):
    fit = compare_survival(made_by_rule(), by="arm", rho=rho)
    assert fit.table["df"].item() == 2
    assert fit.table["statistic"].item() == pytest.approx(R[key]["statistic"], rel=1e-9)
    np.testing.assert_allclose(fit.extras["groups"]["expected"], R[key]["expected"], rtol=1e-9)
    np.testing.assert_allclose(fit.extras["groups"]["observed"], R[key]["observed"], rtol=1e-9)


def test_differences_on_fixed_days_are_those_of_r():
    differences = compare_survival(made_by_rule(), by="arm").extras["differences"]
    for arm, right in R["differences"].items():
        ours = differences[differences["group"] == arm].dropna()
        known = [R["days"].index(day) for day in ours["day"]]
        assert known
        np.testing.assert_allclose(ours["estimate"], np.array(right["estimate"])[known], atol=1e-9)
        np.testing.assert_allclose(ours["std_error"], np.array(right["std_error"])[known], atol=1e-9)


def test_log_rank_agrees_with_lifelines(lung):
    from lifelines.statistics import multivariate_logrank_test

    data = made_by_rule()
    theirs = multivariate_logrank_test(data["time"], data["arm"], data["event"])
    assert compare_survival(data, by="arm").table["statistic"].item() == pytest.approx(
        theirs.test_statistic, rel=1e-9
    )


def test_a_median_along_a_flat_half_is_its_middle_as_in_r():
    fit = fit_kaplan_meier(pd.DataFrame(R["half"]["data"]))
    assert fit.extras["medians"]["median"].item() == R["half"]["median"] == 10


def test_at_risk_observed_and_censored_add_up_to_everyone_on_every_day():
    table = fit_kaplan_meier(events()).table
    assert (table["at_risk"] + table["observed"] + table["censored"] == 6).all()
    assert table[["day", "at_risk", "observed", "censored"]].to_numpy().tolist() == [
        [0, 5, 0, 1], [7, 4, 1, 1], [14, 2, 2, 2], [21, 1, 3, 2], [28, 0, 4, 2]
    ]  # fmt: skip


def test_an_event_precedes_a_censoring_of_the_same_day():
    table = fit_kaplan_meier(pd.DataFrame({"time": [5, 5, 9], "event": [1, 0, 1]})).table
    assert table["estimate"].tolist() == pytest.approx([1, 2 / 3, 0])


def test_a_patient_without_follow_up_changes_counts_and_no_estimate():
    with_f, without = fit_kaplan_meier(events()), fit_kaplan_meier(events()[:5])
    assert with_f.table["estimate"].tolist() == pytest.approx(without.table["estimate"].tolist(), abs=1e-15)
    assert with_f.table["censored"].tolist() == [count + 1 for count in without.table["censored"]]
    assert any("1 patients without follow-up" in note for note in with_f.notes)


def test_k11_a_median_not_reached_is_missing_in_words_never_infinite():
    fit = fit_kaplan_meier(pd.DataFrame({"time": [3, 6, 9, 12, 15] * 4, "event": [1, 0, 0, 0, 0] * 4}))
    row = fit.extras["medians"].iloc[0]
    assert pd.isna(row["median"])
    assert pd.isna(row["conf_high"])
    assert row["text"] == "not reached"
    assert not np.isinf(fit.extras["quartiles"][["day", "conf_low", "conf_high"]].to_numpy(dtype=float)).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": [7, -1, 14]}, "negative"),
        ({"time": [7, None, 14]}, "missing"),
        ({"time": [7, 7.5, 14]}, "whole days"),
        ({"time": [7, np.inf, 14]}, "infinite"),
        ({"event": [1, 2, 0]}, "true or false"),
        ({"event": [1, None, 0]}, "true or false"),
        ({"time": [0, 7, 14]}, "after day 0"),
    ],
)
def test_k12_what_lifelines_would_fit_without_a_word_is_refused(change, words):
    frame = pd.DataFrame({"time": [7, 9, 14], "event": [1, 1, 0], "arm": ["a", "b", "a"]}).assign(**change)
    for call in (lambda: fit_kaplan_meier(frame), lambda: compare_survival(frame, by="arm")):
        with pytest.raises(EstimationError, match=words):
            call()


def test_all_faults_of_a_frame_are_raised_at_once_without_values():
    frame = pd.DataFrame({"time": [-77, 9.25, 14], "event": [1, 1, 5]})
    with pytest.raises(EstimationError) as caught:
        fit_kaplan_meier(frame)
    assert len(caught.value.problems) == 3
    assert not any(value in str(caught.value) for value in ("77", "9.25"))


def test_no_event_at_all_is_not_estimable_and_counts_stand():
    fit = fit_kaplan_meier(events(event=False))
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.table["estimate"].isna().all()
    assert fit.table["censored"].iloc[-1] == 6
    assert fit.extras["medians"]["text"].item() == "not estimable"


def test_a_group_without_events_is_withheld_and_the_others_stand():
    frame = pd.DataFrame({"time": range(1, 13), "event": [1] * 6 + [0] * 6, "arm": ["a"] * 6 + ["b"] * 6})
    fit = fit_kaplan_meier(frame, by="arm")
    assert fit.verdict == "CAUTION"
    assert fit.table.groupby("group")["estimate"].count().to_dict() == {"a": 7, "b": 0}
    assert compare_survival(frame, by="arm").verdict == "NOT ESTIMABLE"


def test_a_group_without_events_has_the_exact_upper_limit_of_its_share_and_others_have_none():
    frame = pd.DataFrame(
        {"time": [10, 20, 40, 90] * 5 + [30] * 8 + [90] * 12, "event": [1, 1, 0, 0] * 5 + [0] * 20}
    ).assign(arm=["a"] * 20 + ["b"] * 20)
    at = fit_kaplan_meier(frame, by="arm").extras["landmarks"].set_index(["group", "day"])
    assert at.loc["a", "event_share_upper"].isna().all()
    # twenty followed after day 28, twelve after day 56: with no event, .025 = (1 - share)^n
    for day, n in ((28, 20), (56, 12)):
        assert at.loc[("b", day), "at_risk"] == n
        assert (1 - at.loc[("b", day), "event_share_upper"]) ** n == pytest.approx(0.025, rel=1e-12)
    assert at.loc[("b", 28), "event_share_upper"] == pytest.approx(0.168433, abs=1e-6)
    nobody = fit_kaplan_meier(frame[frame["arm"] == "b"], level=0.9, landmarks=(28, 90)).extras["landmarks"]
    assert (1 - nobody["event_share_upper"].iloc[0]) ** 20 == pytest.approx(0.05, rel=1e-12)
    assert pd.isna(nobody["event_share_upper"].iloc[1])
    assert nobody["estimate"].isna().all()


def test_a_median_says_how_many_were_followed_just_before_it():
    # day 21: six less one without follow-up, one event on day 7, one event and one censoring on day 14
    median = fit_kaplan_meier(events()).extras["medians"].iloc[0]
    assert (median["median"], median["at_risk_before"]) == (21, 2)
    # the middle, day 10, of a stretch at one half
    half = fit_kaplan_meier(pd.DataFrame({"time": [5, 5, 15, 15], "event": 1})).extras["medians"].iloc[0]
    assert (half["median"], half["at_risk_before"]) == (10, 2)
    never = fit_kaplan_meier(pd.DataFrame({"time": [3, 6, 9, 12], "event": [1, 0, 0, 0]}))
    assert pd.isna(never.extras["medians"]["at_risk_before"].item())
    assert pd.isna(fit_kaplan_meier(events(event=False)).extras["medians"]["at_risk_before"].item())


def test_a_difference_from_a_curve_that_has_not_moved_has_no_standard_error():
    frame = pd.DataFrame(
        {
            "time": [*range(30, 90, 3), *range(40, 100, 3)],
            "event": [1] * 10 + [0] * 10 + [1] * 10 + [0] * 10,
            "arm": ["a"] * 20 + ["b"] * 20,
        }
    )
    fit = compare_survival(frame, by="arm")
    at = fit.extras["differences"].set_index("day")
    assert at.loc[28, "estimate"] == 0
    assert at.loc[28, ["std_error", "conf_low", "conf_high"]].isna().all()
    assert at.loc[56, ["std_error", "conf_low", "conf_high"]].notna().all()
    assert any(note.startswith("a: no event up to day 28, so") for note in fit.notes)
    # one curve has moved, the other has not: Greenwood's error of the one is not that of the difference
    later = compare_survival(frame.assign(time=frame["time"] + 30 * (frame["arm"] == "b")), by="arm")
    row = later.extras["differences"].set_index("day").loc[56]
    assert row["estimate"] > 0
    assert row[["std_error", "conf_low", "conf_high"]].isna().all()
    assert any(note.startswith("b: no event up to day 28, 56, so") for note in later.notes)


def test_few_events_ask_for_caution_and_everybody_with_the_event_ends_at_zero():
    assert fit_kaplan_meier(events()).verdict == "CAUTION"
    fit = fit_kaplan_meier(pd.DataFrame({"time": [3, 5, 5, 8, 9, 12], "event": 1}))
    last = fit.table.iloc[-1]
    assert (fit.verdict, last["estimate"], last["at_risk"]) == ("OK", 0, 0)
    assert pd.isna(last["conf_low"])
    assert not any("divided by zero" in note for note in fit.notes)


def test_one_patient_and_nobody_are_answered_in_words():
    assert fit_kaplan_meier(events()[:1]).verdict == "CAUTION"
    empty = fit_kaplan_meier(events()[:0])
    assert (empty.verdict, empty.n_patients, empty.table["at_risk"].tolist()) == ("NOT ESTIMABLE", 0, [0])
    assert compare_survival(events()[:0], by="route").verdict == "NOT ESTIMABLE"


def test_only_included_rows_of_series_one_count_and_the_rest_is_noted():
    first = events()
    more = pd.concat(
        [first, events(series=2)[:2], events(patient_id="Z", included=False)[:1]], ignore_index=True
    )
    fit = fit_kaplan_meier(more)
    assert_frame_equal(fit.table, fit_kaplan_meier(first).table)
    assert fit.n_patients == 6
    assert any("2 rows of a later series" in note for note in fit.notes)
    assert any("1 rows not in the population" in note for note in fit.notes)


def test_mixed_instruments_and_repeated_patients_are_refused():
    both = pd.concat([events(), events(instrument="gad7")])
    with pytest.raises(EstimationError, match="one instrument"):
        fit_kaplan_meier(both)
    assert set(fit_kaplan_meier(both, by="instrument").table["group"]) == {"phq9", "gad7"}
    with pytest.raises(EstimationError, match="one row per patient"):
        fit_kaplan_meier(events(patient_id="A"))
    with pytest.raises(DataError, match="time"):
        fit_kaplan_meier(events().drop(columns="time"))


def test_a_landmark_after_the_last_follow_up_is_missing():
    landmarks = fit_kaplan_meier(
        events(event=[True, True, False, True, False, False]), landmarks=(14, 60)
    ).extras["landmarks"]
    assert landmarks["estimate"].notna().tolist() == [True, False]


def test_the_median_gap_between_scores_is_printed():
    assert "Median gap between scores: 7 days (median over patients)." in fit_kaplan_meier(events()).notes


def test_without_any_gap_nothing_is_printed_and_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notes = fit_kaplan_meier(events(median_gap_days=np.nan)).notes
    assert not any("gap" in note for note in notes)


def test_order_of_rows_and_names_of_patients_change_nothing():
    data = made_by_rule()
    shuffled = data.sample(frac=1, random_state=1)
    assert_frame_equal(fit_kaplan_meier(shuffled, by="arm").table, fit_kaplan_meier(data, by="arm").table)
    assert_frame_equal(compare_survival(shuffled, by="arm").table, compare_survival(data, by="arm").table)


def test_time_in_weeks_or_days_gives_the_same_curve_and_test():
    data = made_by_rule()
    scaled = data.assign(time=data["time"] * 7)
    ours, theirs = fit_kaplan_meier(data, by="arm").table, fit_kaplan_meier(scaled, by="arm").table
    assert (theirs["day"] == 7 * ours["day"]).all()
    assert_frame_equal(theirs.drop(columns="day"), ours.drop(columns="day"))
    assert_frame_equal(compare_survival(scaled, by="arm").table, compare_survival(data, by="arm").table)


def test_group_names_swapped_leave_the_test_and_turn_the_difference():
    data = made_by_rule().query("arm != 'IV'")
    swapped = data.assign(arm=data["arm"].map({"IM": "IN", "IN": "IM"}))
    ours, theirs = compare_survival(data, by="arm"), compare_survival(swapped, by="arm")
    assert theirs.table["statistic"].item() == pytest.approx(ours.table["statistic"].item(), rel=1e-12)
    np.testing.assert_allclose(
        theirs.extras["differences"]["estimate"], -ours.extras["differences"]["estimate"]
    )


def test_too_few_events_per_parameter_is_not_estimable():
    frame = pd.DataFrame(
        {"time": range(1, 11), "event": [1, 1, 0, 0, 0, 1, 1, 0, 0, 0], "arm": list("ababababab")}
    )
    fit = compare_survival(frame, by="arm")
    assert fit.verdict == "NOT ESTIMABLE"
    assert fit.table[["statistic", "df", "p_value"]].isna().all(axis=None)


@pytest.mark.filterwarnings("ignore:The maximum number of subdivisions")
def test_k1_the_root_of_the_variance_of_lifelines_restricted_mean_is_no_standard_error(lung):
    # reference case C11: men, 365 days; the standard error is 10.358. We never call it.
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    men = lung[lung["sex"] == 1]
    _, variance = restricted_mean_survival_time(
        KaplanMeierFitter().fit(men["time"], men["event"]), t=365, return_variance=True
    )
    assert np.sqrt(variance) == pytest.approx(120.49990728, abs=1e-4)


def test_k11_and_k12_lifelines_gives_an_infinite_median_and_takes_negative_times():
    from lifelines import KaplanMeierFitter

    assert np.isinf(KaplanMeierFitter().fit([3, 6, 9], [1, 0, 0]).median_survival_time_)
    assert KaplanMeierFitter().fit([-3, 6, 9], [1, 1, 1]).survival_function_.index.min() < 0
