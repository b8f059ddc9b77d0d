"""Questionnaires that are a TOML file and no Python: read where a layout names them, scored as it says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc

BASE = 'kind = "wide-items"\n[columns]\npatient_id = "id"\nday = "day"\n'


def load(tmp_path: Path, text: str, layout: str) -> pd.DataFrame:
    file = tmp_path / "scores.csv"
    file.write_text(text, encoding="utf-8")
    return oc.load_cohort(file, layout=layout).scores


def totals(tmp_path: Path, id: str, rows: list[str]) -> list:
    """Totals of an instrument whose items are named q1, q2 ... in a file."""
    size = oc.get_instrument(id).n_items
    names = [f"q{number}" for number in range(1, size + 1)]
    text = "\n".join([",".join(["id", "day", *names]), *(f"A,{7 * at},{row}" for at, row in enumerate(rows))])
    one = oc.get_instrument(id)
    coding = f'coding = "{one.item_min}-{one.item_max}"\n'
    scores = load(tmp_path, text, f"{BASE}[{id}]\nitems = {names}\n".replace("'", '"') + coding)
    assert scores["instrument"].unique().tolist() == [id]
    return scores["total"].tolist()


def test_T_10_qids_counts_the_highest_item_of_each_domain(tmp_path):
    # sleep 3 of 1,0,3,2; mood 1; appetite and weight 2 of 0,-,-,2; then 1, 0, 1, 2, 3; psychomotor 1 of 0,1
    answers = "1,0,3,2,1,0,,,2,1,0,1,2,3,0,1"
    assert totals(tmp_path, "qids_sr16", [answers]) == [3 + 1 + 2 + 1 + 0 + 1 + 2 + 3 + 1]


def test_T_10_qids_without_either_of_a_pair_has_no_total(tmp_path):
    both, neither = "1,0,3,2,1,0,1,,2,1,0,1,2,3,0,1", "1,0,3,2,1,,,,2,1,0,1,2,3,0,1"
    assert totals(tmp_path, "qids_sr16", [both, neither]) == [14, pd.NA]


def test_who5_is_four_times_its_sum(tmp_path):
    assert totals(tmp_path, "who5", ["1,2,3,0,5", "5,5,5,5,5", "1,,3,0,5"]) == [44, 100, pd.NA]


def test_pcptsd5_is_zero_without_exposure_and_counts_the_five_with_it(tmp_path):
    rows = ["1,0,1,1,0,1", "1,1,1,1,1,0", ",,,,,0", "1,0,1,1,,1", "1,0,1,1,0,"]
    assert totals(tmp_path, "pcptsd5", rows) == [3, 0, 0, pd.NA, pd.NA]


def test_peg_keeps_the_exact_sum_of_which_the_published_score_is_a_third(tmp_path):
    assert totals(tmp_path, "peg", ["5,6,8", "10,10,10"]) == [19, 30]
    assert oc.get_instrument("peg").scoring.divisor == 3
    assert "divided by 3" in oc.get_instrument("peg").describe()


@pytest.mark.parametrize(
    ("id", "answers", "total"),
    [
        ("phq8", "3,3,2,2,1,1,0,0", 12),
        ("phq2", "3,1", 4),
        ("gad2", "2,0", 2),
        ("pcl5_week", ",".join("4" * 20), 80),
        ("phq9m", ",".join("2" * 9), 18),
    ],
)
def test_sums_are_sums(tmp_path, id, answers, total):
    assert totals(tmp_path, id, [answers]) == [total]


def test_madrs_is_read_as_recorded_totals_alone(tmp_path):
    layout = BASE.replace("wide-items", "wide-totals") + '[madrs]\nrecorded_total = "m"\n'
    scores = load(tmp_path, "id,day,m\nA,0,34\nA,28,11\n", layout)
    assert scores["total"].tolist() == [34, 11]
    assert scores["items_available"].tolist() == [False, False]


def test_a_short_form_is_never_taken_for_the_questionnaire_whose_items_it_shares(tmp_path):
    names = ",".join(f"phq8_{number}" for number in range(1, 9))
    with pytest.raises(oc.OutcomesError):
        load(tmp_path, f"patient_id,day,{names}\nA,0,3,3,2,2,1,1,0,0\n", "")


def judge(instruments: list[str], totals: list[int], profile="default") -> pd.DataFrame:
    """A total before the first infusion and one nine days after it."""
    infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0)
    scores = oc.SCORES.empty().reindex(range(2)).assign(patient_id="p1", instrument=instruments)
    scores = scores.assign(study_day=[-1, 9], total=totals).astype({"study_day": "Int64", "total": "Int64"})
    infusions = infusions.astype({"study_day": "Int64"})
    return oc.derive_endpoints(scores, infusions, oc.PATIENTS.empty(), profile=profile)


def test_T_10_a_rise_of_who5_is_an_improvement():
    profile = oc.get_profile("default").replace(
        instruments=["who5"], baseline_window_days={"who5": [-14, 0]}, caseness={"who5": 50},
        response_points={"who5": 20},
    )  # fmt: skip
    scores = judge(["who5", "who5"], [20, 44], profile)
    assert scores.loc[1, ["change", "response", "any_worsening"]].tolist() == [24, True, False]


@pytest.mark.parametrize("pair", [("phq8", "phq9"), ("pcl5", "pcl5_week"), ("phq9", "phq8")])
def test_T_08_a_short_form_and_the_whole_are_never_compared(pair):
    assert judge(list(pair), [16, 7])["change"].isna().all()
