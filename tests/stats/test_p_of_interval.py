"""The p that an interval stands for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from wbcval.stats.functions.p_of_interval import p_of_interval
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason


def test_the_limit_that_faces_zero_tells_the_standard_error():
    # se = (0.2 + 0.3)/1.959964 on the side of 0; the far limit plays no part
    found = p_of_interval(Estimate(-0.3, -5.0, 0.2, 0.95, n=60))

    assert found == pytest.approx(norm.cdf(-0.3 / (0.5 / 1.959963985)), rel=1e-9)


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(0.01, 3))
def test_below_2_5_percent_exactly_where_the_interval_excludes_zero(value, below, above):
    e = Estimate(value, value - below, value + above, 0.95, n=60)
    facing = e.high if value < 0 else e.low

    p = p_of_interval(e)

    if abs(facing) > 1e-6:
        assert (p < 0.025) == (e.high < 0 if value < 0 else e.low > 0)


@pytest.mark.parametrize(
    ("e", "p"),
    [
        (Estimate(0.0, -1.0, 1.0, 0.95, n=9), 1.0),
        (Estimate(-1.0, -1.0, -1.0, 0.95, n=9), 1.0),  # without a width nothing is shown
        (Estimate(-1.0, None, None, n=9), None),
        (Estimate.missing(Reason.told("none"), n=0), None),
        (Estimate(-math.inf, n=9, reason=Reason.told("infinite")), None),
    ],
)
def test_where_nothing_can_be_told(e, p):
    assert p_of_interval(e) == p
