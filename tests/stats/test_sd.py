"""The SD's interval: Bonett's formula, its edges, and its coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps

from tests.simulated import repeats
from wbcval.stats._moments import mean_sd
from wbcval.stats._sd import sd_estimate


def sd_of(values, level=0.95):
    return sd_estimate(np.asarray(values, float), *mean_sd(np.asarray(values, float)), level)


@pytest.mark.parametrize("n", [5, 6, 8, 20, 101])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_interval_is_the_formula_of_the_paper(n, level):
    # Bonett 2006, eq. 6, written out; scipy cuts int(share·n) from each end, as R's mean(trim=)
    y = np.random.default_rng(n).gamma(2, size=n)
    z, c = sps.norm.ppf((1 + level) / 2), n / (n - sps.norm.ppf((1 + level) / 2))
    centre = sps.trim_mean(y, 1 / (2 * math.sqrt(n - 4)))
    kurtosis = n * ((y - centre) ** 4).sum() / ((y - y.mean()) ** 2).sum() ** 2
    half = z * c * math.sqrt((kurtosis - (n - 3) / n) / (n - 1))

    found = sd_of(y, level)

    expected = np.exp([math.log(c * y.var(ddof=1)) + sign * half for sign in (-1, 1)]) ** 0.5
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-12)
    assert (found.value, found.n, found.level) == (pytest.approx(y.std(ddof=1)), n, level)
    assert found.flags == ("normal_assumed",)


def test_below_five_values_the_sd_stands_alone():
    found = sd_of([1.0, 2.0, 4.0, 8.0])

    assert found.value == pytest.approx(np.std([1, 2, 4, 8], ddof=1))
    assert (found.low, found.high) == (None, None)
    assert found.reason == "interval needs 5 values, got 4"


def test_a_level_that_so_few_values_cannot_give_is_said():
    assert sd_of(np.arange(5.0), 1 - 1e-7).reason == "interval needs 6 values, got 5"


def test_equal_values_have_no_width():
    found = sd_of([3.0] * 9)

    assert (found.value, found.low, found.high) == (0, 0, 0)


@settings(max_examples=60)
@given(st.lists(st.integers(-1000, 1000), min_size=5, max_size=60), st.floats(0.01, 100))
def test_unit_sign_and_order_do_not_matter(values, unit):
    y = np.array(values, float)

    one, other = sd_of(y), sd_of(-unit * y[::-1])

    assert (other.low, other.high) == pytest.approx((unit * one.low, unit * one.high), rel=1e-6)
    assert one.low <= one.value <= one.high


def draw(kind, generator, shape):
    if kind == "normal":
        return generator.normal(size=shape)
    if kind == "t(5)":
        return generator.standard_t(5, shape)
    if kind == "WBC":  # from 2 to 30, CV 5 %
        level = np.exp(generator.uniform(np.log(2), np.log(30), shape))
        return 0.05 * level * generator.normal(size=shape)
    return generator.normal(size=shape) * np.where(generator.random(shape) < 0.02, 10, 1)


# SD, and coverage in percent at 20, 60 and 200 values, as docs/explanation/coverage.md has it
MEASURED = {
    "normal": (1.0, 94.7, 94.5, 94.5),
    "t(5)": (math.sqrt(5 / 3), 91.0, 90.7, 92.4),
    # E r² of a log-uniform r: (30² − 2²)/(2·ln 15)
    "WBC": (0.05 * math.sqrt(896 / (2 * math.log(15))), 87.4, 90.8, 93.2),
    "one in fifty tenfold": (math.sqrt(0.98 + 0.02 * 100), 36.5, 50.1, 74.6),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", MEASURED)
def test_coverage_is_as_documented_also_where_it_is_poor(kind):
    runs = repeats(10_000, 100)
    truth, *documented = MEASURED[kind]

    for n, percent in zip((20, 60, 200), documented, strict=True):
        generator = np.random.default_rng([29, n])
        found = [sd_of(row) for row in draw(kind, generator, (runs, n))]
        expected = percent / 100
        # four SDs of the difference of two simulations
        error = 4 * np.sqrt(expected * (1 - expected) * (1 / runs + 1 / 10_000)) + 0.0005
        reached = np.mean([e.low <= truth <= e.high for e in found])
        assert reached == pytest.approx(expected, abs=error), n
