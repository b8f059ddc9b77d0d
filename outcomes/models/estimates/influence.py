"""Which patients (or sites) a model leans on: what the fixed effects become without each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.estimates.means_table import take_parts
from outcomes.models.fit import Fit
from outcomes.models.stacks import Array, list_patient_rows

_COLUMNS = ("unit", "n_rows", "cooks_distance", "term", "change_in_se")
_MUCH = 1.0  # standard errors


def estimate_influence(fit: Fit, *, by: str | None = None) -> Fit:
    """Estimate the fixed effects again without each patient, or without each level of a category.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model without sites, or from fit_mmrm
    by : str, optional
        A category of the formula, such as the site; None for patients.

    Returns
    -------
    Fit
        `table` has one row per patient or level, the most influential first: unit, n_rows, cooks_distance
        (mean squared change of the fixed effects over their covariance), term (that changes most),
        change_in_se (estimate without the unit minus estimate, in standard errors). `extras["changes"]` has
        the change of each term in its own units. What cannot be estimated without a level is missing.

    Raises
    ------
    EstimationError
        If the fit is none of these models, or `by` is no category of it.

    Notes
    -----
    b without unit i is (W - H_i)^-1 (w - g_i) with H_i = X_i'V_i^-1 X_i and g_i = X_i'V_i^-1 y_i, exact for
    the variances of the whole fit, which are held [1]_. The verdict is CAUTION where one unit moves a term by
    more than one standard error.

    References
    ----------
    .. [1] Demidenko E, Stukel TA (2005). Stat Med 24:893-909. doi:10.1002/sim.1974

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 2, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise + 20 * (scores["patient_id"] == "p7")
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> oc.estimate_influence(growth).table["unit"].iloc[0]
    'p7'
    """
    if fit.verdict == "NOT ESTIMABLE":
        blank = pd.DataFrame(columns=list(_COLUMNS))
        return Fit(f"Influence in {fit.kind}", blank, "NOT ESTIMABLE", fit.notes, fit.settings)
    parts = take_parts(fit)
    design = parts.design
    if design.sites is not None:
        raise EstimationError("Influence needs patients who are independent: fit without sites=.")
    units, names = design.codes, design.labels.astype(str)
    if by is not None:
        if by not in design.frame.columns or not isinstance(design.frame[by].dtype, pd.CategoricalDtype):
            raise EstimationError(
                "by= must be a category of the formula. Name one, or leave it out for patients."
            )
        units, names = design.frame[by].cat.codes.to_numpy(), design.frame[by].cat.categories.astype(str)
        first = units[design.first_rows[design.codes]]
        if (units != first).any():
            raise EstimationError("by= must be the same in all rows of a patient. Name another category.")
    x = design.x.to_numpy(dtype=float)
    scale = np.sqrt((x**2).mean(axis=0))
    information, scores = np.zeros((len(names), x.shape[1], x.shape[1])), np.zeros((len(names), x.shape[1]))
    for _, rows in list_patient_rows(design.codes):
        own = x[rows] / scale
        weighted = np.linalg.solve(
            parts.cover_rows(rows), np.concatenate([own, design.y[rows][:, :, None]], axis=2)
        )
        cross = own.transpose(0, 2, 1) @ weighted
        np.add.at(information, units[rows[:, 0]], cross[:, :, :-1])
        np.add.at(scores, units[rows[:, 0]], cross[:, :, -1])
    moved = _leave_out(information, scores) / scale
    change = moved - parts.fixed
    inside = parts.small.phi
    cook = np.einsum("ua,ab,ub->u", change, np.linalg.inv(inside), change) / x.shape[1]
    relative = change / np.sqrt(np.diag(inside))
    most = np.abs(np.nan_to_num(relative)).argmax(axis=1)
    table = pd.DataFrame(
        {
            "unit": names, "n_rows": np.bincount(units, minlength=len(names)), "cooks_distance": cook,
            "term": design.x.columns[most].astype(str), "change_in_se": relative[np.arange(len(names)), most],
        }
    ).sort_values("cooks_distance", ascending=False, ignore_index=True)  # fmt: skip
    changes = pd.DataFrame(change, columns=design.x.columns.astype(str)).assign(unit=names)
    much = int((np.abs(table["change_in_se"]) > _MUCH).sum())
    what = "patients" if by is None else f"levels of {by}"
    notes = (
        [f"{much} of {len(names)} {what} move a fixed effect by more than one standard error."]
        if much
        else []
    )
    return Fit(
        f"Influence in {fit.kind}", table, "CAUTION" if much else fit.verdict,
        (*notes, "The variances are held at those of the whole fit.", *fit.notes),
        {**fit.settings, "by": by or "patient"}, fit.n_rows, fit.n_patients, extras={"changes": changes},
    )  # fmt: skip


def _leave_out(information: Array, scores: Array) -> Array:
    """The estimate without each unit; missing where what is left does not carry it."""
    left, score = information.sum(axis=0) - information, scores.sum(axis=0) - scores
    found = np.full(score.shape, np.nan)
    sound = np.linalg.cond(left) < 1e12
    found[sound] = np.linalg.solve(left[sound], score[sound][:, :, None])[:, :, 0]
    return found
