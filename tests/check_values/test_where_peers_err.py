"""Figures left out because the peer is wrong: exact arithmetic sides with ours."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from tests.build.golden import read
from wbcval.stats import deming, least_squares, passing_bablok, two_raters
from wbcval.stats.binomial import wilson

OFFSET = 1_000_000


def exact_line(x, y, weights):
    """Slope and intercept of the decimals, as fractions."""
    x, y = ([Fraction(str(value)) for value in side] for side in (x.tolist(), y.tolist()))
    w = [weights(value) for value in x]
    middle_x, middle_y = (sum(map(Fraction.__mul__, w, side)) / sum(w) for side in (x, y))
    squares = sum(k * (a - middle_x) ** 2 for k, a in zip(w, x, strict=True))
    products = (k * (a - middle_x) * (b - middle_y) for k, a, b in zip(w, x, y, strict=True))
    slope = sum(products) / squares
    return slope, middle_y - slope * middle_x


@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares_hold_at_an_offset_of_a_million(shared, golden, weighted):
    # mcr 1.3.3.1 keeps two digits of this intercept, statsmodels 0.15 eight
    x, y = read(shared, golden, "edge_big_offset")
    slope, intercept = exact_line(x, y, lambda v: 1 / v**2 if weighted else Fraction(1))

    found = least_squares(x, y, weighted=weighted)

    assert found.slope.value == pytest.approx(float(slope), rel=1e-11)
    assert found.intercept.value == pytest.approx(float(intercept), rel=1e-9)
    bias = float(intercept + (slope - 1) * OFFSET)
    assert found.bias_at(OFFSET).value == pytest.approx(bias, rel=1e-7)


@pytest.mark.parametrize("interval", ["analytical", "jackknife"])
def test_predicted_bias_holds_at_an_offset_of_a_million(shared, golden, interval):
    # mcr 1.3.3.1 keeps five digits of the analytical interval
    x, y = read(shared, golden, "edge_big_offset")
    near = [np.array([float(Fraction(str(v)) - OFFSET) for v in side.tolist()]) for side in (x, y)]

    far = deming(x, y, interval=interval).bias_at(OFFSET)
    here = deming(*near, interval=interval).bias_at(0)

    ends = [[each.value, each.low, each.high] for each in (far, here)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-7)


def test_points_on_the_line_are_neither_above_nor_below_it(shared, golden):
    # SimplyAgree 0.3.0 counts three above and four below: two of those lie on the line
    x, y = read(shared, golden, "edge_ties_dups")
    found = passing_bablok(x, y)
    slope, intercept = (
        Fraction(each.value).limit_denominator(1000) for each in (found.slope, found.intercept)
    )
    assert [float(slope), float(intercept)] == pytest.approx(
        [found.slope.value, found.intercept.value], abs=1e-15
    )

    off = [
        Fraction(str(b)) - slope * Fraction(str(a)) - intercept
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]

    assert found.linearity.above == sum(each > 0 for each in off)
    assert found.linearity.below == sum(each < 0 for each in off)


def test_degrees_of_freedom_are_the_means_of_the_statistics():
    # Fleiss 1971, diagnoses of raters 1 and 2: of ten pairs of categories five are ever confused,
    # and one category never. A χ² has the mean of its degrees of freedom; if neither rater leans,
    # each confusion falls either side by a coin. R, DescTools and statsmodels say 10 and 4.
    table = np.array(
        [[7, 1, 2, 3, 0], [0, 8, 1, 1, 0], [0, 0, 2, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 4]]
    )
    pairs = [(i, j) for i, j in itertools.combinations(range(5), 2) if table[i, j] + table[j, i]]
    confused = [int(table[i, j] + table[j, i]) for i, j in pairs]
    means = np.zeros(2)
    for split in itertools.product(*(range(each + 1) for each in confused)):
        other = table.copy()
        for (i, j), k, each in zip(pairs, split, confused, strict=True):
            other[i, j], other[j, i] = k, each - k
        chance = math.prod(map(math.comb, confused, split)) / 2 ** sum(confused)
        tests = two_raters(other)
        means += chance * np.array([tests.bowker.statistic, tests.stuart_maxwell.statistic])

    found = two_raters(table)

    assert means == pytest.approx([5, 3], rel=1e-9)
    assert (found.bowker.dof, found.stuart_maxwell.dof) == (5, 3)


def test_the_score_limit_of_no_hit_is_zero():
    # R binom 1.1.1.1 says 2e-17
    assert wilson(0.0, 10, 1.959963984540054)[0] == 0
