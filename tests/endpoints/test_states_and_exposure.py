"""Paths through states, and follow-up cut at infusions: by hand, and by what must hold for all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc

KEY = {"series": 1, "instrument": "phq9"}


def make_scores(paths):
    rows = [(who, day, total) for who, path in paths.items() for day, total in path]
    frame = pd.DataFrame(rows, columns=["patient_id", "day", "total"]).assign(**KEY)
    frame = frame.assign(
        endpoint_use=frame["day"] > 0, assessment_id=range(len(frame)), clock=None, infusion_number=0,
        days_since_infusion=frame["day"],
    )  # fmt: skip
    return frame.astype(
        {"patient_id": "string", "day": "Int64", "clock": "Float64", "assessment_id": "string"}
    )


def make_courses(paths, baseline=20, **more):
    frame = pd.DataFrame({"patient_id": list(paths), **KEY, "site": "S", "route": "IV", "baseline": baseline})
    given = {
        "start_observed": True, "eligible_reason": None, "last_infusion_day": 18,
        "induction_status": "complete", "observed_until_day": 400, **more,
    }  # fmt: skip
    days = dict.fromkeys(("last_infusion_day", "observed_until_day"), "Int64")
    return frame.assign(**given).astype({"patient_id": "string", **days})


def read(states, who):
    own = states[states["patient_id"] == who]
    return own[["state", "start", "stop"]].to_numpy().tolist()


def test_a_path_through_all_states():
    paths = {"A": [(0, 20), (7, 9), (14, 15), (21, 16), (28, 6), (35, 18), (42, 5)]}
    assert read(oc.build_states(make_scores(paths), make_courses(paths)), "A") == [
        ["not responding", 0, 7],
        ["responding", 7, 14],
        ["response lost", 14, 28],
        ["responding again", 28, 35],
        ["response lost", 35, 42],
    ]


def test_a_patient_without_response_has_one_stretch_and_the_last_is_marked():
    paths = {"A": [(0, 20), (7, 19), (30, 18)], "B": [(0, 20), (5, 8), (9, 7)]}
    states = oc.build_states(make_scores(paths), make_courses(paths))
    assert read(states, "A") == [["not responding", 0, 30]]
    assert read(states, "B") == [["not responding", 0, 5], ["responding", 5, 9]]
    assert states["last"].tolist() == [True, False, True]


def test_who_is_not_at_caseness_or_not_observed_from_the_start_is_left_out():
    paths = {"A": [(7, 9)], "B": [(7, 9)], "C": [(7, 9)]}
    courses = make_courses(paths, eligible_reason=["below_caseness", "not_matured", None])
    courses["start_observed"] = [True, True, False]
    assert oc.build_states(make_scores(paths), courses)["patient_id"].unique().tolist() == ["B"]


def test_patients_are_the_only_partition_of_states():
    rng = np.random.default_rng(1)
    paths = {
        f"p{who}": [(int(day), int(rng.integers(2, 24))) for day in range(0, 90, 9)] for who in range(12)
    }
    scores, courses = make_scores(paths), make_courses(paths)
    whole = oc.build_states(scores, courses)
    parts = [
        oc.build_states(scores[scores["patient_id"] == who], courses[courses["patient_id"] == who])
        for who in paths
    ]
    columns = ["patient_id", "start"]
    joined = pd.concat(parts).sort_values(columns, ignore_index=True)
    pd.testing.assert_frame_equal(whole.sort_values(columns, ignore_index=True), joined)
    stretches = whole.groupby("patient_id").apply(
        lambda own: (own["start"].iloc[1:].to_numpy() == own["stop"].iloc[:-1].to_numpy()).all(),
        include_groups=False,
    )
    assert stretches.all()


def test_who_stops_without_response_is_stopped_from_the_day_after_and_for_good():
    paths = {"A": [(0, 20), (3, 19), (60, 4)], "B": [(0, 20)], "C": [(3, 8), (40, 19)]}
    courses = make_courses(paths, last_infusion_day=4, induction_status="incomplete")
    states = oc.build_states(make_scores(paths), courses, until_day=90)
    for who in ("A", "B"):
        assert read(states, who) == [["not responding", 0, 5], ["stopped", 5, 90]]
    assert read(states, "C") == [["not responding", 0, 3], ["responding", 3, 40]]
    assert states["last"].tolist() == [False, True, False, True, False, True]


def test_a_stop_after_the_last_day_looked_at_is_not_seen():
    paths = {"A": [(0, 20), (3, 19)]}
    courses = make_courses(paths, last_infusion_day=40, induction_status="incomplete")
    assert read(oc.build_states(make_scores(paths), courses, until_day=30), "A") == [["not responding", 0, 3]]


def test_ongoing_is_who_is_seen_later_or_at_the_end_of_the_export():
    paths = {"A": [(30, 19), (120, 18)], "B": [(30, 19)], "C": [(30, 19)]}
    courses = make_courses(paths, observed_until_day=[400, 50, 400])
    states = oc.build_states(make_scores(paths), courses, until_day=90)
    assert states["ongoing"].tolist() == [True, True, False]


def test_those_who_stopped_are_not_followed_and_stay_stopped():
    paths = {f"S{one}": [(0, 20)] for one in range(4)} | {f"F{one}": [(20, 19), (40, 18)] for one in range(6)}
    status = ["incomplete"] * 4 + ["complete"] * 6
    states = oc.build_states(make_scores(paths), make_courses(paths, induction_status=status))
    table = oc.fit_state_occupancy(states, days=[14, 28, 56], n_boot=0).table
    stopped = table[table["state"] == "stopped"]
    assert stopped["at_risk"].tolist() == [10, 6, 0]
    assert stopped["estimate"].tolist()[:2] == pytest.approx([0, 0.4])
    assert stopped["estimate"].isna().tolist() == [False, False, True]


def test_nobody_gives_an_empty_frame():
    states = oc.build_states(make_scores({}), make_courses({}))
    assert states.empty
    assert "state" in states.columns


def make_events(**more):
    base = {
        "patient_id": ["A"],
        **KEY,
        "endpoint": "relapse",
        "included": True,
        "origin_day": 21,
        "time": 80,
        "event": True,
    }
    return pd.DataFrame({**base, **more})


def test_an_infusion_changes_the_covariate_from_the_day_after_and_no_earlier():
    infusions = pd.DataFrame({"patient_id": "A", "series": 1, "day": [18, 51, 51]})
    rows = oc.build_exposure_rows(make_events(), infusions)
    assert rows[["entry", "time"]].to_numpy().tolist() == [[0, 25], [25, 30], [30, 58], [58, 80]]
    assert rows["n_infusions"].tolist() == [0, 0, 1, 1]
    assert rows["recent_infusion"].tolist() == [True, False, True, False]
    assert rows["event"].tolist() == [False, False, False, True]


def test_an_infusion_on_or_after_the_last_day_is_not_used():
    infusions = pd.DataFrame({"patient_id": "A", "series": 1, "day": [101, 150]})
    rows = oc.build_exposure_rows(make_events(), infusions)
    assert rows[["entry", "time", "n_infusions"]].to_numpy().tolist() == [[0, 80, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_pieces_cover_the_follow_up_once_and_keep_the_event(seed):
    rng = np.random.default_rng(seed)
    events = make_events(
        patient_id=[f"p{one}" for one in range(20)], time=rng.integers(0, 120, 20), event=rng.random(20) < 0.5
    )
    infusions = pd.DataFrame(
        {
            "patient_id": [f"p{one}" for one in rng.integers(0, 20, 60)],
            "series": 1,
            "day": rng.integers(0, 150, 60),
        }
    )
    rows = oc.build_exposure_rows(events, infusions)
    spent = rows.assign(length=rows["time"] - rows["entry"]).groupby("patient_id")["length"].sum()
    followed = events[events["time"] > 0].set_index("patient_id")
    assert spent.astype(int).to_dict() == followed["time"].astype(int).to_dict()
    assert rows["event"].sum() == followed["event"].sum()
    assert (rows["entry"] < rows["time"]).all()


def test_the_infusion_clock_counts_infusions():
    onset = pd.DataFrame(
        {
            "left": [0, 3, 7],
            "right": [3, 7, None],
            "left_infusions": [0, 1, 4],
            "right_infusions": [1, 2, None],
        }
    )
    curve = oc.fit_interval_survival(onset, clock="infusions", days=[1, 2], n_boot=0)
    assert curve.extras["landmarks"]["estimate"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert "infusion" in curve.extras["medians"]["text"].item()
    with pytest.raises(oc.OutcomesError, match="clock must be"):
        oc.fit_interval_survival(onset, clock="weeks")
