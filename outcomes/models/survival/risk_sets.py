"""Sums over risk sets for Cox regression: Efron's ties, late entry, strata, without loops over rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array


@dataclass(frozen=True, eq=False)
class RiskRows:
    """Rows of one stratum, at risk in (start, stop].

    Attributes
    ----------
    x : array (n, p)
    start, stop : arrays (n,)
    event : array of bool (n,)
    by_stop, by_start : arrays of int, orders of the rows by falling stop and falling start
    days : array (k,), days with an event
    deaths : array (k,), events on each
    death_day : array (events,), number of the day of each event, days in rising order
    order : array (events,), 0, 1, ... within a day: Efron's m
    until_stop, until_start : arrays (n,), days with an event up to stop and up to start
    at_stop, at_start : arrays (k,), rows with stop, and with start, on or after each day
    """

    x: Array
    start: Array
    stop: Array
    event: Array
    by_stop: Array
    by_start: Array
    days: Array
    deaths: Array
    death_day: Array
    order: Array
    until_stop: Array
    until_start: Array
    at_stop: Array
    at_start: Array

    @classmethod
    def build(cls, x: Array, start: Array, stop: Array, event: Array) -> RiskRows:
        """Find the places that do not depend on the coefficients."""
        days, deaths = np.unique(stop[event], return_counts=True)
        first = np.cumsum(deaths) - deaths
        death_day = np.repeat(np.arange(len(days)), deaths)
        return cls(
            x=x,
            start=start,
            stop=stop,
            event=event,
            by_stop=np.argsort(-stop, kind="stable"),
            by_start=np.argsort(-start, kind="stable"),
            days=days,
            deaths=deaths,
            death_day=death_day,
            order=np.arange(int(deaths.sum())) - first[death_day],
            until_stop=np.searchsorted(days, stop, side="right"),
            until_start=np.searchsorted(days, start, side="right"),
            at_stop=len(stop) - np.searchsorted(np.sort(stop), days, side="left"),
            at_start=len(start) - np.searchsorted(np.sort(start), days, side="left"),
        )


@dataclass(frozen=True, eq=False)
class RiskSums:
    """What one value of the coefficients gives; one row per event (Efron's m within a day).

    Attributes
    ----------
    risk : array (n,), exp(x b)
    total : array (events,), S0 of the event
    mean : array (events, p), S1 / S0
    share : array (events,), m / d
    log_likelihood : float
    """

    risk: Array
    total: Array
    mean: Array
    share: Array
    log_likelihood: float


def sum_risk_sets(rows: RiskRows, fixed: Array) -> RiskSums:
    """Sum risks, and risks times covariates, over the risk set of each event."""
    linear = rows.x @ fixed
    risk = np.exp(linear)
    weighted = risk[:, None] * rows.x
    own = rows.event
    place = np.searchsorted(rows.days, rows.stop[own])
    tied = np.bincount(place, weights=risk[own], minlength=len(rows.days))
    tied_x = np.stack(
        [np.bincount(place, weights=column, minlength=len(rows.days)) for column in weighted[own].T], axis=1
    )
    share = rows.order / rows.deaths[rows.death_day]
    total = (_sum_at_risk(rows, risk[:, None])[:, 0])[rows.death_day] - share * tied[rows.death_day]
    mean = _sum_at_risk(rows, weighted)[rows.death_day] - share[:, None] * tied_x[rows.death_day]
    log_likelihood = float(linear[own].sum() - np.log(total).sum())
    return RiskSums(risk, total, mean / total[:, None], share, log_likelihood)


def find_score(rows: RiskRows, sums: RiskSums) -> Array:
    """The derivative of the log-likelihood."""
    return np.asarray(rows.x[rows.event].sum(axis=0) - sums.mean.sum(axis=0))


def find_information(rows: RiskRows, sums: RiskSums, weight: Array | None = None) -> Array:
    """The information, each event counted `weight` (events,) times."""
    counted = np.ones(len(sums.total)) if weight is None else weight
    spread = rows.x.T @ (rows.x * (sums.risk * _sum_hazards(rows, sums, counted[:, None])[:, 0])[:, None])
    return np.asarray(spread - (sums.mean * counted[:, None]).T @ sums.mean)


def find_residuals(rows: RiskRows, sums: RiskSums) -> Array:
    """The score residual of each row, (n, p); they sum to the score."""
    hazard = _sum_hazards(rows, sums, np.ones((len(sums.total), 1)))
    moved = _sum_hazards(rows, sums, sums.mean)
    residual = -sums.risk[:, None] * (rows.x * hazard - moved)
    place = np.searchsorted(rows.days, rows.stop[rows.event])
    average = _sum_by_day(rows, sums.mean) / rows.deaths[:, None]
    residual[rows.event] += rows.x[rows.event] - average[place]
    return np.asarray(residual)


def find_hazards(rows: RiskRows, sums: RiskSums) -> Array:
    """The baseline hazard on each day with an event, (k,)."""
    return _sum_by_day(rows, 1 / sums.total[:, None])[:, 0]


def _sum_hazards(rows: RiskRows, sums: RiskSums, values: Array) -> Array:
    """For each row, the sum of values / S0 over the events at which it is at risk, (n, c)."""
    step = values / sums.total[:, None]
    whole = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(_sum_by_day(rows, step), axis=0)])
    found = whole[rows.until_stop] - whole[rows.until_start]
    own = rows.event
    tied = _sum_by_day(rows, step * sums.share[:, None])
    found[own] -= tied[np.searchsorted(rows.days, rows.stop[own])]
    return np.asarray(found)


def _sum_by_day(rows: RiskRows, values: Array) -> Array:
    return np.asarray(np.add.reduceat(values, np.cumsum(rows.deaths) - rows.deaths, axis=0))


def _sum_at_risk(rows: RiskRows, values: Array) -> Array:
    """Sums over start < day <= stop, (k, c)."""
    found = _take_upper(values[rows.by_stop], rows.at_stop)
    if (rows.start > 0).any():
        found = found - _take_upper(values[rows.by_start], rows.at_start)
    return np.asarray(found)


def _take_upper(values: Array, counts: Array) -> Array:
    whole = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(whole[counts])
