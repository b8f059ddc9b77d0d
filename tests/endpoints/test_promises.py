"""What must hold for any cohort: patients are the only partition, and neither row order nor names matter."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.endpoints.series import derive_series

INSTRUMENTS = ["gad7", "phq9"]
RELAXED = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

clocks = st.sampled_from([None, 32_400, 36_000, 54_000])
infusion_days = st.lists(st.sampled_from([0, 0, 3, 4, 7, 14, 30, 61]), max_size=10)
phases = st.sampled_from([None, None, None, None, "maintenance", "re-induction"])
assessments = st.lists(
    st.tuples(
        st.sampled_from(INSTRUMENTS),
        st.one_of(st.sampled_from([-14, 0, 7, 14, 30, 44]), st.integers(-40, 200)),
        st.one_of(st.none(), st.integers(0, 21)),
        clocks,
        st.sampled_from([None, None, "before", "after"]),
    ),
    max_size=10,
)
patients = st.tuples(infusion_days, clocks, phases, assessments, st.sampled_from([20, 59, 1000]))
cohorts = st.lists(patients, min_size=5, max_size=20)


def make(clinic, drawn, *, name="p{:02d}"):
    """Frames of a drawn cohort."""
    given, asked, people = [], [], []
    for number, (gaps, clock, phase, answers, until) in enumerate(drawn):
        patient, day = name.format(number), 0
        for place, gap in enumerate(gaps):
            day += gap if place else 0
            given.append((patient, day, {"clock": clock, "declared_phase": phase if place == 3 else None}))
        for instrument, at, total, answered, label in answers:
            asked.append((patient, instrument, at, total, {"clock": answered, "declared_timing": label}))
        people.append(clinic.patients([patient], until=until))
    return clinic.scores(asked), clinic.infusions(given), pd.concat(people, ignore_index=True)


def run(scores, infusions, people):
    """All frames of the room, each with its key as index."""
    scores = derive_endpoints(scores, infusions, people)
    courses = build_courses(scores, infusions, people, instruments=INSTRUMENTS)
    key = ["patient_id", "series", "instrument"]
    return {
        "infusions": derive_series(infusions).set_index("row_uid"),
        "scores": scores.set_index("assessment_id"),
        "courses": courses.set_index(key),
        "onset": build_onset_times(scores, courses).set_index(key),
        "sustained": build_onset_times(scores, courses, endpoint="sustained_remission").set_index(key),
        "relapse": build_relapse_times(scores, courses).set_index(key),
        "lost": build_relapse_times(scores, courses, endpoint="loss_of_response").set_index(key),
    }


def rename(frame, names):
    """The same frame, with the patients' names changed in its column or in its index."""
    levels = [level for level in frame.index.names if level]
    frame = frame.reset_index() if levels else frame
    frame = frame.assign(patient_id=frame["patient_id"].map(names).astype("string"))
    return frame.set_index(levels) if levels else frame


@RELAXED
@given(drawn=cohorts, cut=st.integers(0, 2**20 - 1), seed=st.integers(0, 1000))
def test_blocks_of_patients_their_names_and_the_order_of_rows_change_nothing(clinic, drawn, cut, seed):
    frames = make(clinic, drawn)
    # The new names stand in the opposite order.
    names = {f"p{number:02d}": f"q{99 - number}" for number in range(len(drawn))}
    block = {name for number, name in enumerate(names.values()) if cut >> number & 1}
    mixed = [rename(frame.sample(frac=1, random_state=seed), names) for frame in frames]
    parts = [
        run(*(one[one["patient_id"].isin(block) == inside] for one in mixed)) for inside in (True, False)
    ]
    back = {new: old for old, new in names.items()}
    stacked = {name: rename(pd.concat([part[name] for part in parts]), back) for name in parts[0]}
    for name, whole in run(*frames).items():
        pd.testing.assert_frame_equal(whole.sort_index(), stacked[name].sort_index(), obj=name)


@RELAXED
@given(drawn=cohorts)
def test_events_and_reasons_are_complete(clinic, drawn):
    found = run(*make(clinic, drawn))
    courses = found["courses"]
    assert (courses["baseline"].isna() == courses["baseline_reason"].notna()).all()
    assert (courses["endpoint_total"].isna() == courses["endpoint_reason"].notna()).all()
    assert (courses["eligible"] == courses["eligible_reason"].isna()).all()
    assert courses.loc[courses["eligible"], "due"].all()
    for name in ("onset", "sustained", "relapse", "lost"):
        events = found[name]
        assert events.index.equals(courses.index)
        assert (events["included"] == events["excluded_reason"].isna()).all()
        held = events[events["included"]]
        assert (held["left"] >= 0).all()
        assert (held["event"] == held["right"].notna()).all()
        assert (held["time"] == held["right"].fillna(held["left"])).all()
        exact = held["reason"].isin(["new_series", "admission"])
        assert (held.loc[held["event"] & ~exact, "left"] < held.loc[held["event"] & ~exact, "right"]).all()
        assert (held.loc[exact, "left"] == held.loc[exact, "right"]).all()
        assert (held.loc[held["event"], "time"] > 0).all()


@pytest.mark.parametrize("index", [[5, 5, 1], [2, 0, 1]])
def test_derivations_keep_rows_order_index_and_input_and_repeat_themselves(clinic, index):
    asked = clinic.scores([("b", "phq9", 9, 5), ("a", "gad7", 0, 12), ("b", "phq9", -1, 16)]).set_axis(index)
    infusions, people = clinic.infusions([("b", 0), ("a", 0)]), clinic.patients(["a", "b"])
    before = [frame.copy() for frame in (asked, infusions, people)]
    found = derive_endpoints(asked, infusions, people)
    assert found.index.tolist() == index
    assert found["response"].tolist() == [True, pd.NA, pd.NA]
    for frame, copy in zip((asked, infusions, people), before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
    pd.testing.assert_frame_equal(derive_endpoints(found, infusions, people), found)
