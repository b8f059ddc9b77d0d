"""Every share has its numerator, denominator and interval, and nobody is counted twice."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from outcomes.definitions.profile import get_profile
from outcomes.errors import DataError
from outcomes.summaries.groups import find_mean_interval, find_wilson_interval
from outcomes.summaries.rates import summarize_endpoints

from .conftest import judged, make_courses


def counts(rates: pd.DataFrame, endpoint: str) -> dict[str, tuple[int, int]]:
    rows = rates[rates["endpoint"] == endpoint]
    return {row["denominator"]: (row["k"], row["n"]) for _, row in rows.iterrows()}


def test_the_worked_case_ten_eligible_six_measured_three_respond(ten_eligible):
    rates = summarize_endpoints(ten_eligible)
    assert counts(rates, "response") == {
        "all_eligible": (3, 10), "observed": (3, 6), "bounds_low": (3, 10), "bounds_high": (7, 10)
    }  # fmt: skip
    assert not rates["percent_shown"].any()
    response = rates[rates["endpoint"] == "response"]
    assert response["n_missing"].tolist() == [4, 4, 4, 4]
    assert response["completeness"].tolist() == [0.6] * 4


def test_a_missing_total_is_no_deterioration_and_the_gate_does_not_hold_there(ten_eligible):
    both = pd.concat([ten_eligible, make_courses([judged(8, 14, patient_id="below")])])
    rates = summarize_endpoints(both)
    assert counts(rates, "reliable_deterioration") == {"paired": (2, 7)}
    assert counts(rates, "any_worsening") == {"paired": (3, 7)}
    assert counts(rates, "response")["all_eligible"] == (3, 10)


def test_a_person_with_three_series_counts_once(ten_eligible):
    later = pd.concat([ten_eligible.assign(series=pd.array([k] * 10, dtype="Int64")) for k in (2, 3)])
    assert_frame_equal(
        summarize_endpoints(pd.concat([ten_eligible, later])), summarize_endpoints(ten_eligible)
    )


def test_percent_is_shown_from_the_denominator_of_the_profile_on():
    eleven = make_courses([judged(20, 8)] * 11)
    assert summarize_endpoints(eleven)["percent_shown"].all()
    assert not summarize_endpoints(
        eleven, profile=get_profile("default").replace(min_percent_denominator=12)
    )["percent_shown"].any()


def test_groups_stand_side_by_side_and_a_group_with_nobody_stays():
    courses = make_courses(
        [
            judged(20, 8),
            judged(20, 18, site="Summit"),
            {"site": "Lake", "series": None, "due": False, "eligible": False},
        ]
    )
    rates = summarize_endpoints(courses, by="site").query(
        "endpoint == 'response' and denominator == 'all_eligible'"
    )
    assert rates[["site", "k", "n"]].to_numpy().tolist() == [
        ["Harbor", 1, 1],
        ["Lake", 0, 0],
        ["Summit", 0, 1],
    ]
    lake = rates[rates["site"] == "Lake"]
    assert lake[["share", "conf_low", "conf_high", "completeness"]].isna().all(axis=None)


def test_two_grouping_columns_and_a_missing_quarter_of_those_who_never_started():
    courses = make_courses(
        [judged(20, 8), judged(20, 8, quarter="2026Q2"), {"series": None, "quarter": None, "due": False}]
    )
    rates = summarize_endpoints(courses, by=["site", "quarter"])
    assert rates[["site", "quarter"]].drop_duplicates()["quarter"].tolist() == ["2026Q1", "2026Q2"]


@pytest.mark.parametrize(("endpoint", "share"), [(5, 1.0), (19, 0.0)])
def test_everybody_or_nobody_responds(endpoint, share):
    rates = summarize_endpoints(make_courses([judged(20, endpoint)] * 12)).query("endpoint == 'response'")
    assert rates["share"].tolist() == [share] * 4
    low, high = rates["conf_low"].iloc[0], rates["conf_high"].iloc[0]
    assert (low == 0) == (share == 0)
    assert (high == 1) == (share == 1)


def test_an_empty_frame_gives_an_empty_summary():
    assert len(summarize_endpoints(make_courses([judged(20, 8)])[:0])) == 0


def test_a_missing_column_names_the_verb_that_makes_it():
    with pytest.raises(DataError, match="build_courses"):
        summarize_endpoints(make_courses([judged(20, 8)]).drop(columns="due"))
    with pytest.raises(DataError, match="response: run build_courses"):
        summarize_endpoints(make_courses([judged(20, 8)]).drop(columns="response"), endpoints=["response"])


def test_rows_in_another_order_give_the_same_and_the_input_is_untouched(ten_eligible):
    before = ten_eligible.copy(deep=True)
    shuffled = ten_eligible.sample(frac=1, random_state=4)
    assert_frame_equal(summarize_endpoints(shuffled, by="site"), summarize_endpoints(ten_eligible, by="site"))
    assert_frame_equal(ten_eligible, before)


def test_wilson_limits_are_those_of_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    k, n = pd.Series([0, 3, 15, 44, 82, 12]), pd.Series([8, 8, 82, 100, 186, 12])
    low, high = find_wilson_interval(k, n)
    right = [proportion_confint(a, b, method="wilson") for a, b in zip(k, n, strict=True)]
    assert low.tolist() == pytest.approx([max(one, 0) for one, _ in right], abs=1e-12)
    assert high.tolist() == pytest.approx([min(one, 1) for _, one in right], abs=1e-12)


def test_a_mean_of_one_has_no_interval():
    low, high = find_mean_interval(pd.Series([5.0, 5.0]), pd.Series([2.0, 2.0]), pd.Series([1, 4]))
    assert low.isna().tolist() == [True, False]
    assert high.tolist()[1] == pytest.approx(5 + 3.182446305284263)  # t(3) at .975 times 2 / sqrt(4)


def test_a_follow_up_window_has_its_own_eligible_and_total():
    late = {"due_90": True, "eligible_90": True, "total_90": 9, "response_90": True, "remission_90": False}
    courses = make_courses(
        [{**judged(20, 18), **late}, {**judged(20, 8), "due_90": True, "eligible_90": True}]
    )
    table = summarize_endpoints(courses, endpoints=["response", "remission"], window=90)
    assert counts(table, "response")["all_eligible"] == (1, 2)
    assert counts(table, "remission")["observed"] == (0, 1)
    assert counts(summarize_endpoints(courses, endpoints=["response"]), "response")["observed"] == (1, 2)
    with pytest.raises(DataError, match="14-day window"):
        summarize_endpoints(courses, window=14)


def test_those_who_cannot_reach_the_points_are_counted():
    # phq9: 6 points down from 5 is impossible, and so is 6 up from 22
    courses = make_courses([judged(20, 8), judged(22, 20), judged(5, 4), judged(10, 9)])
    table = summarize_endpoints(courses).set_index(["endpoint", "denominator"])
    assert table.loc[("reliable_improvement", "all_eligible"), "n_out_of_reach"] == 0
    assert table.loc[("reliable_deterioration", "paired"), "n_out_of_reach"] == 1
    assert pd.isna(table.loc[("response", "observed"), "n_out_of_reach"])
    profile = get_profile("default").replace(caseness=None)
    low = make_courses([{**judged(12, 8), "baseline": 5, "endpoint_total": 1, "response": True,
                         "remission": True, "partial_response": False, "mcid_reached": False,
                         "recovery": None, "reliable_improvement": False,
                         "reliable_recovery": None}])  # fmt: skip
    ungated = summarize_endpoints(low, profile=profile).set_index(["endpoint", "denominator"])
    assert ungated.loc[("reliable_improvement", "all_eligible"), "n_out_of_reach"] == 1


def test_leading_denominators_are_those_of_the_profile():
    profile = get_profile("default").replace(headline_denominator="observed")
    table = summarize_endpoints(make_courses([judged(20, 8)]), endpoints=["response"], profile=profile)
    assert table.set_index("denominator")["headline"].to_dict() == {
        "all_eligible": False, "observed": True, "bounds_low": False, "bounds_high": False,
    }  # fmt: skip


def test_pooled_series_by_hand():
    # Two patients with two series each that agree, two with one: C = 4, n = 6, p = 3/6.
    rows = [judged(20, 8, patient_id="A"), judged(20, 8, patient_id="A", series=2),
            judged(20, 18, patient_id="B"), judged(20, 18, patient_id="B", series=2),
            judged(20, 8, patient_id="C"), judged(20, 18, patient_id="D")]  # fmt: skip
    table = summarize_endpoints(make_courses(rows), endpoints=["response"], series="all")
    row = table.set_index("denominator").loc["observed"]
    assert row[["k", "n", "n_patients"]].tolist() == [3, 6, 4]
    # z: 1, -1, .5, -.5; var = 4/3 * 2.5 / 36; of independent series .25 / 6; effect 2.222; n left 2.7
    left = 6 / ((4 / 3 * 2.5 / 36) / (0.25 / 6))
    low, high = find_wilson_interval(pd.Series([left / 2]), pd.Series([left]))
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([low.iloc[0], high.iloc[0]])
    one_sided = summarize_endpoints(make_courses(rows[:2]), endpoints=["response"], series="all")
    sure = one_sided.set_index("denominator").loc["observed"]
    assert sure["conf_low"] == pytest.approx(find_wilson_interval(pd.Series([1]), pd.Series([1]))[0].iloc[0])


def test_wrong_words_are_refused():
    courses = make_courses([judged(20, 8)])
    with pytest.raises(DataError, match="endpoints may be"):
        summarize_endpoints(courses, endpoints=["cure"])
    with pytest.raises(DataError, match='"first" or "all"'):
        summarize_endpoints(courses, series="last")
