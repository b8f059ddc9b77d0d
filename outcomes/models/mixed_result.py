"""A statsmodels result at an optimum that was found elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from statsmodels.regression.mixed_linear_model import (
    MixedLM,
    MixedLMParams,
    MixedLMResults,
    MixedLMResultsWrapper,
)

from outcomes.models.design import Design
from outcomes.models.likelihood import Array, Pieces, Point, collect_sums, evaluate_likelihood
from outcomes.models.optimum import Optimum

_CHECK_LIMIT, _CHECK_PATIENTS = 2_000, 1_000
_SAME_LOG_LIKELIHOOD = 1e-6
_FLAT = 1e-3  # score times standard error


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
    labels = design.labels.to_numpy()[design.codes]
    model = _build_model(design.y, design.x, labels, design.z, reml=point.reml)
    model.data.ynames = design.response
    psi = point.psi / np.outer(z_scale, z_scale)
    # params hold Psi, relative to the residual variance; cov_re is on the scale of the scores
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
        "params_object": params,
        "fe_params": fixed,
        "cov_re": point.scale * psi,
        "cov_re_unscaled": psi,
        "vcomp": np.empty(0),
        "scale": point.scale,
        "method": "REML" if point.reml else "ML",
        "converged": True,
        "reml": point.reml,
        "hist": None,
        "cov_pen": None,
        "k_fe": model.k_fe,
        "k_re": model.k_re,
        "k_re2": model.k_re2,
        "k_vc": 0,
        "use_sqrt": model.use_sqrt,
        "freepat": None,
    }
    for name, value in attributes.items():
        setattr(results, name, value)
    results._cache = {
        **getattr(results, "_cache", {}),
        "llf": -point.deviance / 2 - (np.log(x_scale).sum() if point.reml else 0.0),
    }
    return MixedLMResultsWrapper(results)


def find_disagreements(x: Array, y: Array, z: Array, codes: Array, optimum: Optimum) -> list[str]:
    """Compare with statsmodels' own likelihood and score at the optimum; say where they differ."""
    point, n_patients = optimum.point, int(codes.max()) + 1
    few = n_patients <= _CHECK_LIMIT
    rows = np.flatnonzero(codes < (n_patients if few else _CHECK_PATIENTS))
    x, y, z, codes = x[rows], y[rows], z[rows], codes[rows]
    model = _build_model(y, x, codes, z, reml=point.reml)
    psi, largest = point.psi, max(float(np.linalg.eigvalsh(point.psi)[-1]), 1.0)
    singular = np.linalg.eigvalsh(psi)[0] < 1e-6 * largest
    if singular:  # statsmodels inverts Psi: compare a hair's breadth inside the edge
        psi = psi + 1e-5 * largest * np.eye(len(psi))
    ours = evaluate_likelihood(collect_sums(x, y, z, codes), np.linalg.cholesky(psi), reml=point.reml)
    params = MixedLMParams.from_components(fe_params=point.fixed, cov_re=psi)
    theirs = model.loglike(params, profile_fe=True)
    found = []
    if not abs(-ours.deviance / 2 - theirs) <= _SAME_LOG_LIKELIHOOD * max(1.0, abs(theirs) * 1e-4):
        found.append("statsmodels computes another likelihood at the optimum.")
    if few and not singular:
        score = np.concatenate(model.score_full(params, calc_fe=True))
        errors = np.sqrt(np.abs(np.diag(np.linalg.pinv(-_join_hessian(point, optimum.pieces)))))
        if not (np.abs(score) * errors < _FLAT).all():
            found.append("statsmodels finds a slope in the likelihood at the optimum.")
    return found


def _build_model(endog: Any, exog: Any, groups: Array, exog_re: Any, *, reml: bool) -> MixedLM:
    model = MixedLM(endog=endog, exog=exog, groups=groups, exog_re=exog_re)
    model.reml, model.cov_pen, model.fe_pen, model._cov_sing, model._freepat = reml, None, None, 0, None
    return model


def _join_hessian(point: Point, pieces: Pieces) -> Array:
    count = len(point.fixed)
    moved = pieces.products @ np.append(-point.fixed, 1.0)
    slopes = moved[:, :count] / point.scale
    inner = pieces.hessian + 2 * point.scale * slopes @ point.inverse @ slopes.T
    return -np.block([[np.linalg.inv(point.inverse) / point.scale, slopes.T], [slopes, inner / 2]])
