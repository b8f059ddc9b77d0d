"""Builders of small frames: a cohort is written as a few lists that can be checked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.schema import INFUSIONS, PATIENTS, SCORES

DAY_ZERO = pd.Timestamp("2026-01-05")
LAST_DAY = 1000


def _fill(schema, rows):
    frame = pd.DataFrame(rows, columns=[c.name for c in schema.required_columns])
    return frame.astype({c.name: c.dtype for c in schema.required_columns})


def _place(day, dated):
    if day is None:
        return {}
    return {"date": DAY_ZERO + pd.Timedelta(days=day)} if dated else {"study_day": day}


def make_scores(rows, *, dated=False):
    """Scores from (patient, instrument, day, total) and, optionally, a dict of further columns."""
    made = []
    for number, (patient, instrument, day, total, *more) in enumerate(rows):
        made.append(
            {"assessment_id": f"a{number:04d}", "patient_id": patient, "instrument": instrument, "total": total}
            | _place(day, dated)
            | (more[0] if more else {})
        )
    return _fill(SCORES, made)


def make_infusions(rows, *, dated=False):
    """Infusions from (patient, day) and, optionally, a dict of further columns."""
    made = []
    for number, (patient, day, *more) in enumerate(rows):
        made.append(
            {"row_uid": f"i{number:04d}", "patient_id": patient} | _place(day, dated) | (more[0] if more else {})
        )
    return _fill(INFUSIONS, made)


def make_patients(patients, *, until=LAST_DAY, dated=False, **columns):
    """Patients by id, all observed until the same day."""
    last = {"observed_until": DAY_ZERO + pd.Timedelta(days=until)} if dated else {"observed_until_day": until}
    return _fill(PATIENTS, [{"patient_id": patient} | last | columns for patient in patients])


def run_patient(scores, infusions, *, until=LAST_DAY, profile="default", dated=False, instrument="phq9", **columns):
    """One patient p1 through the whole chain: scores as (day, total[, dict]), infusions as days or (day, dict)."""
    pairs = [(part, {}) if isinstance(part, int) else part for part in infusions]
    given = make_infusions([("p1", day, more) for day, more in pairs], dated=dated)
    asked = make_scores([("p1", instrument, *row) for row in scores], dated=dated)
    patients = make_patients(["p1"], until=until, dated=dated, **columns)
    derived = derive_endpoints(asked, given, patients, profile=profile)
    courses = build_courses(derived, given, patients, profile=profile, instruments=[instrument])
    return SimpleNamespace(
        infusions=given,
        patients=patients,
        scores=derived,
        courses=courses,
        course=courses.iloc[0],
        onset=lambda endpoint="response": build_onset_times(
            derived, courses, endpoint=endpoint, profile=profile
        ).iloc[0],
        relapse=lambda endpoint="relapse", confirm=True: build_relapse_times(
            derived, courses, endpoint=endpoint, confirm=confirm, profile=profile
        ).iloc[0],
    )


@pytest.fixture(scope="session")
def clinic():
    """The builders: clinic.scores, clinic.infusions, clinic.patients, clinic.run."""
    return SimpleNamespace(
        scores=make_scores, infusions=make_infusions, patients=make_patients, run=run_patient, day_zero=DAY_ZERO
    )
