"""The parts of a comparison of survival: log-rank sums, differences on fixed days, enough events or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.fit import Verdict
from outcomes.models.survival.curve import read_landmarks
from outcomes.models.survival.event_times import FEW_EVENTS

NO_ORDER = (
    "No event tells the groups apart: they are not at risk on the same days, or all events fall together."
)


def sum_log_rank(
    rows: pd.DataFrame, names: list[str], rho: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return observed and expected events per group with their hypergeometric covariance."""
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


def square_sums(gap: np.ndarray, covariance: np.ndarray) -> tuple[float, float] | None:
    """Return chi-square and p of observed minus expected sums; None where no event tells groups apart."""
    gap, inner = gap[1:], covariance[1:, 1:]
    if np.linalg.matrix_rank(inner) < len(inner):
        return None
    statistic = float(gap @ np.linalg.solve(inner, gap))
    return statistic, float(stats.chi2.sf(statistic, len(gap)))


def judge_groups(groups: pd.DataFrame) -> tuple[Verdict, list[str]]:
    """Return the verdict of a comparison, with its reasons, from the events of each group."""
    if len(groups) < 2:
        return "NOT ESTIMABLE", ["A comparison needs two groups; there is one."]
    empty = groups.loc[groups["n_events"] == 0, "group"].tolist()
    if empty:
        return "NOT ESTIMABLE", [
            f"No event in {', '.join(empty)}: groups are compared only where each has one."
        ]
    n_events, parameters = int(groups["n_events"].sum()), len(groups) - 1
    if n_events < FEW_EVENTS * parameters:
        return "NOT ESTIMABLE", [
            f"{n_events} events for {parameters} parameters: at least {FEW_EVENTS} each are needed."
        ]
    if n_events < 2 * FEW_EVENTS * parameters:
        return "CAUTION", [
            f"Few events ({n_events}) for {parameters} parameters: the p-value is approximate."
        ]
    return "OK", []


def list_differences(curves: Mapping[str, pd.DataFrame], days: Sequence[int], level: float) -> pd.DataFrame:
    """Return the share without the event in each group minus the first, with Greenwood errors.

    Where a curve is still 1, or is 0, Greenwood's error is no measure of what is not known: it is missing.
    """
    z = stats.norm.ppf(0.5 + level / 2)
    names = list(curves)
    read = {name: read_landmarks(_add_error(curve), days) for name, curve in curves.items()}
    first = read[names[0]]
    found = [
        pd.DataFrame(
            {
                "group": name,
                "reference": names[0],
                "day": list(days),
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


def say_unmoved(curves: Mapping[str, pd.DataFrame], days: Sequence[int]) -> list[str]:
    """Return a note for each group that is still followed and without an event on some of the days."""
    notes = []
    for name, curve in curves.items():
        read = read_landmarks(curve, days)
        still = read.loc[(read["estimate"] >= 1) & (read["day"] > 0), "day"]
        if len(still):
            notes.append(
                f"{name}: no event up to day {', '.join(f'{day:g}' for day in still)}, so that differences "
                "there have no standard error and no interval."
            )
    return notes


def _add_error(curve: pd.DataFrame) -> pd.DataFrame:
    """Greenwood's standard error; the curve has a row for every day with an event or a censoring.

    Missing where the curve is 0, and after day 0 where it is still 1.
    """
    d = np.diff(curve["observed"].to_numpy(), prepend=0)
    everyone = curve[["at_risk", "observed", "censored"]].iloc[0].sum()
    n = np.append(everyone, curve["at_risk"].to_numpy()[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
        std_error = curve["estimate"] * np.sqrt(greenwood)
    within = (curve["estimate"] > 0) & (curve["estimate"] < 1)
    return curve.assign(std_error=std_error.where(within))
