"""Chance of a count, averaged over the rounding of the true share, against quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy import stats as sps

from wbcval.stats._count_range import at_most, chance_in_range


@pytest.mark.parametrize(
    ("count", "cells", "low", "high"),
    [
        (3, 200, 0.0, 0.0005),
        (40, 1000, 0.0425, 0.0435),
        (4400, 100_000, 0.0425, 0.0435),
        (600_500, 1_000_000, 0.5995, 0.6005),
        (0, 1, 0.0, 1.0),
        (19, 20, 0.9, 1.0),
    ],
)
@pytest.mark.parametrize("poisson", [False, True])
def test_average_over_the_rounding_equals_quadrature(count, cells, low, high, poisson):
    def chance(share):
        if poisson:
            return sps.poisson.cdf(count, cells * share)
        return sps.binom.cdf(count, cells, share)

    expected = integrate.quad(chance, low, high, epsabs=1e-13, limit=500)[0] / (high - low)

    assert at_most(count, cells, low, high, poisson) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("poisson", [False, True])
def test_a_known_share_is_the_plain_distribution(poisson):
    k, n, p = np.arange(51), 50, 0.3
    expected = sps.poisson.cdf(k, n * p) if poisson else sps.binom.cdf(k, n, p)

    assert at_most(k, n, p, p, poisson) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("width", [0.999e-3, 1.001e-3])
def test_no_step_where_the_interval_becomes_a_midpoint(width):
    sd = np.sqrt(0.05 * 0.95 / 1000)

    found = at_most(55, 1000, 0.05 - width * sd / 2, 0.05 + width * sd / 2)

    assert found == pytest.approx(sps.binom.cdf(55, 1000, 0.05), abs=1e-7)


def test_the_ends_of_the_range():
    assert at_most([-1, -0.5, 20, 25], 20, 0.5, 0.5) == pytest.approx([0, 0, 1, 1], abs=1e-6)
    assert chance_in_range(5, 4, 20, 0.2, 0.3) == 0
    assert chance_in_range(0, 20, 20, 0.2, 0.3) == 1
    assert chance_in_range(0, 0, 20, 0.0, 0.0) == 1
    assert chance_in_range(20, 20, 20, 1.0, 1.0) == 1


def test_arguments_broadcast():
    found = chance_in_range(np.array([[0], [2]]), 3, np.array([10, 20, 30]), 0.1, 0.2)

    assert found.shape == (2, 3)


@settings(max_examples=60)
@given(
    st.integers(1, 3000),
    st.floats(0, 1),
    st.floats(0, 0.2),
    st.lists(st.floats(-2, 3000), min_size=2, max_size=6),
    st.booleans(),
)
def test_rises_with_the_count_and_stays_a_chance(cells, low, width, counts, poisson):
    high = min(low + width, 1.0)

    found = at_most(np.sort(counts), cells, low, high, poisson)

    assert np.isfinite(found).all()
    assert (np.diff(found) >= -1e-9).all()
    assert ((found >= -1e-9) & (found <= 1 + 1e-9)).all()
