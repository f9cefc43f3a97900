"""What cancels is 0, in value and in writing."""

from __future__ import annotations

import numpy as np
import pytest

from wbcval.stats._moments import mean
from wbcval.values.estimate import Estimate
from wbcval.values.wording import numerals


@pytest.mark.parametrize("seed", range(20))
def test_differences_of_percentages_that_cancel_have_mean_0(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = 100 * rng.integers(0, 30, 60) / 90
    moved = np.where(np.arange(60) % 2, 1, -1) * 100 * rng.integers(1, 9, 30).repeat(2) / 90
    assert mean((shares + moved) - shares) == 0.0
    assert mean((shares + moved) - shares + 1e-6) == pytest.approx(1e-6, rel=1e-3)


def test_a_bias_that_is_rounding_alone_is_written_as_0() -> None:
    e = Estimate(-1e-16, -0.4063692920750100, 0.4063692920750099)
    assert numerals(e, False, 0.0) == ("0.0", "\N{MINUS SIGN}0.4", "0.4")
    assert numerals(e, False, 0.5, -0.5)[0] == "0.0"
    assert numerals(Estimate(-1e-6, -0.4, 0.4), False, 0.0)[0] == "\N{MINUS SIGN}0.000001"
