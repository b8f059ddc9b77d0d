"""A small frame of courses, made by hand, that the summaries are tried on."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.schema import COURSES
from outcomes.summaries.rates import GATED


def make_courses(rows: list[dict]) -> pd.DataFrame:
    """Courses with the dtypes of the schema; what a row does not say is what an ordinary patient has."""
    ordinary = {
        "site": "Harbor", "series": 1, "instrument": "phq9", "quarter": "2026Q1", "route": "IV",
        "n_infusions": 6,
        "last_induction_day": 20, "start_observed": True, "matured": True, "due": True, "eligible": True,
        "due_90": False, "due_180": False, "due_365": False, "baseline_day": 0,
    }  # fmt: skip
    names = [column.name for column in COURSES.columns]
    frame = pd.DataFrame(
        [{**dict.fromkeys(names), **ordinary, "patient_id": f"P{i}", **row} for i, row in enumerate(rows)]
    )
    frame = frame.reindex(columns=names)
    return frame.astype({column.name: column.dtype for column in COURSES.columns})


def name_class(baseline: int, endpoint: int) -> str:
    """The class of clinically significant change of PHQ-9, from a baseline of 10 or more."""
    if baseline - endpoint >= 6:
        return "recovered" if endpoint < 10 else "improved"
    return "deteriorated" if endpoint - baseline >= 6 else "unchanged"


def judged(baseline: int, endpoint: int | None, **more: object) -> dict:
    """One eligible patient with the flags of the default profile for PHQ-9."""
    row: dict = {"baseline": baseline, "endpoint_total": endpoint, **more}
    if endpoint is None:
        return {"endpoint_reason": "no_score_in_window", **row}
    better = baseline - endpoint
    flags = {
        "endpoint_day": 36, "response": 2 * better >= baseline, "remission": endpoint < 5,
        "partial_response": 4 * better >= baseline > 2 * better, "mcid_reached": better >= 5,
        "recovery": endpoint < 10, "reliable_improvement": better >= 6,
        "reliable_recovery": endpoint < 10 and better >= 6,
        "change_class": name_class(baseline, endpoint),
        "reliable_deterioration": -better >= 6, "any_worsening": endpoint > baseline,
    }  # fmt: skip
    if baseline < 10:
        flags = {**flags, **dict.fromkeys(GATED)}
        row = {**row, "eligible": False, "eligible_reason": "below_caseness"}
    return {**flags, **row}


@pytest.fixture
def ten_eligible() -> pd.DataFrame:
    """Ten eligible, 6 with an endpoint total, 3 respond."""
    seen = [judged(20, 8), judged(16, 4), judged(18, 9), judged(20, 13), judged(12, 18), judged(12, 13)]
    return make_courses([*seen, *(judged(15, None) for _ in range(4))])
