"""Tango's score interval: published values, its equation, its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as sps

from wbcval.stats._tango import lower_reaches, score, tango_interval
from wbcval.values.errors import NotEstimable


@pytest.mark.parametrize(
    ("b", "c", "n", "level", "low", "high", "digits"),
    [
        # Tango 1998, §6.1, contact lenses: 90 % lower limit as printed (upper: 0.037 by the
        # equation); the statistic of the same example is tested below
        (0, 1, 44, 0.90, -0.096, 0.037, 3),
        # Fagerland, Lydersen & Laake, Stat Med 2014;33:2850, airway reactivity (Bentur 2009)
        (1, 7, 21, 0.95, -0.517, -0.026, 3),
        # the same authors' R package contingencytables, its own test (Cavo 2012)
        (6, 16, 161, 0.95, -0.1240, -0.0054, 4),
        # R PropCIs::scoreci.mp(60, 20, 1000) as published with its output: there c, b, n
        (20, 60, 1000, 0.95, -0.0584, -0.0231, 4),
        # PropCIs::scoreci.mp(41, 48, 549, 0.90), published as -1.57 and 4.14 points
        (48, 41, 549, 0.90, -0.0157, 0.0414, 4),
    ],
)
def test_published_values(b, c, n, level, low, high, digits):
    found = tango_interval(b, c, n, level)

    assert tuple(round(limit, digits) for limit in found) == (low, high)


def test_published_statistic():
    # Tango 1998, §6.1: Z = 1.709 against a margin of 0.1
    found = score(np.array(0.0), np.array(1.0), np.array(44.0), np.array(-0.1))

    assert round(float(found), 3) == 1.709


def constrained_score(b, c, n, delta):
    """The statistic with its restricted estimate found by maximising the likelihood itself."""

    def loss(q):
        cells = [(b, q + delta), (c, q), (n - b - c, 1 - 2 * q - delta)]
        return -sum(count * np.log(max(p, 1e-300)) for count, p in cells if count)

    bounds = (max(0.0, -delta), (1 - delta) / 2)
    q = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    return (b - c - n * delta) / np.sqrt(n * (2 * q + delta - delta**2))


@pytest.mark.parametrize(
    ("b", "c", "n"), [(3, 8, 50), (40, 20, 160), (2.5, 1.25, 33.5), (0, 4, 30)]
)
def test_limits_solve_the_score_equation_with_the_likelihood_maximised_by_number(b, c, n):
    low, high = tango_interval(b, c, n)

    z = sps.norm.ppf(0.975)
    assert constrained_score(b, c, n, low) == pytest.approx(z, abs=1e-4)
    assert constrained_score(b, c, n, high) == pytest.approx(-z, abs=1e-4)


@pytest.mark.parametrize("df", [4, 19, np.inf])
def test_nothing_discordant_has_a_closed_form(df):
    low, high = tango_interval(0, 0, 100, df=df)

    square = sps.t.ppf(0.975, df) ** 2
    assert high == pytest.approx(square / (100 + square), rel=1e-12)
    assert low == -high


@given(
    st.floats(0, 50), st.floats(0, 50), st.floats(0.01, 200), st.sampled_from([0.5, 0.95, 0.999])
)
def test_limits_hold_the_estimate_mirror_and_nest(b, c, rest, level):
    n = b + c + rest
    low, high = tango_interval(b, c, n, level)

    assert -1 <= low <= (b - c) / n + 1e-12
    assert (b - c) / n - 1e-12 <= high <= 1
    assert tango_interval(c, b, n, level) == (-high, -low)
    outer = tango_interval(b, c, n, (1 + level) / 2)
    assert outer[0] <= low <= high <= outer[1]


def test_all_lost_and_all_gained_reach_the_end():
    assert tango_interval(0, 50, 50)[0] == pytest.approx(-1, abs=1e-15)
    assert tango_interval(50, 0, 50)[1] == pytest.approx(1, abs=1e-15)


def test_arrays_are_numbers_side_by_side():
    lows, highs = tango_interval(np.array([6, 1]), np.array([16, 7]), np.array([161, 21]))

    assert (lows[0], highs[0]) == tango_interval(6, 16, 161)
    assert (lows[1], highs[1]) == tango_interval(1, 7, 21)


@pytest.mark.parametrize(
    ("b", "c", "n", "level", "match"),
    [
        (-1, 0, 10, 0.95, "negative"),
        (6, 5, 10, 0.95, "exceed"),
        (np.nan, 0, 10, 0.95, "finite"),
        (1, 1, 10, 1.0, "level"),
    ],
)
def test_what_is_no_table_is_refused(b, c, n, level, match):
    with pytest.raises(ValueError, match=match):
        tango_interval(b, c, n, level)


def test_no_trial_is_not_estimable():
    with pytest.raises(NotEstimable, match="got 0"):
        tango_interval(0, 0, 0)


def test_a_limit_is_reached_as_the_interval_says():
    rng = np.random.default_rng(4)
    n = rng.uniform(5, 400, 500)
    b, c = n * rng.dirichlet([1, 1, 6], 500)[:, :2].T
    low = tango_interval(b, c, n, df=19.0)[0]
    for delta in (-0.3, -0.05, -0.02, 0.0, 0.1):
        clear = np.abs(low - delta) > 1e-9
        found = lower_reaches(b, c, n, delta, level=0.95, df=19.0)
        assert 0 < found.sum() < 500
        np.testing.assert_array_equal(found[clear], (low <= delta)[clear])
