"""Passing–Bablok regression: against exact arithmetic, its identities, and what it refuses."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build.golden import read
from tests.build.pairs import pairs
from tests.simulated import repeats, slack
from wbcval.machine import plugins
from wbcval.stats import _pairwise_bootstrap, _pairwise_slopes, passing_bablok
from wbcval.stats._decimals import integers
from wbcval.stats._pairwise_bootstrap import WeightedLine
from wbcval.stats._pairwise_slopes import LARGEST, Slopes
from wbcval.stats.functions.error_ratio import MEASURES
from wbcval.stats.functions.passing_bablok import METRIC
from wbcval.stats.metric import Context
from wbcval.values.errors import NotEstimable


def noisy(n=40, seed=1, slope=1.1, offset=0.5):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 9, n)
    return truth + 0.3 * rng.normal(size=n), offset + slope * truth + 0.3 * rng.normal(size=n)


# --- against exact arithmetic ---


def by_hand(points: list[tuple[int, int]]) -> list[Fraction | float]:
    """Slopes as the paper ranks them: below −1 behind, vertical at the turn."""
    ranked = []
    for (a, b), (c, d) in itertools.combinations(points, 2):
        dx, dy = c - a, d - b
        if dx + dy == 0:
            continue  # the same point, or a slope of −1
        slope = Fraction(dy, dx) if dx else math.inf
        ranked.append((slope < -1, slope))
    return [slope for _, slope in sorted(ranked)]


TIED = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12)


@settings(max_examples=300)
@given(TIED, st.sampled_from([0, 1, 2]))
def test_small_tied_sets_equal_enumeration(points, decimals):
    x, y = np.array(points, dtype=float).T / 10**decimals
    slopes = by_hand(points)
    try:
        found = passing_bablok(x, y)
    except NotEstimable:
        rising = sum((c - a) * (d - b) > 0 for (a, b), (c, d) in itertools.combinations(points, 2))
        falling = sum((c - a) * (d - b) < 0 for (a, b), (c, d) in itertools.combinations(points, 2))
        flat = len(set(x)) == 1 or len(set(y)) == 1
        assert flat or rising <= falling or math.inf in slopes
        return

    n, total = len(points), len(slopes)
    assert found.slopes == total
    middle = {slopes[(total - 1) // 2], slopes[total // 2]}
    if len(middle) == 1:
        assert found.slope.value == float(middle.pop())
    elif all(0 < slope < math.inf for slope in middle):
        first, second = middle
        assert found.slope.value == pytest.approx(math.sqrt(first * second), rel=1e-12)
    c = 1.959963984540054 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    rank = math.floor((total - c) / 2 + 0.5)
    if rank < 1:
        assert found.slope.low is found.slope.high is None
        assert "too few" in found.slope.reason
        return
    low, high = slopes[rank - 1], slopes[-rank]
    assert found.slope.low == (None if low == math.inf or low < -1 else float(low))
    assert found.slope.high == (None if high == math.inf or high < -1 else float(high))


COORDINATES = st.sampled_from([3, 1000, LARGEST - 1])


@settings(max_examples=50)
@given(st.data(), COORDINATES, st.integers(2, 9))
def test_any_rank_is_found_among_slopes_too_many_to_list(data, most, n):
    whole = st.integers(-most // 2, most // 2)
    x, y = (data.draw(st.lists(whole, min_size=n, max_size=n)) for _ in range(2))
    expected = sorted(
        Fraction(d - b, c - a)
        for (a, b), (c, d) in itertools.combinations(zip(x, y, strict=True), 2)
        if a != c
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pairwise_slopes, "_LIST", 0)
        patch.setattr(_pairwise_slopes, "_LISTED_A_POINT", 0.2)
        patch.setattr(_pairwise_slopes, "_DRAWN", 20)
        slopes = Slopes(np.array(x), np.array(y))
        for rank in (
            {0, len(expected) // 3, len(expected) // 2, len(expected) - 1} if expected else ()
        ):
            slope = slopes.smallest(rank + 1)
            assert slope == expected[rank]
            assert slopes.count(slope, "below") == sum(other < slope for other in expected)
            assert slopes.count(slope, "above") == sum(other <= slope for other in expected)


@pytest.mark.parametrize("steep", [2, 3])
def test_two_slopes_alone_are_told_apart_at_their_border(steep):
    # many pairs of two slopes: any sample has both about the border
    x = np.arange(400)
    y = np.where(x < 200, x, 200 * (1 - steep) + steep * x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_pairwise_slopes, "_LIST", 10)
        patch.setattr(_pairwise_slopes, "_LISTED_A_POINT", 0.1)
        patch.setattr(_pairwise_slopes, "_DRAWN", 100)
        slopes = Slopes(x, y)
        flat = slopes.count(Fraction(1), "above")
        assert slopes.smallest(flat) == 1 < slopes.smallest(flat + 1)
        assert slopes.smallest(slopes.total) == steep


def test_many_points_equal_enumeration():
    rng = np.random.default_rng(4)
    x = np.round(rng.lognormal(2, 0.5, 1500), 1)
    y = np.round(1.03 * x + rng.normal(0, 0.6, 1500), 1)
    i, j = np.triu_indices(len(x), 1)
    dx, dy = np.rint(10 * (x[j] - x[i])), np.rint(10 * (y[j] - y[i]))
    kept = dx + dy != 0
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(dx != 0, dy / dx, np.inf)[kept]
    ranked = np.concatenate([np.sort(slopes[slopes > -1]), np.sort(slopes[slopes < -1])])

    found = passing_bablok(x, y)

    total = len(ranked)
    assert found.slope.value == pytest.approx(
        math.sqrt(ranked[(total - 1) // 2] * ranked[total // 2]), rel=1e-15
    )


# --- identities ---


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(5, 40), st.sampled_from([0, 1, 9]))
def test_swapping_the_sides_inverts_the_line(seed, n, decimals):
    x, y = (np.round(side, decimals) for side in noisy(n, seed))

    try:
        there = passing_bablok(x, y).slope
    except NotEstimable:
        with pytest.raises(NotEstimable):
            passing_bablok(y, x)
        return
    if there.value == 0:  # vertical the other way
        return
    back = passing_bablok(y, x).slope

    assert back.value == pytest.approx(1 / there.value, rel=1e-9)
    if there.low is not None and there.low > 0 and there.high is not None:
        assert [back.low, back.high] == pytest.approx([1 / there.high, 1 / there.low], rel=1e-9)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(-500, 500), st.integers(-500, 500))
def test_shifting_both_sides_leaves_the_slope(seed, right, up):
    x, y = (np.round(side, 2) for side in noisy(30, seed))

    one, moved = passing_bablok(x, y), passing_bablok(np.round(x + right, 2), np.round(y + up, 2))

    s, t = one.slope, moved.slope
    assert (t.value, t.low, t.high) == (s.value, s.low, s.high)
    expected = one.intercept.value + up - s.value * right
    assert moved.intercept.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("unit", [0.01, 10.0, 1e6])
def test_one_unit_for_both_sides_scales_the_intercept_alone(unit):
    x, y = (np.round(side, 2) for side in noisy())

    one, scaled = passing_bablok(x, y), passing_bablok(x * unit, y * unit)

    assert scaled.slope.value == pytest.approx(one.slope.value, rel=1e-9)
    assert scaled.slope.high == pytest.approx(one.slope.high, rel=1e-9)
    assert scaled.intercept.value == pytest.approx(one.intercept.value * unit, rel=1e-8)


def test_order_of_the_pairs_changes_nothing():
    x, y = noisy()
    order = np.random.default_rng(5).permutation(len(x))

    assert passing_bablok(x[order], y[order]).slope == passing_bablok(x, y).slope


def test_an_interval_of_more_confidence_is_no_narrower():
    x, y = noisy()
    widths = [passing_bablok(x, y, level=level).slope for level in (0.5, 0.8, 0.95, 0.99)]

    assert all(a.low >= b.low and a.high <= b.high for a, b in itertools.pairwise(widths))
    assert widths[0].high < widths[-1].high


def test_a_large_offset_costs_no_digit():
    x, y = (np.round(side, 2) for side in noisy())
    far = passing_bablok(np.round(x + 1e6, 2), np.round(y + 1e6, 2))

    assert far.slope.value == passing_bablok(x, y).slope.value


def test_values_that_are_no_decimals_are_taken_to_the_last_digit_of_their_range():
    x, y = np.random.default_rng(7).uniform(1, 2, (2, 50))
    whole_x, whole_y, decimals = integers(x, y, LARGEST // 4)

    assert decimals is None
    step = np.ptp(np.r_[x, y]) / np.ptp(np.r_[whole_x, whole_y])
    for side, whole in ((x, whole_x), (y, whole_y)):
        assert np.abs((side - side.min()) - whole * step).max() < 1e-15


# --- refusals ---


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1, 2], [1, 2], "needs 3 pairs, got 2"),
        ([1, 1, 1], [1, 2, 3], "all values of the reference are equal"),
        ([1, 2, 3], [4, 4, 4], "all values of the model are equal"),
        ([1, 2, 3, 4], [4, 3, 2, 1], "no positive correlation: 0 pairs of samples rise, 6 fall"),
        ([1, 1, 1, 1, 2], [1, 2, 3, 4, 5], "no line"),
    ],
)
def test_what_has_no_line_is_refused(x, y, why):
    with pytest.raises(NotEstimable, match=why):
        passing_bablok(x, y)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match=r"must (be finite|hold no missing)"):
        passing_bablok([1, 2, bad], [1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        passing_bablok([1, 2, 3], [1, 2])


def test_repeated_patients_have_no_interval():
    x, y = noisy()
    found = passing_bablok(x, y, cluster=np.arange(len(x)) // 2)

    assert found.slope.value == passing_bablok(x, y).slope.value
    assert found.slope.low is found.intercept.high is None
    assert found.slope.reason.code == "repeated"


# --- by resampling ---


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(4, 25), st.sampled_from([0, 1, 5]))
def test_a_weighted_line_is_that_of_the_points_as_often_as_drawn(seed, n, decimals):
    x, y = (np.round(side, decimals) for side in noisy(n, seed))
    a, b, _ = integers(x, y, LARGEST // 4)
    weights = np.random.default_rng(seed).multinomial(n, np.ones(n) / n, 5).astype(float)

    for window in (4.5, 0.0):  # and where the middle always lies outside
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_pairwise_bootstrap, "_WINDOW", window)
            lines = WeightedLine.of(x, y, a + b, b - a)(weights)
        for times, line in zip(weights.astype(int), lines, strict=True):
            again = np.repeat(np.arange(n), times)
            try:
                found = passing_bablok(x[again], y[again])
            except NotEstimable:
                continue  # the line itself knows no correlation
            assert line == pytest.approx([found.slope.value, found.intercept.value], rel=1e-9)


def resampled(x, y, **more):
    return passing_bablok(x, y, interval="bca", rng=np.random.default_rng(1), **more)


def test_resamples_give_the_interval_of_ranks_and_of_mcr(shared, golden):
    # mcr 1.3.3.1, BCa of 4 999 resamples: ends within a tenth of the width
    x, y = read(shared, golden, "creatinine")
    entries = golden["creatinine"]["entries"]
    (expected,) = [e["values"] for e in entries if e["stat"] == "bootstrap.paba.bca"]
    found = resampled(x, y, replicates=4999)

    for name, estimate in (("slope", found.slope), ("intercept", found.intercept)):
        ends = [expected[f"{name}_{side}"] for side in ("lci", "uci")]
        slack = 0.1 * (ends[1] - ends[0])
        assert [estimate.low, estimate.high] == pytest.approx(ends, abs=slack)
    at = found.bias_at(1.1)
    assert at.low < at.value < at.high
    assert at.value == pytest.approx(passing_bablok(x, y).bias_at(1.1).value, rel=1e-12)


def test_order_and_names_of_patients_draw_nothing_else():
    x, y = noisy(30)
    cluster = np.arange(30) // 2
    order = np.random.default_rng(5).permutation(30)

    there = resampled(x, y, cluster=cluster)
    back = resampled(x[order], y[order], cluster=99 - cluster[order])

    assert (there.slope, there.intercept) == (back.slope, back.intercept)
    assert there.slope.low < there.slope.value < there.slope.high
    assert "few_samples" in there.slope.flags  # 15 patients


@pytest.mark.parametrize("patients", [1, 2, 4])
def test_few_patients_have_a_line_without_an_interval(patients):
    found = resampled(*noisy(60), cluster=np.arange(60) % patients)

    assert found.slope.value == passing_bablok(*noisy(60)).slope.value
    assert found.slope.low is found.bias_at(5).high is None
    assert found.slope.reason.code in ("interval_too_few", "resamples_undefined")


@pytest.mark.parametrize(
    ("more", "why"),
    [({"interval": "t"}, "ranks or bca"), ({"interval": "bca"}, "give rng")],
)
def test_what_cannot_be_drawn_is_an_error(more, why):
    with pytest.raises(ValueError, match=why):
        passing_bablok(*noisy(), **more)


def test_too_many_points_to_resample_are_told():
    found = resampled(*noisy(1001))
    assert (found.slope.low, found.slope.reason.code) == (None, "points_too_many")


def test_the_road_resamples_repeated_patients_and_a_bias_at_a_level():
    x, y = (5 * side for side in noisy(slope=1.0, offset=0.0))
    context = Context(requested=("bias_at:20", "bias_at:x"))

    (once,) = METRIC.measure(pairs(x, y), context)
    (twice,) = METRIC.measure(pairs(x, y, cluster=np.arange(40) // 2), context)

    assert "ranks" in once.estimates["slope"].method
    assert "patients resampled" in once.estimates["bias_at:20"].method
    assert "patients resampled" in twice.estimates["slope"].method
    assert twice.estimates["bias_at:20"].low is not None
    assert once.estimates["bias_at:x"].reason.code == "level_missing"


def test_a_perfect_line_has_an_interval_without_width_and_says_so():
    found = passing_bablok([1, 2, 3, 4, 5, 6], [3, 5, 7, 9, 11, 13])

    assert (found.slope.value, found.intercept.value) == (2, 1)
    assert "degenerate" in found.slope.flags


# --- on the road ---


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({}, "assumed_error_ratio"),
        ({"reference_cells": np.full(40, 200.0), "model_cells": np.full(40, 200.0)}, None),
        ({"reference_cells": np.full(40, 9e4), "model_cells": np.full(40, 200.0)}, "unlike_errors"),
        ({"mode": "same-cells"}, "unlike_errors"),
    ],
)
def test_the_road_says_whether_the_errors_of_both_sides_are_alike(given, flag):
    x, y = (5 * side for side in noisy(slope=1.0, offset=0.0))

    (found,) = METRIC.measure(pairs(x, y, **given), Context())

    assert {*found.estimates, "bias_at"} == set(METRIC.measures["passing_bablok"])
    assert set(found.estimates["slope"].flags) == ({flag} if flag else set())


@pytest.mark.parametrize("metric", plugins.load("wbcval.stats.functions", "METRIC"))
def test_whatever_an_error_ratio_moves_is_known_to_rest_on_it(metric):
    if metric.takes != "pairs":
        return
    x, y = (5 * side for side in noisy(slope=1.0, offset=0.0))
    given = pairs(x, y, reference_cells=np.full(40, 200.0), model_cells=np.full(40, 200.0),
                  model_hits=np.rint(2 * y))  # fmt: skip
    one, other = ([m.estimates for m in metric.measure(given, Context(error_ratio=ratio))]
                  for ratio in (1.0, 0.01))  # fmt: skip
    assert (one != other) is bool({*MEASURES} & {*metric.measures})


@pytest.mark.slow
@pytest.mark.parametrize(("n", "least"), [(20, 0.94), (50, 0.94), (100, 0.94)])
@pytest.mark.parametrize("decimals", [1, 6])
def test_interval_of_the_slope_covers_where_errors_are_alike(n, least, decimals):
    now, full = repeats(10_000, 300), 10_000
    rng = np.random.default_rng(n)
    hits = 0
    for _ in range(now):
        truth = rng.uniform(30, 80, n)
        x, y = (np.round(truth + rng.normal(0, 3, n), decimals) for _ in range(2))
        slope = passing_bablok(x, y).slope
        hits += slope.low <= 1 <= slope.high
    assert least - slack(0.05, now, full) <= hits / now <= 0.975
