"""A statsmodels result at an optimum that was found elsewhere."""

from __future__ import annotations

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, MixedLMResults, MixedLMResultsWrapper

from outcomes.models.design import Design
from outcomes.models.likelihood import Array, Pieces, Point

_CHECK_LIMIT, _CHECK_PATIENTS = 2_000, 1_000
_SAME_LOG_LIKELIHOOD = 1e-6
_FLAT = 1e-3                  # score times standard error


def build_result(
    design: Design, fixed: Array, point: Point, pieces: Pieces, *, x_scale: Array, z_scale: Array
) -> MixedLMResultsWrapper:
    """Put the optimum into a MixedLMResults, so that everything statsmodels offers works on it.

    Notes
    -----
    Point and pieces are in units of X / x_scale and Z / z_scale. The joint Hessian of log L is taken in
    (fixed, vech(Psi)) with s2 profiled and the fixed effects not, as in statsmodels; its standard errors are
    therefore not those of the generalized least squares table.
    """
    model = _build_model(design, slice(None), reml=point.reml)
    psi = point.psi / np.outer(z_scale, z_scale)
    # statsmodels' params hold Psi, the covariance divided by the residual variance; cov_re is on the score scale
    params = MixedLMParams.from_components(fe_params=fixed, cov_re=psi)
    rows, columns = np.tril_indices(len(psi))
    units = np.concatenate([x_scale, z_scale[rows] * z_scale[columns]])
    hessian = _join_hessian(point, pieces) * np.outer(units, units)
    try:
        covariance = np.linalg.inv(-hessian)
    except np.linalg.LinAlgError:
        covariance = np.full_like(hessian, np.nan)
    results = MixedLMResults(model, params.get_packed(use_sqrt=False, has_fe=True), covariance / point.scale)
    attributes = {
        "params_object": params, "fe_params": fixed, "cov_re": point.scale * psi, "cov_re_unscaled": psi,
        "vcomp": np.empty(0), "scale": point.scale, "method": "REML" if point.reml else "ML", "converged": True,
        "reml": point.reml, "hist": None, "cov_pen": None, "k_fe": model.k_fe, "k_re": model.k_re, "k_re2": model.k_re2,
        "k_vc": 0, "use_sqrt": model.use_sqrt, "freepat": None,
    }
    for name, value in attributes.items():
        setattr(results, name, value)
    results._cache = {**getattr(results, "_cache", {}), "llf": -point.deviance / 2 - (np.log(x_scale).sum() if point.reml else 0.0)}
    return MixedLMResultsWrapper(results)


def find_disagreements(design: Design, result: MixedLMResultsWrapper, deviance_at) -> list[str]:
    """Compare with statsmodels' own likelihood and score at the optimum; say where they differ.

    Parameters
    ----------
    deviance_at : callable, (psi, rows) -> deviance by our own sums, for the chosen rows
    """
    few = len(design.labels) <= _CHECK_LIMIT
    rows = np.flatnonzero(design.codes < (len(design.labels) if few else _CHECK_PATIENTS))
    model = result.model if few else _build_model(design, rows, reml=result.reml)
    psi = np.array(result.cov_re_unscaled)
    size = np.sqrt(np.mean(np.asarray(model.exog_re) ** 2, axis=0))
    values = np.linalg.eigvalsh(psi * np.outer(size, size))
    singular = values[0] < 1e-6 * max(values[-1], 1.0)
    if singular:                                               # statsmodels inverts Psi: compare a hair's breadth inside
        psi = psi + 1e-5 * max(values[-1], 1.0) * np.diag(1 / size**2)
    params = MixedLMParams.from_components(fe_params=np.asarray(result.fe_params), cov_re=psi)
    ours = -deviance_at(psi, rows) / 2
    theirs = model.loglike(params, profile_fe=True)
    found = []
    if not abs(ours - theirs) <= _SAME_LOG_LIKELIHOOD * max(1.0, abs(theirs) * 1e-4):
        found.append("statsmodels computes another likelihood at the optimum.")
    if few and not singular:
        params = MixedLMParams.from_components(fe_params=np.asarray(result.fe_params), cov_re=psi)
        score = np.concatenate(model.score_full(params, calc_fe=True))
        errors = np.sqrt(np.abs(np.diag(np.asarray(result.normalized_cov_params) * result.scale)))
        if not (np.abs(score) * errors < _FLAT).all():
            found.append("statsmodels finds a slope in the likelihood at the optimum.")
    return found


def _build_model(design: Design, rows: Array | slice, *, reml: bool) -> MixedLM:
    model = MixedLM(
        endog=design.y[rows], exog=design.x.iloc[rows], groups=design.labels.to_numpy()[design.codes[rows]],
        exog_re=design.z.iloc[rows],
    )
    model.reml, model.cov_pen, model.fe_pen, model._cov_sing, model._freepat = reml, None, None, 0, None
    model.data.ynames = design.response
    return model


def _join_hessian(point: Point, pieces: Pieces) -> Array:
    count = len(point.fixed)
    moved = pieces.products @ np.append(-point.fixed, 1.0)
    slopes = moved[:, :count] / point.scale
    inner = pieces.hessian + 2 * point.scale * slopes @ point.inverse @ slopes.T
    return -np.block([[np.linalg.inv(point.inverse) / point.scale, slopes.T], [slopes, inner / 2]])
