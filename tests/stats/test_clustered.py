"""The clustered proportion: its formula, its edges, and its coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

from wbcval.errors import NotEstimable
from wbcval.stats._binomial import wilson
from wbcval.stats._clustered import clustered_proportion, design_effect

HITS = np.array([3, 4, 5, 9, 8, 10])
SIZES = np.array([10, 9, 10, 12, 10, 11])


def test_design_effect_is_the_formula():
    p, n = 39 / 62, 62
    residuals = [k - m * p for k, m in zip(HITS, SIZES, strict=True)]
    variance = 6 / 5 * sum(r * r for r in residuals) / n**2

    assert design_effect(HITS, SIZES) == pytest.approx(variance / (p * (1 - p) / n), rel=1e-12)


def test_design_effect_is_at_least_one_and_at_full_correlation_n_over_s_minus_1():
    assert design_effect(np.full(10, 3), np.full(10, 10)) == 1.0  # less than binomial variation
    # all cells of a sample alike, equal sizes m: V = p(1 − p)/(S − 1), so deff = S·m/(S − 1)
    assert design_effect(np.array([7, 7, 0, 7, 0]), np.full(5, 7)) == pytest.approx(35 / 4)


def test_interval_is_wilson_at_the_effective_size_with_t():
    found = clustered_proportion(HITS, SIZES, level=0.9)

    deff = design_effect(HITS, SIZES)
    limits = wilson(39 / 62, 62 / deff, sps.t.ppf(0.95, 5))
    assert (found.low, found.high) == pytest.approx(limits, rel=1e-12)
    assert (found.value, found.n, found.level) == (39 / 62, 62, 0.9)
    assert found.deff == pytest.approx(deff)
    assert found.method == f"Wilson at n/deff, deff {deff:.3g}, t(5)"
    assert found.flags == ("few_samples",)


def test_rows_of_one_patient_are_one_cluster_and_empty_samples_do_not_count():
    split = clustered_proportion(
        np.array([1, 4, 2, 0, 5, 9, 8, 10]),
        np.array([4, 9, 6, 0, 10, 12, 10, 11]),
        np.array([0, 1, 0, 9, 2, 3, 4, 5]),
    )

    assert split == clustered_proportion(HITS, SIZES)


@pytest.mark.parametrize(("hits", "low", "high"), [(10, None, 1.0), (0, 0.0, None)])
@pytest.mark.parametrize("assumed", [1.0, 4.0])
def test_at_the_ends_the_design_effect_is_assumed_and_said(hits, low, high, assumed):
    found = clustered_proportion(np.full(30, hits), np.full(30, 10), assumed_deff=assumed)

    quantile = sps.t.ppf(0.975, 29) ** 2
    width = quantile / (300 / assumed + quantile)  # the score limit at an end, in closed form
    assert found.deff == assumed
    assert found.flags == ("assumed_deff",)
    assert found.method == f"Wilson at n/deff, deff {assumed:.0f} assumed, t(29)"
    assert found.low == pytest.approx(1 - width if low is None else low, abs=1e-12)
    assert found.high == pytest.approx(width if high is None else high, abs=1e-12)


@pytest.mark.parametrize("samples", [1, 4])
def test_below_five_samples_the_value_stands_without_interval(samples):
    found = clustered_proportion(HITS[:samples], SIZES[:samples])

    assert found.value == HITS[:samples].sum() / SIZES[:samples].sum()
    assert (found.low, found.high, found.level, found.deff) == (None, None, None, None)
    assert found.reason == f"interval needs 5 independent samples, got {samples}"


@pytest.mark.parametrize(("samples", "flags"), [(5, ("few_samples",)), (20, ())])
def test_below_twenty_samples_it_warns(samples, flags):
    hits = np.arange(samples) % 3

    assert clustered_proportion(hits, np.full(samples, 4)).flags == flags


def test_no_cell_is_not_estimable():
    with pytest.raises(NotEstimable, match="denominator is 0"):
        clustered_proportion(np.zeros(8), np.zeros(8))


@pytest.mark.parametrize(("hits", "sizes"), [([1], [3]), ([3, 2], [3, 2]), ([0, 0], [3, 2])])
def test_no_design_effect_where_nothing_varies(hits, sizes):
    with pytest.raises(NotEstimable, match="design effect"):
        design_effect(np.array(hits), np.array(sizes))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=30))
def test_misses_mirror_hits_and_order_does_not_matter(rows):
    hits = np.array([k for k, _ in rows])
    sizes = hits + np.array([rest for _, rest in rows])
    if sizes.sum() == 0:
        return

    found = clustered_proportion(hits, sizes)
    mirrored = clustered_proportion(sizes - hits, sizes)
    backwards = clustered_proportion(hits[::-1], sizes[::-1])

    assert mirrored.value == pytest.approx(1 - found.value, abs=1e-12)
    assert backwards.value == found.value
    if found.has_interval:
        assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high))
        assert (backwards.low, backwards.high) == pytest.approx((found.low, found.high))
        assert 0 <= found.low <= found.value <= found.high <= 1


def coverage(share, samples, correlation, runs, uneven=False):
    """Of the 95 % interval, on beta-binomial samples of some 50 cells."""
    generator = np.random.default_rng([17, samples, int(1000 * share)])
    precision = (1 - correlation) / correlation
    inside = 0
    for _ in range(runs):
        mean = 50 * generator.gamma(2.0, 0.5, samples) if uneven else 50
        cells = np.maximum(generator.poisson(mean, samples) if uneven else np.full(samples, 50), 1)
        rate = generator.beta(share * precision, (1 - share) * precision, samples)
        found = clustered_proportion(generator.binomial(cells, rate), cells)
        inside += found.low <= share <= found.high
    return inside / runs


def test_coverage_small():
    assert coverage(0.8, 20, 0.05, 400) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("samples", [5, 20, 60])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_coverage(share, samples):
    # Intraclass correlation 0.02. Measured 0.939–0.986; above 0.965 only where 5 samples make
    # deff ≥ 1 bind (conservative).
    assert 0.935 <= coverage(share, samples, 0.02, 10_000) <= (0.99 if samples == 5 else 0.965)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "samples", "correlation", "uneven", "measured"),
    # Where it is poor, and the docstring says so: few bad samples, or uneven cell counts.
    [
        (0.99, 20, 0.1, False, 0.84),
        (0.99, 20, 0.3, False, 0.64),
        (0.95, 20, 0.3, False, 0.87),
        (0.5, 20, 0.1, True, 0.93),
        (0.9, 5, 0.3, True, 0.835),
    ],
)
def test_poor_coverage_is_as_documented(share, samples, correlation, uneven, measured):
    found = coverage(share, samples, correlation, 4000, uneven)

    assert found == pytest.approx(measured, abs=0.025)
