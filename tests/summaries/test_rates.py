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
