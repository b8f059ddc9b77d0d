"""Small frames for the tests of this room, made by rule or by seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@pytest.fixture(scope="session")
def mixed_reference() -> dict[str, Any]:
    """Known answers of R, with their data; made by mixed_models.R."""
    return json.loads((REFERENCE / "mixed_models.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def make_scores():
    return _make_scores


@pytest.fixture(scope="session")
def make_parallel_scores():
    return _make_parallel_scores


def _make_scores(
    n_patients: int = 60, *, seed: int = 1, slope_sd: float = 0.08, level_sd: float = 4.0, rows: int = 6
) -> pd.DataFrame:
    """Irregular days 1-84, two routes, patients with their own level and slope."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), rng.integers(rows - 2, rows + 3, n_patients))
    day = rng.integers(1, 85, len(patient))
    route = rng.choice(["IM", "IV"], n_patients)[patient]
    baseline = rng.integers(12, 26, n_patients)[patient]
    level = rng.normal(0, level_sd, n_patients)[patient]
    slope = rng.normal(0, slope_sd, n_patients)[patient]
    total = baseline - 0.08 * day - 1.0 * (route == "IV") + level + slope * day
    return pd.DataFrame(
        {
            "patient_id": pd.Series([f"p{one:03d}" for one in patient], dtype="string"),
            "day": pd.Series(day, dtype="Int64"),
            "route": pd.Series(route, dtype="string"),
            "baseline": pd.Series(baseline, dtype="Int64"),
            "total": np.round(total + rng.normal(0, 2.5, len(patient))),
        }
    )


def _make_parallel_scores(n_patients: int = 12) -> pd.DataFrame:
    """Every patient has the same scores: the variance between patients is zero."""
    days = np.array([0, 7, 14, 28])
    return pd.DataFrame(
        {
            "patient_id": np.repeat([f"p{one:02d}" for one in range(n_patients)], 4),
            "day": np.tile(days, n_patients),
            "total": np.tile([18.0, 15.0, 16.0, 11.0], n_patients),
        }
    )
