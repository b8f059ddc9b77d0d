"""A frame that breaks the promises of its schema is refused with everything that is wrong."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc


def infusions(**changes) -> pd.DataFrame:
    frame = oc.INFUSIONS.empty().reindex(range(2)).assign(row_uid=["1:0:2", "1:0:3"], patient_id="A")
    return frame.astype({column.name: column.dtype for column in oc.INFUSIONS.required_columns}).assign(
        **changes
    )


def test_a_good_frame_comes_back_as_it_is():
    frame = infusions(anything_else=1)
    assert oc.check_frame(frame, "INFUSIONS") is frame


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dose_mg": "forty"}, "dose_mg must have dtype Float64"),
        (
            {"row_uid": pd.array(["1:0:2", None], dtype="string")},
            "row_uid must have a value in every row; 1 rows lack it",
        ),
        ({"row_uid": pd.array(["1:0:2", "1:0:2"], dtype="string")}, "1 rows repeat an earlier one"),
    ],
)
def test_a_broken_promise_is_named(changes, words):
    with pytest.raises(oc.DataError, match=words):
        oc.check_frame(infusions(**changes), "INFUSIONS")


def test_all_missing_columns_are_named_at_once():
    with pytest.raises(oc.DataError) as caught:
        oc.check_frame(pd.DataFrame({"patient_id": pd.array([], dtype="string")}), "INFUSIONS")
    assert len(caught.value.problems) == len(oc.INFUSIONS.required_columns) - 1


def test_an_unknown_name_of_a_frame_is_refused_with_the_known_ones():
    with pytest.raises(oc.DataError, match="ITEMS, SCORES"):
        oc.check_frame(infusions(), "INFUSION")


def test_a_missing_series_is_allowed_where_a_patient_never_started():
    courses = oc.COURSES.empty().reindex(range(1)).assign(patient_id="A", instrument="phq9")
    courses = courses.astype({column.name: column.dtype for column in oc.COURSES.columns})
    assert len(oc.check_frame(courses, "COURSES")) == 1
