"""Sub-scores, diagnostic rules and the self-harm item, each beside what it should be by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc


def answer(instrument: str, items: list) -> pd.DataFrame:
    frame = oc.SCORES.empty().reindex([0]).assign(instrument=instrument)
    frame = frame.assign(**{f"item_{n}": [value] for n, value in enumerate(items, 1)})
    return frame.astype({f"item_{n}": "Int8" for n in range(1, len(items) + 1)} | {"instrument": "string"})


def values(frame: pd.DataFrame, columns: list[str]) -> list:
    return [None if pd.isna(value) else value for value in frame.loc[0, columns]]


@pytest.mark.parametrize(
    ("items", "mds", "ods"),
    [
        ([2, 2, 2, 2, 2, 0, 0, 0, 0], True, False),
        ([2, 1, 2, 2, 2, 0, 0, 0, 1], True, False),  # item 9 counts from 1
        ([2, 1, 2, 2, 1, 0, 0, 0, 1], False, True),  # four
        ([1, 1, 2, 2, 2, 2, 2, 2, 3], False, False),  # neither low mood nor anhedonia
        ([0, 2, 0, 0, 0, 0, 0, 0, 0], False, False),  # one alone
        ([2, 2, 2, 2, 2, 2, 2, 2, None], None, None),
    ],
)
def test_the_phq9_algorithm(items, mds, ods):
    assert values(oc.derive_diagnosis(answer("phq9", items)), ["phq9_mds", "phq9_ods"]) == [mds, ods]


@pytest.mark.parametrize(
    ("b", "c", "d", "e", "met"),
    [
        ([2, 0, 0, 0, 0], [2, 0], [2, 2, 0, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0], True),
        ([1, 1, 1, 1, 1], [2, 0], [2, 2, 0, 0, 0, 0, 0], [2, 2, 0, 0, 0, 0], False),
        ([2, 0, 0, 0, 0], [2, 0], [4, 1, 1, 1, 1, 1, 1], [2, 2, 0, 0, 0, 0], False),
        ([2, 0, 0, 0, 0], [2, 0], [2, 2, 0, 0, 0, 0, 0], [2, 2, 0, 0, 0, None], None),
    ],
)
def test_provisional_ptsd_needs_symptoms_of_every_cluster(b, c, d, e, met):
    scores = oc.derive_diagnosis(answer("pcl5", [*b, *c, *d, *e]))
    assert values(scores, ["pcl5_provisional"]) == [met]


def test_clusters_are_sums_and_missing_where_an_item_is():
    scores = oc.derive_subscales(answer("pcl5", [*[1] * 5, *[2, 3], *[1] * 7, *[4] * 5, None]))
    assert values(scores, ["pcl5_b", "pcl5_c", "pcl5_d", "pcl5_e", "phq2"]) == [5, 5, 7, None, None]


def place(days: list[int], items: list, totals: list, clocks: list | None = None) -> pd.DataFrame:
    infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0, clock=36_000)
    scores = oc.SCORES.empty().reindex(range(len(days))).assign(patient_id="p1", instrument="phq9")
    scores = scores.assign(study_day=days, item_9=items, total=totals, clock=clocks)
    dtypes = {"study_day": "Int64", "total": "Int64", "item_9": "Int8", "clock": "Int64"}
    infusions = infusions.astype({"study_day": "Int64", "clock": "Int64"})
    return oc.derive_self_harm(oc.derive_endpoints(scores.astype(dtypes), infusions, oc.PATIENTS.empty()))


def test_item_9_is_judged_in_every_answered_row_and_its_rise_only_after_the_baseline():
    # before the baseline, the baseline itself, two hours after the dose (acute), no total, not answered
    flags = place(
        [-9, -1, 0, 7, 9], [3, 1, 2, 1, None], [20, 16, 12, None, 9], [None, None, 43_200, None, None]
    )
    assert str(flags["item9_any"].tolist()) == "[True, True, True, True, <NA>]"
    assert str(flags["item9_rise"].tolist()) == "[<NA>, <NA>, True, False, <NA>]"


def test_without_an_answer_at_the_baseline_no_rise_can_be_told():
    assert place([-1, 7], [None, 2], [16, 12])["item9_rise"].isna().all()
