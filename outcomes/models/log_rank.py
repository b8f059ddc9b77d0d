"""Log-rank tests between groups of EVENTS, with the differences at fixed days beside the p-value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.event_times import FEW_EVENTS, count_patients, list_groups, read_times
from outcomes.models.fit import MODEL_COLUMNS, Fit, Verdict
from outcomes.models.survival import LANDMARK_DAYS, read_landmarks, trace_curve


def compare_survival(
    events: pd.DataFrame, *, by: str | Sequence[str], rho: float = 0.0, level: float = 0.95
) -> Fit:
    """Test whether groups differ in the time to the event (log-rank), with the differences at fixed days beside it.

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
        `table` has one row: statistic (chi-square), df, p_value. `extras["groups"]`: patients, observed and
        expected events per group; `extras["differences"]`: difference in the share without the event
        between each group and the first, at days 28, 56 and 84. NOT ESTIMABLE with fewer than two groups, a
        group without an event, or fewer than five events per parameter.

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
    >>> events = pd.DataFrame({"time": range(1, 13), "event": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], "arm": list("aaabaababbbb")})
    >>> test = oc.compare_survival(events, by="arm")
    >>> int(test.table["df"].item())
    1
    """
    rows, notes = read_times(events, by=by, caller="compare_survival")
    names = list_groups(rows)
    observed, expected, covariance = _sum_log_rank(rows, names, rho)
    groups = pd.DataFrame(
        {
            "group": names,
            "n_patients": [int((rows["group"] == name).sum()) for name in names],
            "observed": observed,
            "expected": expected,
        }
    )
    verdict, why = _judge_test(groups)
    statistic = df = p_value = np.nan
    if verdict != "NOT ESTIMABLE":
        gap, inner = (observed - expected)[1:], covariance[1:, 1:]
        statistic, df = float(gap @ np.linalg.solve(inner, gap)), len(names) - 1
        p_value = float(stats.chi2.sf(statistic, df))
    term = {0.0: "log-rank", 1.0: "Peto-Peto"}.get(float(rho), f"G-rho, rho = {rho:g}")
    blank = dict.fromkeys(MODEL_COLUMNS, np.nan)
    table = pd.DataFrame([{**blank, "term": term, "statistic": statistic, "df": df, "p_value": p_value}])
    settings = {"method": term, "variance": "hypergeometric", "by": by, "rho": rho, "level": level}
    extras = {"groups": groups, "differences": _list_differences(rows, names, level)}
    return Fit(
        "Comparison of survival",
        table,
        verdict,
        (*notes, *why),
        settings,
        len(rows),
        count_patients(rows),
        None,
        extras,
    )


def _judge_test(groups: pd.DataFrame) -> tuple[Verdict, list[str]]:
    if len(groups) < 2:
        return "NOT ESTIMABLE", ["A comparison needs two groups; there is one."]
    empty = groups.loc[groups["observed"] == 0, "group"].tolist()
    if empty:
        return "NOT ESTIMABLE", [
            f"No event in {', '.join(empty)}: groups are compared only where each has one."
        ]
    n_events, parameters = int(groups["observed"].sum()), len(groups) - 1
    if n_events < FEW_EVENTS * parameters:
        return "NOT ESTIMABLE", [
            f"{n_events} events for {parameters} parameters: at least {FEW_EVENTS} each are needed."
        ]
    if n_events < 2 * FEW_EVENTS * parameters:
        return "CAUTION", [
            f"Few events ({n_events}) for {parameters} parameters: the p-value is approximate."
        ]
    return "OK", []


def _sum_log_rank(
    rows: pd.DataFrame, names: list[str], rho: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed and expected events per group, and the hypergeometric covariance, over the days with events."""
    days = np.unique(rows.loc[rows["event"], "time"].to_numpy())
    times = [np.sort(rows.loc[rows["group"] == name, "time"].to_numpy()) for name in names]
    deaths = [np.sort(rows.loc[rows["event"] & (rows["group"] == name), "time"].to_numpy()) for name in names]
    at_risk = np.array([len(own) - np.searchsorted(own, days, side="left") for own in times], dtype=float)
    d = np.array(
        [np.searchsorted(own, days, "right") - np.searchsorted(own, days, "left") for own in deaths],
        dtype=float,
    )
    n_all, d_all = at_risk.sum(axis=0), d.sum(axis=0)
    before = np.append(1.0, np.cumprod(1 - d_all / n_all)[:-1]) if len(days) else np.empty(0)
    weight = before**rho
    share = at_risk / n_all
    spread = weight**2 * d_all * np.where(n_all > 1, (n_all - d_all) / np.maximum(n_all - 1, 1), 0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (weight * d).sum(axis=1), (weight * share * d_all).sum(axis=1), covariance


def _list_differences(rows: pd.DataFrame, names: list[str], level: float) -> pd.DataFrame:
    """Share without the event in each group minus the first group, at the landmark days, with Greenwood errors."""
    z = stats.norm.ppf(0.5 + level / 2)
    read = {name: _read_with_error(rows[rows["group"] == name]) for name in names}
    first = read[names[0]]
    found = [
        pd.DataFrame(
            {
                "group": name,
                "reference": names[0],
                "day": LANDMARK_DAYS,
                "estimate": read[name]["estimate"] - first["estimate"],
                "std_error": np.hypot(read[name]["std_error"], first["std_error"]),
            }
        )
        for name in names[1:]
    ]
    columns = ["group", "reference", "day", "estimate", "std_error"]
    frame = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    return frame.assign(
        conf_low=frame["estimate"] - z * frame["std_error"],
        conf_high=frame["estimate"] + z * frame["std_error"],
    )


def _read_with_error(rows: pd.DataFrame) -> pd.DataFrame:
    curve, _, _ = trace_curve(rows, 0.95)
    d = np.diff(curve["observed"].to_numpy(), prepend=0)
    n = np.append(len(rows), curve["at_risk"].to_numpy()[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
        std_error = np.where(curve["estimate"] > 0, curve["estimate"] * np.sqrt(greenwood), np.nan)
    return read_landmarks(curve.assign(std_error=std_error), LANDMARK_DAYS)
