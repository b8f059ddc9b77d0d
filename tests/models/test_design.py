"""Formula and frame to arrays: every row accounted for, every fault named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.errors import DataError, EstimationError
from outcomes.models.mixed.design import Design, build_design, refuse_aliased


def build(scores, formula="total ~ day", *, groups="patient_id", re_formula="~day"):
    return build_design(scores, formula, groups=groups, re_formula=re_formula)


@pytest.fixture
def course():
    """Two patients as derive_endpoints leaves them: a baseline row, acute rows, and rows for endpoints."""
    return pd.DataFrame(
        {
            "patient_id": pd.array(["a", "a", "a", "a", "b", "b", "b", None], dtype="string"),
            "series": pd.array([1, 1, 1, 1, 1, 1, 2, 1], dtype="Int64"),
            "day": pd.array([0, 0, 7, 14, -2, 9, 8, 7], dtype="Int64"),
            "endpoint_use": pd.array([False, False, True, True, False, True, True, True], dtype="boolean"),
            "baseline_of": pd.array([1, None, None, None, 1, None, None, None], dtype="Int64"),
            "baseline": pd.array([18, 18, 18, 18, 20, 20, None, 15], dtype="Int64"),
            "total": pd.array([18, 6, 12, None, 20, 11, 9, 8], dtype="Int64"),
        }
    )


def test_baseline_rows_are_outcomes_when_baseline_is_no_covariate(course):
    design = build(course)
    assert design.y.tolist() == [18, 12, 20, 11, 9]
    assert design.notes == (
        "3 of 8 rows are left out: 1 without a patient; "
        "1 that serve no endpoint (before the start, or acute); 1 without total.",
        "Later series are among the rows; they share the random effects of their patient.",
    )


def test_with_baseline_as_covariate_rows_of_day_0_or_earlier_are_left_out(course):
    design = build(course.drop(columns="endpoint_use"), "total ~ day + baseline")
    assert design.y.tolist() == [12, 11]
    assert "3 of day 0 or earlier (baseline is a covariate)" in design.notes[0]
    assert "1 without baseline" in design.notes[0]


def test_rows_left_out_and_rows_used_add_to_the_frame(course):
    design = build(course, "total ~ day + baseline")
    counted = sum(int(part.split()[0]) for part in design.notes[0].split(": ")[1].split("; "))
    assert counted + len(design.y) == len(course)


def test_a_frame_without_a_usable_row_gives_reasons(course):
    for frame in (course.assign(total=pd.NA), course.iloc[:0]):
        assert build(frame)[-1] == "No row is left to fit."


def test_variables_inside_splines_are_found(course):
    day = course["day"].astype("Float64").mask(course.index == 5)
    design = build(course.assign(day=day), "total ~ bs(day, df=3, degree=1)", re_formula="~1")
    assert "1 without day" in design.notes[0]


def test_text_and_flags_become_categories_in_stable_order():
    frame = pd.DataFrame(
        {
            "patient_id": list("abc"),
            "y": [1.0, 2.0, 3.0],
            "route": ["IV", "IM", "IV"],
            "first": [True, False, True],
        }
    )
    assert build(frame, "y ~ route + first", re_formula=None).x.columns.tolist() == [
        "Intercept",
        "route[T.IV]",
        "first[T.True]",
    ]
    route = pd.Categorical(frame["route"], ["IV", "IM", "SC"])
    names = build(frame.assign(route=route), "y ~ route", re_formula=None).x.columns.tolist()
    assert names == ["Intercept", "route[T.IM]"]


def test_the_frame_is_not_changed(course):
    before = course.copy(deep=True)
    assert isinstance(build(course, "total ~ bs(day, df=3) + baseline"), Design)
    pd.testing.assert_frame_equal(course, before)


def test_the_same_knots_serve_new_values():
    frame = pd.DataFrame({"patient_id": list("aabbcc"), "day": [1.0, 5, 9, 20, 40, 80], "y": range(6)})
    design = build(frame, "y ~ bs(day, df=4)", re_formula=None)
    again = design.spec.get_model_matrix(pd.DataFrame({"day": [9.0, 40.0]}))
    assert np.asarray(again) == pytest.approx(design.x.to_numpy()[[2, 4]])


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("total ~ +* day", "cannot read formula"),
        ("total ~ day + nobody", "cannot compute the formula"),
        ("~ day", "needs a formula"),
        ("total ~ day | route", "needs a formula"),
        ("total ~ start", "hold something else"),
        ("total ~ np.log(day - 7)", "needs finite numbers"),
        ("route ~ day", "one number as outcome"),
    ],
)
def test_a_formula_that_cannot_be_used_is_refused_in_words(course, formula, message):
    frame = course.assign(start=pd.Timestamp("2026-01-01"), route=list("xyxyxyzz"))
    with pytest.raises(EstimationError, match=message.replace("(", r"\(")) as error:
        build(frame.assign(day=frame["day"].astype(float)), formula)
    assert "2026" not in str(error.value)


def test_groups_must_name_one_column(course):
    with pytest.raises(EstimationError, match="name of one column"):
        build(course, groups=course["patient_id"].tolist())
    with pytest.raises(DataError, match="needs the column clinic"):
        build(course, groups="clinic")


def test_two_instruments_are_refused(course):
    with pytest.raises(EstimationError, match="one instrument; the frame holds 2"):
        build(course.assign(instrument=["phq9"] * 4 + ["gad7"] * 4))


def test_aliased_columns_are_named():
    columns = pd.DataFrame({"a": [1.0, 1, 1, 1], "b": [1.0, 0, 1, 0], "c": [0.0, 1, 0, 1], "d": [0.0] * 4})
    with pytest.raises(EstimationError, match=r"in formula c, d can be computed"):
        refuse_aliased(columns, argument="formula")
    refuse_aliased(columns[["a", "b"]], argument="formula")


def test_a_large_covariate_is_not_taken_for_a_copy():
    refuse_aliased(
        pd.DataFrame({"a": [1.0] * 4, "b": [1e6, 1e6 + 20, 1e6 + 1, 1e6 - 30]}), argument="formula"
    )
