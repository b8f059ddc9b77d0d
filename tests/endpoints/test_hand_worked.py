"""One hand-worked example per endpoint: the scores of a few patients and the expected column side by side.

Four infusions on days 0, 3, 7 and 10: the post-induction window is days 24 to 41. Each case is one patient:
scores as (day, total) and what the endpoint must say; None is missing.
"""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc

INDUCTION = [0, 3, 7, 10]

# instrument, scores, expected
RESPONSE = [
    ("phq9", [(0, 20), (26, 10)], True),  # exactly half
    ("phq9", [(0, 21), (26, 11)], False),  # 10 of 21 is under half
    ("phq9", [(0, 10), (26, 5)], True),  # a tie at caseness
    ("phq9", [(0, 9), (26, 0)], None),  # below caseness
    ("phq9", [(0, 0), (26, 0)], None),  # baseline 0
    ("phq9", [(0, 20)], None),  # not measured
    ("phq9", [(0, 20), (23, 4), (24, 12)], False),  # day 23 lies before the window, day 24 in it
    ("phq9", [(0, 20), (41, 10), (42, 20)], True),  # day 41 in it, day 42 after
    ("phq9", [(0, 20), (24, 4), (26, 20)], True),  # nearest to day 24
    ("gad7", [(0, 12), (26, 6)], True),
    ("pcl5", [(0, 40), (26, 30)], True),  # 10 points
    ("pcl5", [(0, 40), (26, 31)], False),
    ("pcl5", [(0, 32), (26, 10)], None),  # below 33
]
PARTIAL_RESPONSE = [
    ("phq9", [(0, 20), (26, 15)], True),  # exactly a quarter
    ("phq9", [(0, 20), (26, 16)], False),
    ("phq9", [(0, 20), (26, 10)], False),  # a response is no partial one
    ("pcl5", [(0, 40), (26, 30)], None),  # not defined
    ("phq9", [(0, 9), (26, 5)], None),
]
REMISSION = [
    ("phq9", [(0, 20), (26, 4)], True),
    ("phq9", [(0, 20), (26, 5)], False),
    ("phq9", [(0, 9), (26, 3)], None),
    ("gad7", [(0, 10), (41, 4)], True),
    ("pcl5", [(0, 33), (26, 32)], True),  # below cut-off
    ("pcl5", [(0, 34), (26, 33)], False),
]
MCID = [
    ("phq9", [(0, 20), (26, 15)], True),
    ("phq9", [(0, 20), (26, 16)], False),
    ("gad7", [(0, 12), (26, 8)], True),
    ("pcl5", [(0, 40), (26, 31)], False),
]
RECOVERY = [
    ("phq9", [(0, 10), (26, 9)], True),
    ("phq9", [(0, 20), (26, 10)], False),
    ("phq9", [(0, 9), (26, 3)], None),
    ("pcl5", [(0, 33), (26, 32)], True),
]
RELIABLE_IMPROVEMENT = [
    ("phq9", [(0, 16), (26, 10)], True),  # exactly 6
    ("phq9", [(0, 16), (26, 11)], False),
    ("gad7", [(0, 10), (26, 6)], True),
    ("pcl5", [(0, 40), (26, 26)], False),
    ("pcl5", [(0, 40), (26, 25)], True),
]
RELIABLE_RECOVERY = [
    ("phq9", [(0, 16), (26, 9)], True),
    ("phq9", [(0, 12), (26, 9)], False),  # recovered by 3 points only
    ("phq9", [(0, 20), (26, 13)], False),  # reliable, still a case
]
RELIABLE_DETERIORATION = [
    ("phq9", [(0, 12), (26, 18)], True),
    ("phq9", [(0, 12), (26, 17)], False),
    ("phq9", [(0, 4), (26, 10)], True),  # no gate for harm
    ("phq9", [(0, 0), (26, 6)], True),
    ("phq9", [(0, 12)], None),  # missing is no deterioration
    ("gad7", [(0, 6), (26, 10)], True),
]
ANY_WORSENING = [
    ("phq9", [(0, 12), (26, 13)], True),
    ("phq9", [(0, 12), (26, 12)], False),  # a tie
    ("pcl5", [(0, 20), (26, 21)], True),
]
CHANGE_CLASS = [
    ("phq9", [(0, 16), (26, 9)], "recovered"),
    ("phq9", [(0, 20), (26, 14)], "improved"),
    ("phq9", [(0, 9), (26, 3)], "improved"),  # not above the cut before
    ("phq9", [(0, 12), (26, 18)], "deteriorated"),
    ("phq9", [(0, 12), (26, 9)], "unchanged"),
    ("pcl5", [(0, 45), (26, 28)], "recovered"),  # <= 28
    ("pcl5", [(0, 45), (26, 29)], "improved"),
    ("phq9", [(0, 12)], None),
]
SEVERITY_SHIFT = [
    ("phq9", [(0, 20), (26, 4)], -4),
    ("phq9", [(0, 9), (26, 10)], 1),
    ("gad7", [(0, 15), (26, 14)], -1),
    ("pcl5", [(0, 33), (26, 32)], -1),
    ("phq9", [(0, 20)], None),
]
EXAMPLES = {
    "response": RESPONSE, "partial_response": PARTIAL_RESPONSE, "remission": REMISSION, "mcid_reached": MCID,
    "recovery": RECOVERY, "reliable_improvement": RELIABLE_IMPROVEMENT,
    "reliable_recovery": RELIABLE_RECOVERY,
    "reliable_deterioration": RELIABLE_DETERIORATION, "any_worsening": ANY_WORSENING,
    "change_class": CHANGE_CLASS, "severity_shift": SEVERITY_SHIFT,
}  # fmt: skip


