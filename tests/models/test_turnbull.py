"""The maximum of the interval-censored likelihood: masses against every support tried in turn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from outcomes.models.survival.turnbull import find_support, maximize_likelihood, sum_log_likelihood

# a made-up clinic: one place, (24, 25], has neither mass nor a multiplier, and S is 1/2 from day 19 to 32
TIED_RIGHT = [19, 25, 26, 30, 34, 35, 35, 36, 36, 39, 41, 41, 41, 43, 48, 54, 54, 54, 57]
TIED_LEFT = [17, 24, 32, 32, 32, 38, 38, 42, 47, 47, 52, 55, 58, 58, 58]


def tied() -> tuple[np.ndarray, np.ndarray]:
    left = np.array([0] * len(TIED_RIGHT) + TIED_LEFT, dtype=float)
    return left, np.array([*TIED_RIGHT, *[np.inf] * len(TIED_LEFT)])


def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Between 4 and 20 patients seen at irregular or at weekly visits, a few with an exact day."""
    n = int(rng.integers(4, 21))
    seen = np.cumsum(rng.integers(1, 15, size=(n, 5)), axis=1).astype(float)
    seen = np.cumsum(7 * np.ones_like(seen), axis=1) if rng.random() < 0.3 else seen
    when = rng.exponential(25, n)[:, None]
    left = np.where(seen < when, seen, 0).max(axis=1)
    right = np.where(seen >= when, seen, np.inf).min(axis=1)
    right = np.where((rng.random(n) < 0.1) & (left > 0), left, right)
    known = (left > 0) | np.isfinite(right)
    return left[known], right[known]


def try_every_support(covers: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Masses by Newton's method on each set of places in turn; the highest likelihood that is certified."""
    n, m = counts.sum(), covers.shape[1]
    best, highest = np.full(m, np.nan), -np.inf
    for chosen in (list(one) for size in range(1, m + 1) for one in combinations(range(m), size)):
        inside = covers[:, chosen]
        if (inside.sum(axis=1) == 0).any():
            continue
        mass = np.full(len(chosen), 1 / len(chosen))
        for _ in range(30):
            mass = mass * (inside.T @ (counts / (inside @ mass))) / n
        for _ in range(40):
            covered = inside @ mass
            hessian = (inside * (counts / covered**2)[:, None]).T @ inside
            step = np.linalg.lstsq(hessian, inside.T @ (counts / covered) - n, rcond=None)[0]
            while (mass + step <= 0).any() and np.abs(step).max() > 1e-9:
                step = step / 2
            if np.abs(step).max() < 1e-14 or (mass + step <= 0).any():
                break
            mass = mass + step
        whole = np.zeros(m)
        whole[chosen] = mass
        reached = counts @ np.log(covers @ whole)
        certified = (covers.T @ (counts / (covers @ whole))).max() / n - 1 < 1e-11
        if certified and reached > highest + 1e-13:
            best, highest = whole, reached
    return best


def test_a_place_without_mass_and_without_a_multiplier_gets_none():
    support = find_support(*tied())
    mass, gap = maximize_likelihood(support, support.counts[None, :])
    expected = {17: 0.5, 32: 0.1, 58: 0.4}
    np.testing.assert_allclose(mass[0], [expected.get(low, 0) for low in support.low], atol=1e-12)
    assert gap[0] < 1e-13
    assert sum_log_likelihood(support, support.counts, mass[0]) == pytest.approx(
        -22.370469119710968, abs=1e-11
    )


def test_the_curve_is_that_of_the_best_of_all_supports():
    rng = np.random.default_rng(20)
    compared = 0
    for _ in range(60):
        support = find_support(*draw(rng))
        places = np.arange(len(support.high))
        if len(places) > 6:
            continue
        covers = ((support.first[:, None] <= places) & (places <= support.last[:, None])).astype(float)
        expected = try_every_support(covers, support.counts.astype(float))
        mass, gap = maximize_likelihood(support, support.counts[None, :])
        np.testing.assert_allclose(np.cumsum(mass[0]), np.cumsum(expected), atol=1e-9)
        assert gap[0] < 1e-12
        compared += 1
    assert compared >= 40


def test_settled_masses_add_to_one_and_are_never_negative():
    rng = np.random.default_rng(3)
    for _ in range(20):
        support = find_support(*draw(rng))
        mass, _ = maximize_likelihood(support, support.counts[None, :])
        assert mass.min() >= 0
        assert mass.sum() == pytest.approx(1, abs=1e-12)


def test_several_samples_at_once_are_as_each_alone():
    left, right = tied()
    support = find_support(left, right)
    counts = np.random.default_rng(1).multinomial(len(left), support.counts / len(left), size=5)
    together, _ = maximize_likelihood(support, counts)
    alone = [maximize_likelihood(support, one[None, :])[0][0] for one in counts]
    np.testing.assert_allclose(together, alone, atol=1e-9)


def test_without_settling_the_certificate_stands_and_the_curve_is_near():
    support = find_support(*tied())
    mass, gap = maximize_likelihood(support, support.counts[None, :], exact=False)
    assert gap[0] < 1e-8
    assert 0 < mass[0][1] < 1e-3
