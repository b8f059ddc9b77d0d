"""A simulated clinic on the calendar: ids, dated infusions, and the questionnaires that were filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.simulate.clinic import Clinic
from outcomes.simulate.network import DRUGS, Site

MINUTE, HOUR = 60, 3600
MG_PER_KG = {"IV": (0.5, 0.1, 1.0), "IM": (0.8, 0.1, 1.2)}
"""Dose per body weight: at the first infusion, step of each later one, ceiling."""
ESKETAMINE_MG = (28, 56, 84)
DURATION_MIN = {"IV": 40}

AFTER_INFUSION_RATE = 0.03
GAD7_LEFT_OUT_RATE = 0.06

PHQ9 = tuple(f"phq9_{item}" for item in range(1, 10))
GAD7 = tuple(f"gad7_{item}" for item in range(1, 8))
PCL5 = tuple(f"pcl5_{item}" for item in range(1, 21))


@dataclass(frozen=True)
class Records:
    """What a clinic holds, before anything goes wrong in its files.

    Attributes
    ----------
    site : Site
    patients : DataFrame: patient_id, sex, age, diagnosis, start (date of the first infusion), quarter
    infusions : DataFrame: patient_id, date, clock (seconds), number, drug, route, dose_mg, weight_kg,
        duration_min, phase, status ("given" or "missed"); in the order of date and clock
    questionnaires : DataFrame: patient_id, date, clock, occasion, answers (missing where not asked),
        difficulty; ordered alike
    """

    site: Site
    patients: pd.DataFrame
    infusions: pd.DataFrame
    questionnaires: pd.DataFrame


def record_clinic(
    clinic: Clinic, *, starts: pd.PeriodIndex, observed_until: pd.Timestamp, random: RandomState
) -> Records:
    """Put a simulated clinic on the calendar and keep what it would hold on the last day of the export.

    Parameters
    ----------
    clinic : Clinic
    starts : PeriodIndex of quarters; patients start in them evenly
    observed_until : Timestamp, the last date in the export
    random : RandomState

    Returns
    -------
    Records
    """
    patients = _date_patients(clinic, starts, random)
    infusions = _record_infusions(clinic, patients, observed_until, random)
    questionnaires = _record_questionnaires(clinic, patients, infusions, observed_until, random)
    return Records(
        clinic.site,
        patients.drop(columns=["patient"]).sort_values(["start", "patient_id"], ignore_index=True),
        infusions.drop(columns=["patient", "day"]),
        questionnaires.drop(columns=["patient", "day", "start_clock"]),
    )


def _date_patients(clinic: Clinic, starts: pd.PeriodIndex, random: RandomState) -> pd.DataFrame:
    n = len(clinic.patients)
    quarter = starts[random.permutation(np.arange(n) % len(starts))]
    first, last = quarter.start_time.normalize(), quarter.end_time.normalize()
    offset = np.floor(random.random_sample(n) * ((last - first).days.to_numpy() + 1))
    start = first + pd.to_timedelta(offset, unit="D")
    weekend = np.maximum(start.dayofweek.to_numpy() - 4, 0)
    back = (start - pd.to_timedelta(weekend, unit="D")) >= first
    start = start + pd.to_timedelta(np.where(back, -weekend, np.where(weekend > 0, 3 - weekend, 0)), unit="D")
    patients = clinic.patients[["sex", "age", "diagnosis"]].assign(
        patient=np.arange(n), start=start, quarter=quarter.astype(str)
    )
    order = patients["start"].argsort(kind="stable").to_numpy()
    ids = np.empty(n, dtype=object)
    ids[order] = _draw_ids(clinic.site, n, random)
    return patients.assign(patient_id=ids)


def _draw_ids(site: Site, n: int, random: RandomState) -> list[str]:
    """Ids as each kind of system makes them: digits with zeros in front, a prefix, a running number."""
    if site.style == "redcap":
        return [str(number + 1) for number in range(n)]
    drawn = random.permutation(10 ** max(3, len(str(2 * n))))[:n]
    if site.style == "workbook":
        return [f"{site.name[:2].upper()}-{number:03d}" for number in drawn]
    return [f"{number:04d}" for number in drawn]


def _record_infusions(
    clinic: Clinic, patients: pd.DataFrame, observed_until: pd.Timestamp, random: RandomState
) -> pd.DataFrame:
    known = clinic.patients[["route", "weight_kg", "age"]].assign(patient=np.arange(len(clinic.patients)))
    frame = clinic.infusions.merge(
        patients[["patient", "patient_id", "start"]], on="patient", validate="many_to_one"
    )
    frame = frame.merge(known, on="patient", validate="many_to_one")
    given = frame["status"] == "given"
    number = given.groupby(frame["patient"]).cumsum().where(given)
    within = given.groupby([frame["patient"], frame["series"]]).cumsum().to_numpy()
    frame = frame.assign(
        date=frame["start"] + pd.to_timedelta(frame["day"], unit="D"),
        clock=9 * HOUR + 15 * MINUTE * np.floor(random.random_sample(len(frame)) * 26).astype(int),
        number=number.astype("Int64"),
        drug=frame["route"].map(DRUGS),
        dose_mg=_doses(frame, within),
        weight_kg=frame["weight_kg"].where(random.random_sample(len(frame)) >= 0.05),
        duration_min=frame["route"].map(DURATION_MIN).astype("Int64"),
        phase=frame["phase"].mask((frame["series"] == 2) & (frame["phase"] == "induction"), "re-induction"),
    )
    kept = frame[frame["date"] <= observed_until].sort_values(
        ["date", "clock", "patient"], kind="stable", ignore_index=True
    )
    columns = ["number", "drug", "route", "dose_mg", "weight_kg", "duration_min", "phase", "status"]
    return kept[["patient", "day", "patient_id", "date", "clock", *columns]]


def _doses(frame: pd.DataFrame, within: np.ndarray) -> pd.Series:
    """Dose in mg: per body weight and rising for ketamine; 28 or 56, then 84 for esketamine."""
    first = frame["route"].map({route: values[0] for route, values in MG_PER_KG.items()})
    step = frame["route"].map({route: values[1] for route, values in MG_PER_KG.items()})
    ceiling = frame["route"].map({route: values[2] for route, values in MG_PER_KG.items()})
    by_weight = (frame["weight_kg"] * np.minimum(first + step * np.maximum(within - 1, 0), ceiling)).round()
    low, usual, high = ESKETAMINE_MG
    spray = np.where(within > 2, high, np.where((frame["age"] >= 65) & (within <= 1), low, usual))
    return by_weight.fillna(pd.Series(spray, index=frame.index)).astype("Int64")


def _record_questionnaires(
    clinic: Clinic,
    patients: pd.DataFrame,
    infusions: pd.DataFrame,
    observed_until: pd.Timestamp,
    random: RandomState,
) -> pd.DataFrame:
    frame = clinic.assessments[clinic.assessments["seen"]].drop(columns=["seen", "series"])
    frame = frame.merge(patients[["patient", "patient_id", "start"]], on="patient", validate="many_to_one")
    starts = infusions.loc[infusions["status"] == "given", ["patient", "day", "clock"]].rename(
        columns={"clock": "start_clock"}
    )
    frame = frame.merge(starts, on=["patient", "day"], how="left", validate="many_to_one")
    early = MINUTE * (12 + np.floor(random.random_sample(len(frame)) * 29))
    free = 8 * HOUR + MINUTE * np.floor(random.random_sample(len(frame)) * 720)
    frame = frame.assign(
        date=frame["start"] + pd.to_timedelta(frame["day"], unit="D"),
        clock=(frame["start_clock"] - early).where(frame["start_clock"].notna(), free).astype(int),
        difficulty=_difficulty(frame, random),
    )
    frame = frame.assign(
        **{name: frame[name].astype("Int8").mask(frame[name] < 0) for name in (*PHQ9, *GAD7, *PCL5)}
    )
    if clinic.site.style == "form":
        frame = pd.concat([frame, _after_infusion(frame, random)], ignore_index=True)
    else:
        left_out = random.random_sample(len(frame)) < GAD7_LEFT_OUT_RATE
        frame = frame.assign(**{name: frame[name].mask(left_out) for name in GAD7})
    kept = frame[frame["date"] <= observed_until].drop(columns="start")
    return kept.sort_values(["date", "clock", "patient"], kind="stable", ignore_index=True)


def _difficulty(frame: pd.DataFrame, random: RandomState) -> np.ndarray:
    felt = frame[list(PHQ9)].to_numpy().sum(axis=1) + 3 * random.standard_normal(len(frame))
    return np.searchsorted([5, 12, 20], felt)


def _after_infusion(frame: pd.DataFrame, random: RandomState) -> pd.DataFrame:
    """A few patients answer once more while they rest after the infusion, and feel better than tomorrow."""
    extra = frame[frame["start_clock"].notna() & (random.random_sample(len(frame)) < AFTER_INFUSION_RATE)]
    late = MINUTE * (60 + np.floor(random.random_sample(len(extra)) * 90))
    lower = random.random_sample((len(extra), len(PHQ9) + len(GAD7))) < 0.6
    better = {
        name: (extra[name] - lower[:, k].astype(int)).clip(lower=0) for k, name in enumerate((*PHQ9, *GAD7))
    }
    unasked = {name: extra[name].mask(extra["day"].notna()) for name in PCL5}
    clock = (extra["start_clock"] + late).astype(int)
    return extra.assign(clock=clock, occasion="after_infusion", **better, **unasked).astype(frame.dtypes)
