"""McNemar's exact and mid-p test: by counting, its identities, and its edges."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbcval.stats import mcnemar
from wbcval.values.errors import NotEstimable

COUNTS = st.integers(0, 25)


@given(COUNTS, COUNTS)
def test_p_is_that_of_a_fair_coin(first, second):
    found = mcnemar([[3, first], [second, 4]])

    n, fewer = first + second, min(first, second)
    chance = [Fraction(math.comb(n, k), 2**n) for k in range(n + 1)]
    tail = sum(chance[: fewer + 1])
    assert found.p_exact == pytest.approx(float(min(2 * tail, 1)), rel=1e-12)
    assert found.p_mid == pytest.approx(float(min(2 * tail - chance[fewer], 1)), rel=1e-12)
    assert (found.first_only, found.second_only, found.n) == (first, second, n + 7)


@given(COUNTS, COUNTS)
def test_swapping_the_readers_inverts_the_odds(first, second):
    one, other = (mcnemar([[9, a], [b, 9]]) for a, b in ((first, second), (second, first)))

    assert (one.p_exact, one.p_mid) == (other.p_exact, other.p_mid)
    if first and second:
        there, back = one.odds_ratio, other.odds_ratio
        ends = (1 / back.value, 1 / back.high, 1 / back.low)
        assert (there.value, there.low, there.high) == pytest.approx(ends, rel=1e-9)


@given(COUNTS, COUNTS)
def test_the_interval_holds_1_where_the_exact_test_does_not_reject(first, second):
    found = mcnemar([[9, first], [second, 9]])
    odds = found.odds_ratio
    if odds.value is None:
        assert found.p_exact == found.p_mid == 1
        assert odds.reason.code == "none_discordant"
        return
    low, high = odds.low or 0.0, math.inf if odds.high is None else odds.high
    assert (low <= 1 <= high) is (found.p_exact > 0.05)


def test_odds_without_an_upper_bound_are_infinite_and_say_so():
    odds = mcnemar([[9, 5], [0, 9]]).odds_ratio

    assert (odds.value, odds.high, odds.reason.code) == (math.inf, None, "odds_infinite")
    assert odds.low == pytest.approx(1 / 1.091279105182546)  # R exact2x2, of the table turned round


def test_what_is_no_table_of_answers_is_refused():
    with pytest.raises(NotEstimable):
        mcnemar(np.zeros((2, 2)))
    for table in ([[1, 2, 3], [1, 2, 3], [1, 2, 3]], [[1, -1], [2, 3]], [[1, 0.5], [2, 3]]):
        with pytest.raises(ValueError, match=r"shape|counts"):
            mcnemar(table)
