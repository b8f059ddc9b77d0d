"""Effect sizes of a change within patients, each named by its formula, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

SIZES = ("baseline", "av", "z")
"""The effect sizes: d_baseline, d_av and d_z."""


def measure_effect_sizes(
    table: pd.DataFrame, improvement: pd.Series, *, level: float
) -> dict[str, pd.Series]:
    """Give d, its limits and g of each effect size, by column name; missing below two patients.

    Parameters
    ----------
    table : DataFrame with n, baseline_sd, endpoint_sd, change_sd and correlation
    improvement : Series, mean improvement in points
    level : float, of the intervals
    """
    n, before, after, change, r = (
        table[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ("n", "baseline_sd", "endpoint_sd", "change_sd", "correlation")
    )
    gain = improvement.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(n >= 2, n - 1, np.nan)
        spread = {"baseline": before, "av": (before + after) / 2, "z": change}
        # Var of an SD is SD^2 / (2 df); two SDs of pairs have covariance r^2 SD SD / (2 df).
        both = (before**2 + after**2 + 2 * r**2 * before * after) / (8 * df)
        variances = {"baseline": before**2 / (2 * df), "av": both}
        found: dict[str, np.ndarray] = {}
        for name in SIZES:
            divisor = np.where(spread[name] > 0, spread[name], np.nan)
            d = gain / divisor
            if name == "z":
                low, high = _bound_by_noncentral_t(d, n, level)
            else:
                error = np.sqrt(change**2 / (n * divisor**2) + d**2 * variances[name] / divisor**2)
                half = stats.t.ppf(0.5 + level / 2, df) * error
                low, high = d - half, d + half
            corrected = np.where(df > 1, d * (1 - 3 / (4 * df - 1)), np.nan)
            found |= {f"d_{name}": d, f"d_{name}_low": low, f"d_{name}_high": high, f"g_{name}": corrected}
    return {name: pd.Series(values, index=table.index).astype("Float64") for name, values in found.items()}


def _bound_by_noncentral_t(d: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the limits of d_z: the noncentralities under which t = d sqrt(n) is a tail's quantile."""
    statistic, df = d * np.sqrt(n), n - 1
    known = np.isfinite(statistic) & (df >= 1)
    limits = np.full((2, len(d)), np.nan)
    for side, tail in enumerate((0.5 + level / 2, 0.5 - level / 2)):
        limits[side, known] = _find_noncentrality(statistic[known], df[known], tail) / np.sqrt(n[known])
    return limits[0], limits[1]


def _find_noncentrality(statistic: np.ndarray, df: np.ndarray, tail: float) -> np.ndarray:
    """Invert the noncentral t distribution, and sharpen the answer of SciPy by two steps of Newton."""
    found = special.nctdtrinc(df, tail, statistic)
    width = 1e-4 * np.sqrt(1 + statistic**2 / (2 * df))
    for _ in range(2):
        miss = stats.nct.cdf(statistic, df, found) - tail
        above, below = (stats.nct.cdf(statistic, df, found + way * width) for way in (1, -1))
        step = miss * 2 * width / (above - below)
        found = found - np.where(np.abs(step) < 0.1 * (1 + np.abs(found)), step, 0.0)
    return np.asarray(found)
