"""How many have had which event by a day, when one event rules out the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.coefficients import frame_test
from outcomes.models.fit import Fit, Verdict, join_verdicts, withhold
from outcomes.models.stacks import Array
from outcomes.models.survival.curve import read_rows
from outcomes.models.survival.event_times import FEW_EVENTS, count_patients, list_groups, read_times
from outcomes.models.survival.log_rank import NO_ORDER, judge_groups, square_sums
from outcomes.schema import require_columns

_DAYS = (14, 28, 56)
_COLUMNS = (
    "group",
    "cause",
    "day",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "at_risk",
    "observed",
    "censored",
)


def fit_cumulative_incidence(
    events: pd.DataFrame,
    *,
    cause: str = "cause",
    by: str | Sequence[str] | None = None,
    days: Sequence[int] = _DAYS,
    level: float = 0.95,
) -> Fit:
    """Estimate the share of patients who have had each of several competing events by each day.

    Parameters
    ----------
    events : DataFrame
        As build_competing_times gives it, or any frame with `time` (whole days) and `cause`. Of EVENTS the
        included rows of series 1 are used.
    cause : str, column that names the event, missing where censored
    by : str or list of str, optional; columns that name the groups
    days : sequence of int, days at which `extras["landmarks"]` reads the curves
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per group, cause and day with an event or a censoring, and day 0: group, cause,
        day, estimate (share with this event by that day), std_error, conf_low, conf_high, at_risk, observed
        (this cause), censored (cumulative). `extras["landmarks"]` the same at `days`. NOT ESTIMABLE without
        any event; CAUTION where a cause has fewer than five.

    Raises
    ------
    EstimationError
        As for fit_kaplan_meier.

    Notes
    -----
    Aalen-Johansen: F_c(t) = sum over days s <= t of S(s-) d_c(s) / n(s), S being free of every event; ties
    stay ties. The error is that of the multi-state (delta) kind, as in R's survfit; the interval is made on
    log(-log F). One minus a Kaplan-Meier curve that censors the other event is larger and answers a question
    about a world without it.

    References
    ----------
    .. [1] Aalen OO, Johansen S (1978). Scand J Stat 5:141-150.
    .. [2] Putter H, Fiocco M, Geskus RB (2007). Stat Med 26:2389-2430. doi:10.1002/sim.2712

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"time": [3, 5, 5, 8, 9, 12]})
    >>> events["cause"] = ["response", "stopped", "response", "response", None, "stopped"]
    >>> curves = oc.fit_cumulative_incidence(events)
    >>> last = curves.table.groupby("cause")["estimate"].last()
    >>> last.round(3).to_dict()
    {'response': 0.5, 'stopped': 0.5}
    """
    rows, notes = read_causes(events, cause=cause, by=by, caller="fit_cumulative_incidence")
    causes = sorted(rows["cause"].dropna().unique())
    settings = {"method": "Aalen-Johansen", "interval": "log(-log)", "by": by, "level": level}
    tables, landmarks, verdicts = [], [], list[Verdict]()
    for group in list_groups(rows):
        own = rows[rows["group"] == group]
        verdict, why = _judge(own, causes, group)
        verdicts.append(verdict)
        notes += why
        for name in causes:
            curve = _trace(own, name, level).assign(group=group, cause=name)
            curve = withhold(curve) if verdict == "NOT ESTIMABLE" else curve
            tables.append(curve)
            landmarks.append(_read(curve, days))
    blank = pd.DataFrame(columns=list(_COLUMNS))
    table = pd.concat(tables, ignore_index=True)[list(_COLUMNS)] if tables else blank
    read = pd.concat(landmarks, ignore_index=True)[list(_COLUMNS)] if landmarks else blank
    return Fit(
        "Cumulative incidence", table, join_verdicts(verdicts), tuple(dict.fromkeys(notes)), settings,
        len(rows), count_patients(rows), None, {"landmarks": read},
    )  # fmt: skip


def compare_cumulative_incidence(
    events: pd.DataFrame, *, by: str | Sequence[str], of: str, cause: str = "cause"
) -> Fit:
    """Test whether groups differ in the cumulative incidence of one event (Gray's test).

    Parameters
    ----------
    events, cause : as for fit_cumulative_incidence
    by : str or list of str, columns that name the groups
    of : str, the event that is compared

    Returns
    -------
    Fit
        `table` has one row: term ("Gray"), statistic (chi-square), df, p_value. `extras["groups"]`: patients
        and events of each kind. NOT ESTIMABLE with fewer than two groups, a group without the event, or fewer
        than five events per parameter.

    Raises
    ------
    EstimationError
        As for fit_kaplan_meier.

    Notes
    -----
    Those who had the other event stay at risk with the weight G(t-) / G(T-) of not being censored, G by
    group; a group then has n(t) (1 - F_c(t-)) / S(t-) at risk, as in Gray's test [1]_. The covariance is that
    of the patients' own contributions, with the weights taken as known, so that ties need no correction; the
    statistic is within a few percent of that of R's cmprsk.

    References
    ----------
    .. [1] Gray RJ (1988). Ann Stat 16:1141-1154. doi:10.1214/aos/1176350951

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> rng = np.random.default_rng(1)
    >>> events = pd.DataFrame({"time": rng.integers(1, 60, 90), "arm": ["A", "B", "C"] * 30})
    >>> events["cause"] = np.array(["response", "stopped", None], dtype=object)[rng.integers(0, 3, 90)]
    >>> int(oc.compare_cumulative_incidence(events, by="arm", of="response").table["df"].item())
    2
    """
    rows, notes = read_causes(events, cause=cause, by=by, caller="compare_cumulative_incidence")
    names = list_groups(rows)
    counts = pd.DataFrame(
        {
            "group": names,
            "n_patients": [int((rows["group"] == name).sum()) for name in names],
            "n_events": [int(((rows["group"] == name) & (rows["cause"] == of)).sum()) for name in names],
            "n_other": [
                int(((rows["group"] == name) & rows["cause"].notna() & (rows["cause"] != of)).sum())
                for name in names
            ],
        }
    )
    verdict, why = judge_groups(counts)
    statistic = p_value = np.nan
    if verdict != "NOT ESTIMABLE":
        found = square_sums(*_sum_gray(rows, names, of))
        if found is None:
            verdict, why = "NOT ESTIMABLE", [NO_ORDER]
        else:
            statistic, p_value = found
    table = frame_test("Gray", statistic, len(names) - 1, p_value)
    settings = {"method": "Gray's test", "of": of, "by": by}
    return Fit(
        "Comparison of cumulative incidence", table, verdict, (*why, *notes), settings,
        len(rows), count_patients(rows), None, {"groups": counts},
    )  # fmt: skip


def read_causes(
    events: pd.DataFrame, *, cause: str, by: str | Sequence[str] | None, caller: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return checked rows with time, event and cause (text, missing where censored), and notes."""
    require_columns(events, ("time", cause), caller=caller)
    named = events.assign(cause=events[cause].astype("string"))
    return read_times(named.assign(event=named["cause"].notna()), by=by, caller=caller)


def _trace(rows: pd.DataFrame, name: str, level: float) -> pd.DataFrame:
    """One curve with its delta-method error."""
    time, own, any_event = (
        rows["time"].to_numpy(),
        (rows["cause"] == name).to_numpy(dtype=bool, na_value=False),
        rows["event"].to_numpy(),
    )
    days = np.unique(np.append(time, 0))
    at = np.searchsorted(days, time)
    size = len(days)
    d_all, d_own, gone = (np.bincount(at[one], minlength=size) for one in (any_event, own, ~any_event))
    n = len(rows) - np.append(0, np.cumsum(d_all + gone)[:-1])
    safe = np.maximum(n, 1)
    survival = np.cumprod(1 - d_all / safe)
    before = np.append(1.0, survival[:-1])
    share = np.cumsum(before * d_own / safe)
    error = np.sqrt(_sum_variance(share, before, d_own, d_all, safe))
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.log(-np.log(share))
        half = stats.norm.ppf((1 + level) / 2) * error / np.abs(share * np.log(share))
        low, high = np.exp(-np.exp(inner + half)), np.exp(-np.exp(inner - half))
    unknown = (share <= 0) | (share >= 1)
    start = days == 0
    return pd.DataFrame(
        {
            "day": days, "estimate": share, "std_error": error,
            "conf_low": np.where(start, 0.0, np.where(unknown, np.nan, low)),
            "conf_high": np.where(start, 0.0, np.where(unknown, np.nan, high)),
            "at_risk": n - d_all - gone, "observed": np.cumsum(d_own), "censored": np.cumsum(gone),
        }
    )  # fmt: skip


def _sum_variance(share: Array, before: Array, d_own: Array, d_all: Array, n: Array) -> Array:
    """Var F(t) = sum over s <= t of the variance of the multinomial increment at s, carried on to t.

    An event of any kind at s moves F(t) by -(F(t) - F(s)) / S(s) of what is left, an own event by S(s-) more.
    """
    after = before * (1 - d_all / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(after > 0, 1 / after, 0.0)
    # a(t) = S(s-) - b, b = S(s-) (F(t) - F(s)) / S(s): own events weigh a, the others -b
    first = before * left  # S(s-) / S(s)
    own, other = d_own / n**2, (d_all - d_own) / n**2
    # polynomials in F(t): (S(s-) + first F(s) - first F(t)) for own, (first F(s) - first F(t)) for others
    base_own, base_other = before + first * share, first * share
    # the mean is taken off: (sum w d)^2 / n^3
    mean_base = (d_own * base_own + (d_all - d_own) * base_other) / n
    mean_slope = d_all / n * first
    constant = np.cumsum(own * base_own**2 + other * base_other**2 - mean_base**2 / n)
    linear = np.cumsum(-2 * first * (own * base_own + other * base_other) + 2 * mean_base * mean_slope / n)
    square = np.cumsum(first**2 * (own + other) - mean_slope**2 / n)
    return np.maximum(constant + linear * share + square * share**2, 0.0)


def _sum_gray(rows: pd.DataFrame, names: list[str], of: str) -> tuple[Array, Array]:
    """Observed minus expected events of each group, and their covariance over patients."""
    time = rows["time"].to_numpy()
    own = (rows["cause"] == of).to_numpy(dtype=bool, na_value=False)
    other = rows["event"].to_numpy() & ~own
    group = np.searchsorted(names, rows["group"].to_numpy(dtype=str))
    days = np.unique(time[own])
    at_risk = (time[:, None] >= days).astype(float)
    for number in range(len(names)):
        whose = np.flatnonzero((group == number) & other)
        kept = _trace_kept(time[group == number], rows["event"].to_numpy()[group == number])
        ratio = kept(days - 1)[None, :] / np.maximum(kept(time[whose] - 1), 1e-300)[:, None]
        at_risk[whose] = np.where(time[whose][:, None] < days, ratio, at_risk[whose])
    risk = np.stack([at_risk[group == number].sum(axis=0) for number in range(len(names))])
    share = risk / risk.sum(axis=0)
    happened = np.zeros((len(time), len(days)))
    happened[own, np.searchsorted(days, time[own])] = 1
    left = happened - at_risk * (happened.sum(axis=0) / risk.sum(axis=0))
    belongs = np.equal.outer(np.arange(len(names)), group).astype(float)
    influence = belongs * left.sum(axis=1) - share @ left.T
    return influence.sum(axis=1), influence @ influence.T


def _trace_kept(time: Array, event: Array) -> Callable[[Array], Array]:
    """The share not yet censored after each day, by the reverse product limit; events come first on a day."""
    days, counts = np.unique(time[~event], return_counts=True)
    n = len(time) - np.searchsorted(np.sort(time), days, side="left")
    n = n - np.array([(event & (time == day)).sum() for day in days], dtype=int) if len(days) else n
    steps = np.append(1.0, np.cumprod(1 - counts / n)) if len(days) else np.ones(1)
    return lambda at: steps[np.searchsorted(days, at, side="right")]


def _read(curve: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """The curve on fixed days; missing after the last follow-up where somebody was left."""
    at, beyond = read_rows(curve, days)
    return withhold(at, beyond & (at["at_risk"] + at["censored"] > 0))


def _judge(rows: pd.DataFrame, causes: list[str], group: str) -> tuple[Verdict, list[str]]:
    whose = "" if group == "all" else f"{group}: "
    counts = {name: int((rows["cause"] == name).sum()) for name in causes}
    if not sum(counts.values()):
        return "NOT ESTIMABLE", [
            f"{whose}no event among {len(rows)} patients, so there is no curve to estimate."
        ]
    few = [f"{name} ({count})" for name, count in counts.items() if count < FEW_EVENTS]
    if few:
        return "CAUTION", [f"{whose}fewer than {FEW_EVENTS} events: {', '.join(few)}."]
    return "OK", []
