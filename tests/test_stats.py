"""Statistics against values worked out by hand or known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from emovec import stats


def test_monte_carlo_p_never_goes_below_its_floor() -> None:
    assert stats.monte_carlo_p(5.0, np.zeros(99)) == 1 / 100
    assert stats.monte_carlo_p(0.0, np.zeros(99)) == 1.0


def test_pearson_broadcasts_and_survives_constants() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert stats.pearson(x, 2 * x + 1) == pytest.approx(1.0)
    assert stats.pearson(x, np.ones(3)) == 0.0
    np.testing.assert_allclose(stats.pearson(np.stack([x, -x]), x), [1.0, -1.0])


def test_auc_counts_ties_one_half() -> None:
    assert stats.auc(np.array([1.0, 2.0, 3.0]), np.array([False, False, True])) == 1.0
    assert stats.auc(np.array([1.0, 1.0]), np.array([True, False])) == 0.5
    assert np.isnan(stats.auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_random_directions_have_the_activations_covariance() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((500, 4)) * np.array([10.0, 1.0, 0.1, 0.0])
    directions = stats.random_directions(stats.covariance_factor(rows), 2000, rng)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    assert np.abs(directions[:, 0]).mean() > 0.9
    assert np.abs(directions[:, 3]).max() < 1e-6


def test_bootstrap_interval_covers_the_mean() -> None:
    x = np.random.default_rng(1).normal(3.0, 1.0, 400)
    low, high = stats.bootstrap(lambda rows: float(x[rows].mean()), len(x), np.random.default_rng(2))
    assert low < x.mean() < high
    assert high - low == pytest.approx(4 / 20, rel=0.2)


def test_a_rival_that_does_as_well_is_not_beaten() -> None:
    rng = np.random.default_rng(0)
    same = stats.baseline_null("same", 0.5, lambda rows: (0.5, 0.5), 10, rng, 99)
    worse = stats.baseline_null("worse", 0.5, lambda rows: (0.5, 0.1), 10, rng, 99)
    assert (same.p, worse.p) == (1.0, 0.01)


def test_streams_are_independent_of_each_other_and_repeat() -> None:
    a, b, again = (stats.rng_for(0, n).integers(0, 1 << 30) for n in ("a", "b", "a"))
    assert a == again != b
