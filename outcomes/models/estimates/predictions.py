"""Curves of scores that a mixed model expects: on average, for a new patient, for each of its patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.estimates.cells import build_cells
from outcomes.models.estimates.means_table import list_names, list_remarks, take_parts, withhold_means
from outcomes.models.fit import Fit
from outcomes.models.mixed.checks import list_cell_cautions
from outcomes.models.mixed.parts import MixedParts
from outcomes.models.stacks import Array

_PREDICTED = ("predict_low", "predict_high")


def estimate_predictions(
    fit: Fit,
    *,
    at: Mapping[str, Sequence[Any]],
    by: str | Sequence[str] | None = None,
    patients: Sequence[Any] | None = None,
    level: float = 0.95,
) -> Fit:
    """Predict scores at chosen days: the average with its interval, and where a single score will lie.

    Parameters
    ----------
    fit : Fit, from fit_mixed_model without sites
    at : mapping, variable of the formula to values, for example {"day": range(0, 85, 7)}
    by : str or list of str, categories of the formula, for new patients
    patients : sequence, optional
        Patients of the fit: their own curves, with their own values of the other variables. None: a new
        patient, the other variables averaged as in estimate_marginal_means.
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has [patient or by], [at], estimate, std_error, df, conf_low, conf_high (of the average curve,
        or of the patient's own), predict_low, predict_high (of one new score of that patient), kind.

    Raises
    ------
    EstimationError
        If the fit is no mixed model of this kind, or a patient, variable or value is not of the model.

    Notes
    -----
    New patient: variance l'Phi l + z'Omega z + s2. A patient of the fit: x'b + z'u_i with error
    z'(Omega - K Z'Z Omega) z + w'Phi w, w = x - (K Z'X)'z, K = Psi (I + Z'Z Psi)^-1 [1]_, plus s2 for a new
    score. Variances are taken as known. Intervals of single scores may pass the ends of the scale, which the
    model does not know.

    References
    ----------
    .. [1] Robinson GK (1991). Stat Sci 6:15-32. doi:10.1214/ss/1177011926

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 2, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "day": [0, 7, 14, 28] * 40})
    >>> scores["total"] = 16 - 0.2 * scores["day"] + noise + 3 * np.repeat(np.cos(np.arange(40) * 2.3), 4)
    >>> growth = oc.fit_mixed_model(scores, "total ~ day", re_formula="~1")
    >>> own = oc.estimate_predictions(growth, at={"day": [7, 28]}, patients=["p0"])
    >>> own.table[["patient", "day"]].values.tolist()
    [['p0', 7], ['p0', 28]]
    """
    names = list_names(by)
    if fit.verdict == "NOT ESTIMABLE":
        first = names if patients is None else ["patient"]
        return withhold_means(fit, at, first, "Predicted scores", _PREDICTED)
    parts = take_parts(fit)
    if not parts.spread.residual or parts.design.sites is not None:
        raise EstimationError(
            "Predictions need a fit of fit_mixed_model without sites=. For visits, and for averages over "
            "sites, use estimate_marginal_means."
        )
    if patients is not None and names:
        raise EstimationError("Patients have their own groups: give patients= or by=, not both.")
    if patients is None:
        cells, x = build_cells(parts.design, at, names, "equal")
        z = make_random_rows(parts, cells)
        estimate, error, df = x @ parts.fixed, parts.small.find_errors(x), parts.small.find_df(x)
        whole = error**2 + parts.spread.find_variances(z)[0]
        cautions = list_cell_cautions(parts.design, cells, df)
        remarks = list_remarks(parts, cells)
    else:
        cells, x, z, place = _list_points(parts, at, patients)
        estimate, error = predict_own(parts, x, z, place)
        df, cautions, remarks = np.full(len(x), np.inf), [], []
        whole = error**2 + parts.spread.residual
    half, far = (stats.t.ppf((1 + level) / 2, df) * one for one in (error, np.sqrt(whole)))
    table = cells.assign(
        estimate=estimate, std_error=error, df=df, conf_low=estimate - half, conf_high=estimate + half,
        predict_low=estimate - far, predict_high=estimate + far,
        kind="new patient" if patients is None else "patient",
    )  # fmt: skip
    return Fit(
        f"Predicted scores from {fit.kind}", table, "CAUTION" if cautions else fit.verdict,
        (*cautions, *remarks, *fit.notes), {**fit.settings, "level": level}, fit.n_rows, fit.n_patients,
    )  # fmt: skip


def predict_own(parts: MixedParts, x: Array, z: Array, place: Array) -> tuple[Array, Array]:
    """X'b + z'u_i and its standard error, for rows of X and Z and the number of each row's patient."""
    gain, zz, zx, effects = parts.predict_patients()
    omega = parts.spread.omega
    left = omega - gain @ zz @ omega
    moved = (gain @ zx[:, :, :-1])[place]
    known = x - np.einsum("ra,rab->rb", z, moved)
    variance = np.einsum("ra,rab,rb->r", z, left[place], z)
    variance += np.einsum("ra,ab,rb->r", known, parts.small.phi, known)
    return x @ parts.fixed + (z * effects[place]).sum(axis=1), np.sqrt(variance)


def make_random_rows(parts: MixedParts, points: pd.DataFrame) -> Array:
    """Rows of Z; a variable of re_formula that is not among the points stands at its mean over patients."""
    design = parts.design
    frame = {}
    for name in design.z_spec.required_variables & set(design.frame.columns):
        known = design.frame[name]
        if name in points.columns:
            frame[name] = points[name].astype(known.dtype)
        elif isinstance(known.dtype, pd.CategoricalDtype):
            raise EstimationError(
                f"Predictions need {name} in at= or by=: the spread of patients depends on it."
            )
        else:
            frame[name] = pd.Series(design.average_over_patients(known), index=points.index)
    return design.make_rows(pd.DataFrame(frame, index=points.index), random=True)


def _list_points(
    parts: MixedParts, at: Mapping[str, Sequence[Any]], patients: Sequence[Any]
) -> tuple[pd.DataFrame, Array, Array, Array]:
    """The patients by the values, with rows of X and Z and the number of each patient."""
    design = parts.design
    chosen = design.labels.get_indexer(pd.Index(list(patients)))
    unknown = [name for name in at if name not in design.spec_variables]
    if (chosen < 0).any() or unknown or not at:
        raise EstimationError(
            f"Predictions need patients and variables of the fit; {int((chosen < 0).sum())} patients and "
            f"{', '.join(unknown) or 'no variables'} are not. Look at patients= and at=."
        )
    values = pd.MultiIndex.from_product([list(one) for one in at.values()], names=list(at)).to_frame(
        index=False
    )
    first = design.first_rows
    place = np.repeat(chosen, len(values))
    points = design.frame.iloc[first[place]].reset_index(drop=True)
    cells = pd.concat([values] * len(chosen), ignore_index=True)
    for name in at:
        points[name] = cells[name].astype(design.frame[name].dtype)
    cells.insert(0, "patient", design.labels[place])
    return cells, design.make_rows(points), make_random_rows(parts, points), place