@pytest.mark.parametrize("endpoint", EXAMPLES)
def test_every_example_of_the_endpoint_comes_out_as_worked_by_hand(clinic, endpoint):
    cases = EXAMPLES[endpoint]
    names = [f"p{place:02d}" for place in range(len(cases))]
    rows = [(name, id, *one) for name, (id, scores, _) in zip(names, cases, strict=True) for one in scores]
    frames = clinic.infusions([(name, day) for name in names for day in INDUCTION]), clinic.patients(names)
    scores = oc.derive_endpoints(clinic.scores(rows), *frames)
    courses = oc.build_courses(scores, *frames).set_index(["patient_id", "instrument"])[endpoint]
    found = [courses[name, id] for name, (id, _, _) in zip(names, cases, strict=True)]
    assert [None if pd.isna(one) else one for one in found] == [expected for _, _, expected in cases]


@pytest.mark.parametrize(
    ("answers", "any_", "rise"),
    [
        ([1, 0, 2], [True, False, True], [None, False, True]),
        ([2, 2, 1], [True, True, True], [None, False, False]),
        ([0, None, 3], [False, None, True], [None, None, True]),  # item 9 not answered
        (
            [None, 1, 1],
            [None, True, True],
            [None, None, None],
        ),  # no answer at baseline: a rise cannot be told
    ],
)
def test_item_9_status_and_change(clinic, answers, any_, rise):
    rows = [(day, 12, {"item_9": answer}) for day, answer in zip((0, 10, 26), answers, strict=True)]
    flagged = oc.derive_self_harm(clinic.run(rows, INDUCTION).scores)
    for name, expected in (("item9_any", any_), ("item9_rise", rise)):
        assert [None if pd.isna(one) else one for one in flagged[name]] == expected


@pytest.mark.parametrize(
    ("doses", "day", "place"),
    [
        ([0, 3, 7, 10], 7, "trough"),  # on a dose day without a time: assumed before
        ([0, 3, 7, 10], 13, "early"),
        ([0, 3, 7, 10], 14, "later"),
        ([0, 3, 7, 10], 0, "pre_course"),
    ],
)
def test_a_score_without_a_time_is_placed_by_its_day(clinic, doses, day, place):
    row = clinic.run([(day, 12)], doses).scores.iloc[0]
    assert (row["timing_class"], row["order_assumed"]) == (place, day in doses)
