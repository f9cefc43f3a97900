"""Two one-sided tests: the interval inside the margin is the same statement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as sps

from wbcval.stats import equivalence
from wbcval.values.errors import NotEstimable

X = np.random.default_rng(2).normal(100, 20, 30)
D = np.random.default_rng(3).normal(1, 5, 30)


def test_each_test_is_a_t_test_of_one_side():
    found = equivalence(X, X + D, margin=3.0)

    above = sps.ttest_1samp(D, -3.0, alternative="greater")
    below = sps.ttest_1samp(D, 3.0, alternative="less")
    assert (found.t_above, found.t_below) == pytest.approx((above.statistic, below.statistic))
    assert found.p == pytest.approx(max(above.pvalue, below.pvalue))
    assert (found.dof, found.n) == (29, 30)


@given(st.integers(0, 1000), st.floats(0.5, 6), st.sampled_from([0.025, 0.05, 0.1]))
def test_p_below_alpha_is_an_interval_inside_the_margin(seed, margin, alpha):
    d = np.random.default_rng(seed).normal(1, 5, 30)
    patient = np.arange(30) // 2 if seed % 2 else None

    found = equivalence(X, X + d, margin=margin, alpha=alpha, cluster=patient)

    inside = -margin < found.difference.low and found.difference.high < margin
    assert inside is (found.p < alpha)
    assert found.dof == (14 if seed % 2 else 29)


def test_ends_may_be_unlike_and_sides_be_swapped():
    there = equivalence(X, X + D, margin=(-2.0, 4.0))
    back = equivalence(X + D, X, margin=(-4.0, 2.0))

    assert back.p == pytest.approx(there.p)
    assert equivalence(X, X + D, margin=(-3.0, 3.0)).p == equivalence(X, X + D, margin=3.0).p


def test_what_cannot_be_tested_is_refused():
    for margin in (0.0, -1.0, (2.0, 1.0), float("nan")):
        with pytest.raises(ValueError, match="margin"):
            equivalence(X, X + D, margin=margin)
    with pytest.raises(NotEstimable, match="do not scatter"):
        equivalence([1, 2, 3], [2, 3, 4], margin=5.0)
    with pytest.raises(NotEstimable, match="needs 2 pairs"):
        equivalence([1], [2], margin=5.0)
    with pytest.raises(NotEstimable, match="needs 2 patients"):
        equivalence([1, 2], [2, 4], margin=5.0, cluster=["a", "a"])
