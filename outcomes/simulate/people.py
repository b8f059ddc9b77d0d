"""The patients of a simulated clinic: what they come with, and how much treatment can do for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.simulate.network import ROUTE_BENEFIT, Site
from outcomes.simulate.severity import PERSON_SD, SCALES, Array

START_MEAN = np.array([0.12, 0.10, 0.05])
START_SD = np.array([0.70, 0.78, 0.72])
START_CORRELATION = np.array([[1.0, 0.75, 0.50], [0.75, 1.0, 0.50], [0.50, 0.50, 1.0]])
PTSD_TRAUMA = 0.75
"""Latent depression, anxiety and trauma at the start, and what a PTSD diagnosis adds to the last."""

BENEFIT_MEAN, BENEFIT_SD = 1.68, 1.08
BENEFIT_SHARE = np.array([1.0, 0.85, 0.62])
BENEFIT_OWN_SD = 0.30
"""Full latent benefit of treatment, the share of it that each factor gets, each factor's own variation."""

GAIN_LOGIT, GAIN_SD = -0.45, 0.6
FADE_MEDIAN, FADE_SD = 220.0, 0.9
"""Share of the missing benefit that an infusion adds (logit), days in which it fades to 1/e (log-normal)."""


@dataclass(frozen=True)
class People:
    """Traits that do not change, one entry per patient.

    Attributes
    ----------
    route, ptsd, asked_pcl5 : arrays (patients,), route, PTSD diagnosis, whether the PCL-5 is asked
    start, benefit : arrays (patients, factors), latent severity before treatment, what full benefit takes off
    gain, fade_days : arrays (patients,), see severity.compute_effect
    leaning : dict of instrument to array (patients, items), lasting leaning on each item
    """

    route: np.ndarray
    ptsd: np.ndarray
    asked_pcl5: np.ndarray
    start: Array
    benefit: Array
    gain: Array
    fade_days: Array
    leaning: dict[str, Array]


def draw_people(site: Site, n: int, random: RandomState) -> People:
    """Draw the traits of a site's patients.

    Parameters
    ----------
    site : Site
    n : int, number of patients
    random : RandomState

    Returns
    -------
    People
    """
    draw = random.random_sample(n)
    edges = np.cumsum([share for _, share in site.routes])
    route = np.array([name for name, _ in site.routes])[np.searchsorted(edges[:-1], draw, side="right")]
    ptsd = random.random_sample(n) < site.ptsd_share
    asked = site.asks_pcl5 & (ptsd | (random.random_sample(n) < 0.06))
    start = (
        START_MEAN
        + site.severity
        + random.standard_normal((n, 3)) @ np.linalg.cholesky(START_CORRELATION).T * START_SD
    )
    start[:, 2] += PTSD_TRAUMA * ptsd
    shared = BENEFIT_MEAN + site.benefit + np.array([ROUTE_BENEFIT[name] for name in route])
    shared = shared + BENEFIT_SD * random.standard_normal(n)
    benefit = BENEFIT_SHARE * shared[:, None] + BENEFIT_OWN_SD * random.standard_normal((n, 3))
    return People(
        route,
        ptsd,
        asked,
        start,
        benefit,
        gain=1 / (1 + np.exp(-(GAIN_LOGIT + GAIN_SD * random.standard_normal(n)))),
        fade_days=FADE_MEDIAN * np.exp(FADE_SD * random.standard_normal(n)),
        leaning={
            name: PERSON_SD * random.standard_normal((n, len(scale.locations)))
            for name, scale in SCALES.items()
        },
    )


def describe_patients(
    people: People, planned: Array, taken: np.ndarray, anchor: Array, random: RandomState
) -> pd.DataFrame:
    """Make the patients frame of a Clinic; the characteristics drawn here bear on nothing else."""
    n = len(taken)
    other = np.searchsorted([0.80, 0.90], random.random_sample(n), side="right")
    female = random.random_sample(n) < 0.58
    weight = np.where(female, 74, 87) + np.where(female, 15, 16) * random.standard_normal(n)
    return pd.DataFrame(
        {
            "route": people.route,
            "diagnosis": np.where(people.ptsd, "PTSD", np.array(["MDD", "bipolar depression", "GAD"])[other]),
            "sex": np.where(female, "F", "M"),
            "age": np.clip(np.round(43 + 13 * random.standard_normal(n)), 18, 85).astype(int),
            "weight_kg": np.round(np.clip(weight, 45, 150), 1),
            "asked_pcl5": people.asked_pcl5,
            "planned": (~np.isnan(planned)).sum(axis=1),
            "taken": taken,
            "last_induction_day": anchor.astype(int),
        }
    )
