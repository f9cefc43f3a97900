"""Equivariant Passing–Bablok: against exact arithmetic, its identities, and what it refuses."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.stats import (
    EquivariantPassingBablok,
    _pairwise_slopes,
    equivariant_passing_bablok,
    passing_bablok,
)
from wbcval.stats._decimals import integers
from wbcval.stats._pairwise_bootstrap import WeightedLine
from wbcval.stats._pairwise_slopes import LARGEST, Steepness
from wbcval.values.errors import NotEstimable


def fit(x, y, *, replicates=0, **more) -> EquivariantPassingBablok:
    return equivariant_passing_bablok(
        x, y, rng=np.random.default_rng(1), replicates=replicates, **more
    )


def noisy(n=40, seed=1, slope=1.1, offset=0.5):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 9, n)
    return truth + 0.3 * rng.normal(size=n), offset + slope * truth + 0.3 * rng.normal(size=n)


def steps(points):
    return [(c - a, d - b) for (a, b), (c, d) in itertools.combinations(points, 2)]


# --- against exact arithmetic ---


def test_thousands_of_small_tied_sets_equal_enumeration():
    rng = np.random.default_rng(73)
    fitted = refused = 0
    for _ in range(2000):
        n, most, decimals = rng.integers(3, 13), rng.integers(2, 12), rng.integers(0, 3)
        points = rng.integers(0, most, (n, 2)).tolist()
        pairs = steps(points)
        ranked = sorted(abs(Fraction(dy, dx)) if dx else math.inf for dx, dy in pairs if dx or dy)
        x, y = np.array(points, dtype=float).T / 10**decimals
        try:
            found = fit(x, y)
        except NotEstimable:
            rising = sum(dx * dy > 0 for dx, dy in pairs)
            falling = sum(dx * dy < 0 for dx, dy in pairs)
            middle = {ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]} if ranked else {0}
            assert rising <= falling or middle in ({0}, {math.inf})
            refused += 1
            continue
        fitted += 1
        first, second = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
        if first == second:
            assert found.slope.value == float(first)
        elif first > 0 and second < math.inf:
            assert found.slope.value == pytest.approx(math.sqrt(first * second), rel=1e-12)
        else:
            angle = (math.atan(first) + math.atan(second)) / 2
            assert found.slope.value == pytest.approx(math.tan(angle), rel=1e-12)
        assert found.slopes == len(ranked)
        assert found.flat == ranked.count(0)
        assert found.vertical == ranked.count(math.inf)
        assert found.rising == sum(dx * dy > 0 for dx, dy in pairs)
        assert found.falling == sum(dx * dy < 0 for dx, dy in pairs)
        half = np.median(y - found.slope.value * x)
        assert found.intercept.value == pytest.approx(half, abs=1e-12)
    assert fitted > 700
    assert refused > 700


@settings(max_examples=50)
@given(st.data(), st.sampled_from([3, 1000, LARGEST - 1]), st.integers(2, 9))
def test_any_rank_is_found_among_slopes_too_many_to_list(data, most, n):
    whole = st.integers(-most // 2, most // 2)
    x, y = (data.draw(st.lists(whole, min_size=n, max_size=n)) for _ in range(2))
    pairs = steps(zip(x, y, strict=True))
    expected = sorted(abs(Fraction(dy, dx)) for dx, dy in pairs if dx and dy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pairwise_slopes, "_LIST", 0)
        patch.setattr(_pairwise_slopes, "_LISTED_A_POINT", 0.2)
        patch.setattr(_pairwise_slopes, "_DRAWN", 20)
        slopes = Steepness(np.array(x), np.array(y))
        assert slopes.total == len(expected) == slopes.rising + slopes.falling
        for rank in (
            {0, len(expected) // 3, len(expected) // 2, len(expected) - 1} if expected else ()
        ):
            slope = slopes.smallest(rank + 1)
            assert slope == expected[rank]
            # a reversal between y − tx and y + tx is a pair with |Δy| < t|Δx|
            below = sum(abs(dy) * slope.denominator < slope.numerator * abs(dx)
                        for dx, dy in pairs if dx and dy)  # fmt: skip
            assert slopes.count(slope, "below") == below


def test_many_points_equal_enumeration():
    rng = np.random.default_rng(4)
    x = np.round(rng.lognormal(2, 0.5, 1500), 1)
    y = np.round(1.03 * x + rng.normal(0, 0.6, 1500), 1)
    i, j = np.triu_indices(len(x), 1)
    dx, dy = abs(np.rint(10 * (x[j] - x[i]))), abs(np.rint(10 * (y[j] - y[i])))
    kept = (dx > 0) | (dy > 0)
    with np.errstate(divide="ignore"):
        ranked = np.sort(dy[kept] / dx[kept])
    total = len(ranked)

    found = fit(x, y)

    ends = ranked[(total - 1) // 2] * ranked[total // 2]
    assert found.slope.value == pytest.approx(math.sqrt(ends), rel=1e-15)
    assert found.slope.reason.code == "points_too_many"


# --- identities ---


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(5, 40), st.sampled_from([0, 1, 9]))
def test_swapping_the_sides_inverts_the_line(seed, n, decimals):
    x, y = (np.round(side, decimals) for side in noisy(n, seed))
    try:
        there = fit(x, y)
    except NotEstimable:
        with pytest.raises(NotEstimable):
            fit(y, x)
        return

    back = fit(y, x)

    assert back.slope.value == pytest.approx(1 / there.slope.value, rel=1e-12)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([2, 7, 125]), st.sampled_from([3, 8, 1000]))
def test_a_change_of_either_unit_changes_the_line_with_it(seed, right, up):
    x, y = (np.rint(10 * side) for side in noisy(31, seed))

    one, scaled = fit(x, y), fit(right * x, up * y)

    assert scaled.slope.value == pytest.approx(one.slope.value * up / right, rel=1e-12)
    assert scaled.intercept.value == pytest.approx(one.intercept.value * up, rel=1e-9, abs=1e-9)


def test_the_line_of_1983_does_not_follow_a_unit():
    x, y = (np.rint(10 * side) for side in noisy(slope=2.0))
    once, scaled = passing_bablok(x, y), passing_bablok(x, 7 * y)

    assert scaled.slope.value != pytest.approx(7 * once.slope.value, rel=1e-3)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(-500, 500), st.integers(-500, 500))
def test_shifting_both_sides_leaves_the_slope(seed, right, up):
    x, y = (np.round(side, 2) for side in noisy(30, seed))

    one, moved = fit(x, y), fit(np.round(x + right, 2), np.round(y + up, 2))

    assert moved.slope.value == one.slope.value
    expected = one.intercept.value + up - one.slope.value * right
    assert moved.intercept.value == pytest.approx(expected, abs=1e-9)


def test_order_and_names_of_patients_change_nothing():
    x, y = noisy(30)
    cluster = np.arange(30) // 2
    order = np.random.default_rng(5).permutation(30)

    there = fit(x, y, cluster=cluster, replicates=199)
    back = fit(x[order], y[order], cluster=99 - cluster[order], replicates=199)

    assert (there.slope, there.intercept) == (back.slope, back.intercept)
    assert there.slope.low < there.slope.value < there.slope.high
    assert "few_samples" in there.slope.flags  # 15 patients


def test_where_both_lines_are_near_45_degrees_they_are_nearly_one():
    x, y = noisy(300, slope=1.0, offset=0.0)

    assert fit(x, y).slope.value == pytest.approx(passing_bablok(x, y).slope.value, abs=0.005)


# --- by resampling ---


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(4, 25), st.sampled_from([0, 1, 5]))
def test_a_weighted_line_is_that_of_the_points_as_often_as_drawn(seed, n, decimals):
    x, y = (np.round(side, decimals) for side in noisy(n, seed))
    a, b, _ = integers(x, y, LARGEST // 4)
    weights = np.random.default_rng(seed).multinomial(n, np.ones(n) / n, 5).astype(float)

    lines = WeightedLine.of_steepness(x, y, a, b)(weights)

    for times, line in zip(weights.astype(int), lines, strict=True):
        again = np.repeat(np.arange(n), times)
        try:
            found = fit(x[again], y[again])
        except NotEstimable:
            continue  # the line itself knows no correlation
        assert line == pytest.approx([found.slope.value, found.intercept.value], rel=1e-9)


def test_a_bias_at_a_level_is_resampled_and_said_beyond_the_range():
    found = fit(*noisy(), replicates=499)
    inside, outside = found.bias_at(5), found.bias_at(50)

    slope, intercept = found.slope.value, found.intercept.value
    assert inside.value == pytest.approx((slope - 1) * 5 + intercept, rel=1e-12)
    assert inside.low < inside.value < inside.high
    assert "extrapolated" in outside.flags
    assert "extrapolated" not in inside.flags


def test_why_a_bias_has_no_interval_is_what_the_line_says():
    asked, many = fit(*noisy()), fit(*noisy(1001))

    assert asked.bias_at(5).reason.code == asked.slope.reason.code == "not_asked"
    assert many.bias_at(5).reason.code == many.slope.reason.code == "points_too_many"
    assert passing_bablok(*noisy()).bias_at(5).reason.code == "bias_by_ranks"


# --- slope 1 and intercept 0 together ---


def lines_of(which, x, y, replicates=999):
    if which is fit:
        return fit(x, y, replicates=replicates)
    rng = np.random.default_rng(1)
    return passing_bablok(x, y, interval="bca", rng=rng, replicates=replicates)


@pytest.mark.parametrize("which", [fit, passing_bablok])
def test_identity_is_refuted_where_the_line_is_another(which):
    same, steeper, higher = (
        lines_of(which, *noisy(60, slope=slope, offset=offset)).identity()
        for slope, offset in ((1.0, 0.0), (1.1, 0.0), (1.0, 0.4))
    )

    assert same.p > 0.05 > 1e-3 > max(steeper.p, higher.p)
    assert same.dof == (2, 58)


@pytest.mark.parametrize("which", [fit, passing_bablok])
def test_identity_does_not_ask_which_side_is_the_reference(which):
    x, y = noisy(60, slope=1.05, offset=0.0)

    there, back = (lines_of(which, *sides).identity() for sides in ((x, y), (y, x)))

    assert back.p == pytest.approx(there.p, rel=0.15)  # the height is taken at another mean


@pytest.mark.parametrize(
    ("x", "y", "replicates", "why"),
    [
        (*noisy(), 0, "needs resampled lines"),
        (*noisy(4), 99, "needs 5 patients, got 4"),
        (np.arange(9), 2 * np.arange(9), 99, "do not scatter"),
    ],
)
def test_identity_is_not_told_from_nothing(x, y, replicates, why):
    with pytest.raises(NotEstimable, match=why):
        fit(x, y, replicates=replicates).identity()
    with pytest.raises(NotEstimable, match="needs resampled lines"):
        passing_bablok(*noisy()).identity()


# --- refusals ---


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1, 2], [1, 2], "needs 3 pairs, got 2"),
        ([1, 1, 1], [1, 2, 3], "all values of the reference are equal"),
        ([1, 2, 3], [4, 4, 4], "all values of the model are equal"),
        ([1, 2, 3, 4], [4, 3, 2, 1], "no positive correlation: 0 pairs of samples rise, 6 fall"),
        ([1, 1, 1, 1, 2], [1, 2, 3, 4, 5], "no line"),  # vertical
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, 2], "no line"),  # flat
    ],
)
def test_what_has_no_line_is_refused(x, y, why):
    with pytest.raises(NotEstimable, match=why):
        fit(x, y)


def test_a_perfect_line_has_an_interval_without_width_and_says_so():
    found = fit(np.arange(1, 30), 2 * np.arange(1, 30) + 1, replicates=199)

    assert (found.slope.value, found.intercept.value) == (2, 1)
    assert "degenerate" in found.slope.flags
