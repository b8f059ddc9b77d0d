"""The same questionnaire twice."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.loading.duplicates import find_repeats
from outcomes.loading.ordering import Places
from outcomes.schema import ITEMS

FULL, OTHER, GAP = [1] * 7, [2] * 7, [1] * 6 + [None]
SAME, AGAINST = "duplicate", "conflicting_duplicate"


def repeats(
    *rows: tuple[list[int | None] | int, int | None, str | None], rule: str = "refuse"
) -> list[str | None]:
    """Reasons of one patient's GAD-7 of one day: answers (or a bare total), clock, before/after label."""
    made = []
    for number, (answers, clock, timing) in enumerate(rows):
        row = {
            "assessment_id": str(number),
            "patient_id": "A",
            "instrument": "gad7",
            "study_day": 3,
            "clock": clock,
        }
        row["declared_timing"] = timing
        if isinstance(answers, int):
            row["recorded_total"] = answers
        else:
            row |= {f"item_{place}": answer for place, answer in enumerate(answers, start=1)}
        made.append(row)
    frame = pd.DataFrame(made, columns=[c.name for c in ITEMS.columns]).astype(
        {c.name: c.dtype for c in ITEMS.columns}
    )
    found = find_repeats(Places(frame), rule)
    return [None if reason is pd.NA else reason for reason in found]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(FULL, None, None)], [None]),
        ([(FULL, None, None), (FULL, None, None), (FULL, None, None)], [None, SAME, SAME]),
        ([(FULL, 60, None), (FULL, 60, None)], [None, SAME]),
        ([(FULL, 60, None), (FULL, 90, None)], [None, None]),
        (
            [(FULL, None, None), (FULL, 60, None), (FULL, 90, None)],
            [SAME, None, None],
        ),  # the one that lacks the clock is the copy
        ([(FULL, 60, None), (OTHER, None, None)], [AGAINST, AGAINST]),  # one against none is no difference
        ([(FULL, None, "before"), (FULL, None, None), (FULL, 60, "before")], [SAME, SAME, None]),
        ([(FULL, 60, "after"), (FULL, None, "before")], [None, None]),
        (
            [(FULL, 60, None), (FULL, None, "before")],
            [AGAINST, AGAINST],
        ),  # neither lacks only what the other has
        ([(14, None, None), (14, 60, None)], [SAME, None]),
        ([(FULL, None, None), (OTHER, None, None)], [AGAINST, AGAINST]),
        ([(FULL, 60, None), (OTHER, 90, None)], [None, None]),
        ([(FULL, None, "before"), (OTHER, None, "after")], [None, None]),
        ([(FULL, None, "before"), (OTHER, None, None)], [AGAINST, AGAINST]),
        ([(FULL, 60, None), (OTHER, 90, None), ([3] * 7, None, None)], [AGAINST] * 3),
        ([(GAP, None, None), (FULL, None, None)], [SAME, None]),
        ([(GAP, 60, None), (FULL, 90, None)], [None, None]),
        ([(GAP, 60, None), (FULL, None, None)], [SAME, None]),
        ([(GAP, None, None), (FULL, None, None), (OTHER, None, None)], [SAME, AGAINST, AGAINST]),
        ([(GAP, None, None), ([None] + [1] * 6, None, None)], [AGAINST, AGAINST]),
        ([(7, None, None), (7, None, None)], [None, SAME]),
        ([(7, None, None), (8, None, None)], [AGAINST, AGAINST]),
        ([(7, None, None), (FULL, None, None)], [SAME, None]),  # the items win over an equal bare total
        ([(8, None, None), (FULL, None, None)], [AGAINST, AGAINST]),
        ([(8, None, None), (GAP, None, None)], [None, SAME]),
        (
            [([0, 2] + [1] * 5, None, None), ([2, 0] + [1] * 5, None, None)],
            [AGAINST, AGAINST],
        ),  # equal totals are no excuse
    ],
)
def test_repeats_of_one_day(rows, expected):
    assert repeats(*rows) == expected


@pytest.mark.parametrize(("rule", "expected"), [("first", [None, SAME]), ("last", [SAME, None])])
def test_the_layout_settles_conflicts(rule, expected):
    assert repeats((FULL, None, None), (OTHER, None, None), rule=rule) == expected


def test_other_patients_days_and_instruments_are_no_repeats():
    base = {
        "assessment_id": "a",
        "patient_id": "A",
        "instrument": "phq9",
        "study_day": 3,
        "recorded_total": 5,
    }
    rows = [base, base | {"patient_id": "B"}, base | {"study_day": 4}, base | {"instrument": "gad7"}]
    frame = pd.DataFrame(rows, columns=[c.name for c in ITEMS.columns]).astype(
        {c.name: c.dtype for c in ITEMS.columns}
    )
    assert find_repeats(Places(frame), "refuse").isna().all()


def test_nothing_repeats_in_an_empty_frame():
    assert find_repeats(Places(ITEMS.empty()), "refuse").empty


ROW = st.tuples(
    st.sampled_from([FULL, OTHER, GAP, 7, 14]),
    st.sampled_from([None, 60, 90]),
    st.sampled_from([None, "before", "after"]),
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(ROW, max_size=6))
def test_repeats_agree_with_a_comparison_of_all_pairs(rows):
    apart = lambda a, b: any(a[k] is not None and b[k] is not None and a[k] != b[k] for k in (1, 2))  # noqa: E731
    whole = lambda row: isinstance(row[0], int) or None not in row[0]  # noqa: E731
    bare = lambda row: isinstance(row[0], int)  # noqa: E731
    lacks = lambda a, b: a != b and a[0] == b[0] and all(a[k] in (None, b[k]) for k in (1, 2))  # noqa: E731
    copy = [row in rows[:place] or any(lacks(row, other) for other in rows) for place, row in enumerate(rows)]
    reason = [SAME if same else None for same in copy]
    left = [place for place in range(len(rows)) if reason[place] is None]
    settled = [
        p
        for p in left
        if bare(rows[p])
        and any(
            not bare(rows[q])
            and whole(rows[q])
            and sum(rows[q][0]) == rows[p][0]
            and not apart(rows[p], rows[q])
            for q in left
        )
    ]
    beaten = [
        p
        for p in left
        if not whole(rows[p])
        and any(whole(rows[q]) and q not in settled and not apart(rows[p], rows[q]) for q in left)
    ]
    for place in (*settled, *beaten):
        reason[place] = SAME
    left = [place for place in left if reason[place] is None]
    for place in left:
        if any(other != place and not apart(rows[place], rows[other]) for other in left):
            reason[place] = AGAINST
    assert repeats(*rows) == reason
