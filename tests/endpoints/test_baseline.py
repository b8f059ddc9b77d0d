from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.baseline import derive_baseline, tabulate_baselines
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.timeline import derive_timeline

STRICT = get_profile("default").replace(same_day_policy="require_evidence")


def baseline(clinic, rows, infusions=(0, 3, 7), *, profile="default", **options):
    """The baseline or the reason, by series."""
    profile = get_profile(profile)
    scores = clinic.run(rows, list(infusions), profile=profile, **options).scores
    name = options.get("instrument", "phq9")
    wanted = [{"patient_id": "p1", "instrument": name, "series": k} for k in (1, 2)]
    wanted = pd.DataFrame(wanted).astype({"patient_id": "string", "instrument": "string", "series": "Int64"})
    wanted = wanted.assign(start_observed=pd.array([True, True], dtype="boolean"))
    found = tabulate_baselines(scores, wanted, profile=profile)
    return [
        reason if pd.isna(total) else total
        for total, reason in zip(found["baseline"], found["baseline_reason"], strict=True)
    ]


def test_the_last_day_in_the_window_counts_and_on_it_the_latest_clock(clinic):
    rows = [(-14, 18), (-2, 16, {"clock": 7200}), (-2, 17, {"clock": 3600}), (-15, 20)]
    assert baseline(clinic, rows)[0] == 16


def test_the_window_is_14_days_for_phq9_and_30_for_pcl5(clinic):
    assert baseline(clinic, [(-15, 18)])[0] == "outside_window"
    assert baseline(clinic, [(-30, 50)], instrument="pcl5")[0] == 50
    assert baseline(clinic, [(-31, 50)], instrument="pcl5")[0] == "outside_window"


def test_a_score_known_to_be_after_infusion_1_is_never_the_baseline(clinic):
    assert baseline(clinic, [(0, 15, {"declared_timing": "after"})])[0] == "only_after_start"
    assert baseline(clinic, [(0, 15, {"declared_timing": "before"})], profile=STRICT)[0] == 15


def test_the_first_reason_that_holds_is_given(clinic):
    cases = {
        "incomplete in the window": ([(-1, None), (-20, 18)], "not_usable"),
        "unordered on day 0": ([(0, 15), (-20, 18)], "same_day_unordered"),
        "unordered and incomplete": ([(0, None), (-20, 18)], "not_usable"),
        "before the window": ([(-20, 18), (3, 9)], "outside_window"),
        "incomplete before the window": ([(3, 9), (-20, None)], "only_after_start"),
        "incomplete only": ([(-20, None)], "no_score"),
        "without a day": ([(None, 16)], "no_score"),
    }
    rows = [(name, "phq9", *row) for name, (given, _) in cases.items() for row in given]
    infusions = clinic.infusions([(name, day) for name in cases for day in (0, 3)])
    scores = derive_timeline(clinic.scores(rows), infusions, clinic.patients(cases), profile=STRICT)
    found = derive_baseline(scores, profile=STRICT).groupby("patient_id")["baseline_reason"].first()
    assert found.to_dict() == {name: reason for name, (_, reason) in cases.items()}


def test_a_later_series_takes_scores_after_the_last_infusion_of_the_one_before(clinic):
    again = (20, {"declared_phase": "re-induction"})
    assert baseline(clinic, [(-1, 18), (13, 12), (20, 11)], (0, 15, again)) == [18, 11]
    # Day 13 lies in the 14 days before day 20, but before the last infusion of series 1.
    assert baseline(clinic, [(-1, 18), (13, 12)], (0, 15, again)) == [18, "outside_window"]


def test_the_assessment_that_is_the_baseline_is_marked_with_its_series(clinic):
    found = clinic.run([(-1, 18), (-3, 17), (70, 12)], [0, 3, 75]).scores
    assert found["baseline_of"].tolist() == [1, pd.NA, 2]
    assert found["baseline"].tolist() == [18, 18, 18]
    assert found["baseline_day"].tolist() == [-1, -1, -1]


def test_totals_of_another_instrument_are_never_a_baseline(clinic):
    # A PHQ-8 is not a PHQ-9: neither gives the other a baseline, so no change score exists.
    found = clinic.run([(-1, 16), (9, 8)], [0, 3], instrument="phq9").scores
    mixed = found.assign(instrument=pd.array(["phq8", "phq9"], dtype="string"))
    again = derive_endpoints(mixed, clinic.infusions([("p1", 0), ("p1", 3)]), clinic.patients(["p1"]))
    assert again["change"].isna().all()
    assert again["baseline_reason"].tolist() == ["not_defined", "only_after_start"]
