"""What is taken from lifelines; the one module that imports it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.fit import capture_warnings
from outcomes.models.stacks import Array


def trace_kaplan_meier(
    time: pd.Series, event: pd.Series, days: Array, level: float
) -> tuple[Array, Array, Any, list[str]]:
    """The Kaplan-Meier curve at days, its log-log limits, lifelines' object, and its warnings."""
    from lifelines import KaplanMeierFitter

    with capture_warnings() as warned:
        model = KaplanMeierFitter(alpha=1 - level).fit(time, event)
        estimate = model.survival_function_at_times(days).to_numpy()
        limits = model.confidence_interval_.reindex(days).to_numpy()
    return estimate, limits, model, warned


def fit_library_cox(
    x: pd.DataFrame, start: Array, stop: Array, event: Array, strata: Array | None
) -> tuple[Any, Array | None]:
    """Fit lifelines' Cox model beside ours; None for the coefficients where it fails."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    frame = x.set_axis([f"x{number}" for number in range(x.shape[1])], axis=1)
    frame = frame.assign(entry=start, stop=stop, event=event)
    named: dict[str, Any] = {"entry_col": "entry"} if (start > 0).any() else {}
    if not named:
        frame = frame.drop(columns="entry")
    if strata is not None:
        frame, named = frame.assign(stratum=strata), {**named, "strata": ["stratum"]}
    with capture_warnings():
        try:
            model = CoxPHFitter().fit(frame, "stop", "event", fit_options={"precision": 1e-10}, **named)
        except (ConvergenceError, ValueError, np.linalg.LinAlgError):
            return None, None
    return model, model.params_.to_numpy()
