"""Indices of reliable change: Jacobson and Truax's, its published relatives, and the cut-offs beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change_sample import Sample, choose_cutoff, measure_sample
from outcomes.endpoints.rules import is_below, name_first
from outcomes.errors import DefinitionError
from outcomes.schema import require_columns

Method = Literal["JT", "GLN", "HLL", "EN", "NK", "HA"]
METHODS: tuple[str, ...] = get_args(Method)
CRITICAL = {**dict.fromkeys(METHODS, 1.96), "HA": 1.645}
"""The value that the index of each method must exceed."""
GROUP_RELATIVE = ("HLL",)
"""Methods that judge a change against the group's mean change: they never say who improved."""

_NEEDS = ("instrument", "baseline", "endpoint_total")


def derive_change_index(
    courses: pd.DataFrame,
    *,
    method: Method = "JT",
    reliability: float | Mapping[str, float] | None = None,
    reliability_after: float | Mapping[str, float] | None = None,
    sd: float | Mapping[str, float] | None = None,
    critical: float | None = None,
    cutoff: Literal["a", "b", "c"] | float | None = None,
    functional: tuple[float, float] | None = None,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Judge each change by an index of reliable change, from a reliability and the spread of the baselines.

    Parameters
    ----------
    courses : DataFrame with instrument, baseline and endpoint_total. Means and SDs are those of the rows that
        have both totals, by instrument: give one row per patient (series 1).
    method : {"JT", "GLN", "HLL", "EN", "NK", "HA"}
    reliability : float, or float by instrument; None: the registry's first verified test-retest reliability
        of the questionnaire, else its first of any status
    reliability_after : likewise, of the endpoint totals; only NK uses it; None: the same
    sd : float, or float by instrument, of the baselines; None: that of the rows
    critical : float, the index that is exceeded by a reliable change; None: 1.96, for HA 1.645
    cutoff : "a", "b" or "c" of Jacobson and Truax, or points; None: csc_cutoff of the profile
    functional : (mean, SD) of people without the disorder; "b" and "c" need it, "a" does not
    profile : str or Profile; csc_cutoff and csc_cutoff_op are used where cutoff is None

    Returns
    -------
    DataFrame, the same rows with change_index (Float64), change_index_class (improved, unchanged,
    deteriorated), change_index_near (boolean; True within one standard error of measurement of the threshold)
    and change_index_category (recovered, improved, unchanged, deteriorated, harmed). Missing where a total
    is, where the reliability or the SD is not known or is 0, and the category also where there is no cut-off.

    Raises
    ------
    DefinitionError
        If a method or cut-off is unknown, a reliability does not lie between 0 and 1, or "b" or "c" lacks
        `functional`.
    DataError
        If a column is missing.

    Notes
    -----
    x baseline, y endpoint total, m and s their mean and SD before, my and sy after, r reliability, SEM = s
    sqrt(1 - r), t = m + r (x - m), rho the correlation of x and y:

    - JT [1]_: ``(y - x) / (sqrt(2) SEM)``
    - GLN [2]_: ``(y - t) / (s sqrt(1 - r^2))``
    - HLL [2]_: ``((y - my) - r (x - m)) / (s sqrt(1 - r^2))``; relative to the group's change: it never says
      who improved
    - EN [3]_: ``(y - t) / SEM``
    - NK [3]_: ``(y - t) / sqrt(r^2 s^2 (1 - r) + s^2 (1 - r2))``, r2 the reliability after
    - HA [4]_: ``((y - x) R + (my - m)(1 - R)) / (sqrt(R) sqrt(2) SEM)``, ``R = (s^2 a + sy^2 c - 2 s sy
      rho) / (s^2 + sy^2 - 2 s sy rho)``, ``a = (s^2 - SEM^2) / s^2``, ``c = (sy^2 - SEM^2) / sy^2``

    Improved: the index, signed so that better is positive, exceeds `critical`; deteriorated: it falls below
    -critical. Cut-offs: **a** two SDs of the baselines from their mean towards health; **b** two SDs of the
    functional group from its mean towards illness; **c** ``(s mf + sf m) / (s + sf)``; for HA each SD times
    the root of its reliability. Recovered: improved, not below the cut before and below it after; harmed:
    deteriorated, the reverse. HA judges "below after" by ``(my + (y - my) c - cut) / (sqrt(c) SEM)`` against
    1.645.

    References
    ----------
    .. [1] Jacobson NS, Truax P (1991). J Consult Clin Psychol 59:12-19. doi:10.1037/0022-006X.59.1.12
    .. [2] Hsu LM (1989). Behav Assess 11:459-467 (Gulliksen, Lord and Novick; Hsu, Linn and Lord).
    .. [3] Speer DC (1992). J Consult Clin Psychol 60:402-408. doi:10.1037/0022-006X.60.3.402 (Edwards and
       Nunnally); Nunnally JC, Kotsch WE (1983). Br J Clin Psychol 22:83-93.
    .. [4] Hageman WJ, Arrindell WA (1999). Behav Res Ther 37:1169-1193. doi:10.1016/S0005-7967(99)00032-7

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> pairs = pd.DataFrame({"instrument": "phq9", "baseline": [20, 16, 12], "endpoint_total": [8, 15, 13]})
    >>> judged = oc.derive_change_index(pairs, reliability=0.84, sd=5.0)
    >>> judged["change_index"].round(2).tolist(), judged["change_index_category"].tolist()
    ([-4.24, -0.35, 0.35], ['recovered', 'unchanged', 'unchanged'])
    """
    require_columns(courses, _NEEDS, caller="derive_change_index")
    _check(method, cutoff, functional)
    profile, limit = get_profile(profile), CRITICAL[method] if critical is None else critical
    parts = []
    for name, rows in courses.groupby("instrument", observed=True, sort=False):
        sample = measure_sample(
            rows, str(name), reliability=reliability, reliability_after=reliability_after, sd=sd
        )
        cut, operator = choose_cutoff(sample, str(name), method, cutoff, functional, profile)
        parts.append(_judge(rows, sample, method, limit, cut, operator))
    dtypes = {
        "change_index": "Float64",
        "change_index_class": "string",
        "change_index_near": "boolean",
        "change_index_category": "string",
    }
    found = pd.concat(parts) if parts else pd.DataFrame(columns=list(dtypes), index=courses.index[:0])
    return courses.assign(**found.astype(dtypes).reindex(courses.index))


def _judge(
    rows: pd.DataFrame,
    sample: Sample,
    method: str,
    limit: float,
    cut: float,
    operator: str,
) -> pd.DataFrame:
    """Give index, class and category of the rows of one questionnaire."""
    x, y = (rows[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for name in _NEEDS[1:])
    with np.errstate(all="ignore"):
        index = pd.Series(_compute(method, x, y, sample), index=rows.index)
        after = pd.Series(_find_true_score(y, sample, cut), index=rows.index)
    index = index.where(np.isfinite(index))
    better = index * sample.direction
    improved, worse = better > limit, better < -limit
    known = index.notna()
    told = name_first({"improved": improved, "deteriorated": worse}, otherwise="unchanged").where(known)
    functional_before, functional_after = (
        _is_functional(pd.Series(values, index=rows.index), cut, operator) for values in (x, y)
    )
    if method == "HA":
        functional_after = after * sample.direction > CRITICAL["HA"]
    category = name_first(
        {
            "recovered": improved & ~functional_before & functional_after,
            "improved": improved,
            "harmed": worse & functional_before & ~functional_after,
            "deteriorated": worse,
        },
        otherwise="unchanged",
    ).where(known & np.isfinite(cut))
    # Every index is linear in the total after: one point moves it by the inverse of its divisor.
    with np.errstate(all="ignore"):
        step = np.abs(_compute(method, x, y + 1, sample) - _compute(method, x, y, sample))
        near = ((index.abs() - limit).abs() / step <= sample.sem).astype("boolean").where(known)
    return pd.DataFrame(
        {
            "change_index": index,
            "change_index_class": told,
            "change_index_near": near,
            "change_index_category": category,
        }
    )


def _compute(method: str, x: np.ndarray, y: np.ndarray, sample: Sample) -> np.ndarray:
    # As NumPy numbers a spread of zero gives no index instead of an error.
    r, s, sem = (np.float64(one) for one in (sample.reliability, sample.sd, sample.sem))
    regressed = sample.mean + r * (x - sample.mean)
    if method == "JT":
        return (y - x) / (np.sqrt(2) * sem)
    if method == "GLN":
        return (y - regressed) / (s * np.sqrt(1 - r**2))
    if method == "HLL":
        return ((y - sample.mean_after) - r * (x - sample.mean)) / (s * np.sqrt(1 - r**2))
    if method == "EN":
        return (y - regressed) / sem
    if method == "NK":
        return (y - regressed) / np.sqrt(r**2 * s**2 * (1 - r) + s**2 * (1 - sample.reliability_after))
    after = np.float64(sample.sd_after)
    covariance = s * after * sample.correlation
    shared = s**2 + after**2 - 2 * covariance
    of_change = (s**2 - sem**2 + after**2 - sem**2 - 2 * covariance) / shared
    group = (sample.mean_after - sample.mean) * (1 - of_change)
    return ((y - x) * of_change + group) / (np.sqrt(of_change) * np.sqrt(2) * sem)


def _find_true_score(y: np.ndarray, sample: Sample, cut: float) -> np.ndarray:
    """Hageman and Arrindell's index of the end state against the cut-off."""
    own = 1 - (np.float64(sample.sem) / np.float64(sample.sd_after)) ** 2
    return (sample.mean_after + (y - sample.mean_after) * own - cut) / (np.sqrt(own) * sample.sem)


def _is_functional(totals: pd.Series, cut: float, operator: str) -> pd.Series:
    if operator == ">":
        return totals > cut
    operators, limits = (pd.Series(one, index=totals.index) for one in (operator, cut))
    return is_below(totals, operators, limits)


def _check(method: str, cutoff: str | float | None, functional: tuple[float, float] | None) -> None:
    if method not in METHODS:
        message = f"method must be one of {', '.join(METHODS)}; another word was given. Use one."
        raise DefinitionError(message, code="E603")
    if isinstance(cutoff, str) and cutoff not in ("a", "b", "c"):
        message = 'cutoff must be "a", "b", "c" or a number of points; another word was given. Use one.'
        raise DefinitionError(message, code="E603")
    if cutoff in ("b", "c") and functional is None:
        message = f'Cut-off {cutoff} needs functional=(mean, SD) of people without the disorder; or use "a".'
        raise DefinitionError(message, code="E603")
