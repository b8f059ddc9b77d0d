"""A statsmodels result at an optimum that was found elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from statsmodels.base.model import LikelihoodModel, LikelihoodModelResults
from statsmodels.regression.mixed_linear_model import (
    MixedLM,
    MixedLMParams,
    MixedLMResults,
    MixedLMResultsWrapper,
    VCSpec,
)

from outcomes.models.mixed.design import Design
from outcomes.models.mixed.likelihood import Pieces, Point, collect_sums, evaluate_likelihood
from outcomes.models.mixed.optimum import Optimum
from outcomes.models.stacks import Array

_CHECK_LIMIT, _CHECK_PATIENTS = 500, 50  # beyond the first number, statsmodels sees the first patients only
_DENSE_ROWS = 600
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
    whose = (design.codes, design.labels.to_numpy())
    model = _build_model(design.y, design.x, design.z, *whose, reml=point.reml)
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
    results = MixedLMResults.__new__(MixedLMResults)
    packed = params.get_packed(use_sqrt=False, has_fe=True)
    LikelihoodModelResults.__init__(results, model, packed, normalized_cov_params=covariance / point.scale)
    results.nobs = model.nobs
    results.df_resid = (
        model.nobs - model.k_fe
    )  # its own constructor looks for the rank; aliased columns are refused
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
    model = _build_model(y, x, z, codes, np.arange(codes.max() + 1), reml=point.reml)
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


def find_dense_disagreements(
    x: Array, y: Array, z: Array, codes: Array, sites: Array, optimum: Optimum
) -> list[str]:
    """Compare with the density of the normal distribution, in whole matrices, on the first patients.

    Notes
    -----
    The residuals at the optimum are taken as the outcome, so that the part need not carry all fixed effects.
    """
    point = optimum.point
    last = int(np.searchsorted(np.cumsum(np.bincount(codes)), _DENSE_ROWS)) + 1
    rows = np.flatnonzero(codes < last)
    rest, z, codes = (y - x @ point.fixed)[rows], z[rows], codes[rows]
    sites = np.unique(sites[rows], return_inverse=True)[1]
    sums = collect_sums(np.empty((len(rows), 0)), rest, z, codes, sites=sites)
    ours = evaluate_likelihood(sums, point.factor, reml=False, site=point.site).deviance
    same_patient, same_site = (np.equal.outer(one, one) for one in (codes, sites))
    covariance = np.eye(len(rows)) + same_patient * (z @ point.psi @ z.T) + same_site * point.site
    quadratic = rest @ np.linalg.solve(covariance, rest)
    count = len(rows)
    theirs = np.linalg.slogdet(covariance)[1] + count * (1 + np.log(2 * np.pi * quadratic / count))
    close = abs(ours - theirs) <= 2 * _SAME_LOG_LIKELIHOOD * max(1.0, abs(theirs) * 1e-4)
    return (
        []
        if close
        else ["The density of the normal distribution differs from the likelihood at the optimum."]
    )


def _build_model(endog: Any, exog: Any, exog_re: Any, codes: Array, labels: Array, *, reml: bool) -> MixedLM:
    model = _QuickMixedLM(endog, exog, exog_re, codes, labels)
    model.reml, model.cov_pen, model.fe_pen, model._cov_sing, model._freepat = reml, None, None, 0, None
    return model


class _QuickMixedLM(MixedLM):
    """A MixedLM that cuts out the rows of a group when asked for them; its parent copies all first."""

    def __init__(self, endog: Any, exog: Any, exog_re: Any, codes: Array, labels: Array) -> None:
        self.use_sqrt, self.re_pen, self.k_vc, self.exog_vc = True, None, 0, VCSpec([], [], [])
        LikelihoodModel.__init__(self, endog, exog, groups=labels[codes], exog_re=exog_re, missing="none")
        self._init_keys.extend(["use_sqrt", "exog_vc"])
        self.data.exog_re, self.exog_re = exog_re, np.asarray(exog_re)
        self.k_fe, self.k_re = self.exog.shape[1], self.exog_re.shape[1]
        self.k_re2 = self.k_re * (self.k_re + 1) // 2
        names = self._make_param_names(exog_re)
        self.data.param_names, self.data.exog_re_names, self.data.exog_re_names_full = names
        self.k_params = self.k_fe + self.k_re2
        self.group_labels, self.n_groups = labels.tolist(), len(labels)
        order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
        ends = np.cumsum(sizes)

        def find_rows(number: int) -> Array:
            return order[ends[number] - sizes[number] : ends[number]]

        def cut(array: Array) -> _Slices:
            return _Slices(lambda number: array[find_rows(number)], self.n_groups)

        self.row_indices = _Rows(self.group_labels, find_rows)
        self.endog_li, self.exog_li = cut(self.endog), cut(self.exog)
        self.exog_re_li = self._aex_r = cut(self.exog_re)
        self.exog_re2_li = self._aex_r2 = _Slices(
            lambda number: self.exog_re_li[number].T @ self.exog_re_li[number], self.n_groups
        )
        self.nobs = self.n_totobs = len(self.endog)
        self._lin, self._quad = self._reparam()


class _Slices(Sequence[Array]):
    """One array per group, made when it is asked for."""

    def __init__(self, make: Callable[[int], Array], size: int) -> None:
        self._make, self._size = make, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, number: Any) -> Any:
        if not -self._size <= number < self._size:
            raise IndexError
        return self._make(number % self._size)


class _Rows(Mapping[Any, Array]):
    """The rows of a group by its label."""

    def __init__(self, labels: list[Any], find: Callable[[int], Array]) -> None:
        self._labels, self._find = labels, find
        self._place: dict[Any, int] = {}

    def __getitem__(self, label: Any) -> Array:
        if not self._place:
            self._place = {one: number for number, one in enumerate(self._labels)}
        return self._find(self._place[label])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)


def _join_hessian(point: Point, pieces: Pieces) -> Array:
    count = len(point.fixed)
    moved = pieces.products @ np.append(-point.fixed, 1.0)
    slopes = moved[:, :count] / point.scale
    inner = pieces.hessian + 2 * point.scale * slopes @ point.inverse @ slopes.T
    return -np.block([[np.linalg.inv(point.inverse) / point.scale, slopes.T], [slopes, inner / 2]])
