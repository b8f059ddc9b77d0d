"""Pooling of estimates from several imputations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from outcomes.models.stacks import Array


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate.

    Attributes
    ----------
    estimate : float
    variance : float, T = U + (1 + 1/m) B
    share : float, lambda, the share of T that the missing values make
    df : float, degrees of freedom of Barnard and Rubin
    missing_information : float, fraction of missing information
    low, high : float, limits of the interval
    """

    estimate: float
    variance: float
    share: float
    df: float
    missing_information: float
    low: float
    high: float


def pool_imputations(
    estimates: Array, variances: Array, *, df_complete: float = np.inf, level: float = 0.95
) -> Pooled:
    """Pool the estimates of m imputations by Rubin's rules.

    Parameters
    ----------
    estimates, variances : array (m,), of each completed data set
    df_complete : float, degrees of freedom that complete data would have
    level : float, of the interval

    Notes
    -----
    ``T = U + (1 + 1/m) B``, ``lambda = (1 + 1/m) B / T``, ``nu_old = (m - 1) / lambda^2`` [1]_; ``nu_obs =
    (nu_com + 1) / (nu_com + 3) nu_com (1 - lambda)``, ``nu = 1 / (1 / nu_old + 1 / nu_obs)`` [2]_.

    References
    ----------
    .. [1] Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. doi:10.1002/9780470316696
    .. [2] Barnard J, Rubin DB (1999). Biometrika 86:948-955. doi:10.1093/biomet/86.4.948
    """
    m = len(estimates)
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1)) if m > 1 else 0.0
    # Imputations that agree differ by rounding only.
    between = 0.0 if between <= 1e-12 * within else between
    extra = (1 + 1 / m) * between
    total = within + extra
    share = extra / total if total > 0 else 0.0
    old = (m - 1) / share**2 if share > 0 else np.inf
    seen = np.inf
    if np.isfinite(df_complete):
        seen = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
    parts = [1 / df for df in (old, seen) if np.isfinite(df)]
    df = 1 / sum(parts) if parts else np.inf
    ratio = extra / within if within > 0 else np.inf
    missing = (ratio + 2 / (df + 3)) / (ratio + 1) if between > 0 and np.isfinite(ratio) else 0.0
    middle, half = float(np.mean(estimates)), float(stats.t.ppf(0.5 + level / 2, df) * np.sqrt(total))
    return Pooled(middle, total, share, float(df), float(missing), middle - half, middle + half)
