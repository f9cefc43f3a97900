"""Least-squares regression of model on reference, plain or weighted (STATISTICS.md §6)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, paired
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class LeastSquares(Shown):
    """A fitted line, model = intercept + slope·reference.

    Attributes:
        slope, intercept: with t(n − 2) intervals.
        slope_se, intercept_se: their standard errors.
        residual_sd: of the (weighted) residuals, n − 2 degrees of freedom.
        r_squared: share of the (weighted) sum of squares that the line takes.
        n: pairs.
        reference: shape (n,).
        centre: (x, y) means by weight, through which the line runs.
        height_se: standard error of the line there.
    """

    slope: Estimate
    intercept: Estimate
    slope_se: float
    intercept_se: float
    residual_sd: float
    r_squared: float
    n: int
    reference: Floats
    centre: tuple[float, float]
    height_se: float

    def bias_at(self, level_point: float) -> Estimate:
        """Predicted bias (slope − 1)·x + intercept at x, with its interval.

        Args:
            level_point: x in the unit of the values; outside the reference's range the estimate
                is flagged ``extrapolated``.
        """
        x, y = self.centre
        slope, level = self.slope.value, self.slope.level
        assert slope is not None and level is not None  # noqa: S101, PT018 (a fitted line)
        away = level_point - x
        value = (y - x) + (slope - 1) * away
        half = _t(self.n, level) * math.hypot(self.height_se, away * self.slope_se)
        inside = self.reference.min() <= level_point <= self.reference.max()
        flags = () if inside else ("extrapolated",)
        return Estimate(
            value, value - half, value + half, level, self.slope.method, self.n, flags=flags
        )


def least_squares(
    reference: ArrayLike, model: ArrayLike, *, weighted: bool = False, level: float = 0.95
) -> LeastSquares:
    """Regression that takes the reference for exact: where it is not, the slope comes out too low.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        weighted: by 1/reference², where the model's error grows in proportion.
        level: two-sided confidence.

    Raises:
        NotEstimable: fewer than 3 pairs, one value on all of the reference, or for weights a
            reference of 0.
        ValueError: unequal lengths, values not finite.

    Source: Draper & Smith, Applied Regression Analysis, 3rd ed., ch. 1; CLSI EP09c, App. G.
    """
    check_level(level)
    x, y = paired(reference, model)
    n = len(x)
    if n < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=n))
    if np.ptp(x) == 0:
        raise NotEstimable(Reason("side_equal", side="reference"))
    if weighted and not x.all():
        raise NotEstimable(Reason("weight_of_zero"))
    scale = abs(x).min()  # so that no weight is above 1
    w = (scale / x) ** 2 if weighted else np.ones(n)
    total = w.sum()
    mean_x, mean_y = _mean(x, w), _mean(y, w)
    dx, dy = x - mean_x, y - mean_y
    xx, xy = float(w @ (dx * dx)), float(w @ (dx * dy))
    slope = xy / xx
    left = dy - slope * dx
    rest = float(w @ (left * left))
    all_of_y = float(w @ (dy * dy))
    sd = math.sqrt(rest / (n - 2))
    slope_se, height_se = sd / math.sqrt(xx), sd / math.sqrt(total)
    intercept, intercept_se = mean_y - slope * mean_x, math.hypot(height_se, mean_x * slope_se)
    method = f"least squares{', weights 1/x²' if weighted else ''}, t({n - 2})"
    t = _t(n, level)

    def estimate(value: float, se: float) -> Estimate:
        flags = ("degenerate",) if se == 0 else ()
        return Estimate(value, value - t * se, value + t * se, level, method, n, flags=flags)

    return LeastSquares(
        estimate(slope, slope_se), estimate(intercept, intercept_se), slope_se, intercept_se,
        sd / float(scale) if weighted else sd, 1 - rest / all_of_y if all_of_y else 1.0,
        n, x, (mean_x, mean_y), height_se,
    )  # fmt: skip


def _mean(values: Floats, weights: Floats) -> float:
    """By a second, centred pass, which corrects the rounding of the first."""
    first = float(weights @ values / weights.sum())
    return first + float(weights @ (values - first) / weights.sum())


def _t(n: int, level: float) -> float:
    return float(special.stdtrit(n - 2, (1 + level) / 2))
