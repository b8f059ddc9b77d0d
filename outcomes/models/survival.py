"""Kaplan-Meier curves of EVENTS; the one module that imports lifelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.models.event_times import FEW_EVENTS, count_patients, list_groups, read_times
from outcomes.models.fit import CURVE_COLUMNS, Fit, Verdict, capture_warnings, withhold, join_verdicts

if TYPE_CHECKING:
    from lifelines import KaplanMeierFitter

LANDMARK_DAYS = (28, 56, 84)
NOT_REACHED = "not reached"
_SAME = 1e-9  # survival values closer than this are one value


def fit_kaplan_meier(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    landmarks: Sequence[int] = LANDMARK_DAYS,
) -> Fit:
    """Estimate the share of patients still without the event on each day (Kaplan-Meier), with a log-log interval.

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
        text), "quartiles", "landmarks" and "follow_up" (median follow-up by the reverse curve). `model`:
        dict of lifelines' KaplanMeierFitter by group. NOT ESTIMABLE without any event; a group without
        events keeps its counts and shows no curve; CAUTION below five events.

    Raises
    ------
    EstimationError
        If a time is missing, negative or not whole, an event is missing or at time 0, or a patient has
        several rows.

    Notes
    -----
    ``S(t) = prod over days s <= t of (1 - d(s) / n(s))`` with d events among n at risk just before s;
    events come before censorings of the same day. Greenwood variance on ``log(-log S)`` [1]_. A median is
    the first day with S at or below one half; where S is exactly one half over a stretch it is the middle
    of that stretch, as in R; its limits are where the band crosses one half. The event is dated at the
    visit that showed it, which is late by part of the gap between visits: `fit_interval_survival` is the
    estimate that does without this.

    References
    ----------
    .. [1] Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data. Wiley, 2002.
       doi:10.1002/9781118032985

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
    }
    parts: dict[str, list[pd.DataFrame]] = {
        "table": [],
        "medians": [],
        "quartiles": [],
        "landmarks": [],
        "follow_up": [],
    }
    models: dict[str, KaplanMeierFitter] = {}
    verdicts: list[Verdict] = []
    for group in list_groups(rows):
        own = rows[rows["group"] == group]
        curve, models[group], warned = trace_curve(own, level)
        verdict, why = _judge(own, group)
        verdicts.append(verdict)
        notes.extend([*warned, *why])
        read = withhold(curve) if verdict == "NOT ESTIMABLE" else curve
        parts["table"].append(read.assign(group=group))
        parts["medians"].append(
            _read_quantiles(read, [0.5])
            .rename(columns={"day": "median"})
            .drop(columns="share")
            .assign(group=group)
        )
        parts["quartiles"].append(_read_quantiles(read, [0.75, 0.5, 0.25]).assign(group=group))
        parts["landmarks"].append(read_landmarks(read, landmarks).assign(group=group))
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


def trace_curve(rows: pd.DataFrame, level: float) -> tuple[pd.DataFrame, Any, list[str]]:
    from lifelines import KaplanMeierFitter

    days = np.unique(np.append(rows["time"].to_numpy(), 0))
    observed = np.searchsorted(np.sort(rows.loc[rows["event"], "time"].to_numpy()), days, side="right")
    censored = np.searchsorted(np.sort(rows.loc[~rows["event"], "time"].to_numpy()), days, side="right")
    counts = pd.DataFrame(
        {"day": days, "at_risk": len(rows) - observed - censored, "observed": observed, "censored": censored}
    )
    if rows.empty:
        return counts.assign(estimate=np.nan, conf_low=np.nan, conf_high=np.nan), None, []
    with capture_warnings() as warned:
        model = KaplanMeierFitter(alpha=1 - level).fit(rows["time"], rows["event"])
        estimate = model.survival_function_at_times(days).to_numpy()
        limits = model.confidence_interval_.reindex(days).to_numpy()
    # log(-log S) has no value at S = 1 or 0. As in R: no doubt before the first event, no limits after the
    # last one at risk had it.
    limits = np.where((estimate == 1)[:, None], 1.0, np.where((estimate <= 0)[:, None], np.nan, limits))
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


def _read_quantiles(curve: pd.DataFrame, shares: Sequence[float]) -> pd.DataFrame:
    found = pd.DataFrame(
        [
            {
                "share": share,
                "day": _first_day(curve, "estimate", share),
                "conf_low": _first_day(curve, "conf_low", share),
                "conf_high": _first_day(curve, "conf_high", share),
            }
            for share in shares
        ]
    )
    text = found["day"].map(lambda day: NOT_REACHED if pd.isna(day) else f"day {day:g}")
    return found.assign(text=text.astype("string") if curve["estimate"].notna().any() else "not estimable")


def _first_day(curve: pd.DataFrame, column: str, share: float) -> float:
    """First day at or below the share; the middle of the stretch where the curve is exactly there; missing if it is never reached."""
    values, days = curve[column].to_numpy(dtype=float), curve["day"].to_numpy(dtype=float)
    reached = np.flatnonzero(values <= share + _SAME)
    if not len(reached):
        return np.nan
    below = np.flatnonzero(values < share - _SAME)
    stretch = abs(values[reached[0]] - share) <= _SAME and len(below)
    return (days[reached[0]] + days[below[0]]) / 2 if stretch else days[reached[0]]


def read_landmarks(curve: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """The curve at fixed days; missing after the last day of follow-up, unless everybody had the event by then."""
    known = curve["day"].to_numpy()
    at = (
        curve.iloc[np.searchsorted(known, list(days), side="right") - 1]
        .reset_index(drop=True)
        .assign(day=list(days))
    )
    beyond = (at["day"] > known[-1]) & (at["estimate"] > 0)
    return withhold(at, beyond)


def _read_follow_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Median follow-up by the reverse curve: censoring is the event, and the event ends the watch for it."""
    reverse, _, _ = trace_curve(rows.assign(event=~rows["event"]), 0.95)
    median = _first_day(reverse, "estimate", 0.5)
    return pd.DataFrame(
        {"median": [median], "text": [NOT_REACHED if np.isnan(median) else f"{median:g} days"]}
    )


def _lead_with_group(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["group", *(name for name in frame.columns if name != "group")]].astype({"group": "string"})
