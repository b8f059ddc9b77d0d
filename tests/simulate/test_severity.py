"""Latent severity and the answers drawn from it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import RandomState

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.simulate.severity import DRIFT_SD, SCALES, compute_effect, draw_answers, draw_drift

NEVER_FADES = np.array([1e12])


def test_each_infusion_adds_its_gain_to_what_is_missing():
    infusions = np.array([[0.0, 3.0, 7.0]])
    effect = compute_effect(np.array([[0.0, 3.0, 7.0, 8.0]]), infusions, np.array([0.5]), NEVER_FADES)
    assert effect[0] == pytest.approx([0.0, 0.5, 0.75, 0.875])


def test_the_effect_fades_to_1_over_e_after_fade_days():
    effect = compute_effect(np.array([[30.0]]), np.array([[0.0]]), np.array([1.0]), np.array([30.0]))
    assert effect[0, 0] == pytest.approx(np.exp(-1))


def test_infusions_that_were_not_given_have_no_effect():
    infusions = np.array([[0.0, np.nan]])
    effect = compute_effect(np.array([[50.0, np.nan]]), infusions, np.array([0.4]), NEVER_FADES)
    assert effect[0] == pytest.approx([0.4, 0.0])


def test_drift_has_its_standard_deviation_at_any_day_and_is_alike_on_near_days():
    days = np.tile([0.0, 1.0, 200.0], (20_000, 1))
    drift = draw_drift(days, RandomState(1))[:, :, 0]
    assert drift.std(axis=0) == pytest.approx([DRIFT_SD] * 3, rel=0.03)
    assert np.corrcoef(drift[:, 0], drift[:, 1])[0, 1] > 0.9
    assert abs(np.corrcoef(drift[:, 0], drift[:, 2])[0, 1]) < 0.05


def test_there_is_a_scale_for_every_instrument_with_its_items_and_answers():
    assert set(SCALES) <= set(list_instruments())
    for name, scale in SCALES.items():
        instrument = get_instrument(name)
        assert len(scale.locations) == instrument.n_items
        assert len(scale.thresholds) == instrument.item_max - instrument.item_min


@pytest.mark.parametrize("name", SCALES)
def test_extreme_severity_gives_extreme_answers(name):
    scale = SCALES[name]
    leaning = np.zeros((2, len(scale.locations)))
    answers = draw_answers(np.array([-50.0, 50.0]), leaning, scale, RandomState(1))
    assert answers[0].tolist() == [0] * len(scale.locations)
    assert answers[1].tolist() == [len(scale.thresholds)] * len(scale.locations)


def test_thoughts_of_self_harm_are_the_rarest_answer():
    answers = draw_answers(np.zeros(5_000), np.zeros((5_000, 9)), SCALES["phq9"], RandomState(1))
    means = answers.mean(axis=0)
    assert means.argmin() == get_instrument("phq9").self_harm_item - 1
