"""Exact and score limits of a proportion: published ones, identities, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

from wbcval.stats.binomial import clopper_pearson, wilson
from wbcval.values.errors import NotEstimable

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    # Rümke's table, percent to one decimal, as in CLSI H20
    [(5, 100, 1.6, 11.3), (5, 200, 2.4, 9.0), (60, 100, 49.7, 69.7), (60, 1000, 56.9, 63.1)],
)
def test_clopper_pearson_equals_the_table_of_ruemke(share, n, low, high):
    limits = clopper_pearson(share * n / 100, n)

    assert [round(100 * limit, 1) for limit in limits] == [low, high]


def test_one_sided_bound_is_the_two_sided_one_at_2c_minus_1():
    # 59 of 59: the smallest n that demonstrates 95 % at 95 % (0.05 ** (1/59) = 0.9505)
    assert clopper_pearson(59, 59, 0.90) == (pytest.approx(0.05 ** (1 / 59), rel=1e-14), 1.0)
    assert clopper_pearson(58, 58, 0.90)[0] < 0.95


def test_numbers_give_floats_and_arrays_give_arrays():
    k = np.arange(5)

    low, high = clopper_pearson(k, np.full(5, 4.0))

    assert all(type(limit) is float for limit in clopper_pearson(1, 4))
    assert low.shape == high.shape == (5,)
    for i in range(5):
        assert clopper_pearson(i, 4) == (low[i], high[i])


def test_rounding_of_an_effective_size_still_reaches_one():
    for n_eff in np.random.default_rng(1).uniform(1, 500, 1000):
        for k in (3, 7, 49):  # k·(n_eff/k) may miss n_eff by a rounding
            assert clopper_pearson(k * (n_eff / k), n_eff)[1] == 1.0


@settings(max_examples=60)
@given(
    st.floats(0.5, 5000),
    st.floats(0, 1),
    st.floats(0.5, 0.999),
)
def test_limits_enclose_mirror_and_nest(n, share, level):
    k = share * n

    low, high = clopper_pearson(k, n, level)

    slack = 1e-9
    assert 0 <= low <= share + slack
    assert share - slack <= high <= 1
    mirrored = clopper_pearson(n - k, n, level)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-8)
    wider = clopper_pearson(k, n, (1 + level) / 2)
    assert wider[0] <= low + slack
    assert wider[1] >= high - slack


@pytest.mark.parametrize("k", [0, 0.5, 12, 99.5, 100])
def test_limits_are_where_the_beta_tails_hold_alpha_half(k):
    low, high = clopper_pearson(k, 100, 0.9)

    if k > 0:
        assert sps.beta.cdf(low, k, 101 - k) == pytest.approx(0.05, rel=1e-9)
    if k < 100:
        assert sps.beta.sf(high, k + 1, 100 - k) == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("n", [10, 37, 200, 1000])
def test_exact_coverage_is_never_below_the_level(n):
    k = np.arange(n + 1)
    low, high = clopper_pearson(k, n)
    truths = np.linspace(0.001, 0.999, 501)

    inside = (low[:, None] <= truths) & (truths <= high[:, None])
    coverage = (sps.binom.pmf(k[:, None], n, truths) * inside).sum(axis=0)

    assert coverage.min() >= 0.95


def test_wilson_coverage_averages_the_level():
    n, k = 50, np.arange(51)
    limits = np.array([wilson(i / n, n, Z) for i in k])
    truths = np.linspace(0.02, 0.98, 481)

    inside = (limits[:, :1] <= truths) & (truths <= limits[:, 1:])
    coverage = (sps.binom.pmf(k[:, None], n, truths) * inside).sum(axis=0)

    assert 0.945 <= coverage.mean() <= 0.96


@pytest.mark.parametrize("trials", [0, np.array([3, 0])])
def test_no_trial_is_not_estimable(trials):
    with pytest.raises(NotEstimable, match="got 0"):
        clopper_pearson(0, trials)


@pytest.mark.parametrize(
    ("k", "n", "level"),
    [(-1, 5, 0.95), (6, 5, 0.95), (np.nan, 5, 0.95), (1, np.inf, 0.95), (1, 5, 95), (1, -5, 0.9)],
)
def test_impossible_counts_are_refused(k, n, level):
    with pytest.raises(ValueError, match="must"):
        clopper_pearson(k, n, level)
