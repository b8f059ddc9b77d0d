"""Whether groups differ when the event is seen only at visits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.models.coefficients import frame_test
from outcomes.models.fit import Fit
from outcomes.models.stacks import Array
from outcomes.models.survival.event_times import count_patients, list_groups, read_intervals
from outcomes.models.survival.interval_survival import ONSET_DAYS, fit_interval_survival
from outcomes.models.survival.log_rank import NO_ORDER, judge_groups
from outcomes.models.survival.turnbull import GAP, find_support, maximize_likelihood

_DIFFERENCES = ["group", "reference", "day", "estimate", "std_error", "conf_low", "conf_high"]
_ALIKE = 1e-9  # scores that differ by less tell nobody apart
_UNEQUAL = 1.5  # ratio of median gaps between scores


def compare_interval_survival(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str],
    days: Sequence[int] = ONSET_DAYS,
    n_permutations: int = 9_999,
    n_boot: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Fit:
    """Test whether groups differ in the time to an event that visits bracket (log-rank scores, permuted).

    Parameters
    ----------
    events : DataFrame as for fit_interval_survival
    by : str or list of str, columns that name the groups
    days : sequence of int, days of the differences
    n_permutations : int, shuffles of the labels; 0 uses the chi-square approximation
    n_boot : int, bootstrap samples of patients for the differences; 0 gives no errors
    seed : int, of both
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row: statistic, df, p_value. `extras["groups"]`: patients, events, the sum of scores
        (positive: earlier than the others), and the median gap between scores. `extras["differences"]`: the
        share without the event in each group minus that of the first, at `days`. NOT ESTIMABLE with fewer
        than two groups, a group without an event, too few events, or without the certificate of the pooled
        curve; CAUTION where the gaps differ between groups.

    Raises
    ------
    EstimationError
        As for fit_interval_survival.

    Notes
    -----
    Scores under the pooled curve: c_i = (S(L) log S(L) - S(R) log S(R)) / (S(L) - S(R)), 0 log 0 being 0, an
    exact day t being (t-, t] [1]_ [2]_. They are summed by group. The statistic is U'V^-1 U with V the
    covariance of the sums over shuffled labels, and p the share of shuffles that reach it. The test needs the
    same scheme of visits in all groups.

    References
    ----------
    .. [1] Finkelstein DM (1986). Biometrics 42:845-854. doi:10.2307/2530698
    .. [2] Fay MP, Shaw PA (2010). J Stat Softw 36(2):1-34. doi:10.18637/jss.v036.i02

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> rng = np.random.default_rng(1)
    >>> left = 7 * rng.integers(0, 6, 80)
    >>> events = pd.DataFrame({"arm": ["A", "B"] * 40, "left": left, "right": left + 7})
    >>> float(oc.compare_interval_survival(events, by="arm", n_permutations=199).table["df"].item())
    1.0
    """
    rows, notes = read_intervals(events, by=by, caller="compare_interval_survival")
    names = list_groups(rows)
    known = rows["group"].to_numpy(dtype=str)
    gaps = rows.groupby("group")["median_gap_days"].median() if "median_gap_days" in rows.columns else None
    groups = pd.DataFrame(
        {
            "group": names,
            "n_patients": [int((known == name).sum()) for name in names],
            "n_events": [int(np.isfinite(rows.loc[known == name, "right"]).sum()) for name in names],
            "score": np.nan,
            "median_gap_days": np.nan if gaps is None else gaps.reindex(names).to_numpy(dtype=float),
        }
    )
    verdict, why = judge_groups(groups)
    statistic = p_value = np.nan
    apart_at = pd.DataFrame(columns=_DIFFERENCES)
    if verdict != "NOT ESTIMABLE":
        scores = _find_scores(rows)
        if scores is None:
            verdict, why = "NOT ESTIMABLE", ["The optimum of the pooled curve was not reached."]
        elif np.ptp(scores) < _ALIKE:
            verdict, why = "NOT ESTIMABLE", [NO_ORDER]
        else:
            belongs = np.equal.outer(np.array(names), known).astype(float)
            statistic, p_value = _permute(scores, belongs, n_permutations, seed)
            groups = groups.assign(score=belongs @ scores)
            apart_at = _list_differences(events, by, names, days, n_boot, seed, level)
            apart = groups["median_gap_days"].max() / groups["median_gap_days"].min()
            if apart > _UNEQUAL:
                verdict = "CAUTION"
                why = [*why, "The groups are scored at different gaps: part of a difference may be that."]
    table = frame_test("interval log-rank", statistic, len(names) - 1, p_value)
    settings = {
        "method": "log-rank scores", "p": "permutation" if n_permutations else "chi-square", "by": by,
        "n_permutations": n_permutations, "seed": seed,
    }  # fmt: skip
    return Fit(
        "Comparison of interval-censored survival", table, verdict, (*why, *notes), settings,
        len(rows), count_patients(rows), None, {"groups": groups, "differences": apart_at},
    )  # fmt: skip


def _list_differences(
    events: pd.DataFrame, by: str | Sequence[str], names: list[str], days: Sequence[int], n_boot: int,
    seed: int, level: float,
) -> pd.DataFrame:  # fmt: skip
    """Shares without the event in each group minus the first; errors by resampling the patients of both."""
    curves = fit_interval_survival(events, by=by, days=days, n_boot=n_boot, seed=seed, level=level)
    read = curves.extras["landmarks"].set_index(["group", "day"])
    z = stats.norm.ppf((1 + level) / 2)
    rows = []
    for name in names[1:]:
        for day in days:
            own, first = read.loc[(name, day)], read.loc[(names[0], day)]
            error = np.hypot(own["std_error"], first["std_error"])
            gap = own["estimate"] - first["estimate"]
            rows.append((name, names[0], day, gap, error, gap - z * error, gap + z * error))
    return pd.DataFrame(rows, columns=_DIFFERENCES)


def _find_scores(rows: pd.DataFrame) -> Array | None:
    """Log-rank scores of the pooled curve; 0 without information."""
    left, right = rows["left"].to_numpy(dtype=float), rows["right"].to_numpy(dtype=float)
    informative = (left > 0) | np.isfinite(right)
    support = find_support(left[informative], right[informative])
    mass, gap = maximize_likelihood(support, support.counts[None, :])
    if not gap[0] < GAP:
        return None
    ends = np.where(np.isfinite(support.high), support.high, np.inf)
    before = np.where(left == right, left - 1e-9, left)
    survival = [1 - np.where(ends <= at[:, None], mass[0], 0.0).sum(axis=1) for at in (before, right)]
    survival[1] = np.where(np.isfinite(right), survival[1], 0.0)
    high, low = (np.clip(one, 0.0, 1.0) for one in survival)
    inner = [np.where(one > 0, one * np.log(np.maximum(one, 1e-300)), 0.0) for one in (high, low)]
    width = high - low
    scores = np.where(
        width > 1e-12, (inner[0] - inner[1]) / np.maximum(width, 1e-12), 1 + np.log(np.maximum(high, 1e-300))
    )
    return np.where(informative, scores, 0.0)


def _permute(scores: Array, belongs: Array, count: int, seed: int) -> tuple[float, float]:
    """The statistic, and the share of shuffled labels that reach it."""
    n, sizes = len(scores), belongs.sum(axis=1)
    share = sizes / n
    spread = n / (n - 1) * scores.var() * n * (np.diag(share) - np.outer(share, share))
    inverse = np.linalg.pinv(spread)

    def measure(values: Array) -> Array:
        gap = values @ belongs.T - values.sum(axis=-1, keepdims=True) * share
        return np.asarray(np.einsum("pa,ab,pb->p", gap, inverse, gap))

    statistic = float(measure(scores[None, :])[0])
    if not count:
        return statistic, float(stats.chi2.sf(statistic, len(sizes) - 1))
    rng, reached = np.random.default_rng(seed), 0
    for start in range(0, count, 500):
        shuffled = rng.permuted(np.tile(scores, (min(500, count - start), 1)), axis=1)
        reached += int((measure(shuffled) >= statistic * (1 - 1e-12)).sum())
    return statistic, (reached + 1) / (count + 1)
