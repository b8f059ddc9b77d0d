"""Relapse more than once: stretches in response, on one clock, by the rule of the first relapse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc

INDUCTION = [0, 3, 7, 10]


def derive(path, infusion_days=(), care=None):
    """Endpoints and courses of one patient with four infusions and these (day, total) scores."""
    days = [*INDUCTION, *infusion_days]
    infusions = oc.INFUSIONS.empty().reindex(range(len(days)))
    infusions = infusions.assign(patient_id="p1", study_day=days).astype({"study_day": "Int64"})
    patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="p1", observed_until_day=400)
    patients = patients.astype({"observed_until_day": "Int64"})
    scores = oc.SCORES.empty().reindex(range(len(path))).assign(patient_id="p1", instrument="phq9")
    scores = scores.assign(study_day=[day for day, _ in path], total=[total for _, total in path])
    scores = scores.astype({"study_day": "Int64", "total": "Int64"})
    scores = oc.derive_endpoints(scores, infusions, patients)
    return scores, oc.build_courses(scores, infusions, patients)


def read(rows):
    return rows[["episode", "entry", "time", "event"]].to_numpy().tolist()


def test_the_first_stretch_is_that_of_relapse_times():
    scores, courses = derive([(0, 18), (31, 6), (45, 13), (55, 14)])
    first = oc.build_relapse_times(scores, courses)
    rows = oc.build_recurrent_times(scores, courses)
    assert read(rows) == [[1, 0, first["time"].item(), True]]


def test_three_relapses_with_the_time_between_not_at_risk():
    path = [(0, 18), (31, 6)]
    for begin in (40, 80, 120):
        path += [(begin, 15), (begin + 7, 16), (begin + 20, 14), (begin + 30, 4)]
    rows = oc.build_recurrent_times(*derive(path))
    assert read(rows) == [[1, 0, 9, True], [2, 39, 49, True], [3, 79, 89, True]]
    assert rows["gap"].tolist() == [9, 10, 10]
    assert rows["left"].tolist() == [0, 39, 79]
    assert (rows["origin_day"] == 31).all()


def test_a_new_series_ends_follow_up():
    scores, courses = derive(
        [(0, 18), (31, 6), (120, 5), (150, 4), (170, 17), (180, 18)], (140, 143, 147, 150)
    )
    rows = oc.build_recurrent_times(scores, courses)
    assert rows.query("series == 1")[["episode", "event"]].to_numpy().tolist() == [[1, True]]
    assert rows.query("series == 1")["reason"].item() == "new_series"


def test_nobody_in_response_gives_no_row():
    assert oc.build_recurrent_times(*derive([(0, 18), (31, 17)])).empty


def test_gap_time_is_a_stratum_of_each_episode_and_within_one_no_overlap_is_allowed():
    rows = pd.DataFrame(
        {
            "patient_id": [f"p{one // 2}" for one in range(60)],
            "episode": [1, 2] * 30,
            "time": [10 + one * 7 % 23 for one in range(60)],
            "event": [one % 3 > 0 for one in range(60)],
            "x": [one * 5 % 11 for one in range(60)],
        }
    )
    assert oc.fit_cox(rows, "~ x", recurrent=True, strata="episode").verdict == "OK"
    with pytest.raises(oc.OutcomesError, match="do not overlap"):
        oc.fit_cox(rows, "~ x", recurrent=True)


def walk(totals, baseline, first):
    """The stretches of one patient by the words of the rule, one score at a time: (start, end, relapsed)."""
    found, start = [], first
    while start is not None:
        f0, after = totals[start], [day for day in sorted(totals) if day > start]

        def is_bad(day, f0=f0):
            return totals[day] >= 10 and totals[day] > 0.5 * baseline and totals[day] - f0 >= 6

        event = None
        for day in after:
            later = [one for one in after if one >= day + 5]
            in_time = bool(later) and later[0] <= day + 30
            if in_time and all(is_bad(one) for one in after if day <= one <= later[0]):
                event = day
                break
        if event is not None:
            found.append((start, event, True))
            start = next((day for day in after if day > event and totals[day] <= 0.5 * baseline), None)
            continue
        if after:
            good = [day for day in after if not is_bad(day)]
            end = after[-1] if not is_bad(after[-1]) else (good[-1] if good else start)
            if end > start:
                found.append((start, end, False))
        start = None
    return found


@pytest.mark.parametrize("seed", range(25))
def test_stretches_are_those_of_a_walk_from_score_to_score(seed):
    rng = np.random.default_rng(seed)
    days = np.cumsum(rng.integers(3, 20, 30)) + 31
    totals = {31: int(rng.integers(3, 9))} | {
        int(day): int(rng.choice([4, 7, 12, 16, 20])) for day in days if day < 390
    }
    scores, courses = derive([(0, 20), *totals.items()])
    rows = oc.build_recurrent_times(scores, courses)
    expected = walk(totals, 20, 31)
    got = [(31 + entry, 31 + time, event) for _, entry, time, event in read(rows)]
    assert got == expected
