"""Survival curves of events that are seen only at visits: interval-censored EVENTS, with a bootstrap interval by patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.event_times import FEW_EVENTS, count_patients, list_groups, read_intervals
from outcomes.models.fit import CURVE_COLUMNS, Fit, Verdict, join_verdicts, withhold
from outcomes.models.turnbull import GAP, Support, find_support, maximize_likelihood, sum_log_likelihood

ONSET_DAYS = (14, 28, 56)
NOT_REACHED = "not reached"
_BOOT_GAP = 1e-6
_NO_MASS = 1e-7  # a share below this is the optimizer's rounding, not a place where events were seen
_SAME = 1e-7
_ROOM = 4_000_000  # numbers in one block of bootstrap Hessians


@dataclass(frozen=True)
class _Estimate:
    """One group: where mass can lie, how much lies there, and the same for each resample."""

    support: Support
    mass: np.ndarray
    resampled: np.ndarray
    gap: float
    log_likelihood: float


def fit_interval_survival(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    days: Sequence[int] = ONSET_DAYS,
    level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
) -> Fit:
    """Estimate the share of patients without the event on each day, from the visits that bracket it (Turnbull's estimate).

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

    Returns
    -------
    Fit
        `table` has one row per group and end of a support interval: group, day, estimate, conf_low,
        conf_high, at_risk, observed, censored (cumulative up to and including that day; the three add to
        the patients of the group). `extras`: "support" (group, low, high, mass: where the curve falls;
        inside (low, high] it is not determined; high is missing where the mass lies after the last visit),
        "medians" (group, median_low, median_high, text) and "landmarks" (estimate linear inside a support
        interval and then flagged by `inside`, with the range from lowest to highest). NOT ESTIMABLE without
        any event or without the certificate; CAUTION below five events.

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
    deviation of ``log(-log S)`` over resamples of patients, with S kept 1 / (2 n) away from 0 and 1; they
    are pointwise and approximate [2]_. On exact days this is the Kaplan-Meier curve.

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
    rows, notes = read_intervals(events, by=by, caller="fit_interval_survival")
    settings = {
        "method": "interval-censored NPMLE",
        "interval": "bootstrap by patient on log(-log S), approximate" if n_boot else "none",
        "level": level,
        "n_boot": n_boot,
        "seed": seed,
        "by": by,
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


def _estimate(rows: pd.DataFrame, n_boot: int, seed: int) -> _Estimate | None:
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
    return _Estimate(
        support, mass[0], resampled, float(gap[0]), sum_log_likelihood(support, support.counts, mass[0])
    )


def _resample(support: Support, samples: np.ndarray, m: int) -> np.ndarray:
    if not len(samples):
        return np.empty((0, m))
    mass, gap = maximize_likelihood(support, samples, gap=_BOOT_GAP)
    return np.where(
        (gap < _BOOT_GAP)[:, None], mass, np.nan
    )  # a resample without its certificate is no result


def _judge(rows: pd.DataFrame, estimate: _Estimate | None, group: str) -> tuple[Verdict, list[str]]:
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
    rows: pd.DataFrame, estimate: _Estimate | None, days: Sequence[int], level: float
) -> dict[str, pd.DataFrame]:
    ends = _list_ends(rows, estimate)
    low, high, mass = _occupied(estimate)
    support = pd.DataFrame({"low": low, "high": np.where(np.isfinite(high), high, np.nan), "mass": mass})
    return {
        "table": _read_curve(rows, estimate, ends, level),
        "support": support.astype({"low": "Int64", "high": "Int64", "mass": "float64"}),
        "medians": _read_median(low, high, mass),
        "landmarks": _read_curve(rows, estimate, np.asarray(days, dtype=float), level),
    }


def _occupied(estimate: _Estimate | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if estimate is None:
        return np.empty(0), np.empty(0), np.empty(0)
    kept = estimate.mass > _NO_MASS
    return estimate.support.low[kept], estimate.support.high[kept], estimate.mass[kept]


def _list_ends(rows: pd.DataFrame, estimate: _Estimate | None) -> np.ndarray:
    low, high, _ = _occupied(estimate)
    ends = np.concatenate([[0.0], low, high, [rows["left"].max()] if len(rows) else []])
    return np.unique(ends[np.isfinite(ends)])


def _read_curve(
    rows: pd.DataFrame, estimate: _Estimate | None, days: np.ndarray, level: float
) -> pd.DataFrame:
    """The curve on given days: estimate, limits, the range that the data leave open, and the counts of everyone."""
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
    names = ["estimate", "conf_low", "conf_high", "lowest", "highest"]
    if estimate is None:
        return counts.assign(**dict.fromkeys(names, np.nan), inside=False)
    low, high = estimate.support.low, estimate.support.high
    fallen = _share_fallen(low, high, days)
    survival = 1 - estimate.mass @ fallen
    survival = np.where(np.abs(survival) < _SAME, 0.0, np.where(np.abs(survival - 1) < _SAME, 1.0, survival))
    limits = _bound(survival, 1 - estimate.resampled @ fallen, int(estimate.support.counts.sum()), level)
    surely = days >= high[:, None]
    possibly = np.where(high[:, None] > low[:, None], days > low[:, None], surely)
    lowest, highest = (np.clip(1 - estimate.mass @ fell, 0.0, 1.0) for fell in (possibly, surely))
    read = counts.assign(
        estimate=survival, conf_low=limits[0], conf_high=limits[1], lowest=lowest, highest=highest
    ).assign(inside=highest - lowest > _NO_MASS)
    # After the last visit nothing is known, unless everybody had the event before.
    beyond = pd.Series(days > np.where(np.isfinite(rows["right"]), rows["right"], rows["left"]).max()) & (
        survival > 0
    )
    return withhold(read, beyond).assign(
        lowest=read["lowest"].mask(beyond), highest=read["highest"].mask(beyond)
    )


def _share_fallen(low: np.ndarray, high: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Share of the mass of each support interval that lies at or before each day: linear inside, a step on an exact day."""
    width = np.where(high > low, high - low, 1.0)[:, None]
    inside = np.clip((days - low[:, None]) / width, 0.0, 1.0)
    inside = np.where(np.isinf(width), 0.0, inside)
    return np.where(high[:, None] > low[:, None], inside, (days >= high[:, None]).astype(float))


def _bound(
    survival: np.ndarray, resampled: np.ndarray, n: int, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise limits: the bootstrap standard deviation of log(-log S), turned back to the scale of S."""
    if len(resampled) < 2:
        return np.full(len(survival), np.nan), np.full(len(survival), np.nan)
    spread = np.nanstd(np.log(-np.log(np.clip(resampled, 0.5 / n, 1 - 0.5 / n))), axis=0, ddof=1)
    within = (survival > 0) & (survival < 1)
    middle = np.log(-np.log(np.where(within, survival, 0.5)))
    z = stats.norm.ppf(0.5 + level / 2)
    edge = np.where(survival == 1, 1.0, np.nan)
    limits = [np.where(within, np.exp(-np.exp(middle + sign * z * spread)), edge) for sign in (1, -1)]
    return limits[0], limits[1]


def _read_median(low: np.ndarray, high: np.ndarray, mass: np.ndarray) -> pd.DataFrame:
    """Where the curve passes one half: a support interval, an exact day, or a stretch where it is exactly one half."""
    after = 1 - np.cumsum(mass)
    passed = np.flatnonzero(after <= 0.5 + _SAME)
    median_low = median_high = np.nan
    text = NOT_REACHED if len(mass) else "not estimable"
    if len(passed) and np.isfinite(high[passed[0]]):
        j = passed[0]
        flat = abs(after[j] - 0.5) <= _SAME and j + 1 < len(low)
        median_low, median_high = low[j], low[j + 1] if flat else high[j]
        text = (
            f"day {median_high:g}"
            if median_low == median_high
            else f"after day {median_low:g}, by day {median_high:g}"
        )
    return pd.DataFrame(
        {"median_low": [median_low], "median_high": [median_high], "text": pd.array([text], dtype="string")}
    )
