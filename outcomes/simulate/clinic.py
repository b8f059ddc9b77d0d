"""One simulated clinic: patients, infusions and every questionnaire that could have been filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.simulate.network import Site
from outcomes.simulate.people import People, describe_patients, draw_people
from outcomes.simulate.schedules import (
    TOTAL_UNIT,
    decide_stop,
    plan_induction,
    plan_maintenance,
    plan_second_series,
)
from outcomes.simulate.severity import (
    SCALES,
    Array,
    compute_effect,
    draw_answers,
    draw_drift,
)

INTAKE_RATE = 0.45
POST_DAYS, POST_SPREAD = 14, 5.0
FOLLOW_UPS, FOLLOW_UP_GAP = 6, 14
LATE_DAYS = (180, 365)
FOLLOW_UP_RATE = {"post": 1.05, "follow_up": -0.75, "late": -1.0}
FOLLOW_UP_SLOPE, FOLLOW_UP_STOPPED = -0.45, -0.7
"""Attendance after induction (logit): by occasion, per TOTAL_UNIT of the last PHQ-9 seen, after a stop."""

OCCASIONS = ("intake", "check_in", "post", "follow_up", "late")


@dataclass(frozen=True)
class Clinic:
    """What happened at one clinic; days count from each patient's first infusion.

    Attributes
    ----------
    site : Site
    patients : DataFrame, one row per patient (index 0, 1, ...): route, diagnosis, sex, age, weight_kg,
        asked_pcl5, planned and taken (induction infusions), last_induction_day
    infusions : DataFrame: patient, day, series, phase, status ("given" or "missed")
    assessments : DataFrame: patient, day, series, occasion, seen (whether it was filled in), and the answers
        as phq9_1 ... pcl5_20; -1 where the questionnaire was not asked
    """

    site: Site
    patients: pd.DataFrame
    infusions: pd.DataFrame
    assessments: pd.DataFrame


def simulate_clinic(site: Site, patients: int, random: RandomState) -> Clinic:
    """Simulate the patients of one clinic with every questionnaire, filled in or not.

    Parameters
    ----------
    site : Site
    patients : int
    random : numpy RandomState; its stream is the same in every version of NumPy

    Returns
    -------
    Clinic

    Notes
    -----
    Severity of a factor = start - benefit * effect + drift. The effect grows with each infusion and fades
    between them; whether a questionnaire is filled in depends on the last PHQ-9 that was.

    Examples
    --------
    >>> from numpy.random import RandomState
    >>> from outcomes.simulate.clinic import simulate_clinic
    >>> from outcomes.simulate.network import list_sites
    >>> clinic = simulate_clinic(list_sites(1)[0], 5, RandomState(1))
    >>> len(clinic.patients), int((clinic.infusions["day"] == 0).sum())
    (5, 5)
    """
    people = draw_people(site, patients, random)
    planned, missed = plan_induction(people.route, random)
    intake = np.where(
        random.random_sample(patients) < INTAKE_RATE,
        -3.0 - np.floor(random.random_sample(patients) * 11),
        np.nan,
    )
    first = _first_part(site, people, planned, intake, random)
    phq9 = first.answers["phq9"].reshape(patients, -1, 9).sum(axis=2)[:, 1:].astype(float)
    taken, last_seen = decide_stop(planned, phq9, first.seen[:, 1:], random)
    within = np.arange(planned.shape[1]) < taken[:, None]
    infusions = np.where(within, planned, np.nan)
    anchor = np.nanmax(infusions, axis=1)
    maintenance = plan_maintenance(anchor, taken, last_seen, random)
    last_infusion = np.fmax(anchor, np.nanmax(np.column_stack([anchor, maintenance]), axis=1))
    second = plan_second_series(last_infusion, last_seen, random)

    stopped = taken < (~np.isnan(planned)).sum(axis=1)
    state = first.drift[np.arange(patients), taken]
    later = _later_part(
        site, people, (infusions, maintenance, second), anchor, (state, last_seen, stopped), random
    )
    reached = np.column_stack([~np.isnan(intake), within])
    return Clinic(
        site,
        describe_patients(people, planned, taken, anchor, random),
        _infusions_frame(infusions, np.where(within, missed, np.nan), maintenance, second),
        pd.concat(
            [_assessments_frame(first, reached), _assessments_frame(later, None)],
            ignore_index=True,
        ),
    )


@dataclass(frozen=True)
class _Visits:
    """Occasions as matrices (patients, occasions) in the order of their days, and the answers given there."""

    days: Array
    occasion: np.ndarray
    series: np.ndarray
    seen: np.ndarray
    drift: Array
    answers: dict[str, np.ndarray]


def _first_part(site: Site, people: People, planned: Array, intake: Array, random: RandomState) -> _Visits:
    """Intake and the check-in before each planned infusion, as if nobody stopped; later ones are cut away."""
    n = len(planned)
    days = np.column_stack([np.where(np.isnan(intake), -3.0, intake), planned])
    drift = draw_drift(days, random)
    severity = _severity(people, days, planned, drift)
    occasion = np.where(np.arange(days.shape[1]) == 0, 0, 1) + np.zeros((n, 1), dtype=int)
    seen = random.random_sample(days.shape) < np.where(occasion == 0, 1.0, site.check_in_rate)
    there = ~np.isnan(days)
    asked = there & people.asked_pcl5[:, None] & (days <= 0)
    return _Visits(
        days, occasion, np.ones_like(occasion), seen, drift, _answers(people, severity, there, asked, random)
    )


def _later_part(
    site: Site,
    people: People,
    courses: tuple[Array, Array, Array],
    anchor: Array,
    known: tuple[Array, Array, np.ndarray],
    random: RandomState,
) -> _Visits:
    """Everything after induction: check-ins at maintenance and in a second series, and follow-up."""
    infusions, maintenance, second = courses
    state, last_seen, stopped = known
    days, occasion = _follow_up_days(anchor, random)
    second_post = np.nanmax(np.column_stack([np.full(len(second), -np.inf), second]), axis=1) + 16
    second_post = np.where(np.isfinite(second_post), second_post, np.nan)
    before_second = np.isnan(second[:, :1]) | (days < second[:, :1])
    days = np.where(before_second | (occasion == OCCASIONS.index("late")), days, np.nan)
    days = np.column_stack([days, second_post, maintenance, second])
    extra = [2] + [1] * (maintenance.shape[1] + second.shape[1])
    occasion = np.column_stack([occasion, np.tile(extra, (len(days), 1))])
    order = np.argsort(days, axis=1, kind="stable")
    days, occasion = np.take_along_axis(days, order, 1), np.take_along_axis(occasion, order, 1)
    days[:, 1:] = np.where(days[:, 1:] == days[:, :-1], np.nan, days[:, 1:])
    order = np.argsort(days, axis=1, kind="stable")
    days, occasion = np.take_along_axis(days, order, 1), np.take_along_axis(occasion, order, 1)

    drift = draw_drift(days, random, start=state, start_day=anchor)
    severity = _severity(people, days, np.column_stack([infusions, maintenance, second]), drift)
    there = ~np.isnan(days)
    asked = there & people.asked_pcl5[:, None] & (occasion > 1) & (np.arange(days.shape[1]) % 3 != 1)
    answers = _answers(people, severity, there, asked, random)
    series = np.where(days > np.where(np.isnan(second[:, :1]), np.inf, second[:, :1]), 2, 1)
    totals = answers["phq9"].reshape(*days.shape, 9).sum(axis=2)
    seen = _attend(site, occasion, totals, last_seen, stopped, random)
    return _Visits(days, occasion, series, seen, drift, answers)


def _follow_up_days(anchor: Array, random: RandomState) -> tuple[Array, np.ndarray]:
    n = len(anchor)
    post = anchor + POST_DAYS + np.minimum(np.floor(np.abs(random.standard_normal(n)) * POST_SPREAD), 17)
    jitter = np.floor(random.random_sample((n, FOLLOW_UPS)) * 5) - 2
    regular = post[:, None] + FOLLOW_UP_GAP * np.arange(1, FOLLOW_UPS + 1) + jitter
    late = np.array(LATE_DAYS) + np.floor(random.random_sample((n, 2)) * 31) - 15
    codes = [2] + [3] * FOLLOW_UPS + [4] * len(LATE_DAYS)
    return np.column_stack([post, regular, late]), np.tile(codes, (n, 1))


def _attend(
    site: Site,
    occasion: np.ndarray,
    totals: np.ndarray,
    last_seen: Array,
    stopped: np.ndarray,
    random: RandomState,
) -> np.ndarray:
    """Which questionnaires were filled in; rests on the last PHQ-9 seen before, never on the one at stake."""
    rate = np.array([0.0, 0.0, *FOLLOW_UP_RATE.values()])
    seen = np.zeros(occasion.shape, dtype=bool)
    known = last_seen
    for column, codes in enumerate(occasion.T):
        logit = rate[codes] + FOLLOW_UP_SLOPE * (known - 12) / TOTAL_UNIT + FOLLOW_UP_STOPPED * stopped
        chance = np.where(codes == 1, site.check_in_rate, 1 / (1 + np.exp(-logit)))
        seen[:, column] = random.random_sample(len(known)) < chance
        known = np.where(seen[:, column], totals[:, column], known)
    return seen


def _severity(people: People, days: Array, infusions: Array, drift: Array) -> Array:
    effect = compute_effect(days, infusions, people.gain, people.fade_days)
    return people.start[:, None, :] - people.benefit[:, None, :] * effect[:, :, None] + drift


def _answers(
    people: People, severity: Array, there: np.ndarray, asked: np.ndarray, random: RandomState
) -> dict[str, np.ndarray]:
    """Answers by instrument, one row per patient and occasion; -1 where nothing is asked."""
    n, occasions = severity.shape[:2]
    answers = {}
    for name, scale in SCALES.items():
        rows = np.flatnonzero(asked if name == "pcl5" else there)
        given = draw_answers(
            severity[:, :, scale.factor].ravel()[rows], people.leaning[name][rows // occasions], scale, random
        )
        answers[name] = np.full((n * occasions, len(scale.locations)), -1, dtype=np.int8)
        answers[name][rows] = given
    return answers


def _infusions_frame(induction: Array, missed: Array, maintenance: Array, second: Array) -> pd.DataFrame:
    parts = (
        (induction, 1, "induction", "given"),
        (missed, 1, "induction", "missed"),
        (maintenance, 1, "maintenance", "given"),
        (second, 2, "induction", "given"),
    )
    frames = []
    for days, series, phase, status in parts:
        patient, column = np.nonzero(~np.isnan(days))
        day = days[patient, column].astype(int)
        frames.append(
            pd.DataFrame({"patient": patient, "day": day, "series": series, "phase": phase, "status": status})
        )
    return pd.concat(frames, ignore_index=True).sort_values(
        ["patient", "day"], kind="stable", ignore_index=True
    )


def _assessments_frame(visits: _Visits, reached: np.ndarray | None) -> pd.DataFrame:
    there = ~np.isnan(visits.days) if reached is None else reached
    rows = np.flatnonzero(there)
    columns = {
        "patient": rows // visits.days.shape[1],
        "day": visits.days.ravel()[rows].astype(int),
        "series": visits.series.ravel()[rows],
        "occasion": np.array(OCCASIONS)[visits.occasion.ravel()[rows]],
        "seen": visits.seen.ravel()[rows],
    }
    for name, answers in visits.answers.items():
        columns |= {f"{name}_{item + 1}": answers[rows, item] for item in range(answers.shape[1])}
    return pd.DataFrame(columns)
