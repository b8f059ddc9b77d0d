"""Recovery on PHQ-9 and GAD-7 at once: worked by hand, one patient per line."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.profile import get_profile
from outcomes.errors import DefinitionError

INDUCTION = [0, 3, 7, 10]

# PHQ-9 before and after, GAD-7 before and after; recovery, improvement, both, deterioration
CASES = [
    ((16, 9), (12, 9), True, True, True, False),
    ((16, 9), (12, 10), False, True, False, False),  # 10 is still a case of GAD-7
    ((10, 9), (9, 9), True, False, False, False),  # a point is not reliable
    ((16, 9), (9, 13), False, False, False, False),  # better on one, worse on the other
    ((12, 18), (9, 9), False, False, False, True),
    ((9, 3), (9, 3), None, None, None, False),  # a case on neither
    ((16, 9), (12, None), None, None, None, None),  # half is not judged
    ((9, 9), (12, 8), True, True, True, False),  # a case on GAD-7 only
]


@pytest.fixture(scope="module")
def joint(clinic):
    rows = [
        (f"p{place}", id, day, total)
        for place, (mood, worry, *_) in enumerate(CASES)
        for id, pair in (("phq9", mood), ("gad7", worry))
        for day, total in zip((0, 26), pair, strict=True)
        if total is not None
    ]
    names = [f"p{place}" for place in range(len(CASES))]
    frames = clinic.infusions([(name, day) for name in names for day in INDUCTION]), clinic.patients(names)
    scores = oc.derive_endpoints(clinic.scores(rows), *frames)
    return oc.build_joint_recovery(oc.build_courses(scores, *frames))


def test_each_case_comes_out_as_worked_by_hand(joint):
    names = ["recovery", "reliable_improvement", "reliable_recovery", "reliable_deterioration"]
    found = [[None if pd.isna(cell) else bool(cell) for cell in row] for row in joint[names].to_numpy()]
    assert found == [list(expected) for _, _, *expected in CASES]


def test_who_is_not_eligible_says_why(joint):
    assert joint["eligible"].sum() == 7
    assert joint["eligible_reason"].dropna().tolist() == ["below_caseness"]
    assert joint["endpoint_reason"].dropna().tolist() == ["no_score_in_window"]


def test_the_rates_have_both_denominators_and_the_joint_rule(joint):
    table = oc.summarize_endpoints(joint, endpoints=["recovery"]).set_index("denominator")
    assert table.loc["all_eligible", ["k", "n"]].tolist() == [3, 7]
    assert table.loc["observed", ["k", "n"]].tolist() == [3, 6]
    assert table["rule"].iloc[0] == "PHQ-9 < 10 and GAD-7 < 10, after caseness on either"


def test_a_profile_without_caseness_is_refused(joint, clinic):
    courses = clinic.run([(0, 16), (26, 8)], INDUCTION).courses
    with pytest.raises(DefinitionError, match="both need one"):
        oc.build_joint_recovery(courses, profile=get_profile("default").replace(caseness=None))
