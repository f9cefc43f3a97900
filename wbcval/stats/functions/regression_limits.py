"""Limits of agreement that change with the level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._moments import mean
from wbcval.stats.arrays import numbers, same_rows
from wbcval.stats.functions.limits_of_agreement import Z
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason


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


def regression_limits(differences: ArrayLike, averages: ArrayLike) -> RegressionLimits:
    """Limits from the regression of d on a, and of the absolute residuals on a.

    Args:
        differences, averages: shape (n,), finite.

    Raises:
        NotEstimable: fewer than 3 pairs, or all means equal.
        ValueError: unequal lengths, values not finite.

    Source: Bland & Altman, Stat Methods Med Res 1999;8:135, §3.2.
    """
    same_rows(differences=differences, averages=averages)
    d, a = numbers(differences, "differences"), numbers(averages, "averages")
    if d.shape != a.shape:
        raise ValueError(f"both must be of one length, got {d.shape} and {a.shape}")
    if len(d) < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=len(d)))
    x = mean(a)
    dx = a - x
    squares = float(dx @ dx)
    if squares == 0:
        raise NotEstimable(Reason("means_equal"))

    def line(values: Floats) -> tuple[float, float]:
        slope = float(dx @ values) / squares
        return mean(values) - slope * x, slope

    intercept, slope = line(d)
    spread, spread_slope = line(np.abs(d - intercept - slope * a))
    return RegressionLimits(intercept, slope, spread, spread_slope)
