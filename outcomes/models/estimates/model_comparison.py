"""Models side by side on the same rows: likelihoods, criteria, and tests with the right null distribution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.estimates.means_table import take_parts
from outcomes.models.fit import Fit, worst_verdict

_COLUMNS = (
    "term", "n_fixed", "n_covariance", "deviance", "aic", "bic", "statistic", "df", "p_value", "test",
)  # fmt: skip


def compare_models(fits: Mapping[str, Fit]) -> Fit:
    """Compare models of the same scores, each with the one before it.

    Parameters
    ----------
    fits : mapping of names to fits of fit_mixed_model or fit_mmrm, the simplest first

    Returns
    -------
    Fit
        `table` has one row per model: term (its name), n_fixed, n_covariance (parameters), deviance, aic, bic
        (smaller is better), statistic, df, p_value (likelihood ratio against the row before; missing where
        there is no such test) and test (what was done, or why not).

    Raises
    ------
    EstimationError
        If there are fewer than two, they do not use the same scores, or REML and ML are mixed.

    Notes
    -----
    Fixed parts are compared by maximum likelihood only. One random effect more (k covariances and its
    variance) is tested at the edge of the parameter space: p is the mean of those of chi-square with k and
    k + 1 degrees of freedom [1]_; two or more at once are not tested. Under REML the criteria count
    covariance parameters only and hold for models with the same fixed part. BIC counts patients.

    References
    ----------
    .. [1] Stram DO, Lee JW (1994). Biometrics 50:1171-1177. doi:10.2307/2533455

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 2, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> level, slope = (oc.fit_mixed_model(scores, "total ~ day", re_formula=one) for one in ("~1", "~day"))
    >>> oc.compare_models({"level": level, "level and slope": slope}).table["test"].iloc[1]
    'half chi-square(1), half chi-square(2)'
    """
    if len(fits) < 2:
        raise EstimationError(
            "compare_models needs two fits or more, the simplest first. Give a mapping of them."
        )
    known = {name: fit for name, fit in fits.items() if fit.verdict != "NOT ESTIMABLE"}
    if len(known) < len(fits):
        blank = pd.DataFrame({"term": list(fits)}, columns=list(_COLUMNS))
        notes = tuple(f"{name} is not estimable." for name in fits if name not in known)
        return Fit("Comparison of models", blank, "NOT ESTIMABLE", notes)
    first = next(iter(fits.values()))
    outcomes = [take_parts(fit).design.y for fit in fits.values()]
    if any(len(one) != len(outcomes[0]) or not np.array_equal(one, outcomes[0]) for one in outcomes):
        raise EstimationError(
            "compare_models needs fits of the same rows. Leave out rows without a covariate first."
        )
    if len({fit.settings["estimation"] for fit in fits.values()}) > 1:
        raise EstimationError("compare_models needs REML for all or ML for all. Fit again with one reml=.")
    reml = first.settings["estimation"] == "REML"
    rows, before = [], None
    for name, fit in fits.items():
        parts = take_parts(fit)
        n_fixed, n_covariance = len(parts.fixed), len(parts.spread.units)
        counted = n_covariance + (0 if reml else n_fixed)
        deviance = fit.extras["deviance"]
        tested = (np.nan, np.nan, np.nan, "first") if before is None else _test(before, fit, reml)
        criteria = (deviance + 2 * counted, deviance + np.log(fit.n_patients) * counted)
        rows.append((name, n_fixed, n_covariance, deviance, *criteria, *tested))
        before = fit
    same = len({tuple(sorted(map(str, take_parts(fit).design.x.columns))) for fit in fits.values()}) == 1
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    remarks = ["REML: the criteria count covariance parameters only."] if reml else []
    if reml and not same:
        table = table.assign(aic=np.nan, bic=np.nan)
        remarks = ["The fixed parts differ: under REML they cannot be compared. Fit with reml=False."]
    return Fit(
        "Comparison of models", table, worst_verdict(fit.verdict for fit in fits.values()), tuple(remarks),
        {"estimation": first.settings["estimation"]}, first.n_rows, first.n_patients,
    )  # fmt: skip


def _test(simple: Fit, full: Fit, reml: bool) -> tuple[float, float, float, str]:
    """Statistic, degrees of freedom, p and the words of the test of `simple` within `full`."""
    small, large = take_parts(simple), take_parts(full)
    more_fixed = len(large.fixed) - len(small.fixed)
    effects = large.design.z.shape[1] - small.design.z.shape[1]
    covariances = len(large.spread.units) - len(small.spread.units)
    same_fixed = set(large.design.x.columns) == set(small.design.x.columns)
    statistic = max(float(simple.extras["deviance"] - full.extras["deviance"]), 0.0)
    none = (np.nan, np.nan, np.nan)
    if not same_fixed:
        nested = set(small.design.x.columns) < set(large.design.x.columns)
        if reml or not nested or covariances:
            return (*none, "none: fixed parts that differ need ML, nested columns and the same covariance")
        return (
            statistic,
            float(more_fixed),
            float(stats.chi2.sf(statistic, more_fixed)),
            f"chi-square({more_fixed})",
        )
    kinds = {"visit" in fit.settings for fit in (simple, full)}
    if len(kinds) > 1 or covariances < 1:
        return (*none, "none: the first is no special case of the second")
    if kinds == {True}:
        return (
            statistic,
            float(covariances),
            float(stats.chi2.sf(statistic, covariances)),
            f"chi-square({covariances})",
        )
    site = ("sites" in full.settings) - ("sites" in simple.settings)
    if effects + site != 1:
        return (*none, "none: add one random effect at a time")
    k = covariances - 1
    p = (stats.chi2.sf(statistic, k) if k else float(statistic <= 0)) / 2 + stats.chi2.sf(
        statistic, k + 1
    ) / 2
    words = f"half chi-square({k}), half chi-square({k + 1})" if k else "half zero, half chi-square(1)"
    return statistic, k + 0.5, float(p), words
