"""Whether the totals seen say who stops being scored, and who is scored more often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.coefficients import add_ratios, frame_coefficients
from outcomes.models.fit import MODEL_COLUMNS, Fit, Verdict, capture_warnings
from outcomes.models.stacks import Array
from outcomes.summaries.visit_intensity import find_intervals

_FEW_EVENTS, _ENOUGH_EVENTS = 5, 10  # per parameter
_FEW_PATIENTS = 10  # clusters
_SEPARATED = 10.0  # size of a coefficient on the log scale


def fit_dropout(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    covariates: Sequence[str] = ("infusion_number",),
    until_day: int = 56,
    allowance: int = 28,
    level: float = 0.95,
) -> Fit:
    """Fit the odds that a score is a patient's last one, by that score and the change up to it.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints) of one instrument
    courses : DataFrame (COURSES) of the same patients; those of series 1 observed up to `until_day`
    covariates : sequence of str, further columns of SCORES: numbers, or text such as the site
    until_day : int, days that are looked at
    allowance : int
        A score counts if so many days were left; it is the last if none followed up to `until_day`.
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per term on the log scale (with odds_ratio, ratio_low and ratio_high), terms: last
        total (per point), change from the patient's first score (per point; negative is better), day,
        covariates.

    Raises
    ------
    EstimationError
        If there is more than one instrument.
    DataError
        If a column is missing.

    Notes
    -----
    Pooled logistic regression over scores with errors robust by patient [1]_. A term that matters says that
    scores are not missing completely at random. It cannot say whether they are missing at random: that
    depends on scores nobody saw; see estimate_imputed_differences and estimate_tipping_point.

    References
    ----------
    .. [1] D'Agostino RB, Lee ML, Belanger AJ, et al. (1990). Stat Med 9:1501-1515.
       doi:10.1002/sim.4780091214

    Examples
    --------
    >>> import outcomes as oc
    >>> empty = oc.SCORES.empty().assign(day=None, series=None, baseline_of=None, endpoint_use=None)
    >>> oc.fit_dropout(empty, oc.COURSES.empty(), covariates=[]).verdict
    'NOT ESTIMABLE'
    """
    rows = _take_rows(scores, courses, until_day, covariates, "fit_dropout")
    rows = rows[rows["day"].astype(float) <= until_day - allowance]
    event = rows["next_day"].isna().to_numpy(dtype=float)
    settings = {
        "covariates": ", ".join(covariates), "until_day": until_day, "allowance": allowance, "level": level,
    }  # fmt: skip
    return _fit_events("Last score", rows, event, ["day", *covariates], None, settings, level, "odds_ratio")


def fit_visit_intensity(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    covariates: Sequence[str] = (),
    until_day: int = 56,
    level: float = 0.95,
) -> Fit:
    """Fit how often patients are scored again, by their last score.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints) of one instrument
    courses : DataFrame (COURSES) of the same patients; those of series 1 observed up to `until_day`
    covariates : sequence of str, further columns of SCORES
    until_day : int, days that are looked at
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per term on the log scale (with rate_ratio, ratio_low and ratio_high), terms: last
        total (per point), change from the patient's first score (per point), covariates.

    Raises
    ------
    EstimationError
        If there is more than one instrument.
    DataError
        If a column is missing.

    Notes
    -----
    Recurrent events with a constant rate between scores: Poisson regression of the next score with the days
    waited as exposure, errors robust by patient [1]_. A rate ratio above 1 for the last total: the sicker are
    scored more often, and means of the scores seen lie too high.

    References
    ----------
    .. [1] Lin H, Scharfstein DO, Rosenheck RA (2004). J R Stat Soc B 66:791-813.
       doi:10.1111/j.1467-9868.2004.b5543.x

    Examples
    --------
    >>> import outcomes as oc
    >>> empty = oc.SCORES.empty().assign(day=None, series=None, baseline_of=None, endpoint_use=None)
    >>> oc.fit_visit_intensity(empty, oc.COURSES.empty()).verdict
    'NOT ESTIMABLE'
    """
    rows = _take_rows(scores, courses, until_day, covariates, "fit_visit_intensity")
    event = rows["next_day"].notna().to_numpy(dtype=float)
    settings = {"covariates": ", ".join(covariates), "until_day": until_day, "level": level}
    exposure = rows["days"].to_numpy(dtype=float)
    return _fit_events("Next score", rows, event, list(covariates), exposure, settings, level, "rate_ratio")


def _take_rows(
    scores: pd.DataFrame, courses: pd.DataFrame, until_day: int, covariates: Sequence[str], caller: str
) -> pd.DataFrame:
    found = int(scores["instrument"].nunique()) if "instrument" in scores.columns else 1
    if found > 1:
        raise EstimationError(
            f"{caller} needs the scores of one instrument; the frame holds {found}. Choose one first, for "
            "example scores.query(\"instrument == 'phq9'\")."
        )
    rows = find_intervals(scores, courses, until_day=until_day, more=covariates, caller=caller)
    first = rows.groupby("patient_id")["total"].transform("first")
    return rows.assign(last_total=rows["total"].astype(float), change=(rows["total"] - first).astype(float))


def _fit_events(
    title: str,
    rows: pd.DataFrame,
    event: Array,
    more: list[str],
    exposure: Array | None,
    settings: dict[str, Any],
    level: float,
    ratio: str,
) -> Fit:
    complete = rows[more].notna().all(axis=1).to_numpy()
    rows, event = rows[complete], event[complete]
    notes = (
        [f"{int((~complete).sum())} scores without a covariate are left out."] if not complete.all() else []
    )
    columns = _build_columns(rows, ["last_total", "change", *more])
    whose: dict[str, Any] = {"n_rows": len(rows), "n_patients": int(rows["patient_id"].nunique())}
    blank = pd.DataFrame(
        {"term": columns.columns}, columns=[*MODEL_COLUMNS, ratio, "ratio_low", "ratio_high"]
    )
    events = int(min(event.sum(), (1 - event).sum()) if exposure is None else event.sum())
    reasons = _list_refusals(columns, events, whose["n_patients"])
    if reasons:
        return Fit(title, blank, "NOT ESTIMABLE", (*reasons, *notes), settings, **whose)
    import statsmodels.api as sm  # slow to import, and needed here only

    family = sm.families.Binomial() if exposure is None else sm.families.Poisson()
    offset = None if exposure is None else np.log(exposure[complete])
    codes = pd.factorize(rows["patient_id"])[0]
    with capture_warnings() as warned:
        model = sm.GLM(event, columns.to_numpy(dtype=float), family=family, offset=offset)
        result = model.fit(cov_type="cluster", cov_kwds={"groups": codes})
    if np.abs(result.params[1:] * columns.to_numpy(dtype=float)[:, 1:].std(axis=0)).max() > _SEPARATED:
        reasons = ["A covariate separates the scores that are followed by another from the others."]
        return Fit(title, blank, "NOT ESTIMABLE", (*reasons, *notes), settings, **whose)
    table = add_ratios(frame_coefficients(columns.columns, result.params, result.bse, level), ratio)
    cautions = list(warned)
    if events < _ENOUGH_EVENTS * columns.shape[1]:
        cautions.append(
            f"There are {events} events for {columns.shape[1]} parameters; 10 for each are advised."
        )
    verdict: Verdict = "CAUTION" if cautions else "OK"
    said = "Errors are robust by patient; tests and intervals use the normal distribution."
    return Fit(title, table, verdict, (*cautions, said, *notes), settings, **whose, model=result)


def _build_columns(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Numbers as they are, text as one column per level but the first."""
    parts = [pd.DataFrame({"Intercept": np.ones(len(rows))}, index=rows.index)]
    for name in names:
        if pd.api.types.is_numeric_dtype(rows[name]) or not len(rows):
            parts.append(pd.DataFrame({name: rows[name].astype(float)}))
        else:
            parts.append(pd.get_dummies(rows[name].astype(str), prefix=name, dtype=float).iloc[:, 1:])
    return pd.concat(parts, axis=1)


def _list_refusals(columns: pd.DataFrame, events: int, patients: int) -> list[str]:
    reasons = []
    if events < _FEW_EVENTS * columns.shape[1]:
        reasons.append(
            f"There are {events} events for {columns.shape[1]} parameters; {_FEW_EVENTS} for each are needed."
        )
    if patients < _FEW_PATIENTS:
        reasons.append(f"There are {patients} patients; robust errors need {_FEW_PATIENTS}.")
    if not reasons and np.linalg.matrix_rank(columns.to_numpy(dtype=float)) < columns.shape[1]:
        reasons.append("Columns of the model repeat one another. Leave out a covariate.")
    return reasons
