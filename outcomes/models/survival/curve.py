"""Reading a survival curve: its quantiles, and its value on given days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.models.fit import withhold

NOT_REACHED = "not reached"
_SAME = 1e-9  # survival values closer than this are one value


def read_quantiles(curve: pd.DataFrame, shares: Sequence[float]) -> pd.DataFrame:
    """Return the days at which the curve and its limits fall to given shares, or `not reached`.

    `at_risk_before` counts those without the event who were still followed just before that day.
    """
    found = pd.DataFrame(
        [
            {
                "share": share,
                "day": find_day(curve, "estimate", share),
                "conf_low": find_day(curve, "conf_low", share),
                "conf_high": find_day(curve, "conf_high", share),
            }
            for share in shares
        ]
    )
    text = found["day"].map(lambda day: NOT_REACHED if pd.isna(day) else f"day {day:g}")
    before = np.searchsorted(curve["day"].to_numpy(dtype=float), found["day"].to_numpy(dtype=float)) - 1
    at_risk = curve["at_risk"].astype("Int64").iloc[before].reset_index(drop=True)
    return found.assign(
        text=text.astype("string") if curve["estimate"].notna().any() else "not estimable",
        at_risk_before=at_risk.where(found["day"].notna()),
    )


def find_day(curve: pd.DataFrame, column: str, share: float) -> float:
    """Return the first day at or below the share, or the middle of a stretch exactly there."""
    values, days = curve[column].to_numpy(dtype=float), curve["day"].to_numpy(dtype=float)
    reached = np.flatnonzero(values <= share + _SAME)
    if not len(reached):
        return np.nan
    below = np.flatnonzero(values < share - _SAME)
    stretch = abs(values[reached[0]] - share) <= _SAME and len(below)
    return (days[reached[0]] + days[below[0]]) / 2 if stretch else days[reached[0]]


def read_rows(curve: pd.DataFrame, days: Sequence[int]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows of a curve that hold on given days, and which days lie after its last one."""
    known = curve["day"].to_numpy()
    at = (
        curve.iloc[np.searchsorted(known, list(days), side="right") - 1]
        .reset_index(drop=True)
        .assign(day=list(days))
    )
    return at, at["day"] > known[-1]


def read_landmarks(curve: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """Return the curve at fixed days; missing after the last follow-up unless it ended at zero."""
    at, beyond = read_rows(curve, days)
    return withhold(at, beyond & (at["estimate"] > 0))


def bound_event_share(landmarks: pd.DataFrame, level: float) -> pd.Series:
    """Return the upper limit of the share with the event where nobody had it; missing where nobody is left.

    Clopper and Pearson's limit at zero events, ``1 - ((1 - level) / 2)^(1 / n)`` with n = at_risk.
    """
    n = landmarks["at_risk"].astype("float64")
    return 1 - ((1 - level) / 2) ** (1 / n.where(n > 0))
