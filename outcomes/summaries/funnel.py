"""Whether sites differ more than chance: the funnel of a share against the number of patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import DataError
from outcomes.schema import require_columns
from outcomes.summaries.groups import add_shares

FEWEST_SITES = 5
_ADJUSTED_FROM = 10  # sites
_TAILS = {"low_998": 0.001, "low_95": 0.025, "high_95": 0.975, "high_998": 0.999}
_WINSOR = (0.10, 0.90)
_GRID = 60  # points of the drawn limits


def summarize_funnel(
    counts: pd.DataFrame, *, by: str = "site", center: float | None = None, smallest: int = 11
) -> pd.DataFrame:
    """Set each site's share against the limits within which chance alone would keep it.

    Parameters
    ----------
    counts : DataFrame with `by`, k and n, one row per site, for example one endpoint and denominator of
        summarize_endpoints(by="site")
    by : str, the column that names the sites
    center : float, optional, 0 to 1; the pooled share by default
    smallest : int, smallest n for which a percentage may be shown

    Returns
    -------
    DataFrame
        `kind` "site": one row per site with somebody, in the order of the alphabet: the site, k, n, share,
        conf_low, conf_high (Wilson), percent_shown, center, low_95, high_95, low_998, high_998 and place
        ("inside", "above" or "below" the 95 % limits, "far above" or "far below" those of 99.8 %). `kind`
        "limit": center and limits for a run of n, to draw them by (no site, no share). Limits are missing
        below five sites. From ten sites adjusted_low_95 and adjusted_high_95 allow for sites that differ more
        than chance; else they are missing.

    Raises
    ------
    DataError
        If a column is missing or a site stands there twice.

    Notes
    -----
    Exact binomial limits, interpolated: with r the smallest count with ``P(X <= r) >= a`` and
    ``alpha = (P(X <= r) - a) / P(X = r)``, limit ``(r - alpha + 1/2) / n`` cut at 0 and 1 [1]_. Adjusted
    limits: shares as asin sqrt, variance between sites from their winsorized z-scores (10 %) [2]_. Who is
    treated differs between sites: outside the limits is a question, no verdict, and nothing is ranked.

    References
    ----------
    .. [1] Spiegelhalter DJ (2005). Funnel plots for comparing institutional performance. Stat Med
       24:1185-1202. doi:10.1002/sim.1970
    .. [2] Spiegelhalter DJ (2005). Handling over-dispersion of performance indicators. Qual Saf Health Care
       14:347-351. doi:10.1136/qshc.2005.013755

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> counts = pd.DataFrame({"site": list("ABCDE"), "k": [10, 11, 9, 10, 19], "n": 20})
    >>> funnel = oc.summarize_funnel(counts, center=0.5)
    >>> funnel.loc[funnel["kind"] == "site", ["low_95", "high_95", "place"]].round(4).values.tolist()[-1]
    [0.2808, 0.7192, 'far above']
    """
    require_columns(counts, (by, "k", "n"), caller="summarize_funnel")
    sites = counts[counts[by].notna() & (counts["n"] > 0).fillna(False)]
    if sites[by].duplicated().any():
        raise DataError(
            "summarize_funnel needs one row per site; some stand there more than once. Select one endpoint, "
            "denominator and instrument first."
        )
    sites = sites[[by, "k", "n"]].sort_values(by, ignore_index=True).assign(kind="site")
    total = int(sites["n"].sum())
    level = center if center is not None else int(sites["k"].sum()) / total if total else np.nan
    grid = pd.DataFrame({"n": _spread(sites["n"]), "kind": "limit"})
    frame = pd.concat([sites, grid], ignore_index=True).astype({"k": "Int64", "n": "Int64", "kind": "string"})
    frame = add_shares(frame, least=smallest).assign(center=level)
    enough = len(sites) >= FEWEST_SITES
    for name, tail in _TAILS.items():
        frame[name] = find_limit(frame["n"].to_numpy(dtype=float), level, tail) if enough else np.nan
    between = _measure_between(sites, level) if len(sites) >= _ADJUSTED_FROM else None
    for name, sign in (("adjusted_low_95", -1), ("adjusted_high_95", 1)):
        frame[name] = np.nan if between is None else _adjust(frame["n"], level, between, sign)
    return frame.assign(place=_place(frame) if enough else pd.array([pd.NA] * len(frame), dtype="string"))


def find_limit(n: np.ndarray, center: float, tail: float) -> np.ndarray:
    """Give the interpolated binomial limit of a share among n, cut at 0 and 1."""
    r = np.asarray(stats.binom.ppf(tail, n, center))
    alpha = (stats.binom.cdf(r, n, center) - tail) / stats.binom.pmf(r, n, center)
    return np.asarray(np.clip((r - alpha + 0.5) / n, 0, 1))


def _spread(n: pd.Series) -> np.ndarray:
    """Whole numbers from few patients to a little more than the largest site has."""
    if not len(n):
        return np.empty(0, dtype="int64")
    last = int(np.ceil(1.1 * float(n.max())))
    return np.unique(np.linspace(min(5, last), last, _GRID).astype("int64"))


def _measure_between(sites: pd.DataFrame, center: float) -> float:
    """The variance between sites on the scale of asin sqrt, 0 where chance is enough."""
    k, n = (sites[name].to_numpy(dtype=float) for name in ("k", "n"))
    spread = 1 / (2 * np.sqrt(n))
    z = (np.arcsin(np.sqrt(k / n)) - np.arcsin(np.sqrt(center))) / spread
    phi = float((np.clip(z, *np.quantile(z, _WINSOR)) ** 2).mean())
    if phi <= 1:
        return 0.0
    weight = 1 / spread**2
    many = len(sites)
    return float(max(0.0, (many * phi - (many - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())))


def _adjust(n: pd.Series, center: float, between: float, sign: int) -> np.ndarray:
    spread = np.sqrt(1 / (4 * n.to_numpy(dtype=float)) + between)
    middle = np.arcsin(np.sqrt(center)) + sign * stats.norm.ppf(0.975) * spread
    return np.asarray(np.sin(np.clip(middle, 0, np.pi / 2)) ** 2)


def _place(frame: pd.DataFrame) -> pd.Series:
    """Where each site lies; missing for the drawn limits."""
    share = frame["share"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    words = np.select(
        [
            share > frame["high_998"], share < frame["low_998"], share > frame["high_95"],
            share < frame["low_95"],
        ],
        ["far above", "far below", "above", "below"],
        "inside",
    )  # fmt: skip
    return pd.Series(words, index=frame.index, dtype="string").where(frame["kind"] == "site")
