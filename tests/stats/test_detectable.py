"""The drop the gate could have seen: its definition. Its power: test_gate_simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as sps

from wbcval.stats.detectable import detectable_drop
from wbcval.stats.functions.paired_difference import paired_difference
from wbcval.values.errors import NotEstimable


def study(seed, samples=300, cells=40, churn=0.03, drop=0.0):
    """Each cell gained or lost with half the churn each, and lost with the drop."""
    chances = [churn / 2, churn / 2 + drop, 1 - churn - drop]
    gained, lost, _ = np.random.default_rng(seed).multinomial(cells, chances, samples).T
    size = np.full(samples, cells)
    return size // 2 + gained - lost, size // 2, size


def difference(new, base, cells, margin=0.02):
    codes = np.arange(len(cells))
    generator = np.random.default_rng(1)
    return paired_difference(new, base, cells, codes, generator=generator, margin=margin)


def test_worse_is_where_the_upper_limit_of_the_unlucky_estimate_meets_the_margin():
    # nothing discordant, 500 samples of one cell: Tango with b = 0 is Wilson of the losses
    ones = np.ones(500)
    found = detectable_drop(difference(ones, ones, ones), 0.02)

    df, n = 499, 500
    square = sps.t.ppf(0.975, df) ** 2
    unlucky = found.worse - sps.t.ppf(0.8, df) * np.sqrt(found.worse * (1 - found.worse) / n)
    wilson = (
        unlucky
        + square / (2 * n)
        - np.sqrt(square * (unlucky * (1 - unlucky) / n + square / (4 * n**2)))
    )
    assert wilson / (1 + square / n) == pytest.approx(0.02, abs=1e-7)


def test_more_cells_see_smaller_drops_and_never_beyond_the_margin():
    small, large = (detectable_drop(difference(*study(3, samples)), 0.02) for samples in (300, 900))

    assert large.worse < small.worse
    assert large.worse > 0.02
    assert small.stopped < large.stopped < 0.02


def test_too_few_samples_stop_everything():
    found = detectable_drop(difference(*study(3, 20)), 0.02)

    assert found.stopped == 0


def test_a_drop_that_no_data_could_show_is_none():
    cells = np.full(6, 2)

    assert detectable_drop(difference(cells // 2, cells // 2, cells), 0.9).worse is None


def test_more_power_needs_a_larger_drop():
    found = difference(*study(3))
    low, high = (detectable_drop(found, 0.02, power=power) for power in (0.5, 0.9))

    assert (low.power, high.power) == (0.5, 0.9)
    assert low.stopped < high.stopped
    assert low.worse < high.worse


def test_without_an_interval_it_is_not_estimable():
    with pytest.raises(NotEstimable, match="needs 5 samples"):
        detectable_drop(difference(*study(3, 4)), 0.02)


@pytest.mark.parametrize(("margin", "power"), [(0, 0.8), (np.nan, 0.8), (0.02, 1.0)])
def test_margins_and_powers_out_of_range_are_refused(margin, power):
    with pytest.raises(ValueError, match=r"margin|power"):
        detectable_drop(difference(*study(3)), margin, power=power)
