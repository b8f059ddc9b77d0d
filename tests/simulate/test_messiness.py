"""Planted faults: as many as counted, each in a row of its own."""

from __future__ import annotations

import pandas as pd
import pytest
from numpy.random import RandomState

from outcomes.simulate.messiness import EXPECTED, can_be_spoiled, plant_faults
from outcomes.simulate.records import GAD7, PHQ9


@pytest.fixture
def neat():
    """200 complete questionnaires, every answer 2."""
    answers = {name: pd.array([2] * 200, dtype="Int8") for name in (*PHQ9, *GAD7)}
    dates = pd.date_range("2025-01-01", periods=200).strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "patient_id": [f"P{k:03d}" for k in range(200)],
            "date_text": dates,
            **answers,
            "phq9_total": 18,
            "gad7_total": 14,
        }
    ).astype({"patient_id": object, "date_text": object})


def test_nothing_happens_without_faults(neat):
    messy, planted = plant_faults(neat, {}, RandomState(1))
    assert planted == {}
    assert messy.astype(str).equals(neat.astype(str))


def test_a_repeat_stands_right_below_its_row_and_equals_it(neat):
    messy, planted = plant_faults(neat, {"repeated_row": 0.05}, RandomState(1))
    assert planted == {"repeated_row": 10}
    assert len(messy) == 210
    assert messy.duplicated().sum() == 10
    again = messy.index[messy.duplicated()]
    assert (messy["patient_id"].to_numpy()[again] == messy["patient_id"].to_numpy()[again - 1]).all()


def test_an_edited_repeat_has_the_same_day_and_other_answers_to_both_questionnaires(neat):
    messy, planted = plant_faults(neat, {"edited_repeat": 0.02}, RandomState(1))
    pairs = messy[messy.duplicated(["patient_id", "date_text"], keep=False)]
    assert len(pairs) == 2 * planted["edited_repeat"] == 8
    assert sorted(pairs["phq9_total"].unique()) == [17, 18]
    assert sorted(pairs["gad7_total"].unique()) == [13, 14]
    assert (pairs[list(PHQ9)].sum(axis=1) == pairs["phq9_total"]).all()


def test_a_skipped_item_is_blank_and_the_recorded_total_lacks_it(neat):
    messy, _ = plant_faults(neat, {"skipped_item": 0.05}, RandomState(1))
    skipped = messy[messy[list(PHQ9)].isna().any(axis=1)]
    assert len(skipped) == 10
    assert skipped["phq9_total"].tolist() == [16] * 10


def test_a_typo_is_far_out_of_range_and_not_just_above_it(neat):
    """A lone 4 in a 0-3 item would put the coding of the whole file in doubt."""
    messy, _ = plant_faults(neat, {"out_of_range": 0.05}, RandomState(1))
    values = messy[list(PHQ9)].to_numpy(dtype="int64").ravel()
    assert values[values > 3].tolist() == [22] * 10


def test_a_mistyped_total_differs_and_is_possible(neat):
    messy, _ = plant_faults(neat, {"mistyped_total": 0.05}, RandomState(1))
    wrong = messy[messy["phq9_total"] != 18]
    assert len(wrong) == 10
    assert wrong["phq9_total"].between(0, 27).all()


@pytest.mark.parametrize(
    ("kind", "rows"),
    [("missing_id", 200), ("unreadable_date", 200), ("blank_row", 210), ("summary_row", 201)],
)
def test_the_other_faults_are_counted_too(neat, kind, rows):
    rate = 0.001 if kind == "summary_row" else 0.05
    messy, planted = plant_faults(neat, {kind: rate}, RandomState(1))
    found = {
        "missing_id": messy["patient_id"].isna(),
        "unreadable_date": messy["date_text"].eq("2025-02-30"),
        "blank_row": messy.isna().all(axis=1),
        "summary_row": messy["patient_id"].eq("Mean") & messy["date_text"].isna(),
    }[kind]
    assert len(messy) == rows
    assert found.sum() == planted[kind]


def test_each_fault_has_a_row_of_its_own(neat):
    rates = {"missing_id": 0.1, "unreadable_date": 0.1, "skipped_item": 0.1, "out_of_range": 0.1}
    messy, planted = plant_faults(neat, rates, RandomState(1))
    faults = (
        messy["patient_id"].isna().astype(int)
        + messy["date_text"].eq("2025-02-30")
        + messy[list(PHQ9)].isna().any(axis=1)
        + (messy[list(PHQ9)] > 3).any(axis=1).fillna(False)
    )
    assert faults.max() == 1
    assert faults.sum() == sum(planted.values())


def test_rows_that_may_not_be_touched_are_not(neat):
    neat = neat.assign(gad7_1=neat["gad7_1"].mask(neat.index >= 20))
    messy, planted = plant_faults(neat, {"missing_id": 0.05}, RandomState(1), candidates=can_be_spoiled(neat))
    assert planted == {"missing_id": 5}
    assert messy.index[messy["patient_id"].isna()].max() < 20


def test_every_kind_says_what_the_loader_makes_of_it():
    from outcomes.simulate.messiness import _PLANTERS

    assert set(_PLANTERS) <= set(EXPECTED)
