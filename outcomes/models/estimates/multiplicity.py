"""Several comparisons at once: p-values and intervals that keep the error of the whole family."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import optimize, stats
from scipy.stats import qmc

from outcomes.models.stacks import Array

Adjustment = Literal["none", "holm", "dunnett"]
_POINTS, _SEED = 16, 1  # 2^16 quasi-random points: p-values to about 2e-5


def adjust_holm(p: Array) -> Array:
    """The step-down p-values of Holm (1979), Scand J Stat 6:65-70."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    return np.minimum(stepped, 1.0)[np.argsort(order)]


def adjust_dunnett(statistic: Array, covariance: Array, df: float, level: float) -> tuple[Array, float]:
    """Single-step p-values, and the critical value of simultaneous intervals, from the multivariate t.

    Notes
    -----
    P(max |T| > t) with the correlations of the contrasts [1]_; for differences from one reference this is
    Dunnett's procedure, for all pairs that of Tukey and Kramer with exact correlations. It is integrated over
    quasi-random directions, and exactly over the chi distribution of the error; a singular correlation (all
    pairs) is no obstacle.

    References
    ----------
    .. [1] Dunnett CW (1955). J Am Stat Assoc 50:1096-1121. doi:10.1080/01621459.1955.10501294
    """
    size = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(size, size))
    kept = values > 1e-10 * values[-1]
    root = vectors[:, kept] * np.sqrt(values[kept])
    points = qmc.Sobol(root.shape[1], rng=np.random.default_rng(_SEED)).random_base2(_POINTS)
    largest = np.abs(stats.norm.ppf(np.clip(points, 1e-12, 1 - 1e-12)) @ root.T).max(axis=1)

    def exceed(t: float) -> float:
        if np.isinf(df):
            return float((largest > t).mean())
        return float(stats.chi2.cdf(df * (largest / t) ** 2, df).mean())

    critical = optimize.brentq(lambda t: exceed(t) - (1 - level), 0.01, 100.0)
    return np.array([exceed(max(abs(one), 1e-9)) for one in statistic]), float(critical)
