"""The share of patients whose score a mixed model expects at or below a cut-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.estimates.cells import check_request
from outcomes.models.estimates.means_table import list_names, take_parts, withhold_means
from outcomes.models.estimates.predictions import make_random_rows
from outcomes.models.fit import Fit
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.stacks import Array

_NORMAL = "Scores are taken as normal around the model's mean; near the ends of the scale that is rough."


def estimate_probability(
    fit: Fit,
    *,
    at: Mapping[str, Sequence[Any]],
    at_most: float | None = None,
    share_of: Mapping[str, float] | None = None,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> Fit:
    """Give the share of patients expected at or below a cut-off, such as remission or response, at a day.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model
    at : mapping, variable of the formula to values, for example {"day": [28, 84]}
    at_most : float, the cut-off in score points: 4 for a PHQ-9 total of 4 or less
    share_of : mapping of one covariate of the formula to a share, instead of `at_most`
        {"baseline": 0.5}: at most half of the patient's own baseline.
    by : str or list of str, categories of the formula: everybody is set to each level in turn
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has [by], [at], estimate, std_error, df, conf_low, conf_high (shares; the interval is made on
        the logit), kind.

    Raises
    ------
    EstimationError
        If the fit is no mixed model, a variable is not of the model, or not one cut-off is given.

    Notes
    -----
    G-computation: P(score <= cut) = mean over all patients of Phi((cut + 1/2 - x'b) / sd), sd^2 = z'Omega z +
    s2, each with the own covariates [1]_; half a point because totals are whole numbers. The error is that of
    the delta method in b and in the variance, plus the variance between patients over their number. With
    covariates in the model the share refers to patients like those of the fit.

    References
    ----------
    .. [1] Snowden JM, Rose S, Mortimer KM (2011). Am J Epidemiol 173:731-738. doi:10.1093/aje/kwq472

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 2, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 12 - 0.2 * scores["day"] + noise + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> remission = oc.estimate_probability(growth, at={"day": [7, 28]}, at_most=4)
    >>> bool(remission.table["estimate"].is_monotonic_increasing)
    True
    """
    names = list_names(by)
    if (at_most is None) == (share_of is None) or (share_of is not None and len(share_of) != 1):
        raise EstimationError(
            "estimate_probability needs one cut-off: at_most=, or share_of= with one covariate. Give "
            "for example at_most=4 or share_of={'baseline': 0.5}."
        )
    if fit.verdict == "NOT ESTIMABLE":
        return withhold_means(fit, at, names, "Expected shares")
    parts = take_parts(fit)
    if not parts.spread.residual:
        raise EstimationError(
            "estimate_probability needs a fit of fit_mixed_model; a model for repeated measures was given. "
            "Fit a mixed model, or use estimate_rates."
        )
    cells, points, count = _spread_patients(parts, at, names)
    x, z = parts.design.make_rows(points), make_random_rows(parts, points)
    if at_most is not None:
        cut = np.full(len(points), np.floor(at_most))
    else:
        ((name, share),) = dict(share_of or {}).items()
        if name not in points.columns or not pd.api.types.is_numeric_dtype(points[name]):
            raise EstimationError(f"share_of= needs a number of the formula; {name} is none. Add it there.")
        cut = np.floor(share * points[name].to_numpy(dtype=float) + 1e-9)
    estimate, error = _average(parts, x, z, cut + 0.5, count)
    inside = estimate * (1 - estimate)
    half = stats.norm.ppf((1 + level) / 2) * error / inside
    logit = np.log(estimate / (1 - estimate))
    table = cells.assign(
        estimate=estimate, std_error=error, df=np.inf,
        conf_low=1 / (1 + np.exp(half - logit)), conf_high=1 / (1 + np.exp(-half - logit)), kind="share",
    )  # fmt: skip
    said = f"at most {at_most:g}" if at_most is not None else f"at most {share:.0%} of {name}"
    return Fit(
        f"Expected shares ({said}) from {fit.kind}", table, fit.verdict, (_NORMAL, *fit.notes),
        {**fit.settings, "cut": said, "level": level}, fit.n_rows, fit.n_patients,
    )  # fmt: skip


def _spread_patients(
    parts: MixedParts, at: Mapping[str, Sequence[Any]], by: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The cells, and all patients with their own covariates in each of them."""
    design = parts.design
    frame = design.frame[[name for name in design.frame.columns if name in design.spec_variables]]
    check_request(frame, at, by, "equal")
    levels = {name: list(frame[name].cat.categories) for name in by}
    values = [*levels.values(), *(list(one) for one in at.values())]
    cells = pd.MultiIndex.from_product(values, names=[*by, *at]).to_frame(index=False)
    first = design.first_rows
    count = len(first)
    points = pd.concat([design.frame.iloc[first]] * len(cells), ignore_index=True)
    for name in cells.columns:
        points[name] = cells[name].repeat(count).reset_index(drop=True).astype(design.frame[name].dtype)
    return cells, points, count


def _average(parts: MixedParts, x: Array, z: Array, cut: Array, count: int) -> tuple[Array, Array]:
    """The mean probability of each cell and its standard error."""
    variance, doubt = parts.spread.find_variances(z)
    sd = np.sqrt(variance)
    standard = (cut - x @ parts.fixed) / sd
    chance, density = (one.reshape(-1, count) for one in (stats.norm.cdf(standard), stats.norm.pdf(standard)))
    in_fixed = -(density[:, :, None] * (x / sd[:, None]).reshape(-1, count, x.shape[1])).mean(axis=1)
    in_variance = -(density * (standard / (2 * variance) * np.nan_to_num(doubt)).reshape(-1, count)).mean(
        axis=1
    )
    error = np.einsum("ra,ab,rb->r", in_fixed, parts.small.covariance, in_fixed) + in_variance**2
    return chance.mean(axis=1), np.sqrt(error + chance.var(axis=1) / count)
