"""Response, remission, reliable change, recovery, severity: one assessment against its baseline."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.change import derive_change
from outcomes.endpoints.endpoints import judge_totals
from outcomes.endpoints.severity import derive_severity
from outcomes.errors import DataError


def judge(pairs, *, instrument="phq9", **changes):
    baseline, total = (pd.Series(part, dtype="Int64") for part in zip(*pairs, strict=True))
    names = pd.Series([instrument] * len(pairs), dtype="string")
    return judge_totals(baseline, total, names, profile=get_profile("default").replace(**changes))


def test_below_caseness_there_is_no_response_and_no_remission_but_deterioration_counts():
    found = judge([(4, 2), (9, 3), (9, 15)])
    assert found[["response", "remission", "reliable_improvement", "recovery"]].isna().all(axis=None)
    assert found["reliable_deterioration"].tolist() == [False, False, True]


def test_percent_change_and_response_are_missing_at_baseline_0():
    found = judge([(0, 0), (0, 3)], caseness=None)
    assert found["percent_change"].isna().all()
    assert found["response"].isna().all()
    assert found["any_worsening"].tolist() == [False, True]


def test_missing_totals_are_missing_and_not_false():
    assert judge([(15, None), (None, 7), (None, None)]).isna().all(axis=None)


@pytest.mark.parametrize(("total", "response"), [(20, True), (21, False)])
def test_a_third_of_30_is_compared_exactly(total, response):
    # 100 * 10 / 30 = 33.33...: a percentage of 33.3 is reached at 20 and not at 21.
    assert judge([(30, total)], response_percent=33.3)["response"].tolist() == [response]


def test_pcl5_responds_by_10_points_and_is_below_the_cut_at_32():
    found = judge([(50, 40), (50, 41), (50, 32), (50, 33)], instrument="pcl5")
    assert found["response"].tolist() == [True, False, True, True]
    assert found["remission"].tolist() == [False, False, True, False]


def test_two_conditions_of_a_response_must_both_hold():
    found = judge([(50, 40), (50, 25)], instrument="pcl5", response_percent={"pcl5": 50})
    assert found["response"].tolist() == [False, True]


def test_an_endpoint_without_conditions_is_missing():
    found = judge(
        [(16, 3)], response_percent=None, remission_value=None, remission_op=None, reliable_change=None
    )
    assert found[["response", "remission", "reliable_improvement", "reliable_recovery"]].isna().all(axis=None)
    assert found["change_class"].isna().all()
    assert found["recovery"].tolist() == [True]


def test_the_pcl5_class_is_recovered_at_28_and_improved_at_29():
    found = judge([(50, 28), (50, 29), (50, 36), (30, 45)], instrument="pcl5")
    assert found["change_class"].tolist() == ["recovered", "improved", "unchanged", "deteriorated"]


def test_bands_include_both_ends_and_pcl5_has_none():
    totals = [0, 4, 5, 9, 10, 14, 15, 19, 20, 27, None]
    scores = pd.DataFrame({"instrument": "phq9", "total": pd.array(totals, dtype="Int64")})
    names = ["minimal", "mild", "moderate", "moderately severe", "severe"]
    assert derive_severity(scores)["severity"].tolist() == [name for name in names for _ in range(2)] + [
        pd.NA
    ]
    assert derive_severity(scores.assign(instrument="pcl5"))["severity"].isna().all()


def test_nobody_and_everybody_may_respond():
    assert not judge([(15, 15)] * 3)["response"].any()
    assert judge([(15, 0)] * 3)["response"].all()


def test_a_missing_column_names_the_verb_to_run_first():
    scores = pd.DataFrame({"total": pd.array([3], dtype="Int64"), "endpoint_use": [True]})
    with pytest.raises(
        DataError, match=r"derive_change needs the column baseline: run derive_baseline\(\) first"
    ):
        derive_change(scores)
