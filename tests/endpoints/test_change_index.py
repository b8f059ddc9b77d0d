"""Indices of reliable change against base R, and against a published data set where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.endpoints.change_index import METHODS
from outcomes.endpoints.change_sample import find_cutoffs
from outcomes.errors import DefinitionError

R = json.loads((Path(__file__).parents[1] / "reference" / "change.json").read_text(encoding="utf-8"))
GIVEN = R["given"]
PAIRS = pd.DataFrame({"instrument": "phq9", "baseline": GIVEN["before"], "endpoint_total": GIVEN["after"]})
NORMS = tuple(GIVEN["functional"])
RELIABILITY = {"reliability": GIVEN["reliability"], "reliability_after": GIVEN["reliability_after"]}


def judge(method: str, pairs: pd.DataFrame = PAIRS, **options: object) -> pd.DataFrame:
    return oc.derive_change_index(pairs, method=method, **{**RELIABILITY, **options})


@pytest.mark.parametrize("method", METHODS)
def test_the_index_and_the_category_are_those_of_r(method):
    judged = judge(method, cutoff="c", functional=NORMS)
    assert judged["change_index"].tolist() == pytest.approx(R["index"][method], rel=1e-9)
    assert judged["change_index_category"].tolist() == R["category"][method]


@pytest.mark.parametrize(("variant", "reliabilities"), [("JT", (1.0, 1.0)), ("HA", None)])
def test_the_cutoffs_are_those_of_r(variant, reliabilities):
    before = PAIRS["baseline"]
    if reliabilities is None:
        error = before.var() * (1 - GIVEN["reliability"])
        reliabilities = (1 - error / before.var(), 1 - error / NORMS[1] ** 2)
    found = find_cutoffs(before.mean(), before.std(), NORMS, reliabilities=reliabilities)
    assert found == pytest.approx(R["cutoffs"][variant], rel=1e-9)


def test_cutoff_b_rests_on_the_sd_of_the_functional_group():
    found = find_cutoffs(24.85, 3.340121294, (8.0, 8.0))
    assert found == pytest.approx({"a": 18.16975741, "b": 24.0, "c": 19.88699808}, abs=1e-8)
    assert found["b"] != pytest.approx(8.0 + 2 * 3.340121294)
    ha = find_cutoffs(24.85, 3.340121294, (8.0, 8.0), reliabilities=(0.8, 0.8))
    assert ha == pytest.approx({"a": 18.87500939, "b": 22.31083506, "c": 19.88699808}, abs=1e-8)


def test_by_hand_sd_5_and_reliability_84_ask_for_six_points():
    # SEM = 5 sqrt(.16) = 2; 1.96 sqrt(2) 2 = 5.54 points: 5 is not reliable, 6 is.
    totals = {"baseline": [20, 20, 10, 10], "endpoint_total": [15, 14, 15, 16]}
    pairs = pd.DataFrame({"instrument": "phq9", **totals})
    judged = oc.derive_change_index(pairs, reliability=0.84, sd=5.0)
    assert judged["change_index_class"].tolist() == ["unchanged", "improved", "unchanged", "deteriorated"]
    assert judged["change_index_near"].tolist() == [True, True, True, True]
    assert judged["change_index"].round(4).tolist() == [-1.7678, -2.1213, 1.7678, 2.1213]


def test_each_questionnaire_has_its_own_moments_reliability_and_direction():
    who = pd.DataFrame({"instrument": "who5", "baseline": [20, 28, 24], "endpoint_total": [60, 32, 24]})
    judged = oc.derive_change_index(
        pd.concat([PAIRS, who], ignore_index=True), reliability={"phq9": 0.82, "who5": 0.9}, sd={"who5": 10.0}
    )
    alone = oc.derive_change_index(PAIRS, reliability=0.82)
    assert judged["change_index"].head(24).tolist() == alone["change_index"].tolist()
    assert judged["change_index_class"].tail(3).tolist() == ["improved", "unchanged", "unchanged"]


def test_a_missing_total_and_a_spread_of_zero_give_no_index():
    pairs = pd.DataFrame({"instrument": "phq9", "baseline": [20, 20, None], "endpoint_total": [10, 12, 9]})
    assert oc.derive_change_index(pairs, reliability=0.8)["change_index"].isna().all()
    table = oc.summarize_change_indices(pairs.assign(series=1, due=True), methods=["JT"], reliability=0.8)
    assert table[["k", "n", "share"]].isna().all(axis=None)


@pytest.mark.parametrize("method", METHODS)
def test_totals_that_are_all_alike_give_no_index_and_no_error(method):
    pairs = pd.DataFrame({"instrument": "phq9", "baseline": [20] * 5, "endpoint_total": [8] * 5})
    assert oc.derive_change_index(pairs, method=method)["change_index"].isna().all()


def test_the_given_inputs_are_named_and_the_groups_relative_index_says_what_it_is():
    courses = PAIRS.assign(series=1, due=True)
    table = oc.summarize_change_indices(courses, sd=5.0, **RELIABILITY)
    assert set(table["reliability_source"]) == set(table["sd_source"]) == {"given"}
    noted = table.loc[table["note"] != "", "method"].unique().tolist()
    assert noted == ["HLL"]
    own = oc.summarize_change_indices(courses, methods=["JT"])
    assert own["reliability_source"].str.contains("2 weeks").all()
    assert own["sd_source"].eq("baselines of the 24 with both totals").all()
    assert table.query("kind == 'class'").groupby("method")["k"].sum().eq(24).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "XY"}, "method must be one of"),
        ({"cutoff": "d"}, "cutoff must be"),
        ({"cutoff": "b"}, "needs functional"),
        ({"reliability": 1.2}, "between 0 and 1"),
        ({"sd": 0.0}, "above 0"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(DefinitionError, match=message):
        oc.derive_change_index(PAIRS, **{"reliability": 0.8, **options})


@pytest.fixture(scope="module")
def claus() -> pd.DataFrame:
    if "OUTCOMES_REFERENCE" not in os.environ:
        pytest.skip("the reference data may not be shipped")
    return pd.read_csv(Path(os.environ["OUTCOMES_REFERENCE"]) / "claus_2020.csv")


CLAUS = {
    "JT": ((29, 10, 1), (26, 3, 10, 1, 0), -186.984179),
    "GLN": ((29, 10, 1), (26, 3, 10, 1, 0), -197.0986307),
    "HLL": ((12, 16, 12), (12, 0, 16, 11, 1), 0.0),
    "EN": ((32, 5, 3), (26, 6, 5, 3, 0), -264.4355619),
    "NK": ((28, 11, 1), (26, 2, 11, 1, 0), -149.2296209),
    "HA": ((32, 7, 1), (23, 9, 7, 1, 0), -194.0739881),
}


@pytest.mark.parametrize("method", METHODS)
def test_claus_2020_has_the_published_counts(claus, method):
    wide = claus.pivot_table(index="id", columns="time", values="hamd")[[1, 4]].dropna()
    pairs = pd.DataFrame({"instrument": "phq9", "baseline": wide[1], "endpoint_total": wide[4]})
    options = {"reliability": 0.8, "reliability_after": 0.5, "cutoff": "c", "functional": (8, 8)}
    judged = oc.derive_change_index(pairs.reset_index(drop=True), method=method, **options)
    classes, categories, total = CLAUS[method]
    counts = judged["change_index_class"].value_counts()
    assert tuple(counts.reindex(["improved", "unchanged", "deteriorated"], fill_value=0)) == classes
    counts = judged["change_index_category"].value_counts()
    names = ["recovered", "improved", "unchanged", "deteriorated", "harmed"]
    assert tuple(counts.reindex(names, fill_value=0)) == categories
    assert judged["change_index"].sum() == pytest.approx(total, abs=1e-6)


def test_claus_2020_each_patients_own_slope_and_no_slow_improver_deteriorates(claus):
    scores = claus.dropna(subset=["hamd"])
    often = scores.groupby("id")["time"].transform("size") >= 3
    fit = oc.fit_mixed_model(scores[often], "hamd ~ time", groups="id", re_formula="~time")
    slopes = oc.estimate_slopes(fit, variable="time")
    assert slopes.extras["counts"]["k"].tolist() == [33, 7, 0]
    ends = slopes.table["estimate"].agg(["min", "max"]).tolist()
    assert ends == pytest.approx([-6.7335, -0.0571], abs=1e-4)
    assert slopes.table["std_error"].mean() == pytest.approx(0.65231, abs=1e-4)
    assert slopes.verdict == "CAUTION"
