"""Mean time without the event up to a day: a number that needs no proportional hazards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, Verdict, join_verdicts
from outcomes.models.survival.event_times import FEW_EVENTS, count_patients, list_groups, read_times

_COLUMNS = ["group", "tau", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]


def estimate_restricted_mean(
    events: pd.DataFrame,
    *,
    tau: float | None = None,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> Fit:
    """Estimate the mean number of days without the event up to a day, by group, with differences and ratios.

    Parameters
    ----------
    events : DataFrame
        As for fit_kaplan_meier: relapse times give the mean time in response.
    tau : float, optional
        Last day that counts, for example 90; None: the smallest of the groups' last days.
    by : str or list of str, optional; columns that name the groups
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per group: group, tau, estimate, std_error, conf_low, conf_high (days).
        `extras["differences"]`: each group against the first, difference (days) and ratio with intervals and
        p. NOT ESTIMABLE where tau lies beyond a group's last day (the curve is not known there) or nobody had
        the event; CAUTION below five events.

    Raises
    ------
    EstimationError
        As for fit_kaplan_meier; also if tau is not positive.

    Notes
    -----
    mu = area under the Kaplan-Meier curve to tau; Var = sum_j (area from t_j to tau)^2 d_j / (n_j (n_j -
    d_j)) [1]_. The ratio's interval is made on the logarithm. lifelines gives the variance of min(T, tau),
    which is not that of its mean.

    References
    ----------
    .. [1] Royston P, Parmar MKB (2013). BMC Med Res Methodol 13:152. doi:10.1186/1471-2288-13-152

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"time": [7, 14, 14, 21, 28, 35], "event": [1, 1, 0, 1, 1, 0]})
    >>> round(oc.estimate_restricted_mean(events, tau=28).table["estimate"].item(), 2)
    20.61
    """
    if tau is not None and not (np.isfinite(tau) and tau > 0):
        raise EstimationError("tau must be a day after 0. Use for example 90.")
    rows, notes = read_times(events, by=by, caller="estimate_restricted_mean")
    names = list_groups(rows)
    last = min((float(rows.loc[rows["group"] == name, "time"].max()) for name in names), default=np.nan)
    end = last if tau is None else float(tau)
    z = stats.norm.ppf((1 + level) / 2)
    found: list[dict[str, Any]] = []
    verdicts: list[Verdict] = []
    for name in names:
        own = rows[rows["group"] == name]
        verdict, why = _judge(own, name, end)
        verdicts.append(verdict)
        notes += why
        mean, error = _measure(own, end) if verdict != "NOT ESTIMABLE" else (np.nan, np.nan)
        found.append(
            {
                "group": name, "tau": end, "estimate": mean, "std_error": error, "conf_low": mean - z * error,
                "conf_high": mean + z * error,
            }
        )  # fmt: skip
    table = pd.DataFrame(found).reindex(
        columns=[name for name in _COLUMNS if name not in ("df", "statistic", "p_value")]
    )
    settings = {"method": "restricted mean", "tau": end, "by": by, "level": level}
    return Fit(
        "Restricted mean time", table, join_verdicts(verdicts), tuple(dict.fromkeys(notes)), settings,
        len(rows), count_patients(rows), None, {"differences": _compare(table, z)},
    )  # fmt: skip


def _measure(rows: pd.DataFrame, tau: float) -> tuple[float, float]:
    time, event = rows["time"].to_numpy(dtype=float), rows["event"].to_numpy()
    days, deaths = np.unique(time[event & (time <= tau)], return_counts=True)
    n = len(time) - np.searchsorted(np.sort(time), days, side="left")
    survival = np.append(1.0, np.cumprod(1 - deaths / n))
    width = np.diff(np.concatenate([[0.0], days, [tau]]))
    area = survival * width
    beyond = np.cumsum(area[::-1])[::-1][1:]
    rest = n - deaths
    variance = np.where(rest > 0, beyond**2 * deaths / (n * np.maximum(rest, 1)), 0.0).sum()
    return float(area.sum()), float(np.sqrt(variance))


def _judge(rows: pd.DataFrame, name: str, tau: float) -> tuple[Verdict, list[str]]:
    whose = "" if name == "all" else f"{name}: "
    events = int((rows["event"] & (rows["time"] <= tau)).sum())
    ended = rows.loc[rows["time"] == rows["time"].max(), "event"].any() if len(rows) else False
    if not events:
        return "NOT ESTIMABLE", [f"{whose}no event up to day {tau:g} among {len(rows)} patients."]
    if rows["time"].max() < tau and not (ended and _falls_to_zero(rows)):
        return "NOT ESTIMABLE", [
            f"{whose}nobody is followed to day {tau:g}: the curve is not known there. Use a smaller tau."
        ]
    if events < FEW_EVENTS:
        return "CAUTION", [f"{whose}fewer than {FEW_EVENTS} events ({events}) up to day {tau:g}."]
    return "OK", []


def _falls_to_zero(rows: pd.DataFrame) -> bool:
    last = rows["time"] == rows["time"].max()
    return bool(rows.loc[last, "event"].all())


def _compare(table: pd.DataFrame, z: float) -> pd.DataFrame:
    """Each group minus the first, and over it."""
    first = table.iloc[0]
    rest = table.iloc[1:]
    difference, error = rest["estimate"] - first["estimate"], np.hypot(rest["std_error"], first["std_error"])
    ratio = rest["estimate"] / first["estimate"]
    spread = np.hypot(rest["std_error"] / rest["estimate"], first["std_error"] / first["estimate"])
    return pd.DataFrame(
        {
            "group": rest["group"], "reference": first["group"], "tau": rest["tau"], "estimate": difference,
            "std_error": error, "p_value": 2 * stats.norm.sf(np.abs(difference / error)),
            "conf_low": difference - z * error, "conf_high": difference + z * error, "ratio": ratio,
            "ratio_low": ratio * np.exp(-z * spread), "ratio_high": ratio * np.exp(z * spread),
        }
    ).reset_index(drop=True)  # fmt: skip
