"""The unpaired fallback: Newcombe's hybrid, and Holm's adjustment."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats.binomial import wilson
from wbcval.stats.clustered import clustered_proportion
from wbcval.stats.functions.holm import holm
from wbcval.stats.newcombe import newcombe_difference
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

Z = 1.959963984540054


def side(hits, n):
    return Estimate(hits / n, *wilson(hits / n, n, Z), level=0.95, n=n)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe 1998, Table II, method 10, as printed
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_published_values(first, second, low, high):
    found = newcombe_difference(side(*first), side(*second))

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert "unpaired" in found.flags


def test_limits_are_those_of_the_clustered_proportions():
    hits = np.arange(12) % 4 + 5
    new, old = clustered_proportion(hits, np.full(12, 10)), clustered_proportion(hits, hits + 3)

    found = newcombe_difference(new, old)

    low = found.value - np.hypot(new.value - new.low, old.high - old.value)
    assert found.low == pytest.approx(low)
    assert found.flags == ("unpaired", "few_samples")


def test_a_side_without_interval_leaves_the_value():
    few = clustered_proportion(np.array([3, 4]), np.array([5, 5]))

    found = newcombe_difference(side(9, 10), few)

    assert found.value == pytest.approx(0.2)
    assert not found.has_interval
    assert "needs 5" in found.reason


def test_a_side_without_value_is_not_estimable():
    with pytest.raises(NotEstimable, match="baseline: no cell"):
        newcombe_difference(side(9, 10), Estimate.missing(Reason.told("no cell")))


def test_holm_steps_down():
    # 0.010 ≤ 0.04/4, 0.012 ≤ 0.04/3, 0.03 > 0.04/2: stop, although 0.035 ≤ 0.04
    assert holm([0.035, 0.010, 0.03, 0.012], 0.04) == [False, True, False, True]
    assert holm([]) == []
