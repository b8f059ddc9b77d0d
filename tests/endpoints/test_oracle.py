"""COURSES and EVENTS of random patients, every column, against the rules in plain Python."""

from __future__ import annotations

import datetime
import math
import random

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.profile import get_profile

from .oracle.courses import follow
from .oracle.draw import draw_patient, make_frames
from .oracle.events import ONSET, find_onset, find_relapse
from .oracle.rules import DEFAULT, VARIANTS

INSTRUMENTS = ["gad7", "pcl5", "phq9"]
KEY = ["patient_id", "series", "instrument"]
N_PATIENTS = 2_000
RELAPSE = (("relapse", True), ("relapse", False), ("loss_of_response", True))


def change_profile(changes):
    """The default profile with the same changes as the oracle's rules."""
    return get_profile("default").replace(**changes)


@pytest.fixture(scope="module")
def drawn():
    rng = random.Random(20_261_126)
    patients = [draw_patient(rng, f"p{number:04d}") for number in range(N_PATIENTS)]
    return patients, make_frames(patients)


@pytest.fixture(scope="module", params=VARIANTS)
def judged(request, drawn):
    """Ours and the oracle's for one variant of the rules; the default for everyone, others for half."""
    patients, (scores, infusions, people, excluded) = drawn
    changes = VARIANTS[request.param]
    rules, profile = {**DEFAULT, **changes}, change_profile(changes)
    if changes:
        patients = patients[::2]
        ids = {one["id"] for one in patients}
        scores, infusions, people, excluded = (
            frame[frame["patient_id"].isin(ids)] for frame in (scores, infusions, people, excluded)
        )
    derived = oc.derive_endpoints(scores, infusions, people, profile=profile)
    courses = oc.build_courses(
        derived, infusions, people, profile=profile, instruments=INSTRUMENTS, excluded=excluded
    )
    expected = [follow(one, rules, INSTRUMENTS) for one in patients]
    return rules, profile, derived, courses, expected


def plain(value):
    """A cell as a plain value; None where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return None if math.isnan(value) else round(float(value), 9)
    if isinstance(value, pd.Timestamp):
        return value.toordinal()
    return value.item() if hasattr(value, "item") else value


def name_quarter(value):
    if not isinstance(value, int):
        return value
    date = datetime.date.fromordinal(value)
    return f"{date.year}Q{(date.month + 2) // 3}"


def by_key(frame):
    return {tuple(map(plain, (row[name] for name in KEY))): row for row in frame.to_dict("records")}


def list_differences(ours, theirs, columns):
    """Every cell that differs, the first few in words."""
    assert set(ours) == set(theirs)
    found = []
    for key, row in theirs.items():
        for name in columns:
            wanted, got = plain(row.get(name)), plain(ours[key][name])
            wanted = name_quarter(wanted) if name == "quarter" else wanted
            if wanted != got:
                found.append(f"{key} {name}: oracle {wanted!r}, ours {got!r}")
    return found


def test_every_questionnaire_is_placed_the_same(judged):
    _, _, derived, _, expected = judged
    names = {
        "series": "home", "day": "at", "timing": "timing", "timing_class": "klass", "endpoint_use": "use",
        "order_assumed": "assumed", "infusion_number": "number", "days_since_infusion": "since",
    }  # fmt: skip
    ours = {row["assessment_id"]: row for row in derived.to_dict("records")}
    differences = [
        (one["id"], name, one[theirs], plain(ours[one["id"]][name]))
        for _, placed, _ in expected for one in placed for name, theirs in names.items()
        if plain(ours[one["id"]][name]) != one[theirs]
    ]  # fmt: skip
    assert differences == []


def test_every_column_of_courses_is_the_same(judged):
    _, _, _, courses, expected = judged
    theirs = {tuple(row[name] for name in KEY): row for _, _, rows in expected for row in rows}
    columns = [column.name for column in oc.COURSES.columns if column.name not in KEY]
    assert list_differences(by_key(courses), theirs, columns) == []


@pytest.mark.parametrize("endpoint", ONSET)
def test_every_column_of_onset_is_the_same(judged, endpoint):
    rules, profile, derived, courses, expected = judged
    events = oc.build_onset_times(derived, courses, endpoint=endpoint, profile=profile)
    theirs = {
        tuple(row[name] for name in KEY): find_onset(placed, row, endpoint, rules)
        for _, placed, rows in expected for row in rows
    }  # fmt: skip
    columns = [column.name for column in oc.EVENTS.columns if column.name not in KEY]
    assert list_differences(by_key(events), theirs, columns) == []
    assert sum(row.get("event") is True for row in theirs.values()) >= 5


@pytest.mark.parametrize(("endpoint", "confirm"), RELAPSE)
def test_every_column_of_relapse_is_the_same(judged, endpoint, confirm):
    rules, profile, derived, courses, expected = judged
    events = oc.build_relapse_times(derived, courses, endpoint=endpoint, confirm=confirm, profile=profile)
    theirs = {
        tuple(row[name] for name in KEY): find_relapse(placed, row, rows, endpoint, confirm, rules)
        for _, placed, rows in expected for row in rows
    }  # fmt: skip
    columns = [column.name for column in oc.EVENTS.columns if column.name not in KEY]
    assert list_differences(by_key(events), theirs, columns) == []
    assert any(row["included"] for row in theirs.values())


@pytest.mark.parametrize("judged", ["default"], indirect=True)
def test_the_random_histories_meet_every_reason(judged):
    courses = judged[3]
    assert {"not_started", "start_not_observed", "not_usable", "outside_window", "only_after_start",
            "no_score"} <= set(courses["baseline_reason"].dropna())  # fmt: skip
    assert {"not_started", "start_not_observed", "not_matured", "not_usable", "acute_only",
            "new_series_first", "no_score_in_window"} <= set(courses["endpoint_reason"].dropna())  # fmt: skip
    assert set(courses["change_class"].dropna()) == {"recovered", "improved", "unchanged", "deteriorated"}
    statuses = set(courses["induction_status"].dropna())
    assert statuses == {"complete", "compressed", "in_progress", "incomplete"}
