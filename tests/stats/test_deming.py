"""Deming regression: its identities, and what it refuses; R mcr's are in tests/check_values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.build.pairs import pairs
from tests.simulated import repeats, slack
from wbcval.stats import deming
from wbcval.stats._deming_fit import fit
from wbcval.stats.functions.deming import METRIC
from wbcval.stats.functions.error_ratio import ErrorRatio
from wbcval.stats.metric import Context
from wbcval.values.errors import NotEstimable


def line(found):
    return [
        found.slope.value, found.slope.low, found.slope.high,
        found.intercept.value, found.intercept.low, found.intercept.high,
    ]  # fmt: skip


def noisy(n=40, seed=1, slope=1.1, offset=0.5):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 9, n)
    return truth + 0.3 * rng.normal(size=n), offset + slope * truth + 0.3 * rng.normal(size=n)


# --- identities ---


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.integers(5, 60))
def test_swapping_the_sides_inverts_the_slope(seed, ratio, n):
    x, y = noisy(n, seed)

    there, back = deming(x, y, error_ratio=ratio), deming(y, x, error_ratio=1 / ratio)

    assert back.slope.value == pytest.approx(1 / there.slope.value, rel=1e-9)
    assert back.intercept.value == pytest.approx(
        -there.intercept.value / there.slope.value, rel=1e-7, abs=1e-9
    )


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-100, 100), st.floats(-100, 100))
def test_shifting_both_sides_leaves_the_slope(seed, right, up):
    x, y = noisy(30, seed)

    one, moved = deming(x, y), deming(x + right, y + up)

    assert (moved.slope.value, moved.slope.low) == pytest.approx(
        (one.slope.value, one.slope.low), rel=1e-8
    )
    at, shifted = one.bias_at(5.0), moved.bias_at(5.0 + right)
    assert shifted.value == pytest.approx(at.value + up - right, abs=1e-9)
    assert shifted.high - shifted.low == pytest.approx(at.high - at.low, rel=1e-8)


def test_order_of_the_pairs_changes_nothing():
    x, y = noisy()
    order = np.random.default_rng(5).permutation(len(x))

    assert line(deming(x[order], y[order])) == pytest.approx(line(deming(x, y)), rel=1e-11)


def test_slope_minimises_the_weighted_distance():
    # the sum of squares over the slope's own axis, λ + b² in the denominator (Linnet 1993, eq. 2)
    x, y = noisy()
    dx, dy = x - x.mean(), y - y.mean()
    for ratio in (0.2, 1.0, 5.0):
        grid = np.linspace(0.5, 2, 300_001)
        distance = ((dy @ dy) - 2 * grid * (dx @ dy) + grid**2 * (dx @ dx)) / (1 + ratio * grid**2)

        found = deming(x, y, error_ratio=ratio)

        assert found.slope.value == pytest.approx(grid[distance.argmin()], abs=1e-5)


def test_slope_rises_with_the_ratio_between_the_two_least_squares_lines():
    x, y = noisy()
    flat = float(np.polyfit(x, y, 1)[0])
    steep = 1 / float(np.polyfit(y, x, 1)[0])

    slopes = [deming(x, y, error_ratio=r).slope.value for r in (1e-12, 0.1, 1, 10, 1e12)]

    assert slopes == sorted(slopes)
    assert (slopes[0], slopes[-1]) == pytest.approx((flat, steep), rel=1e-9)


def test_ratio_zero_is_least_squares():
    x, y = noisy()

    found = fit(x, y, ErrorRatio(0.0, "none"))

    assert found.slope.value == pytest.approx(float(np.polyfit(x, y, 1)[0]), rel=1e-12)


@pytest.mark.parametrize("outlier", [9.0, 1e5, 1e9])
@pytest.mark.parametrize("repeats", [1, 2])
def test_down_dating_equals_leaving_out_one_by_one(outlier, repeats):
    x, y = noisy(12)
    x[3], y[3] = outlier, 1.1 * outlier + 3
    group = np.arange(12) // repeats

    found = deming(x, y, error_ratio=0.7, cluster=group)

    full = found.slope.value
    units = len(np.unique(group))
    without = [
        deming(x[group != g], y[group != g], error_ratio=0.7).slope.value for g in range(units)
    ]
    pseudo = units * full - (units - 1) * np.array(without)
    se = pseudo.std(ddof=1) / math.sqrt(units)
    half = (found.slope.high - found.slope.low) / 2
    assert half / found.quantile == pytest.approx(se, rel=1e-5)


def test_repeated_patients_widen_the_interval():
    x, y = noisy(40)

    alone = deming(np.repeat(x, 3), np.repeat(y, 3))
    found = deming(np.repeat(x, 3), np.repeat(y, 3), cluster=np.repeat(np.arange(40), 3))
    once = deming(x, y)

    assert found.slope.value == pytest.approx(once.slope.value, rel=1e-12)
    assert found.slope.low == pytest.approx(once.slope.low, rel=1e-9)
    assert alone.slope.low > found.slope.low


def test_bias_at_zero_is_the_intercept():
    found = deming(*noisy())

    at = found.bias_at(0.0)

    assert (at.value, at.low, at.high) == pytest.approx(
        (found.intercept.value, found.intercept.low, found.intercept.high), rel=1e-12
    )
    assert "extrapolated" in at.flags
    assert "extrapolated" not in found.bias_at(5.0).flags


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("n", [20, 100])
def test_jackknife_covers_slope_and_bias(ratio, n):
    rng = np.random.default_rng(12)
    hits, runs = np.zeros(3), repeats(10_000, 500)
    for _ in range(runs):
        truth = rng.uniform(1, 9, n)
        x = truth + 0.5 * math.sqrt(ratio) * rng.normal(size=n)
        y = 1.1 * truth + 0.4 + 0.5 * rng.normal(size=n)
        found = deming(x, y, error_ratio=ratio)
        hits += [
            e.low <= true <= e.high
            for e, true in (
                (found.slope, 1.1), (found.intercept, 0.4), (found.bias_at(4.0), 0.8),
            )
        ]  # fmt: skip

    assert (hits / runs).min() >= 0.935 - slack(0.935, runs, 10_000)
    assert (hits / runs).max() <= 0.965 + slack(0.965, runs, 10_000)


# samples, and coverage of the slope and of the bias at 20, as docs/explanation/coverage.md has it
@pytest.mark.slow
@pytest.mark.parametrize(("n", "expected"), [(20, (0.912, 0.912)), (60, (0.934, 0.938))])
def test_jackknife_covers_less_where_the_spread_grows(n, expected):
    rng = np.random.default_rng(n)
    hits, runs = np.zeros(2), repeats(4_000, 500)
    for _ in range(runs):
        truth = np.exp(rng.uniform(math.log(2), math.log(30), n))
        x, y = (v * (1 + 0.05 * rng.normal(size=n)) for v in (truth, 1.1 * truth + 0.4))
        found = deming(x, y)
        pairs_ = ((found.slope, 1.1), (found.bias_at(20.0), 2.4))
        hits += [e.low <= true <= e.high for e, true in pairs_]

    chance = 3.5 * math.sqrt(0.09 * 0.91 / 4_000)  # of the table's own studies, too
    assert np.abs(hits / runs - expected).max() <= slack(0.09, runs, 4_000) + chance


# --- what is refused, and the edges ---


@pytest.mark.parametrize(
    ("x", "y", "options", "reason"),
    [
        ([1, 2, 3], [1, 2, 4], {"error_ratio": 0}, "error ratio must be above 0"),
        ([1, 2, 3], [1, 2, 4], {"error_ratio": -1}, "error ratio must be above 0"),
        ([], [], {}, "needs 3 pairs, got 0"),
        ([1, 2], [1, 2], {}, "needs 3 pairs, got 2"),
        ([1, 2, 3, 4], [1, 2, 4, 4], {"cluster": [1, 1, 2, 2]}, "needs 3 patients, got 2"),
        ([2, 2, 2], [1, 2, 4], {}, "all values of the reference are equal"),
        ([1, 2, 3], [5, 5, 5], {}, "all values of the model are equal"),
        ([0, 0, 2, 2], [0, 2, 0, 2], {}, "do not vary together"),
        ([0, 0, 1, 1], [0, 8, 0, 8], {}, "do not vary together"),
        (
            [1, 2, 3, 4],
            [1, 2, 4, 4],
            {"cluster": [1, 2, 3, 3], "interval": "analytical"},
            "one sample per patient",
        ),
    ],
)
def test_what_the_data_do_not_determine_is_not_estimable(x, y, options, reason):
    with pytest.raises(NotEstimable, match=reason):
        deming(x, y, **options)


@pytest.mark.parametrize(
    ("x", "y", "options"),
    [
        ([1, 2, np.nan], [1, 2, 4], {}),
        ([1, 2, 3], [1, 2, 4, 5], {}),
        ([1, 2, 3], [1, 2, 4], {"error_ratio": math.nan}),
        ([1, 2, 3], [1, 2, 4], {"error_ratio": math.inf}),
        ([1, 2, 3], [1, 2, 4], {"interval": "bootstrap"}),
        ([1, 2, 3], [1, 2, 4], {"level": 0}),
    ],
)
def test_impossible_input_is_refused(x, y, options):
    with pytest.raises(ValueError, match="must"):
        deming(x, y, **options)


def test_a_line_that_hangs_on_one_sample_has_no_interval():
    found = deming([1, 1, 1, 1, 5], [1, 1, 1, 1, 6])

    assert found.slope.value == pytest.approx(1.25)
    assert found.slope.low is None
    assert "without one of the samples" in found.slope.reason
    assert found.bias_at(3.0).value == pytest.approx(0.5)
    assert found.bias_at(3.0).low is None


def test_an_exact_line_is_degenerate():
    x = np.arange(1.0, 9.0)

    found = deming(x, 2 * x)

    assert found.slope.value == 2
    assert "degenerate" in found.slope.flags


# --- on the road ---


def test_metric_assumes_one_where_nothing_is_known_and_says_so():
    x, y = noisy()

    (measured,) = METRIC.measure(pairs(x, y), Context(requested=("bias_at:5", "bias_at:high")))

    assert measured.estimates["slope"].value == deming(x, y).slope.value
    assert "assumed_error_ratio" in measured.estimates["slope"].flags
    assert measured.estimates["bias_at:5"].value == deming(x, y).bias_at(5).value
    assert measured.estimates["bias_at:high"].reason.startswith("bias_at needs a level")
    assert {n.partition(":")[0] for n in measured.estimates} == set(METRIC.measures["deming"])


def test_metric_takes_the_ratio_of_the_protocol_before_counting_noise():
    x, y = noisy()
    cells = np.full(40, 200.0)

    def slope(context):
        (measured,) = METRIC.measure(pairs(x, y, model_cells=cells, resolution=0.1), context)
        return measured.estimates["slope"]

    fixed, counted = slope(Context(error_ratio=0.5)), slope(Context())

    assert fixed.value == deming(x, y, error_ratio=0.5).slope.value
    assert "protocol" in fixed.method
    assert "counting noise" in counted.method
    assert "reference_imprecision_unknown" in counted.flags
    assert counted.value < fixed.value


def test_metric_is_not_estimable_where_the_reference_has_no_error():
    x, y = noisy()

    with pytest.raises(NotEstimable, match="no error of its own"):
        METRIC.measure(pairs(x, y, mode="same-cells", model_cells=np.full(40, 100.0)), Context())
