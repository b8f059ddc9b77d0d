"""Cox regression: hazard ratios of an event, with the absolute risk beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.coefficients import add_ratios, frame_coefficients
from outcomes.models.fit import MODEL_COLUMNS, Fit, Verdict
from outcomes.models.mixed.design import refuse_aliased
from outcomes.models.mixed.formula import build_columns
from outcomes.models.survival.cox_engine import CoxFit, climb_cox
from outcomes.models.survival.cox_rows import CoxRows, read_cox_rows
from outcomes.models.survival.event_times import FEW_EVENTS, SEPARATED, list_refusals
from outcomes.models.survival.library import fit_library_cox
from outcomes.models.survival.proportional_hazards import (
    Transform,
    check_transform,
    tabulate_proportional_hazards,
)

RISK_DAYS = (28, 56, 84)
_FEW_CLUSTERS = 10
_BESIDE = 5_000  # rows up to which lifelines is fitted beside
_SAME = 1e-4  # standard errors


def fit_cox(
    events: pd.DataFrame,
    formula: str,
    *,
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    clusters: str | None = None,
    recurrent: bool = False,
    days: Sequence[int] = RISK_DAYS,
    transform: Transform = "km",
    level: float = 0.95,
) -> Fit:
    """Fit hazard ratios of an event (Cox), with Efron's ties, late entry, strata and robust errors.

    Parameters
    ----------
    events : DataFrame
        EVENTS (one instrument, one endpoint), or any frame with `time` (whole days) and `event`, and the
        columns of the formula. Of EVENTS the included rows of series 1 are used.
    formula : str, covariates, for example "~ route + baseline"
    entry : str, optional
        Column of the day from which the row is at risk: (entry, time]. Without it, day 0.
    strata : str or list of str, optional; columns whose values have baseline hazards of their own
    clusters : str, optional
        Column of the site or patient: errors robust to what its rows share [2]_.
    recurrent : bool
        True where a patient may have several rows, which must not overlap: recurrent events (Andersen and
        Gill) or covariates that change with time. Errors are then robust by patient_id unless `clusters` says
        otherwise.
    days : sequence of int, days of the absolute risks
    transform : {"km", "rank", "identity", "log"}, of time, in the test of proportional hazards
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per coefficient on the log scale (estimate, std_error, ..., df infinite) with
        hazard_ratio, ratio_low, ratio_high. `extras`: "risks" (term, day, risk_at, risk_with, difference: the
        share with the event by that day with all covariates at their means, and with this term one unit, or
        from absent to present), "proportional_hazards" (chi-square, df and p per term and GLOBAL, as cox.zph
        of R's survival from version 3), "counts" (rows, patients, events). `model` is lifelines' fitter
        beside, up to 5,000 rows.

    Raises
    ------
    EstimationError
        If a time is missing, negative or not whole, rows of a patient overlap in a stratum, or columns repeat
        one another.
    DataError
        If a column is missing.

    Notes
    -----
    NOT ESTIMABLE with fewer than 5 events per parameter, a level of a category without an event, or a
    coefficient that runs away (separation); CAUTION below 10 events per parameter, with fewer than 10
    clusters, or where lifelines disagrees. No covariate should be chosen by its p-value. A hazard ratio is no
    ratio of risks: read it with the absolute risks and the curve. An event at a day compares the rows with
    entry < day <= time.

    References
    ----------
    .. [1] Efron B (1977). J Am Stat Assoc 72:557-565. doi:10.1080/01621459.1977.10480613
    .. [2] Lin DY, Wei LJ (1989). J Am Stat Assoc 84:1074-1078. doi:10.1080/01621459.1989.10478874
    .. [3] Grambsch PM, Therneau TM (1994). Biometrika 81:515-526. doi:10.1093/biomet/81.3.515
    .. [4] Andersen PK, Gill RD (1982). Ann Stat 10:1100-1120. doi:10.1214/aos/1176345976

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> rng = np.random.default_rng(1)
    >>> events = pd.DataFrame({"arm": ["A", "B"] * 60, "time": rng.integers(5, 90, 120)})
    >>> events["event"] = events["time"] < 80
    >>> cox = oc.fit_cox(events, "~ arm")
    >>> cox.table["term"].tolist(), cox.verdict
    (['arm[T.B]'], 'OK')
    """
    check_transform(transform)
    rows = read_cox_rows(
        events, formula, entry=entry, strata=strata, clusters=clusters, recurrent=recurrent, caller="fit_cox"
    )
    settings = {
        "method": "Cox, Efron", "formula": formula, "entry": entry, "strata": strata, "transform": transform,
        "errors": f"robust by {rows.cluster_name}" if rows.cluster_name else "model", "level": level,
    }  # fmt: skip
    title, notes = "Cox regression", list(rows.notes)
    columns = build_columns(f"{formula} + 1", rows.frame, argument="formula").drop(
        columns="Intercept", errors="ignore"
    )
    counts = pd.DataFrame(
        {"rows": [len(rows.stop)], "patients": [rows.n_patients], "events": [int(rows.event.sum())]}
    )
    blank = pd.DataFrame(
        {"term": columns.columns.astype(str)},
        columns=[*MODEL_COLUMNS, "hazard_ratio", "ratio_low", "ratio_high"],
    )
    whose: dict[str, Any] = {"settings": settings, "n_rows": len(rows.stop), "n_patients": rows.n_patients}
    refusals = _list_refusals(rows, columns)
    if refusals:
        return Fit(title, blank, "NOT ESTIMABLE", (*refusals, *notes), extras={"counts": counts}, **whose)
    refuse_aliased(columns.assign(_one=1.0)[["_one", *columns.columns]], argument="formula")
    with np.errstate(all="ignore"):
        fit = climb_cox(columns.to_numpy(dtype=float), rows)
    spread = np.ptp(columns.to_numpy(dtype=float), axis=0)
    if fit is None or (np.abs(fit.fixed) * spread > SEPARATED).any():
        reason = "A coefficient runs away: a covariate separates those with the event from those without it."
        return Fit(title, blank, "NOT ESTIMABLE", (reason, *notes), extras={"counts": counts}, **whose)
    cautions = _list_cautions(rows, columns)
    model, beside = None, None
    if len(rows.stop) <= _BESIDE:
        model, beside = fit_library_cox(columns, rows.start, rows.stop, rows.event, rows.strata)
        error = np.sqrt(np.diag(fit.covariance))
        if beside is not None and (np.abs(beside - fit.fixed) > _SAME * error).any():
            cautions.append("lifelines ends at other coefficients.")
    covariance = fit.make_robust(rows.clusters) if rows.clusters is not None else fit.covariance
    tested = tabulate_proportional_hazards(fit, rows, columns, transform)
    if (tested["p_value"].iloc[-1] < 0.05) and np.isfinite(tested["p_value"].iloc[-1]):
        notes.insert(
            0, "The hazards are hardly proportional (see extras): a hazard ratio is an average over time."
        )
    verdict: Verdict = "CAUTION" if cautions else "OK"
    table = frame_coefficients(columns.columns, fit.fixed, np.sqrt(np.diag(covariance)), level)
    return Fit(
        title, add_ratios(table, "hazard_ratio"), verdict, (*cautions, *notes),
        model=model,
        extras={"risks": _list_risks(fit, columns, days), "proportional_hazards": tested, "counts": counts},
        **whose,
    )  # fmt: skip


def _list_refusals(rows: CoxRows, columns: pd.DataFrame) -> list[str]:
    events, parameters = int(rows.event.sum()), columns.shape[1]
    reasons = [] if parameters else ["The formula names no covariate that varies."]
    reasons += list_refusals(rows.frame, rows.event, parameters)
    if events and len(np.unique(rows.stop[rows.event])) < 2:
        reasons.append("All events fall on one day: their order, which is what is compared, is not known.")
    return reasons


def _list_cautions(rows: CoxRows, columns: pd.DataFrame) -> list[str]:
    events, parameters = int(rows.event.sum()), columns.shape[1]
    cautions = []
    if events < 2 * FEW_EVENTS * parameters:
        cautions.append(f"Few events ({events}) for {parameters} parameters: errors are approximate.")
    if rows.clusters is not None and rows.clusters.max() + 1 < _FEW_CLUSTERS:
        cautions.append(f"There are {rows.clusters.max() + 1} clusters; robust errors need {_FEW_CLUSTERS}.")
    return cautions


def _list_risks(fit: CoxFit, columns: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    """The share with the event at the means, and with each term moved, averaged over strata by their rows."""
    found: list[Mapping[str, Any]] = []
    values = columns.to_numpy(dtype=float)
    for number, name in enumerate(columns.columns):
        present = set(np.unique(values[:, number])) <= {0.0, 1.0}
        low = 0.0 if present else values[:, number].mean()
        for day in days:
            one, other = (fit.find_risk(day, number, at) for at in (low, low + 1))
            found.append(
                {"term": str(name), "day": day, "risk_at": one, "risk_with": other, "difference": other - one}
            )
    return pd.DataFrame(found, columns=["term", "day", "risk_at", "risk_with", "difference"])
