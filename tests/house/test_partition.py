"""Patients are the only partition: blocks, row order and names change nothing in the sample network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import outcomes as oc

INSTRUMENTS = ("phq9", "gad7", "pcl5")
KEYS = {
    "scores": ["assessment_id"],
    "infusions": ["row_uid"],
    "courses": ["patient_id", "series", "instrument"],
    "onset": ["patient_id", "series", "instrument"],
    "relapse": ["patient_id", "series", "instrument"],
}


def run_chain(
    scores: pd.DataFrame, infusions: pd.DataFrame, patients: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    derived = oc.derive_endpoints(scores, infusions, patients)
    courses = oc.build_courses(derived, infusions, patients, instruments=INSTRUMENTS)
    return {
        "scores": derived,
        "infusions": oc.derive_series(infusions),
        "courses": courses,
        "onset": oc.build_onset_times(derived, courses),
        "relapse": oc.build_relapse_times(derived, courses),
    }


def in_order(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: frame.sort_values(KEYS[name], ignore_index=True) for name, frame in frames.items()}


@pytest.fixture(scope="module")
def whole(sample_cohort):
    return in_order(run_chain(sample_cohort.scores, sample_cohort.infusions, sample_cohort.patients))


@pytest.mark.parametrize("seed", [0, 1])
def test_random_blocks_of_patients_stack_to_the_whole(sample_cohort, whole, seed):
    rng = np.random.default_rng(seed)
    ids = sample_cohort.patients["patient_id"]
    block = pd.Series(rng.integers(0, 5, len(ids)), index=ids)
    given = (sample_cohort.scores, sample_cohort.infusions, sample_cohort.patients)
    parts = [
        run_chain(*(frame[frame["patient_id"].map(block) == number] for frame in given))
        for number in range(5)
    ]
    stacked = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in KEYS}
    for name, frame in in_order(stacked).items():
        assert_frame_equal(frame, whole[name], obj=name)


def test_the_order_of_rows_and_the_names_of_patients_change_nothing_else(sample_cohort, whole):
    rng = np.random.default_rng(2)
    old = sample_cohort.patients["patient_id"].to_numpy()
    new = pd.Series([f"x{number:04d}" for number in rng.permutation(len(old))], index=old)
    back = pd.Series(new.index, index=new.array)
    given = [
        frame.assign(patient_id=frame["patient_id"].map(new).astype("string")).sample(frac=1, random_state=4)
        for frame in (sample_cohort.scores, sample_cohort.infusions, sample_cohort.patients)
    ]
    renamed = run_chain(*(frame.reset_index(drop=True) for frame in given))
    restored = {
        name: frame.assign(patient_id=frame["patient_id"].map(back).astype("string"))
        for name, frame in renamed.items()
    }
    for name, frame in in_order(restored).items():
        assert_frame_equal(frame, whole[name], obj=name)
