"""Builders of small frames: a cohort is written as a few lists that can be checked by hand."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.baseline import derive_baseline
from outcomes.endpoints.change import derive_change
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.endpoints.timeline import derive_timeline
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
            {
                "assessment_id": f"a{number:04d}",
                "patient_id": patient,
                "instrument": instrument,
                "total": total,
            }
            | _place(day, dated)
            | (more[0] if more else {})
        )
    return _fill(SCORES, made)


def make_infusions(rows, *, dated=False):
    """Infusions from (patient, day) and, optionally, a dict of further columns."""
    made = []
    for number, (patient, day, *more) in enumerate(rows):
        made.append(
            {"row_uid": f"i{number:04d}", "patient_id": patient}
            | _place(day, dated)
            | (more[0] if more else {})
        )
    return _fill(INFUSIONS, made)


def make_patients(patients, *, until=LAST_DAY, dated=False, **columns):
    """Patients by id, all observed until the same day."""
    last = {"observed_until": DAY_ZERO + pd.Timedelta(days=until)} if dated else {"observed_until_day": until}
    return _fill(PATIENTS, [{"patient_id": patient} | last | columns for patient in patients])


class Run:
    """One patient p1 on the way through the chain; each frame is made when it is first asked for."""

    def __init__(
        self, scores, infusions, *, until=LAST_DAY, profile="default", dated=False, instrument="phq9", **more
    ):
        pairs = [(part, {}) if isinstance(part, int) else part for part in infusions]
        self.infusions = make_infusions([("p1", day, given) for day, given in pairs], dated=dated)
        self.asked = make_scores([("p1", instrument, *row) for row in scores], dated=dated)
        self.patients = make_patients(["p1"], until=until, dated=dated, **more)
        self.profile, self.instruments = get_profile(profile), [instrument]

    @cached_property
    def scores(self):
        placed = derive_timeline(self.asked, self.infusions, self.patients, profile=self.profile)
        return derive_change(derive_baseline(placed, profile=self.profile))

    @cached_property
    def courses(self):
        frames = (self.scores, self.infusions, self.patients)
        return build_courses(*frames, profile=self.profile, instruments=self.instruments)

    @property
    def course(self):
        return self.courses.iloc[0]

    def onset(self, endpoint="response"):
        return build_onset_times(self.scores, self.courses, endpoint=endpoint, profile=self.profile).iloc[0]

    def relapse(self, endpoint="relapse", confirm=True):
        options = {"endpoint": endpoint, "confirm": confirm, "profile": self.profile}
        return build_relapse_times(self.scores, self.courses, **options).iloc[0]


@pytest.fixture(scope="session")
def clinic():
    """The builders: clinic.scores, .infusions, .patients, and .run for one patient."""
    return SimpleNamespace(
        scores=make_scores, infusions=make_infusions, patients=make_patients, run=Run, day_zero=DAY_ZERO
    )
