"""Kaplan-Meier curves of EVENTS, and tests between groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.coefficients import frame_test
from outcomes.models.fit import (
    CURVE_COLUMNS,
    Fit,
    Verdict,
    join_verdicts,
    withhold,
)
from outcomes.models.survival.curve import (
    NOT_REACHED,
    bound_event_share,
    find_day,
    read_landmarks,
    read_quantiles,
)
from outcomes.models.survival.event_times import (
    FEW_EVENTS,
    count_patients,
    list_groups,
    name_endpoint,
    read_times,
)
from outcomes.models.survival.library import trace_kaplan_meier
from outcomes.models.survival.log_rank import (
    NO_ORDER,
    judge_groups,
    list_differences,
    say_unmoved,
    square_sums,
    sum_log_rank,
)

LANDMARK_DAYS = (28, 56, 84)


def fit_kaplan_meier(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    landmarks: Sequence[int] = LANDMARK_DAYS,
) -> Fit:
    """Estimate the share of patients still without the event on each day (Kaplan-Meier), with its interval.

    Parameters
    ----------
    events : DataFrame
        EVENTS (one instrument, one endpoint), or any frame with `time` (whole days) and `event` (boolean or
        0/1). Of EVENTS the included rows of series 1 are used: each patient counts once.
    by : str or list of str, optional
        Columns that name the groups, for example "route".
    level : float
        Level of the intervals.
    landmarks : sequence of int
        Days at which `extras["landmarks"]` reads the curve.

    Returns
    -------
    Fit
        `table` has one row per group and day with an event or a censoring, and day 0: group, day, estimate,
        conf_low, conf_high (share without the event after the events of that day), at_risk (still followed
        after that day), observed and censored (cumulative up to and including that day); the three add to
        the patients of the group in every row. `extras`: "medians" (group, median, conf_low, conf_high,
        text, at_risk_before: how many were still followed without the event just before the median),
        "quartiles", "landmarks" and "follow_up" (median follow-up by the reverse curve). `model`: dict of
        lifelines' KaplanMeierFitter by group. NOT ESTIMABLE without any event; a group without events keeps
        its counts and shows no curve, but "landmarks" then has event_share_upper, a bound (no estimate) of
        the share with the event; missing in other groups. CAUTION below five events.

    Raises
    ------
    EstimationError
        If a time is missing, negative or not whole, an event is missing or at time 0, or a patient has
        several rows.

    Notes
    -----
    ``S(t) = prod over days s <= t of (1 - d(s) / n(s))`` with d events among n at risk just before s;
    events come before censorings of the same day. Greenwood variance on ``log(-log S)`` [1]_; no limits
    where S is 0 or still 1. A median is the first day with S at or below one half; where S is exactly one
    half over a stretch it is the middle of that stretch, as in R; its limits are where the band crosses one
    half. The event is dated at the visit that showed it, which is late by part of the gap between visits:
    `fit_interval_survival` is the estimate that does without this. ``event_share_upper = 1 - ((1 - level) /
    2)^(1 / n)`` with n still followed after the day: the exact upper limit at no event (a bound of the kind
    of the "rule of three") [2]_.

    References
    ----------
    .. [1] Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. Wiley, 2002.
       doi:10.1002/9781118032985
    .. [2] Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the
       binomial. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"time": [7, 14, 14, 21, 28, 35], "event": [1, 1, 0, 1, 1, 0]})
    >>> curve = oc.fit_kaplan_meier(events)
    >>> curve.table[["day", "at_risk", "observed", "censored"]].tail(2).values.tolist()
    [[28, 1, 4, 1], [35, 0, 4, 2]]
    >>> curve.extras["medians"]["text"].item()
    'day 21'
    """
    rows, notes = read_times(events, by=by, caller="fit_kaplan_meier")
    settings = {
        "method": "Kaplan-Meier",
        "interval": "log-log (Greenwood)",
        "level": level,
        "by": by,
        "dated": "at the visit",
        "endpoint": name_endpoint(rows),
    }
    parts: dict[str, list[pd.DataFrame]] = {
        "table": [],
        "medians": [],
        "quartiles": [],
        "landmarks": [],
        "follow_up": [],
    }
    models: dict[str, Any] = {}
    verdicts: list[Verdict] = []
    for group in list_groups(rows):
        own = rows[rows["group"] == group]
        curve, models[group], warned = _trace_curve(own, level)
        verdict, why = _judge(own, group)
        verdicts.append(verdict)
        notes.extend([*warned, *why])
        read = withhold(curve) if verdict == "NOT ESTIMABLE" else curve
        parts["table"].append(read.assign(group=group))
        parts["medians"].append(
            read_quantiles(read, [0.5])
            .rename(columns={"day": "median"})
            .drop(columns="share")
            .assign(group=group)
        )
        parts["quartiles"].append(read_quantiles(read, [0.75, 0.5, 0.25]).assign(group=group))
        at = read_landmarks(read, landmarks)
        bound = bound_event_share(at, level) if not own["event"].any() else np.nan
        parts["landmarks"].append(at.assign(group=group, event_share_upper=bound))
        parts["follow_up"].append(_read_follow_up(own).assign(group=group))
    frames = {name: _lead_with_group(pd.concat(pieces, ignore_index=True)) for name, pieces in parts.items()}
    table = frames.pop("table")[list(CURVE_COLUMNS)]
    return Fit(
        "Kaplan-Meier curve",
        table,
        join_verdicts(verdicts),
        tuple(dict.fromkeys(notes)),
        settings,
        len(rows),
        count_patients(rows),
        models,
        frames,
    )


def compare_survival(
    events: pd.DataFrame, *, by: str | Sequence[str], rho: float = 0.0, level: float = 0.95
) -> Fit:
    """Test whether groups differ in the time to the event (log-rank), with the differences at fixed days.

    Parameters
    ----------
    events : DataFrame
        As for `fit_kaplan_meier`.
    by : str or list of str
        Columns that name the groups.
    rho : float
        0 gives the log-rank test; 1 weights early days more (Peto and Peto's test).
    level : float
        Level of the intervals of the differences.

    Returns
    -------
    Fit
        `table` has one row: statistic (chi-square), df, p_value. `extras["groups"]`: patients, events,
        observed and expected events per group; `extras["differences"]`: difference in the share without the
        event between each group and the first, at days 28, 56 and 84; without error and interval where
        one of the two has had no event yet (a note says which) or nobody is left without it. NOT ESTIMABLE
        with fewer than two groups, a group without an event, or fewer than five events per parameter.

    Raises
    ------
    EstimationError
        As for `fit_kaplan_meier`.

    Notes
    -----
    ``chi2 = (O - E)' V^-1 (O - E)`` over all groups but one. On each day with events, weighted by S(t-)^rho
    of all patients together, ``E_g = d n_g / n`` and V is the hypergeometric covariance of the events among
    the groups [1]_.

    References
    ----------
    .. [1] Harrington DP, Fleming TR. A class of rank test procedures for censored survival data. Biometrika
       1982;69:553-566.
       doi:10.1093/biomet/69.3.553

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"time": range(1, 13), "event": [1] * 10 + [0, 0], "arm": list("aaabaababbbb")})
    >>> test = oc.compare_survival(events, by="arm")
    >>> int(test.table["df"].item())
    1
    """
    rows, notes = read_times(events, by=by, caller="compare_survival")
    names = list_groups(rows)
    curves = {name: _trace_curve(rows[rows["group"] == name], level)[0] for name in names}
    observed, expected, covariance = sum_log_rank(rows, names, rho)
    groups = pd.DataFrame(
        {
            "group": names,
            "n_patients": [int((rows["group"] == name).sum()) for name in names],
            "n_events": [int(rows.loc[rows["group"] == name, "event"].sum()) for name in names],
            "observed": observed,
            "expected": expected,
        }
    )
    verdict, why = judge_groups(groups)
    differences = list_differences(curves, LANDMARK_DAYS, level)
    statistic = df = p_value = np.nan
    if verdict != "NOT ESTIMABLE":
        found = square_sums(observed - expected, covariance)
        if found is None:
            verdict, why = "NOT ESTIMABLE", [NO_ORDER]
        else:
            (statistic, p_value), df = found, len(names) - 1
    term = {0.0: "log-rank", 1.0: "Peto-Peto"}.get(float(rho), f"G-rho, rho = {rho:g}")
    table = frame_test(term, statistic, df, p_value)
    settings = {"method": term, "variance": "hypergeometric", "by": by, "rho": rho, "level": level}
    extras = {"groups": groups, "differences": differences}
    return Fit(
        "Comparison of survival",
        table,
        verdict,
        (*notes, *why, *say_unmoved(curves, LANDMARK_DAYS)),
        settings,
        len(rows),
        count_patients(rows),
        None,
        extras,
    )


def _trace_curve(rows: pd.DataFrame, level: float) -> tuple[pd.DataFrame, Any, list[str]]:
    days = np.unique(np.append(rows["time"].to_numpy(), 0))
    observed = np.searchsorted(np.sort(rows.loc[rows["event"], "time"].to_numpy()), days, side="right")
    censored = np.searchsorted(np.sort(rows.loc[~rows["event"], "time"].to_numpy()), days, side="right")
    counts = pd.DataFrame(
        {"day": days, "at_risk": len(rows) - observed - censored, "observed": observed, "censored": censored}
    )
    if rows.empty:
        return counts.assign(estimate=np.nan, conf_low=np.nan, conf_high=np.nan), None, []
    estimate, limits, model, warned = trace_kaplan_meier(rows["time"], rows["event"], days, level)
    # log(-log S) has no value at S = 1 or 0: as in R, no limits there, but for day 0, when nothing can have
    # happened.
    unknown = (estimate >= 1) | (estimate <= 0)
    limits = np.where((days == 0)[:, None], 1.0, np.where(unknown[:, None], np.nan, limits))
    return (
        counts.assign(estimate=estimate, conf_low=limits[:, 0], conf_high=limits[:, 1]),
        model,
        _without_division(warned),
    )


def _without_division(warned: list[str]) -> list[str]:
    # log(0) at S = 0 is expected and dealt with above; every other warning is passed on.
    return [note for note in warned if "divided by zero" not in note]


def _judge(rows: pd.DataFrame, group: str) -> tuple[Verdict, list[str]]:
    n_events = int(rows["event"].sum())
    whose = "" if group == "all" else f"{group}: "
    if not n_events:
        return "NOT ESTIMABLE", [
            f"{whose}no event among {len(rows)} patients, so there is no curve to estimate."
        ]
    if n_events < FEW_EVENTS:
        return "CAUTION", [f"{whose}fewer than {FEW_EVENTS} events ({n_events}): the curve is fragile."]
    return "OK", []


def _read_follow_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Median follow-up by the reverse curve: censoring is the event, and the event ends the watch for it."""
    reverse, _, _ = _trace_curve(rows.assign(event=~rows["event"]), 0.95)
    median = find_day(reverse, "estimate", 0.5)
    return pd.DataFrame(
        {"median": [median], "text": [NOT_REACHED if np.isnan(median) else f"{median:g} days"]}
    )


def _lead_with_group(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["group", *(name for name in frame.columns if name != "group")]].astype({"group": "string"})
