"""Correlation, concordance, ICC, two readers, outliers, precision: identities and refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulated import repeats, slack
from wbcval.stats import (
    concordance_correlation,
    correlation,
    extreme_deviates,
    intraclass_correlation,
    least_squares,
    two_raters,
    variance_components,
    weighted_deming,
)
from wbcval.values.errors import NotEstimable

SEEDS = st.integers(0, 10_000)
OF_PAIRS = [correlation, concordance_correlation, least_squares, weighted_deming]


def noisy(n=40, seed=1, slope=1.1):
    rng = np.random.default_rng(seed)
    truth = rng.lognormal(2, 0.5, n)
    return truth * rng.normal(1, 0.08, n), slope * truth * rng.normal(1, 0.08, n)


# --- Kendall's τ ---


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=12))
def test_tau_counts_ties_as_pair_by_pair(points):
    x, y = np.array(points).T
    pairs = [
        (int(np.sign(a - c)), int(np.sign(b - d)))
        for (a, b), (c, d) in itertools.combinations(points, 2)
    ]
    if not np.ptp(x) or not np.ptp(y):
        return
    untied = [sum(map(abs, side)) for side in zip(*pairs, strict=True)]

    found = correlation(x, y).kendall

    expected = sum(s * t for s, t in pairs) / math.sqrt(untied[0] * untied[1])
    assert found.value == pytest.approx(expected, abs=1e-15)
    if len(points) == 4:
        assert abs(found.value) == 1 or found.reason.code == "interval_too_few"
    else:
        assert found.low <= found.value <= found.high


# --- published ---


def test_ratings_of_shrout_and_fleiss():
    # Psychol Bull 1979;86:420, Tables 2 and 4: six subjects, four judges
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

    found = intraclass_correlation(ratings)

    values = [found.one_way.value, found.agreement.value, found.consistency.value]
    assert [round(v, 2) for v in values] == [0.17, 0.29, 0.71]


def test_outliers_of_rosner():
    # NIST/SEMATECH e-Handbook 1.3.5.17.3 (Rosner 1983): three outliers among 54 values
    values = [
        -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58,
        1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15,
        2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21,
        3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
    ]  # fmt: skip
    found = extreme_deviates(values, 10)

    assert found.outliers == 3
    assert sorted(values[i] for i in found.found) == [5.34, 5.42, 6.01]
    # as printed there, to three digits: R 3.118, 2.942, 3.179; λ 3.158, 3.151, 3.143
    np.testing.assert_allclose(found.deviates[:3], [3.118, 2.942, 3.179], atol=1e-3)
    np.testing.assert_allclose(found.critical[:3], [3.158, 3.151, 3.143], atol=1e-3)


def test_line_of_longley_is_certified_elsewhere_and_a_line_by_hand_is_here():
    found = least_squares([1, 2, 3, 4], [2, 3, 5, 4])
    # Sxx = 5, Sxy = 4: slope 0.8; 3.5 − 0.8·2.5 = 1.5; rest 5 − 3.2 = 1.8, sd √0.9
    assert found.slope.value == pytest.approx(0.8, rel=1e-15)
    assert found.intercept.value == pytest.approx(1.5, rel=1e-15)
    assert found.residual_sd == pytest.approx(math.sqrt(0.9), rel=1e-15)
    assert found.r_squared == pytest.approx(3.2 / 5, rel=1e-15)


# --- identities ---


@settings(max_examples=40)
@given(SEEDS, st.floats(0.1, 10))
def test_swapping_the_sides_inverts_weighted_deming(seed, ratio):
    x, y = noisy(30, seed)

    there = weighted_deming(x, y, error_ratio=ratio)
    back = weighted_deming(y, x, error_ratio=1 / ratio)

    assert back.slope.value == pytest.approx(1 / there.slope.value, rel=1e-9)
    assert back.intercept.value == pytest.approx(
        -there.intercept.value / there.slope.value, rel=1e-6, abs=1e-9
    )


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([1e-3, 1.0, 1e4]))
def test_a_unit_changes_no_coefficient(seed, unit):
    x, y = noisy(30, seed)
    one, scaled = (
        (
            weighted_deming(a, b).slope,
            least_squares(a, b).slope,
            least_squares(a, b, weighted=True).slope,
            concordance_correlation(a, b).ccc,
            correlation(a, b).pearson,
            correlation(a, b).spearman,
            intraclass_correlation(np.column_stack([a, b])).agreement,
        )
        for a, b in ((x, y), (x * unit, y * unit))
    )
    for a, b in zip(one, scaled, strict=True):
        assert [b.value, b.low, b.high] == pytest.approx([a.value, a.low, a.high], rel=1e-8)


@settings(max_examples=30)
@given(SEEDS)
def test_concordance_is_correlation_times_accuracy_and_knows_no_side(seed):
    x, y = noisy(25, seed)

    found, back = concordance_correlation(x, y), concordance_correlation(y, x)

    assert found.ccc.value == pytest.approx(found.pearson * found.accuracy, rel=1e-12)
    assert found.pearson == pytest.approx(correlation(x, y).pearson.value, rel=1e-12)
    assert [back.ccc.low, back.ccc.high] == pytest.approx([found.ccc.low, found.ccc.high], rel=1e-9)
    assert back.scale_shift == pytest.approx(1 / found.scale_shift, rel=1e-12)
    assert found.ccc.low <= found.ccc.value <= found.ccc.high


@settings(max_examples=30)
@given(SEEDS, st.integers(2, 5))
def test_readers_without_bias_agree_as_they_are_consistent(seed, k):
    rng = np.random.default_rng(seed)
    ratings = rng.normal(0, 2, (12, 1)) + rng.normal(0, 1, (12, k))
    biased = ratings + np.linspace(0, 6, k)

    one, off = intraclass_correlation(ratings), intraclass_correlation(biased)

    assert off.consistency.value == pytest.approx(one.consistency.value, abs=1e-9)
    assert off.agreement.value < one.agreement.value


TABLES = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3)


@settings(max_examples=100)
@given(TABLES)
def test_two_readers_may_change_places(rows):
    table = np.array(rows)
    if not table.sum():
        return
    there, back = two_raters(table), two_raters(table.T)

    assert back.kappa.value == pytest.approx(there.kappa.value, abs=1e-12)
    assert back.ac1.low == pytest.approx(there.ac1.low, abs=1e-12)
    assert back.bowker == there.bowker
    assert back.stuart_maxwell.statistic == pytest.approx(there.stuart_maxwell.statistic, abs=1e-8)
    symmetric = two_raters(table + table.T)
    assert symmetric.bowker.statistic == symmetric.stuart_maxwell.statistic == 0


@settings(max_examples=60)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_tests_of_symmetry_are_mcnemars_for_two_categories(a, b, c, d):
    if not a + b + c + d:
        return
    found = two_raters([[a, b], [c, d]])
    expected = (b - c) ** 2 / (b + c) if b + c else 0.0

    assert found.bowker.statistic == pytest.approx(expected, abs=1e-12)
    assert found.stuart_maxwell.statistic == pytest.approx(expected, abs=1e-9)


def test_credit_of_near_misses_is_all_or_nothing_for_two_categories():
    table = [[40, 9], [6, 45]]
    kappas = [two_raters(table, weights=w).kappa for w in ("none", "linear", "quadratic")]

    assert kappas[0].low == pytest.approx(kappas[1].low) == pytest.approx(kappas[2].low)


@settings(max_examples=30)
@given(SEEDS, st.floats(-1e5, 1e5))
def test_precision_knows_no_level(seed, offset):
    rng = np.random.default_rng(seed)
    day, run = np.repeat(np.arange(8), 4), np.tile([0, 0, 1, 1], 8)
    values = rng.normal(0, 1, 8)[day] + rng.normal(0, 1, 32)

    one, moved = (
        variance_components(values, day, run),
        variance_components(values + offset, day, run),
    )

    parts = (one.day, one.run, one.repeat)
    assert one.within_laboratory.value**2 == pytest.approx(sum(p.variance for p in parts))
    assert moved.within_laboratory.value == pytest.approx(one.within_laboratory.value, rel=1e-6)


# --- coverage ---


@pytest.mark.slow
def test_intervals_of_precision_and_concordance_cover():
    now, full = repeats(4000, 200), 4000
    rng = np.random.default_rng(3)
    day, run = np.repeat(np.arange(20), 4), np.tile([0, 0, 1, 1], 20)
    hits = np.zeros(4)
    for _ in range(now):
        values = (
            rng.normal(0, 1, 20)[day] + rng.normal(0, 0.7, 40)[2 * day + run] + rng.normal(0, 1, 80)
        )
        sd = variance_components(values, day, run).within_laboratory
        hits[0] += sd.low <= math.sqrt(2.49) <= sd.high
        truth = rng.normal(0, 2, 60)
        pair = np.column_stack([truth + rng.normal(0, 0.5, 60) for _ in range(2)])
        # SD 2 between, 0.5 within: 4/4.25 for both
        for i, e in enumerate(
            (
                concordance_correlation(*pair.T).ccc,
                intraclass_correlation(pair).agreement,
                correlation(*pair.T).pearson,
            )
        ):
            hits[i + 1] += e.low <= 4 / 4.25 <= e.high
    least = 0.935 - slack(0.05, now, full)
    assert (hits / now >= least).all(), hits / now


# --- refusals ---


@pytest.mark.parametrize(
    "function", [correlation, concordance_correlation, least_squares, weighted_deming]
)
@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1.0, 2.0], [1.0, 2.0], "got 2"),
        ([3.0] * 5, [1.0, 2, 3, 4, 5], "all values of the reference are equal"),
    ],
)
def test_what_does_not_vary_is_refused(function, x, y, why):
    with pytest.raises(NotEstimable, match=why):
        function(x, y)


@pytest.mark.parametrize(
    "function", [correlation, concordance_correlation, least_squares, weighted_deming]
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(function, bad):
    with pytest.raises(ValueError, match=r"must (be finite|hold no missing)"):
        function([1, 2, 3, bad], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: weighted_deming([0, 1, 2], [1, 2, 3]), "above 0 on both sides"),
        (lambda: weighted_deming([1, 2, 3], [1, 2, 4], error_ratio=0), "must be above 0"),
        (lambda: least_squares([0, 1, 2], [1, 2, 3], weighted=True), "references other than 0"),
        (lambda: intraclass_correlation([[1, 2], [1, 2], [1, 2]]), "do not differ"),
        (lambda: extreme_deviates([1] * 9), "needs 10 values"),
        (lambda: extreme_deviates([1] * 20), "all values are equal"),
        (lambda: two_raters(np.zeros((2, 2))), "denominator is 0"),
        (lambda: variance_components([1, 2, 3], [1, 1, 2], [1, 1, 1]), "needs 2 runs a day"),
        (lambda: variance_components([1, 2, 3], [1, 2, 3]), "needs 2 results a run"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(call, why):
    with pytest.raises(NotEstimable, match=why):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: two_raters([[1, 2, 3]]),
        lambda: two_raters([[1, -2], [1, 1]]),
        lambda: two_raters([[0.5, 2], [1, 1]]),
        lambda: two_raters([[1, 2], [3, 4]], weights="cubic"),
        lambda: correlation([1, 2, 3, 4], [1, 2, 4, 3], spearman="other"),
        lambda: extreme_deviates(range(20), 11),
        lambda: extreme_deviates(range(20), alpha=1),
        lambda: intraclass_correlation([1, 2, 3]),
        lambda: variance_components([1, 2], [1], [1]),
    ],
)
def test_what_is_no_input_is_an_error(call):
    with pytest.raises(ValueError, match="must"):
        call()


def test_all_points_on_one_line_have_no_interval_or_none_of_width():
    x = np.arange(1.0, 12)
    assert concordance_correlation(x, 2 * x).ccc.low is None
    assert correlation(x, 2 * x).pearson.flags == ("degenerate",)
    one = intraclass_correlation(np.column_stack([x, x]))
    assert one.agreement.value == one.agreement.low == 1
    assert two_raters([[9, 0], [0, 0]]).kappa.value is None
