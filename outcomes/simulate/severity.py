"""Latent severity over time, and the answers that a patient of that severity gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import RandomState

Array = npt.NDArray[np.float64]

FACTORS = ("depression", "anxiety", "trauma")

DRIFT_SD = 0.25
DRIFT_DAYS = 25.0
DRIFT_CORRELATION = np.array([[1.0, 0.7, 0.5], [0.7, 1.0, 0.5], [0.5, 0.5, 1.0]])
"""Day-to-day ups and downs: standard deviation, days in which they fade to 1/e, correlation of factors."""

PERSON_SD = 0.50
ANSWER_SD = 0.55
"""Standard deviations of a patient's lasting leaning on one item, and of one answer to it."""


@dataclass(frozen=True)
class Scale:
    """How an instrument turns latent severity into answers (graded response model, normal ogive).

    Attributes
    ----------
    instrument : str
    factor : int, position in FACTORS
    thresholds : tuple of float, severity from which an average item is answered 1, 2, ...
    locations : tuple of float, one per item; a high one is answered less often
    """

    instrument: str
    factor: int
    thresholds: tuple[float, ...]
    locations: tuple[float, ...]


SCALES = {
    "phq9": Scale(
        "phq9", 0, (-1.60, -0.40, 0.40), (-0.15, -0.20, -0.35, -0.50, 0.10, -0.15, 0.00, 0.75, 1.45)
    ),
    "gad7": Scale("gad7", 1, (-1.45, -0.25, 0.65), (-0.25, -0.05, -0.30, -0.15, 0.40, -0.10, 0.30)),
    "pcl5": Scale(
        "pcl5", 2, (-1.15, -0.25, 0.60, 1.55),
        (-0.2, 0.1, 0.4, -0.2, 0.1, -0.3, -0.1, 0.6, -0.2, 0.0,
         -0.1, -0.2, -0.3, 0.0, 0.3, 0.7, -0.1, 0.0, -0.3, -0.3),
    ),
}  # fmt: skip


def compute_effect(days: Array, infusion_days: Array, gain: Array, fade_days: Array) -> Array:
    """Share of each patient's full benefit that is present on the given days, before any infusion of the day.

    Parameters
    ----------
    days : array (patients, occasions), days since the first infusion; NaN where there is no occasion
    infusion_days : array (patients, infusions), ascending; NaN after the last
    gain : array (patients,), share of the missing benefit that one infusion adds
    fade_days : array (patients,), days in which the benefit fades to 1/e

    Returns
    -------
    array (patients, occasions), 0 to 1

    Notes
    -----
    After infusion k on day d_k: e_k = e + gain * (1 - e), e = e_{k-1} * exp(-(d_k - d_{k-1}) / fade_days).

    Examples
    --------
    >>> import numpy as np
    >>> from outcomes.simulate.severity import compute_effect
    >>> days, infusions = np.array([[0.0, 1.0]]), np.array([[0.0]])
    >>> compute_effect(days, infusions, np.array([0.5]), np.array([1e9])).round(3).tolist()
    [[0.0, 0.5]]
    """
    state, last = np.zeros(len(days)), np.zeros(len(days))
    peak, since = np.zeros_like(days), np.zeros_like(days)
    for day in infusion_days.T:
        given = ~np.isnan(day)
        faded = state * np.exp(-(day - last) / fade_days)
        state = np.where(given, faded + gain * (1 - faded), state)
        last = np.where(given, day, last)
        later = days > day[:, None]
        np.copyto(peak, state[:, None], where=later)
        np.copyto(since, days - last[:, None], where=later)
    effect: Array = peak * np.exp(-since / fade_days[:, None])
    return effect


def draw_drift(
    days: Array, random: RandomState, *, start: Array | None = None, start_day: Array | None = None
) -> Array:
    """Correlated ups and downs of the three factors on ascending days; NaN days come last.

    Parameters
    ----------
    days : array (patients, occasions)
    random : RandomState
    start, start_day : arrays (patients, factors) and (patients,), the state to continue from; else drawn

    Returns
    -------
    array (patients, occasions, factors), standard deviation DRIFT_SD
    """
    root = np.linalg.cholesky(DRIFT_CORRELATION)
    n = len(days)
    state = random.standard_normal((n, len(FACTORS))) @ root.T if start is None else start / DRIFT_SD
    last = days[:, 0] if start_day is None else start_day
    states = np.empty((*days.shape, len(FACTORS)))
    for column, day in enumerate(days.T):
        there = ~np.isnan(day)
        kept = np.exp(-np.where(there, day - last, 0.0) / DRIFT_DAYS)[:, None]
        shock = random.standard_normal((n, len(FACTORS))) @ root.T
        state = kept * state + np.sqrt(1 - kept**2) * shock
        last = np.where(there, day, last)
        states[:, column] = state
    return states * DRIFT_SD


def draw_answers(severity: Array, leaning: Array, scale: Scale, random: RandomState) -> npt.NDArray[np.int8]:
    """Answers to all items of one instrument, one row per questionnaire.

    Parameters
    ----------
    severity : array (questionnaires,), latent severity of the instrument's factor
    leaning : array (questionnaires, items), the patient's lasting leaning on each item
    scale : Scale
    random : RandomState

    Returns
    -------
    int8 array (questionnaires, items), from 0 to the number of thresholds
    """
    felt = random.standard_normal(leaning.shape)
    felt *= ANSWER_SD
    felt += leaning
    felt += severity[:, None]
    felt -= np.array(scale.locations)
    answers = np.zeros(leaning.shape, dtype=np.int8)
    for threshold in scale.thresholds:
        answers += felt > threshold
    return answers
