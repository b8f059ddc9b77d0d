"""Rows by patient and time, as whole numbers that sort and repeat as their values do."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.loading.ordering import Places, find_order, take_rows

KEYS = ["patient_id", "date", "study_day", "clock", "instrument"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P10", "P2", "p1", "Ä", "007", "7"]),
        st.sampled_from([None, "2026-01-05", "2025-12-31", "2026-01-04"]),
        st.sampled_from([None, -3, 0, 14]),
        st.sampled_from([None, 0, 3_600]),
        st.sampled_from(["phq9", "gad7"]),
    ),
    max_size=25,
)


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=KEYS)
    frame = frame.astype(
        {"patient_id": "string", "instrument": "string", "study_day": "Int64", "clock": "Int64"}
    )
    frame["date"] = pd.to_datetime(frame["date"])
    frame["row_uid"] = pd.array([f"1:0:{place + 2}" for place in range(len(rows))], dtype="string")
    return frame


@settings(max_examples=150, deadline=None, derandomize=True)
@given(ROWS)
def test_the_order_is_that_of_the_values_with_missing_ones_last(rows):
    frame = frame_of(rows)
    expected = frame.sort_values([*KEYS, "row_uid"], na_position="last", kind="stable", ignore_index=True)
    found = take_rows(frame, find_order(Places(frame)))
    pd.testing.assert_frame_equal(found, expected)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(ROWS)
def test_rows_repeat_where_all_columns_are_equal_missing_ones_too(rows):
    frame = frame_of(rows)
    names = ["patient_id", "instrument", "date", "study_day"]
    for keep in ("first", False):
        found = Places(frame).find_repeated(names, keep=keep)
        np.testing.assert_array_equal(found, frame.duplicated(names, keep=keep).to_numpy())


def test_more_values_than_one_number_can_hold_are_still_told_apart():
    rng = np.random.default_rng(1)
    names = [f"c{place}" for place in range(8)]
    frame = pd.DataFrame({name: pd.array(rng.permutation(500), dtype="Int64") for name in names})
    frame = pd.concat([frame, frame.head(3)], ignore_index=True)
    numbers = Places(frame).number_rows(names)
    expected = frame.sort_values(names, kind="stable").index
    assert np.argsort(numbers, kind="stable").tolist() == expected.tolist()
    assert Places(frame).find_repeated(names, keep="first").sum() == 3


def test_rows_in_order_stay_as_they_are_and_are_numbered_anew():
    frame = frame_of([("P1", None, 0, None, "phq9"), ("P2", None, 0, None, "phq9")]).set_axis([7, 9], axis=0)
    found = take_rows(frame, np.arange(2))
    pd.testing.assert_frame_equal(found, frame.reset_index(drop=True))
    assert frame.index.tolist() == [7, 9]
