"""Reading an interval-censored curve: its value and limits on given days, and its median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.fit import withhold
from outcomes.models.survival.curve import NOT_REACHED
from outcomes.models.survival.turnbull import Support

NO_MASS = 1e-7  # a share below this is the optimizer's rounding, not a place where events were seen


@dataclass(frozen=True)
class IntervalEstimate:
    """One group: where mass can lie, how much lies there, and the same for each resample."""

    support: Support
    mass: np.ndarray
    resampled: np.ndarray
    gap: float
    log_likelihood: float


def read_interval_curve(
    rows: pd.DataFrame, estimate: IntervalEstimate | None, days: np.ndarray, level: float
) -> pd.DataFrame:
    """Return the curve on given days: estimate, limits, the range left open by the data, and the counts."""
    observed = np.searchsorted(np.sort(rows["right"].to_numpy()), days, side="right")
    censored = np.searchsorted(
        np.sort(rows.loc[np.isinf(rows["right"]), "left"].to_numpy()), days, side="right"
    )
    counts = pd.DataFrame(
        {
            "day": days.astype(int),
            "at_risk": len(rows) - observed - censored,
            "observed": observed,
            "censored": censored,
        }
    )
    names = ["estimate", "std_error", "conf_low", "conf_high", "lowest", "highest"]
    if estimate is None:
        return counts.assign(**dict.fromkeys(names, np.nan), inside=False)
    low, high = estimate.support.low, estimate.support.high
    fallen = _share_fallen(low, high, days)
    survival = _snap(1 - estimate.mass @ fallen)
    surely = days >= high[:, None]
    possibly = np.where(high[:, None] > low[:, None], days > low[:, None], surely)
    lowest, highest = (_snap(1 - estimate.mass @ fell) for fell in (possibly, surely))
    inside = highest - lowest > NO_MASS
    # Inside a box the data leave a range: the interval reaches from the lower limit of its lower end to the
    # upper limit of its upper end.
    conf_low = _bound(lowest, 1 - estimate.resampled @ possibly, estimate.support, level, side=1)
    conf_high = _bound(highest, 1 - estimate.resampled @ surely, estimate.support, level, side=-1)
    if len(estimate.resampled) > 1:
        conf_low = np.where(inside & (lowest == 0), 0.0, conf_low)
        conf_high = np.where(inside & (highest == 1), 1.0, conf_high)
    drawn = 1 - estimate.resampled @ fallen
    read = counts.assign(
        estimate=survival,
        std_error=np.nanstd(drawn, axis=0, ddof=1) if len(drawn) > 1 else np.nan,
        conf_low=conf_low,
        conf_high=conf_high,
        lowest=lowest,
        highest=highest,
        inside=inside,
    )
    # On day 0 nothing can have happened; later, a curve that is still 1 has no limits on this scale.
    started = pd.Series(days == 0)
    read = read.assign(**{name: read[name].mask(started, 1.0) for name in ("conf_low", "conf_high")})
    # After the last visit nothing is known, unless everybody had the event before.
    last = np.where(np.isfinite(rows["right"]), rows["right"], rows["left"]).max()
    beyond = pd.Series((days > last) & (survival > 0))
    return withhold(read, beyond).assign(**{name: read[name].mask(beyond) for name in ("lowest", "highest")})


def _share_fallen(low: np.ndarray, high: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Share of each support interval at or before each day: linear inside, a step on an exact day."""
    width = np.where(high > low, high - low, 1.0)[:, None]
    inside = np.clip((days - low[:, None]) / width, 0.0, 1.0)
    inside = np.where(np.isinf(width), 0.0, inside)
    return np.where(high[:, None] > low[:, None], inside, (days >= high[:, None]).astype(float))


def _snap(survival: np.ndarray) -> np.ndarray:
    """Values within rounding of 0 and 1 become just that."""
    return np.where(survival < NO_MASS, 0.0, np.where(survival > 1 - NO_MASS, 1.0, survival))


def _bound(
    survival: np.ndarray, resampled: np.ndarray, support: Support, level: float, *, side: Literal[1, -1]
) -> np.ndarray:
    """Pointwise limit, lower (1) or upper (-1): the bootstrap deviation of log(-log S), turned back to S."""
    if len(resampled) < 2:
        return np.full(len(survival), np.nan)
    n = int(support.counts.sum())
    spread = np.nanstd(np.log(-np.log(np.clip(resampled, 0.5 / n, 1 - 0.5 / n))), axis=0, ddof=1)
    within = (survival > 0) & (survival < 1)
    middle = np.log(-np.log(np.where(within, survival, 0.5)))
    z = stats.norm.ppf(0.5 + level / 2)
    return np.where(within, np.exp(-np.exp(middle + side * z * spread)), np.nan)


def read_interval_median(
    rows: pd.DataFrame, low: np.ndarray, high: np.ndarray, mass: np.ndarray
) -> pd.DataFrame:
    """Return where the curve passes one half: in an interval, on a day, or along a stretch; and who was left.

    `at_risk_before` counts those without the event and still followed just before it: after `median_low`,
    or on the day before an exact day.
    """
    after = 1 - np.cumsum(mass)
    passed = np.flatnonzero(after <= 0.5 + NO_MASS)
    median_low = median_high = before = np.nan
    text = NOT_REACHED if len(mass) else "not estimable"
    if len(passed) and np.isfinite(high[passed[0]]):
        j = passed[0]
        flat = abs(after[j] - 0.5) <= NO_MASS and j + 1 < len(low)
        median_low, median_high = low[j], low[j + 1] if flat else high[j]
        before = _count_at_risk(rows, low[j] - 1 if low[j] == high[j] else low[j])
        text = (
            f"day {median_high:g}"
            if median_low == median_high
            else f"after day {median_low:g}, by day {median_high:g}"
        )
    return pd.DataFrame(
        {
            "median_low": [median_low],
            "median_high": [median_high],
            "text": pd.array([text], dtype="string"),
            "at_risk_before": pd.array([before], dtype="Int64"),
        }
    )


def _count_at_risk(rows: pd.DataFrame, day: float) -> int:
    """Those whose event was not yet seen by the day and who were still followed after it."""
    return int(((rows["right"] > day) & (np.isfinite(rows["right"]) | (rows["left"] > day))).sum())
