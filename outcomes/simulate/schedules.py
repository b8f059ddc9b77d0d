"""When infusions are given: induction, the decision to stop, maintenance, a second series."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState

from outcomes.simulate.severity import Array

PLANS = {
    "IV": ((0.40, (2, 2, 3, 2, 2)), (0.45, (3, 4, 3, 4, 3)), (0.15, (7, 7, 7))),
    "IM": ((0.60, (3, 4, 3, 4, 3)), (0.20, (4, 4, 4, 4, 4)), (0.20, (7, 7, 7))),
    "IN": ((1.00, (3, 4, 3, 4, 3, 4, 3)),),
}
"""Planned gaps between induction infusions by route, each with its share of patients."""

MAX_PLANNED = 8
INDUCTION_SPAN = 28
DELAY_DAYS = 3
DELAY_RATE = 0.06

STOP_INTERCEPT = -2.45
STOP_SLOPE = 0.7
TYPICAL_TOTAL, TOTAL_UNIT = 13.0, 6.0
"""Chance to stop after an infusion: logit = STOP_INTERCEPT + STOP_SLOPE * (last PHQ-9 seen - TYPICAL_TOTAL)
/ TOTAL_UNIT."""

MAX_MAINTENANCE = 8
MAX_SECOND = 6


def plan_induction(route: np.ndarray, random: RandomState) -> tuple[Array, Array]:
    """Days of the planned induction infusions, and the appointments that were missed on the way.

    Returns
    -------
    tuple of two arrays (patients, MAX_PLANNED)
        Days of the infusions from day 0 (NaN beyond the plan), and at the same place the day of the missed
        appointment that delayed it (NaN where none did). All days lie within INDUCTION_SPAN.
    """
    n = len(route)
    gaps = np.full((n, MAX_PLANNED - 1), np.nan)
    which = random.random_sample(n)
    for name, plans in PLANS.items():
        edge = 0.0
        for share, plan in plans:
            rows = (route == name) & (which >= edge) & (which < edge + share)
            gaps[np.ix_(rows, range(len(plan)))] = plan
            edge += share
    room = np.floor((INDUCTION_SPAN - np.nansum(gaps, axis=1)) / DELAY_DAYS)
    delayed = (random.random_sample(gaps.shape) < DELAY_RATE) & ~np.isnan(gaps)
    delayed &= np.cumsum(delayed, axis=1) <= room[:, None]
    days = np.column_stack([np.zeros(n), np.cumsum(gaps + DELAY_DAYS * delayed, axis=1)])
    missed = np.full_like(days, np.nan)
    missed[:, 1:] = np.where(delayed, days[:, 1:] - DELAY_DAYS, np.nan)
    return days, missed


def decide_stop(
    planned: Array, totals: Array, seen: np.ndarray, random: RandomState
) -> tuple[np.ndarray, Array]:
    """How many of the planned infusions each patient takes; sicker patients stop more often.

    The decision rests on the last PHQ-9 that the clinic has seen, so scores go missing at random given those.

    Parameters
    ----------
    planned : array (patients, MAX_PLANNED), days
    totals : array (patients, MAX_PLANNED), PHQ-9 at each check-in
    seen : boolean array of the same shape, whether it was filled in
    random : RandomState

    Returns
    -------
    tuple of the number of infusions taken and the last PHQ-9 seen by then
    """
    known = np.full(len(planned), TYPICAL_TOTAL + TOTAL_UNIT / 2)
    last_seen = known.copy()
    taken = np.ones(len(planned), dtype=int)
    going = np.ones(len(planned), dtype=bool)
    for k in range(MAX_PLANNED):
        going &= ~np.isnan(planned[:, k])
        taken[going] = k + 1
        known = np.where(seen[:, k], totals[:, k], known)
        last_seen = np.where(going, known, last_seen)
        odds = np.exp(STOP_INTERCEPT + STOP_SLOPE * (known - TYPICAL_TOTAL) / TOTAL_UNIT)
        going = going & (random.random_sample(len(planned)) >= odds / (1 + odds))
    return taken, last_seen


def plan_maintenance(anchor: Array, taken: np.ndarray, last_seen: Array, random: RandomState) -> Array:
    """Days of maintenance infusions: for some of those with four or more, more often when they do well.

    Returns
    -------
    array (patients, MAX_MAINTENANCE), NaN beyond the last
    """
    n = len(anchor)
    share = np.where(last_seen < 10, 0.38, 0.25)
    takes = (taken >= 4) & (random.random_sample(n) < share)
    first = 14 + np.floor(random.random_sample((n, 1)) * 15)
    others = 21 + np.floor(random.random_sample((n, MAX_MAINTENANCE - 1)) * 22)
    count = 1 + np.floor(random.random_sample(n) ** 2 * MAX_MAINTENANCE)
    days = anchor[:, None] + np.cumsum(np.column_stack([first, others]), axis=1)
    wanted = takes[:, None] & (np.arange(MAX_MAINTENANCE) < count[:, None])
    return np.where(wanted, days, np.nan)


def plan_second_series(last_infusion: Array, last_seen: Array, random: RandomState) -> Array:
    """Days of a second series, 63 to 150 days after the last infusion; likelier for those last seen unwell.

    Returns
    -------
    array (patients, MAX_SECOND), NaN where there is none
    """
    n = len(last_infusion)
    comes = random.random_sample(n) < np.where(last_seen < 10, 0.06, 0.14)
    start = last_infusion + 63 + np.floor(random.random_sample(n) * 88)
    gaps = np.where(random.random_sample((n, MAX_SECOND - 1)) < 0.5, 3.0, 4.0)
    days = np.column_stack([start, start[:, None] + np.cumsum(gaps, axis=1)])
    count = 4 + np.floor(random.random_sample(n) * 3)
    return np.where(comes[:, None] & (np.arange(MAX_SECOND) < count[:, None]), days, np.nan)
