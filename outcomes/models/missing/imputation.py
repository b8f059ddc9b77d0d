"""Missing totals drawn from a mixed model of the totals seen, its own uncertainty included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from patsy import PatsyError, build_design_matrices, dmatrix

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.models.mixed.likelihood import PatientSums, collect_sums, predict_effects
from outcomes.models.mixed.optimum import find_optimum
from outcomes.models.stacks import Array


def draw_totals(
    rows: pd.DataFrame, missing: pd.DataFrame, instrument: str, seed: int, profile: Profile
) -> tuple[Array | None, int]:
    """Draw each missing total m times, (m, patients); and how many refits were not clean."""
    it, draws = get_instrument(instrument), profile.value("model_based_draws")
    if missing.empty:
        return np.empty((draws, 0)), 0
    anchored = profile.value("endpoint_anchor") == "last_induction_infusion"
    anchor = missing["last_induction_day"].astype(float) if anchored else 0.0
    target = np.asarray(anchor + profile.value("post_window_target") + np.zeros(len(missing)), dtype=float)
    designed = _build_columns(rows["day"].to_numpy(), target)
    if designed is None:
        return None, 0
    x, x_target = designed
    scale = max(float(rows["day"].max()), 1.0)
    z, z_target = (
        np.column_stack([np.ones(len(day)), day / scale]) for day in (rows["day"].to_numpy(), target)
    )
    codes, people = pd.factorize(rows["patient_id"], sort=True)
    sums = collect_sums(x, rows["total"].to_numpy(), z, codes)
    columns = np.column_stack([x, rows["total"].to_numpy()])
    place = pd.Index(people).get_indexer(missing["patient_id"])
    rng, failed, found = np.random.default_rng(seed), 0, []
    for _ in range(draws):
        picked = rng.integers(0, len(people), len(people))
        resampled = _resample(sums, picked, columns, codes)
        with np.errstate(all="ignore"):
            optimum = find_optimum(resampled, reml=True)
        point = optimum.point
        if not np.isfinite(point.deviance):
            return None, failed
        failed += bool(optimum.doubts)
        psi, s2 = point.psi, point.scale
        mean, spread = _condition(sums, psi, s2, point.fixed, place)
        own = mean + np.einsum("iab,ib->ia", spread, rng.standard_normal(mean.shape))
        total = x_target @ point.fixed + (z_target * own).sum(axis=1) + rng.normal(0, np.sqrt(s2), len(own))
        found.append(np.clip(np.rint(total), it.total_min, it.total_max))
    return np.array(found), failed


def _build_columns(day: Array, target: Array) -> tuple[Array, Array] | None:
    """Give the columns of a curve of days, for the rows and (same knots) for the target days."""
    upper = max(float(day.max()), float(target.max()))
    for formula in ("bs(day, df=4, lower_bound=0, upper_bound=upper)", "day"):
        try:
            columns: Any = dmatrix(formula, {"day": day, "upper": upper})
            wanted = build_design_matrices([columns.design_info], {"day": target, "upper": upper})[0]
        except (PatsyError, ValueError, np.linalg.LinAlgError):
            continue
        if np.linalg.matrix_rank(np.asarray(columns)) == columns.shape[1]:
            return np.asarray(columns), np.asarray(wanted)
    return None


def _resample(sums: PatientSums, picked: Array, columns: Array, codes: Array) -> PatientSums:
    """Give the sums of patients drawn with replacement; `columns` are [X y]."""
    weights = np.bincount(picked, minlength=sums.n_patients)[codes].astype(float)
    squares = (columns * weights[:, None]).T @ columns
    return PatientSums(sums.zz[..., picked], sums.zx[..., picked], squares, int(weights.sum()))


def _condition(sums: PatientSums, psi: Array, s2: float, fixed: Array, place: Array) -> tuple[Array, Array]:
    """Give mean and root of the covariance of each patient's own effects, given the totals seen."""
    seen = place >= 0
    zz = np.moveaxis(np.where(seen, sums.zz[..., place], 0.0), -1, 0)
    zx = np.moveaxis(np.where(seen, sums.zx[..., place], 0.0), -1, 0)
    gain, mean = predict_effects(zz, zx, psi, fixed)
    covariance = s2 * (psi - gain @ zz @ psi)
    covariance = (covariance + np.swapaxes(covariance, 1, 2)) / 2
    values, vectors = np.linalg.eigh(covariance)
    return mean, vectors * np.sqrt(np.clip(values, 0.0, None))[:, None, :]
