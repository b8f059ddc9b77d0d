from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.series import derive_series
from outcomes.errors import DataError
from outcomes.schema import INFUSIONS, check_frame


def phases(clinic, rows, **changes):
    profile = get_profile("default").replace(**changes)
    return derive_series(clinic.infusions([("p1", *row) for row in rows]), profile=profile)


def test_a_gap_of_60_days_stays_in_the_series_and_61_starts_a_new_one(clinic):
    found = phases(clinic, [(0,), (60,), (121,)])
    assert found["series"].tolist() == [1, 1, 2]
    assert found["day"].tolist() == [0, 60, 0]
    assert found["gap_days"].tolist() == [pd.NA, 60, 61]
    assert found["long_gap"].tolist() == [False, True, False]


def test_the_ninth_infusion_and_one_after_day_28_are_maintenance(clinic):
    assert phases(clinic, [(day,) for day in range(0, 18, 2)])["phase"].tolist() == ["induction"] * 8 + [
        "maintenance"
    ]
    assert phases(clinic, [(0,), (28,), (29,)])["phase"].tolist() == ["induction", "induction", "maintenance"]


def test_a_gap_of_11_days_ends_induction_only_after_4_infusions(clinic):
    assert phases(clinic, [(0,), (11,), (14,)])["phase"].tolist() == ["induction"] * 3
    found = phases(clinic, [(0,), (2,), (4,), (6,), (17,), (18,)])
    assert found["phase"].tolist() == ["induction"] * 4 + ["maintenance"] * 2
    dropped = phases(clinic, [(0,), (2,), (4,), (6,), (17,)], induction_end_gap_days=None)
    assert dropped["phase"].tolist() == ["induction"] * 5


def test_a_declared_phase_wins_and_undeclared_infusions_take_the_last_one_declared(clinic):
    rows = [(0,), (3, {"declared_phase": "maintenance"}), (5,), (7, {"declared_phase": "induction"}), (40,)]
    assert phases(clinic, rows)["phase"].tolist() == [
        "induction", "maintenance", "maintenance", "induction", "induction",
    ]  # fmt: skip


def test_a_declared_reinduction_block_starts_one_series_and_its_infusions_are_induction(clinic):
    again = {"declared_phase": "re-induction"}
    found = phases(
        clinic, [(0,), (3,), (30, again), (33,), (36, again), (50, {"declared_phase": "maintenance"})]
    )
    assert found["series"].tolist() == [1, 1, 2, 2, 2, 2]
    assert found["phase"].tolist() == ["induction"] * 5 + ["maintenance"]


def test_four_infusions_within_28_days_after_a_long_gap_are_flagged_and_not_split(clinic):
    found = phases(clinic, [(0,), (30,), (35,), (40,), (58,)])
    assert found["series"].tolist() == [1] * 5
    assert found["possible_reinduction"].tolist() == [False, True, False, False, False]
    assert not phases(clinic, [(0,), (30,), (35,), (40,), (59,)])["possible_reinduction"].any()


def test_administrations_of_one_date_are_one_infusion(clinic):
    found = phases(clinic, [(0, {"clock": 60}), (0, {"clock": 30}), (3,)])
    assert found["infusion_number"].tolist() == [1, 1, 2]
    assert found["several_same_day"].tolist() == [True, True, False]
    assert found["gap_days"].tolist() == [pd.NA, pd.NA, 3]


def test_rows_order_and_index_are_kept_and_the_input_is_untouched(clinic):
    infusions = clinic.infusions([("b", 10), ("a", 0), ("b", 0)]).set_axis([7, 7, 3])
    before = infusions.copy()
    found = derive_series(infusions)
    assert found.index.tolist() == [7, 7, 3]
    assert found["day"].tolist() == [10, 0, 0]
    pd.testing.assert_frame_equal(infusions, before)
    pd.testing.assert_frame_equal(derive_series(found), found)


def test_a_row_without_a_day_has_no_series_and_dtypes_hold(clinic):
    found = derive_series(clinic.infusions([("p1", 0), ("p1", None)]))
    assert found["series"].tolist() == [1, pd.NA]
    check_frame(found, "INFUSIONS")
    check_frame(derive_series(INFUSIONS.empty()), "INFUSIONS")


def test_a_missing_column_is_named_with_the_verb_that_makes_it(clinic):
    with pytest.raises(DataError, match="derive_series needs the column declared_phase: run load_cohort"):
        derive_series(clinic.infusions([("p1", 0)]).drop(columns="declared_phase"))
