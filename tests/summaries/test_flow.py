"""Everybody who leaves the flow leaves by a named door."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.errors import LedgerError
from outcomes.summaries.flow import STEPS, summarize_flow

from .conftest import judged, make_courses

LEAVERS = [
    judged(18, 6),
    judged(18, 6, n_infusions=3),
    judged(18, None),
    judged(18, None, endpoint_reason="acute_only"),
    judged(8, 6),
    {
        "start_observed": False,
        "due": False,
        "eligible": False,
        "baseline": 12,
        "eligible_reason": "start_not_observed",
    },
    {
        "matured": False,
        "due": False,
        "eligible": False,
        "baseline": 12,
        "eligible_reason": "not_matured",
        "n_infusions": 2,
    },
    {"baseline_reason": "no_score", "eligible": False, "eligible_reason": "no_score"},
    {"series": None, "due": False, "eligible": False},
]


def test_boxes_and_doors_of_one_clinic():
    flow = summarize_flow(make_courses(LEAVERS))
    assert flow[["step", "n", "left", "reason", "n_reason"]].fillna("-").to_numpy().tolist() == [
        ["started", 8, 1, "start_not_observed", 1],
        ["start observed", 7, 1, "not_matured", 1],
        ["matured", 6, 1, "no_score", 1],
        ["baseline in window", 5, 1, "below_caseness", 1],
        ["at or above caseness", 4, 2, "acute_only", 1],
        ["at or above caseness", 4, 2, "no_score_in_window", 1],
        ["score in endpoint window", 2, 0, "-", 0],
    ]


def test_every_box_is_the_next_box_and_those_who_left():
    flow = summarize_flow(make_courses(LEAVERS), by="site")
    boxes = flow.drop_duplicates("step").set_index("step").loc[list(STEPS)]
    assert (boxes["n"].to_numpy()[:-1] == (boxes["n"].shift(-1) + boxes["left"]).to_numpy()[:-1]).all()
    assert (flow.groupby("step")["n_reason"].sum().loc[list(STEPS)] == boxes["left"]).all()


def test_few_infusions_are_a_side_note_and_not_a_door():
    flow = summarize_flow(make_courses(LEAVERS)).drop_duplicates("step").set_index("step")
    assert flow.loc["started", "n_few_infusions"] == 2
    assert flow.loc["score in endpoint window", "n_few_infusions"] == 1
    six = get_profile("default").replace(induction_min_infusions=7, induction_max_infusions=8)
    assert summarize_flow(make_courses(LEAVERS), profile=six)["n_few_infusions"].iloc[0] == 8


def test_those_who_never_started_are_counted_beside_the_first_box():
    assert summarize_flow(make_courses(LEAVERS))["n_not_started"].unique().tolist() == [1]


def test_a_site_where_nobody_started_keeps_its_boxes():
    flow = summarize_flow(make_courses([judged(18, 6), {"series": None, "site": "Lake"}]), by="site")
    lake = flow[flow["site"] == "Lake"]
    assert (lake["step"].tolist(), lake["n"].sum(), lake["n_not_started"].tolist()) == (
        list(STEPS),
        0,
        [1] * 6,
    )


def test_a_profile_with_another_population_names_its_own_door():
    row = judged(18, 6, eligible=False, eligible_reason="induction_not_complete")
    flow = summarize_flow(make_courses([row])).set_index("step")
    assert flow.loc["baseline in window", "reason"] == "induction_not_complete"


def test_a_leaver_without_a_reason_stops_the_flow():
    with pytest.raises(LedgerError, match="E900"):
        summarize_flow(make_courses([judged(18, None, endpoint_reason=None)]))


def test_two_instruments_stand_apart_and_an_empty_frame_is_empty():
    both = make_courses([judged(18, 6), judged(18, None, instrument="gad7")])
    last = summarize_flow(both).query("step == 'score in endpoint window'")
    assert dict(zip(last["instrument"], last["n"], strict=True)) == {"gad7": 0, "phq9": 1}
    assert isinstance(summarize_flow(both[:0]), pd.DataFrame)
    assert len(summarize_flow(both[:0])) == 0
