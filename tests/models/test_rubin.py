"""Rubin's rules against a closed form, and their limits."""

from __future__ import annotations

import numpy as np
import pytest

from outcomes.models.missing.rubin import pool_imputations


def test_five_imputations_have_the_published_pool():
    pooled = pool_imputations(
        np.array([2.1, 2.5, 1.9, 2.7, 2.3]), np.array([0.25, 0.30, 0.28, 0.26, 0.27]), df_complete=100
    )
    assert pooled.estimate == pytest.approx(2.3, abs=1e-12)
    assert pooled.variance == pytest.approx(0.392, abs=1e-12)
    assert pooled.share == pytest.approx(0.306122449, abs=1e-9)
    assert pooled.df == pytest.approx(26.22958757, abs=1e-7)
    assert (pooled.low, pooled.high) == pytest.approx((1.013583039, 3.586416961), abs=1e-8)
    assert pooled.missing_information == pytest.approx(0.3536002007, abs=1e-9)


def test_without_the_complete_df_they_are_those_of_rubin():
    pooled = pool_imputations(np.array([2.1, 2.5, 1.9, 2.7, 2.3]), np.array([0.25, 0.30, 0.28, 0.26, 0.27]))
    assert pooled.df == pytest.approx(42.68444444, abs=1e-7)


def test_imputations_that_agree_leave_the_complete_interval():
    pooled = pool_imputations(np.full(10, 0.4), np.full(10, 0.04))
    assert (pooled.share, pooled.missing_information) == (0.0, 0.0)
    assert pooled.high - pooled.estimate == pytest.approx(1.959963985 * 0.2, abs=1e-8)
