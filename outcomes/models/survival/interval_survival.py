"""Survival curves of events that are seen only at visits (interval-censored EVENTS)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.models.fit import CURVE_COLUMNS, Fit, Verdict, join_verdicts
from outcomes.models.survival.curve import bound_event_share
from outcomes.models.survival.event_times import (
    FEW_EVENTS,
    count_patients,
    list_groups,
    name_endpoint,
    read_intervals,
    take_clock,
)
from outcomes.models.survival.interval_curve import (
    NO_MASS,
    IntervalEstimate,
    read_interval_curve,
    read_interval_median,
)
from outcomes.models.survival.turnbull import (
    GAP,
    Support,
    find_support,
    maximize_likelihood,
    sum_log_likelihood,
)

ONSET_DAYS = (14, 28, 56)
_BOOT_GAP = 1e-6
_ROOM = 4_000_000  # numbers in one block of bootstrap Hessians


def fit_interval_survival(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    days: Sequence[int] = ONSET_DAYS,
    level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
    clock: str = "days",
) -> Fit:
    """Estimate the share of patients without the event on each day from the visits that bracket it.

    Parameters
    ----------
    events : DataFrame
        EVENTS (one instrument, one endpoint), or any frame with `left` and `right` in whole days: the event
        happened in (left, right]; left = right is an exact day; right is missing where no event was seen.
        Of EVENTS the included rows of series 1 are used.
    by : str or list of str, optional
        Columns that name the groups.
    days : sequence of int
        Days at which `extras["landmarks"]` reads the curve.
    level : float
        Level of the intervals.
    n_boot : int
        Bootstrap samples of patients; 0 gives no intervals.
    seed : int
        Seed of the bootstrap.
    clock : {"days", "infusions"}
        What is counted: days, or infusions given (onset only; "day" then holds their number, as do `days`).

    Returns
    -------
    Fit
        `table` has one row per group and day on which the curve may fall or somebody leaves, and day 0:
        group, day, estimate, conf_low, conf_high, at_risk, observed, censored (cumulative up to and including
        that day; the three add to the patients of the group); no such day lies inside a support interval.
        `extras`: "support" (group, low, high, mass: where the curve falls; inside (low, high] it is not
        determined; high is missing where the mass lies after the last visit), "medians" (group, median_low,
        median_high, text, at_risk_before: how many were still followed without the event just before it) and
        "landmarks" (estimate with std_error; linear inside a support interval and then flagged by `inside`,
        with the range from lowest to highest, which the interval covers; event_share_upper: where a group has
        no event, a bound of the share with it, else missing). NOT ESTIMABLE without any event or without the
        certificate; CAUTION below five events.

    Raises
    ------
    EstimationError
        If an end is missing, negative or not whole, left lies after right, an event is dated at day 0, or a
        patient has several rows.

    Notes
    -----
    Maximizes ``sum_i log(S(left_i) - S(right_i))`` over all distributions [1]_. The optimum is certified:
    with ``d_j = sum_i a_ij / (a p)_i``, ``max_j d_j / n - 1 < 1e-8``; the gap reached is in the notes. A
    patient with left = 0 and no event carries no information: counted, not fitted. Intervals: standard
    deviation of ``log(-log S)`` over resamples of patients, with S kept 1 / (2 n) away from 0 and 1 and
    mass on the support of the whole sample; they are pointwise and approximate [2]_. Inside a support
    interval, where the data say no more than ``lowest <= S <= highest``, the lower limit is that of `lowest`
    and the upper limit that of `highest`; there 0 and 1 are limits too, elsewhere a curve at 0 or still at 1
    has none. On exact days this is the Kaplan-Meier curve. `event_share_upper` is the exact upper limit at no
    event among those still followed after the day, as in fit_kaplan_meier.

    References
    ----------
    .. [1] Turnbull BW. The empirical distribution function with arbitrarily grouped, censored and truncated
       data.
       J R Stat Soc B 1976;38:290-295. doi:10.1111/j.2517-6161.1976.tb01597.x
    .. [2] Sen B, Xu G. Model based bootstrap methods for interval censored data. Comput Stat Data Anal
       2015;81:121-129.
       doi:10.1016/j.csda.2014.07.007

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"left": [0, 0, 7, 7, 14], "right": [7, 7, 14, 14, None]})
    >>> curve = oc.fit_interval_survival(events, n_boot=0)
    >>> curve.table[["day", "estimate"]].round(3).values.tolist()
    [[0.0, 1.0], [7.0, 0.6], [14.0, 0.2]]
    >>> curve.extras["medians"]["text"].item()
    'after day 7, by day 14'
    """
    events = take_clock(events, clock, caller="fit_interval_survival")
    rows, notes = read_intervals(events, by=by, caller="fit_interval_survival")
    settings = {
        "method": "interval-censored NPMLE",
        "interval": "bootstrap by patient on log(-log S), approximate" if n_boot else "none",
        "level": level,
        "n_boot": n_boot,
        "seed": seed,
        "by": by,
        "clock": clock,
        "endpoint": name_endpoint(rows),
    }
    parts: dict[str, list[pd.DataFrame]] = {"table": [], "support": [], "medians": [], "landmarks": []}
    verdicts: list[Verdict] = []
    for group in list_groups(rows):
        own = rows[rows["group"] == group]
        estimate = _estimate(own, n_boot, seed)
        verdict, why = _judge(own, estimate, group)
        verdicts.append(verdict)
        notes.extend(why)
        shown = estimate if verdict != "NOT ESTIMABLE" else None
        for name, piece in _describe(own, shown, days, level).items():
            parts[name].append(piece.assign(group=group))
    frames = {name: pd.concat(pieces, ignore_index=True) for name, pieces in parts.items()}
    frames = {
        name: frame[["group", *frame.columns.drop("group")]].astype({"group": "string"})
        for name, frame in frames.items()
    }
    table = frames.pop("table")[list(CURVE_COLUMNS)]
    if clock == "infusions":
        frames["medians"]["text"] = frames["medians"]["text"].str.replace("day ", "infusion ")
    return Fit(
        "Interval-censored survival curve",
        table,
        join_verdicts(verdicts),
        tuple(dict.fromkeys(notes)),
        settings,
        len(rows),
        count_patients(rows),
        None,
        frames,
    )


def _estimate(rows: pd.DataFrame, n_boot: int, seed: int) -> IntervalEstimate | None:
    """The curve of one group; None where there is no event."""
    informative = rows[(rows["left"] > 0) | np.isfinite(rows["right"])]
    if not np.isfinite(informative["right"]).any():
        return None
    support = find_support(informative["left"].to_numpy(), informative["right"].to_numpy())
    mass, gap = maximize_likelihood(support, support.counts[None, :])
    n, m = int(support.counts.sum()), len(support.high)
    samples = np.random.default_rng(seed).multinomial(n, support.counts / n, size=n_boot)
    blocks = np.array_split(samples, max(1, -(-n_boot * m * m // _ROOM)))
    resampled = np.concatenate([_resample(support, block, m) for block in blocks])
    return IntervalEstimate(
        support, mass[0], resampled, float(gap[0]), sum_log_likelihood(support, support.counts, mass[0])
    )


def _resample(support: Support, samples: np.ndarray, m: int) -> np.ndarray:
    if not len(samples):
        return np.empty((0, m))
    mass, gap = maximize_likelihood(support, samples, gap=_BOOT_GAP, exact=False)
    return np.where(
        (gap < _BOOT_GAP)[:, None], mass, np.nan
    )  # a resample without its certificate is no result


def _judge(rows: pd.DataFrame, estimate: IntervalEstimate | None, group: str) -> tuple[Verdict, list[str]]:
    n_events = int(np.isfinite(rows["right"]).sum())
    whose = "" if group == "all" else f"{group}: "
    if estimate is None:
        return "NOT ESTIMABLE", [
            f"{whose}no event among {len(rows)} patients, so there is no curve to estimate."
        ]
    certificate = (
        f"{whose}certificate gap {max(estimate.gap, 0):.0e}, log-likelihood {estimate.log_likelihood:.4f}."
    )
    if not estimate.gap < GAP:
        return "NOT ESTIMABLE", [
            f"{whose}the optimum was not reached (certificate gap {estimate.gap:.0e}, needed {GAP:.0e})."
        ]
    failed = int(np.isnan(estimate.resampled[:, :1]).sum())
    lost = [f"{whose}{failed} bootstrap samples without a certificate were left out."] if failed else []
    if n_events < FEW_EVENTS:
        return "CAUTION", [
            f"{whose}fewer than {FEW_EVENTS} events ({n_events}): the curve is fragile.",
            certificate,
            *lost,
        ]
    return "OK", [certificate, *lost]


def _describe(
    rows: pd.DataFrame, estimate: IntervalEstimate | None, days: Sequence[int], level: float
) -> dict[str, pd.DataFrame]:
    ends = _list_ends(rows, estimate)
    low, high, mass = _occupied(estimate)
    support = pd.DataFrame({"low": low, "high": np.where(np.isfinite(high), high, np.nan), "mass": mass})
    landmarks = read_interval_curve(rows, estimate, np.asarray(days, dtype=float), level)
    unseen = not np.isfinite(rows["right"]).any()
    bound = bound_event_share(landmarks, level) if unseen else np.nan
    return {
        "table": read_interval_curve(rows, estimate, ends, level),
        "support": support.astype({"low": "Int64", "high": "Int64", "mass": "float64"}),
        "medians": read_interval_median(rows, low, high, mass),
        "landmarks": landmarks.assign(event_share_upper=bound),
    }


def _occupied(estimate: IntervalEstimate | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if estimate is None:
        return np.empty(0), np.empty(0), np.empty(0)
    kept = estimate.mass > NO_MASS
    return estimate.support.low[kept], estimate.support.high[kept], estimate.mass[kept]


def _list_ends(rows: pd.DataFrame, estimate: IntervalEstimate | None) -> np.ndarray:
    """Day 0, the ends of the support, every day on which an event was seen, and every day of censoring."""
    low, high, _ = _occupied(estimate)
    left = rows.loc[np.isinf(rows["right"]), "left"].to_numpy(dtype=float)
    ends = np.concatenate([[0.0], low, high, left, rows["right"].to_numpy(dtype=float)])
    return np.unique(ends[np.isfinite(ends)])
