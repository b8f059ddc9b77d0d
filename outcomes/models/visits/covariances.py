"""Covariance structures of repeated visits: Sigma, and its derivatives in variances and correlations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from outcomes.models.stacks import Array

COVARIANCES: Mapping[str, str] = {
    "unstructured": "us",
    "heterogeneous toeplitz": "toeph",
    "toeplitz": "toep",
    "heterogeneous ar1": "ar1h",
    "ar1": "ar1",
    "heterogeneous compound symmetry": "csh",
    "compound symmetry": "cs",
}
LADDER = ("toeph", "ar1h", "csh")
"""What is offered where the unstructured covariance (us) cannot be estimated: Toeplitz, first-order
autoregressive and compound symmetry, each with a variance per visit (h)."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A covariance at one value of its parameters.

    Attributes
    ----------
    sigma : array (V, V)
    slopes : array (k, V, V), E_k, derivatives in the natural parameters
    curves : array (k, k, V, V), second derivatives
    """

    sigma: Array
    slopes: Array
    curves: Array


@dataclass(frozen=True)
class Structure:
    """One structure over V visits; its parameters are variances, then correlations (us: vech of Sigma)."""

    name: str
    size: int

    @property
    def n_variances(self) -> int:
        """Number of variances; of us the number of elements."""
        if self.name == "us":
            return self.size * (self.size + 1) // 2
        return self.size if self.name.endswith("h") else 1

    @property
    def n_parameters(self) -> int:
        """Number of parameters."""
        if self.name == "us":
            return self.n_variances
        return self.n_variances + (self.size - 1 if self.name.startswith("toep") else 1)

    def start(self, sigma: Array) -> Array:
        """Natural parameters near an unstructured covariance."""
        if self.name == "us":
            return sigma[np.tril_indices(self.size)]
        variances = np.diag(sigma) if self.name.endswith("h") else np.array([np.diag(sigma).mean()])
        spread = np.sqrt(np.diag(sigma))
        correlation = sigma / np.outer(spread, spread)
        lags = [np.diag(correlation, lag).mean() for lag in range(1, self.size)]
        if self.name.startswith("toep"):
            rho = np.array(lags) * 0.9
        elif self.name.startswith("ar1"):
            rho = np.array([lags[0] * 0.9])
        else:
            rho = np.array([np.mean(correlation[np.tril_indices(self.size, -1)]) * 0.9])
        return np.concatenate([variances, rho])

    def shape(self, theta: Array) -> Shape:
        """Sigma with its derivatives; also where it is not positive definite."""
        return self._shape_free(theta) if self.name == "us" else self._shape_structured(theta)

    def _shape_free(self, theta: Array) -> Shape:
        rows, columns = np.tril_indices(self.size)
        units = np.zeros((len(rows), self.size, self.size))
        units[np.arange(len(rows)), rows, columns] = units[np.arange(len(rows)), columns, rows] = 1.0
        count = len(rows)
        return Shape(np.tensordot(theta, units, 1), units, np.zeros((count, count, self.size, self.size)))

    def _shape_structured(self, theta: Array) -> Shape:
        many, size = self.n_variances, self.size
        variances = np.broadcast_to(theta[:many], size) if many == 1 else theta[:many]
        rho = theta[many:]
        correlation, first, second = self._correlate(rho)
        # Sigma = D R D with D the square roots of the variances; which[v, a]: variance v belongs to visit a
        root = np.sqrt(variances)
        which = np.ones((1, size)) if many == 1 else np.eye(size)
        outer = np.outer(root, root)
        half = 0.5 * which / variances  # d log root / d variance
        added = half[:, :, None] + half[:, None, :]  # d log(root_a root_b)
        sigma = outer * correlation
        by_variance = added * sigma
        by_rho = outer * first
        slopes = np.concatenate([by_variance, by_rho])
        count = len(theta)
        curves = np.zeros((count, count, size, size))
        falling = -0.5 * which / variances**2
        for v in range(many):
            for w in range(many):
                curves[v, w] = added[v] * added[w] * sigma
            bend = falling[v][:, None] + falling[v][None, :]
            curves[v, v] += bend * sigma
            for k in range(len(rho)):
                curves[v, many + k] = curves[many + k, v] = added[v] * by_rho[k]
        curves[many:, many:] = outer * second
        return Shape(sigma, slopes, curves)

    def _correlate(self, rho: Array) -> tuple[Array, Array, Array]:
        """The correlation matrix with first and second derivatives."""
        size, count = self.size, len(rho)
        lag = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
        second = np.zeros((count, count, size, size))
        if self.name.startswith("toep"):
            full = np.append(1.0, rho)
            first = np.array([(lag == one).astype(float) for one in range(1, size)])
            return full[lag], first, second
        if self.name.startswith("cs"):
            apart = (lag > 0).astype(float)
            return np.where(lag > 0, rho[0], 1.0), apart[None], second
        r = rho[0]
        power = np.where(lag > 0, r**lag, 1.0)
        first = np.where(lag > 0, lag * r ** np.maximum(lag - 1, 0), 0.0)
        second[0, 0] = np.where(lag > 1, lag * (lag - 1) * r ** np.maximum(lag - 2, 0), 0.0)
        return power, first[None], second
