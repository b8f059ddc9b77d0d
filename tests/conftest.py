"""Fixtures that many rooms share: the sample network, loaded and derived once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sample_cohort():
    import outcomes as oc

    return oc.load_cohort(ROOT / "sample_data")


@pytest.fixture(scope="session")
def sample_scores(sample_cohort):
    import outcomes as oc

    return oc.derive_endpoints(sample_cohort.scores, sample_cohort.infusions, sample_cohort.patients)


@pytest.fixture(scope="session")
def sample_courses(sample_scores, sample_cohort):
    import outcomes as oc

    return oc.build_courses(sample_scores, sample_cohort.infusions, sample_cohort.patients)


@pytest.fixture(scope="session")
def sample_onset(sample_scores, sample_courses):
    import outcomes as oc

    return oc.build_onset_times(sample_scores, sample_courses)


@pytest.fixture(scope="session")
def sample_relapse(sample_scores, sample_courses, sample_cohort):
    import outcomes as oc

    return oc.build_relapse_times(sample_scores, sample_courses)
