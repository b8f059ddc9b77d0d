"""The days of infusions, against the rules that the profile applies to them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import RandomState

from outcomes.definitions.profile import get_profile
from outcomes.simulate.schedules import decide_stop, plan_induction, plan_maintenance, plan_second_series

N = 3_000
ROUTES = np.array(["IV", "IM", "IN"] * (N // 3))
DEFAULT = get_profile("default")


@pytest.fixture(scope="module")
def induction():
    return plan_induction(ROUTES, RandomState(1))


def test_induction_stays_within_the_rules_of_the_default_profile(induction):
    days, _ = induction
    assert (days[:, 0] == 0).all()
    assert np.nanmax(days) <= DEFAULT.value("induction_max_days")
    assert days.shape[1] <= DEFAULT.value("induction_max_infusions")
    assert np.nanmin(np.diff(days)) > 0
    assert np.nanmax(np.diff(days)) <= DEFAULT.value("induction_end_gap_days")
    assert (~np.isnan(days)).sum(axis=1).min() >= DEFAULT.value("induction_min_infusions")


def test_a_missed_appointment_lies_between_two_infusions(induction):
    days, missed = induction
    late = ~np.isnan(missed)
    assert 0.03 < late[:, 1:].mean() < 0.07
    assert (missed[late] < days[late]).all()
    before = np.roll(days, 1, axis=1)
    assert (missed[late] > before[late]).all()


def test_sicker_patients_stop_more_often():
    planned = np.tile(np.arange(8.0) * 3, (N, 1))
    seen = np.ones_like(planned, dtype=bool)
    taken_by_well, _ = decide_stop(planned, np.full_like(planned, 3.0), seen, RandomState(1))
    taken_by_sick, _ = decide_stop(planned, np.full_like(planned, 24.0), seen, RandomState(1))
    assert taken_by_well.mean() > taken_by_sick.mean() + 2


def test_a_score_that_was_not_seen_bears_on_nothing():
    planned = np.tile(np.arange(8.0) * 3, (N, 1))
    unseen = np.zeros_like(planned, dtype=bool)
    well = decide_stop(planned, np.full_like(planned, 3.0), unseen, RandomState(1))
    sick = decide_stop(planned, np.full_like(planned, 24.0), unseen, RandomState(1))
    assert (well[0] == sick[0]).all()
    assert (well[1] == sick[1]).all()


def test_maintenance_follows_the_gap_that_ends_induction_and_never_opens_a_new_series():
    anchor, taken = np.full(N, 17.0), np.full(N, 6)
    days = plan_maintenance(anchor, taken, np.full(N, 5.0), RandomState(1))
    gaps = np.diff(np.column_stack([anchor, days]))
    assert np.nanmin(gaps) > DEFAULT.value("induction_end_gap_days")
    assert np.nanmax(gaps) <= DEFAULT.value("series_gap_days")
    some = ~np.isnan(days[:, 0])
    assert 0.3 < some.mean() < 0.5


def test_nobody_has_maintenance_without_a_full_induction():
    few = DEFAULT.value("induction_min_infusions") - 1
    days = plan_maintenance(np.full(N, 7.0), np.full(N, few), np.full(N, 5.0), RandomState(1))
    assert np.isnan(days).all()


def test_a_second_series_starts_after_the_gap_of_the_profile():
    days = plan_second_series(np.full(N, 20.0), np.full(N, 15.0), RandomState(1))
    comes = ~np.isnan(days[:, 0])
    assert 0.1 < comes.mean() < 0.2
    assert (days[comes, 0] - 20 > DEFAULT.value("series_gap_days")).all()
    assert np.isnan(days[~comes]).all()
