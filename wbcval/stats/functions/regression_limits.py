"""Limits of agreement that change with the level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wbcval.stats._moments import mean
from wbcval.stats.functions.limits_of_agreement import Z
from wbcval.stats.metric import Floats


@dataclass(frozen=True, slots=True)
class RegressionLimits:
    """Limits of agreement by regression on the mean of both methods.

    Attributes:
        intercept, slope: of the differences on the mean.
        spread, spread_slope: of the absolute residuals on the mean; × √(π/2) they are the SD.
    """

    intercept: float
    slope: float
    spread: float
    spread_slope: float

    def at(self, averages: Floats) -> tuple[Floats, Floats, Floats]:
        """Lower limit, bias and upper limit at each mean; an SD below 0 counts as 0."""
        bias = self.intercept + self.slope * averages
        sd = math.sqrt(math.pi / 2) * np.maximum(self.spread + self.spread_slope * averages, 0.0)
        return bias - Z * sd, bias, bias + Z * sd


def regression_limits(differences: Floats, averages: Floats) -> RegressionLimits:
    """Limits from the regression of d on a, and of the absolute residuals on a (1999, §3.2)."""
    x = mean(averages)
    dx = averages - x
    squares = float(dx @ dx)

    def line(values: Floats) -> tuple[float, float]:
        slope = float(dx @ values) / squares
        return mean(values) - slope * x, slope

    intercept, slope = line(differences)
    spread, spread_slope = line(np.abs(differences - intercept - slope * averages))
    return RegressionLimits(intercept, slope, spread, spread_slope)
