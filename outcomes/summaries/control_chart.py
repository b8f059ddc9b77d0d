"""Whether a quarter differs from the usual level: the p-chart, its limits and its closed list of signals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.errors import DataError
from outcomes.schema import require_columns
from outcomes.summaries.groups import add_shares

SIGNALS = {
    "outside": "a quarter outside the limits",
    "run_of_7": "seven quarters in a row on one side of the center",
    "trend_of_7": "seven quarters in a row rising or falling",
    "two_of_three": "two of three quarters beyond two thirds of the way to one limit",
}
"""The closed list, in the order in which a quarter is named by it."""
_RUN, _SIGMAS, _WARNING = 7, 3.0, 2.0
_WIDER = 1.25  # overdispersion from which the limits are widened
_MEAN_RANGE = 1.128  # of two values of a normal distribution, in standard deviations


def summarize_control_chart(
    counts: pd.DataFrame, *, freeze_after: int = 12, rebase_at: str | None = None, smallest: int = 11
) -> pd.DataFrame:
    """Set each quarter's share against the level of the first quarters, with limits and signals.

    Parameters
    ----------
    counts : DataFrame with quarter ("2026Q2"), k and n, one row per quarter, for example one endpoint and
        denominator of summarize_endpoints(by="quarter")
    freeze_after : int
        So many quarters make the center and the limits; later ones are judged by them.
    rebase_at : str, optional
        Quarter from which a new level is made, for a known and dated reason; earlier quarters keep theirs.
    smallest : int
        Quarters with a smaller n are shown and start no signal.

    Returns
    -------
    DataFrame
        One row per quarter from the first to the last (without anybody n = 0): quarter, k, n, share,
        conf_low, conf_high (Wilson), percent_shown, center, low, high (limits), low_warning, high_warning
        (two thirds of the way), baseline (boolean; makes the level), provisional (boolean; the level rests on
        fewer than `freeze_after` quarters, and no signal is claimed), signal (outside, run_of_7, trend_of_7,
        two_of_three; missing without one) and side ("above" or "below" the center, with a signal).
        `attrs["widening"]` is the factor by which the limits are wider than binomial ones.

    Raises
    ------
    DataError
        If a column is missing, a quarter stands there twice or is not written as 2026Q2.

    Notes
    -----
    p-chart: center c is the pooled share of the quarters that make the level, limits
    ``c -+ 3 sqrt(c (1 - c) / n)`` of each quarter's n, cut at 0 and 1. Where these quarters vary more than
    chance the limits are widened [1]_: ``z = (p - c) / s``, widening = mean absolute step of z / 1.128, used
    above 1.25. Signals: one outside the limits; seven in a row on one side; seven rising or falling; two of
    three beyond two thirds of the way to a limit on one side. No signal is no proof of sameness. The limits
    do not correct for who was treated.

    References
    ----------
    .. [1] Laney DB (2002). Improved control charts for attributes. Quality Engineering 14:531-537.
       doi:10.1081/QEN-120003555

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> quarters = [f"{year}Q{number}" for year in (2023, 2024, 2025) for number in (1, 2, 3, 4)]
    >>> counts = pd.DataFrame({"quarter": [*quarters, "2026Q1"], "k": [20] * 12 + [36], "n": 40})
    >>> oc.summarize_control_chart(counts)[["quarter", "signal", "side"]].values.tolist()[-1]
    ['2026Q1', 'outside', 'above']
    """
    require_columns(counts, ("quarter", "k", "n"), caller="summarize_control_chart")
    frame = _fill_quarters(counts)
    start = 0 if rebase_at is None else int((frame["quarter"] < rebase_at).sum())
    parts = [one for one in (frame.iloc[:start], frame.iloc[start:]) if len(one)]
    judged = [_judge(part.reset_index(drop=True), freeze_after, smallest) for part in parts]
    chart = pd.concat(judged, ignore_index=True) if judged else _judge(frame, freeze_after, smallest)
    chart = add_shares(chart, least=smallest).drop(columns="widening")
    first = [
        "quarter", "k", "n", "share", "conf_low", "conf_high", "percent_shown", "center", "low", "high",
        "low_warning", "high_warning", "baseline", "provisional", "signal", "side",
    ]  # fmt: skip
    chart = chart[first]
    chart.attrs["widening"] = float(judged[-1]["widening"].iloc[0]) if judged else 1.0
    return chart


def _fill_quarters(counts: pd.DataFrame) -> pd.DataFrame:
    """All quarters from the first to the last, in order."""
    named = counts["quarter"].astype("string")
    if named.isna().any() or not named.str.fullmatch(r"\d{4}Q[1-4]").all():
        raise DataError(
            "summarize_control_chart needs quarters written as 2026Q2; some are not. Correct them."
        )
    if named.duplicated().any():
        raise DataError(
            "summarize_control_chart needs one row per quarter; some stand there more than once. Select one "
            "endpoint, denominator and instrument first."
        )
    periods = pd.PeriodIndex(named, freq="Q")
    frame = pd.DataFrame({"k": counts["k"].to_numpy(), "n": counts["n"].to_numpy()}, index=periods)
    if len(frame):
        frame = frame.reindex(pd.period_range(periods.min(), periods.max(), freq="Q"))
    frame = frame.fillna(0).astype("Int64")
    quarter = pd.Series(frame.index.astype(str), dtype="string")
    return frame.reset_index(drop=True).assign(quarter=quarter)


def _judge(frame: pd.DataFrame, freeze_after: int, smallest: int) -> pd.DataFrame:
    """Center, limits and signals of quarters that share one level."""
    k, n = (frame[name].to_numpy(dtype=float) for name in ("k", "n"))
    counted = n >= smallest
    makes_level = np.cumsum(n > 0) <= freeze_after
    total = n[makes_level].sum()
    center = k[makes_level].sum() / total if total else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, k / n, np.nan)
        spread = np.where(n > 0, np.sqrt(center * (1 - center) / n), np.nan)
    widening = _measure_widening((share - center)[makes_level & counted], spread[makes_level & counted])
    spread = spread * widening
    provisional = bool((n > 0).sum() < freeze_after)
    signal, side = np.full(len(frame), "", dtype=object), np.full(len(frame), "", dtype=object)
    if not provisional and counted.any():
        names, sides = _find_signals(share[counted], center, spread[counted])
        signal[counted], side[counted] = names, sides
    limits = {
        name: np.clip(center + sigmas * spread, 0, 1)
        for name, sigmas in (
            ("low", -_SIGMAS), ("high", _SIGMAS), ("low_warning", -_WARNING), ("high_warning", _WARNING),
        )
    }  # fmt: skip
    return frame.assign(
        **{name: pd.array(limit, dtype="Float64") for name, limit in limits.items()},
        center=pd.array(np.full(len(frame), center), dtype="Float64"),
        baseline=pd.array(makes_level & (n > 0), dtype="boolean"),
        provisional=pd.array(np.full(len(frame), provisional), dtype="boolean"),
        signal=pd.Series(signal, dtype="string").replace("", pd.NA),
        side=pd.Series(side, dtype="string").replace("", pd.NA),
        widening=widening,
    )


def _measure_widening(gap: np.ndarray, spread: np.ndarray) -> float:
    if len(gap) < 2 or not (spread > 0).all():
        return 1.0
    found = float(np.abs(np.diff(gap / spread)).mean() / _MEAN_RANGE)
    return found if found > _WIDER else 1.0


def _find_signals(share: np.ndarray, center: float, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first rule of the list that each quarter completes, and its side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, (share - center) / spread, 0.0)
    above, below = z > 0, z < 0
    rises, falls = np.diff(share, prepend=share[0]) > 0, np.diff(share, prepend=share[0]) < 0
    fired = {
        "outside": (z > _SIGMAS, z < -_SIGMAS),
        "run_of_7": (_count_run(above) >= _RUN, _count_run(below) >= _RUN),
        "trend_of_7": (_count_run(rises) >= _RUN - 1, _count_run(falls) >= _RUN - 1),
        "two_of_three": (_two_of_three(z > _WARNING), _two_of_three(z < -_WARNING)),
    }
    signal, side = np.full(len(z), "", dtype=object), np.full(len(z), "", dtype=object)
    for name in reversed(SIGNALS):
        for one, word in zip(fired[name], ("above", "below"), strict=True):
            signal[one], side[one] = name, word
    return signal, side


def _count_run(holds: np.ndarray) -> np.ndarray:
    """How many in a row up to and including each place."""
    count = np.cumsum(holds)
    return count - np.maximum.accumulate(np.where(holds, 0, count))


def _two_of_three(beyond: np.ndarray) -> np.ndarray:
    """Whether this one and at least one of the two before lie beyond."""
    before = np.concatenate([[False, False], beyond])
    return beyond & (before[1:-1] | before[:-2])
