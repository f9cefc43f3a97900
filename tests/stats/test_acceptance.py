"""The criterion's arithmetic: ranks, counts, chances (STATISTICS.md §3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from wbcval.stats.acceptance import (
    chance_to_pass,
    is_within,
    k_min_demonstrated,
    k_min_observed,
    samples_to_demonstrate,
)


@pytest.mark.parametrize(
    ("n", "share", "expected"),
    # 0.55 of 100: in binary floating point 100·0.55 = 55.000000000000007, whose ceiling is 56
    [(20, 0.95, 19), (100, 0.55, 55), (60, 0.95, 57), (1, 0.95, 1), (1000, 0.95, 950)],
)
def test_rank_of_the_share_is_exact(n: int, share: float, expected: int) -> None:
    assert k_min_observed(n, share) == expected


@pytest.mark.parametrize(
    ("outside", "n"),
    # one-sided 95 % Clopper–Pearson lower bound >= 0.95; R 4.2.2 qbeta(.05, n-k, k+1) >= .95
    [(0, 59), (1, 93), (2, 124), (3, 153), (4, 181), (5, 208)],
)
def test_samples_that_demonstrate(outside: int, n: int) -> None:
    assert samples_to_demonstrate(outside, 0.95) == n
    assert beta.ppf(0.05, n - outside, outside + 1) >= 0.95
    assert beta.ppf(0.05, n - 1 - outside, outside + 1) < 0.95


@pytest.mark.parametrize(("confidence", "n"), [(0.90, 45), (0.95, 59), (0.99, 90)])
def test_samples_that_demonstrate_with_none_outside(confidence: float, n: int) -> None:
    # R 4.2.2: qbeta(1 - confidence, n, 1) >= 0.95
    assert samples_to_demonstrate(0, 0.95, confidence) == n


@pytest.mark.parametrize(("n", "k"), [(60, 60), (100, 99), (200, 196)])
def test_rank_of_the_one_sided_bound(n: int, k: int) -> None:
    # STATISTICS.md §3: n = 60 → u = 60, 100 → 99, 200 → 196
    assert k_min_demonstrated(n, 0.95) == k


def test_too_few_samples_demonstrate_nothing() -> None:
    assert k_min_demonstrated(58, 0.95) is None
    assert k_min_demonstrated(0, 0.95) is None


@given(st.integers(1, 400), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_demonstrated_k_is_where_the_exact_bound_crosses(n: int, share: float) -> None:
    found = k_min_demonstrated(n, share)
    k = np.arange(1, n + 1)
    crossed = k[beta.ppf(0.05, k, n - k + 1) >= share]
    assert found == (crossed[0] if crossed.size else None)


@pytest.mark.parametrize(("n", "chance"), [(20, 0.39), (30, 0.18), (60, 0.14)])
def test_chance_that_a_poor_model_passes(n: int, chance: float) -> None:
    # STATISTICS.md §3; by the definition: P(Bin(n, 0.9) >= ceil(0.95 n))
    found = chance_to_pass(n, k_min_observed(n, 0.95))
    assert found == pytest.approx(chance, abs=0.005)
    assert found == pytest.approx(1 - binom.cdf(k_min_observed(n, 0.95) - 1, n, 0.9))


def test_the_edge_is_inside_and_just_beyond_is_not() -> None:
    errors = 100 * np.abs(np.array([1.1, 1.1000001, 0.9]) - 1.0) / 1.0
    assert is_within(errors, 10).tolist() == [True, False, True]
