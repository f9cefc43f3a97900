"""The number of successes among unequal chances, against enumeration and the binomial."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps
from scipy.fft import next_fast_len

from wbcval.stats._poisson_binomial import _smooth, poisson_binomial_pmf, poisson_binomial_sf


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), max_size=8))
def test_equals_enumeration(chances):
    expected = np.zeros(len(chances) + 1)
    for outcome in itertools.product((0, 1), repeat=len(chances)):
        expected[sum(outcome)] += np.prod(
            [p if hit else 1 - p for p, hit in zip(chances, outcome, strict=True)]
        )

    assert poisson_binomial_pmf(chances) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("n", [1, 2, 31, 60, 64, 65, 1000, 4097])
def test_equal_chances_are_binomial(n):
    found = poisson_binomial_pmf(np.full(n, 0.93))

    assert found == pytest.approx(sps.binom.pmf(np.arange(n + 1), n, 0.93), abs=1e-13)


def test_the_order_does_not_matter_and_moments_are_right():
    chances = np.random.default_rng(3).uniform(0, 1, 777)

    pmf = poisson_binomial_pmf(chances)

    k = np.arange(778)
    mean, variance = pmf @ k, pmf @ k**2 - (pmf @ k) ** 2
    assert pmf == pytest.approx(poisson_binomial_pmf(chances[::-1]), abs=1e-14)
    assert mean == pytest.approx(chances.sum(), rel=1e-12)
    assert variance == pytest.approx((chances * (1 - chances)).sum(), rel=1e-8)


def test_certain_and_impossible_events():
    assert poisson_binomial_sf([1, 1, 0], 2) == 1
    assert poisson_binomial_sf([1, 1, 0], 3) == 0
    assert poisson_binomial_sf([], 0) == 1
    assert poisson_binomial_sf([], 1) == 0
    assert poisson_binomial_sf([0.5], 2) == 0
    assert poisson_binomial_sf([0.1], -1) == 1


def test_a_hundred_thousand_events():
    chances = np.random.default_rng(4).uniform(0.9, 1, 100_000)

    found = poisson_binomial_sf(chances, 95_000)

    # normal approximation with continuity correction, good to 1e-3 here
    spread = np.sqrt((chances * (1 - chances)).sum())
    assert found == pytest.approx(sps.norm.sf((94_999.5 - chances.sum()) / spread), abs=1e-3)


@pytest.mark.parametrize("bad", [[-0.1], [1.1], [np.nan]])
def test_refuses_what_is_no_chance(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        poisson_binomial_pmf(bad)


def test_sizes_of_transforms_are_scipys():
    lengths = range(1, 5000)

    assert [_smooth(n) for n in lengths] == [next_fast_len(n, real=True) for n in lengths]
