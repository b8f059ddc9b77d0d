"""Stacks of small matrices, one for each patient, with the patient as the last axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def multiply(left: Array, right: Array) -> Array:
    """The products of (a, b, N) and (b, c, N), (a, c, N)."""
    product = left[:, :1] * right[:1]
    for number in range(1, len(right)):
        product += left[:, number, None] * right[number]
    return product


def contract(left: Array, right: Array) -> Array:
    """The sum over patients of left'right, (b, c), of (a, b, N) and (a, c, N)."""
    return np.asarray(sum(one @ other.T for one, other in zip(left, right, strict=True)))


def invert(stack: Array) -> tuple[Array, float]:
    """The inverses of positive definite matrices (q, q, N), and the sum of their log-determinants."""
    if len(stack) == 1:
        return 1 / stack, float(np.log(stack).sum())
    if len(stack) == 2:
        determinant = stack[0, 0] * stack[1, 1] - stack[0, 1] * stack[1, 0]
        turned = np.stack([np.stack([stack[1, 1], -stack[0, 1]]), np.stack([-stack[1, 0], stack[0, 0]])])
        return turned / determinant, float(np.log(determinant).sum())
    first = np.moveaxis(stack, -1, 0)
    return np.moveaxis(np.linalg.inv(first), 0, -1), float(np.linalg.slogdet(first)[1].sum())


def list_patient_rows(codes: Array) -> Iterator[tuple[Array, Array]]:
    """For each number of rows: the patients that have it, and their rows, (patients, rows of each)."""
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes):
        whose = np.flatnonzero(sizes == size)
        yield whose, order[starts[whose][:, None] + np.arange(size)]
