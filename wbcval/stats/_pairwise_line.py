"""A line by the median slope of all pairs: its bias at a level, and whether it is the identity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.stats._moments import mean
from wbcval.stats._pairwise_bootstrap import Drawn
from wbcval.stats.bootstrap import MIN_CLUSTERS
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

_ROUNDING = 1e-9  # relative: scatter that is less, or all of one kind, is none


@dataclass(frozen=True, slots=True)
class Identity:
    """A test of slope 1 and intercept 0 together.

    Attributes:
        statistic: Hotelling's T² of the line's angle and its height, as F.
        dof: of F: 2, and patients − 2.
        p: large where model = reference is as good a line.
    """

    statistic: float
    dof: tuple[int, int]
    p: float


@dataclass(frozen=True, slots=True)
class PairwiseLine(Shown):
    """What lines by median slopes have in common.

    Attributes:
        slope, intercept: of model = intercept + slope·reference.
        n: pairs.
        slopes: N, pairs of points whose slope counts.
        reference, model: shape (n,), the points.
        drawn: lines of resamples, where the interval is of them.
    """

    slope: Estimate
    intercept: Estimate
    n: int
    slopes: int
    reference: Floats
    model: Floats
    drawn: Drawn | None

    def bias_at(self, level_point: float) -> Estimate:
        """Predicted bias (slope − 1)·x + intercept at x; its interval where lines were resampled.

        Args:
            level_point: x in the unit of the values; outside the reference's range the estimate
                is flagged ``extrapolated``.
        """
        slope, intercept = self._fitted()
        value = (slope - 1) * level_point + intercept
        if self.drawn is None:
            why = self.slope.reason or Reason("bias_by_ranks")
            found = Estimate(value, method=self.slope.method, n=self.n, reason=why)
        else:
            along = np.array([level_point, 1.0])
            found = self.drawn.estimate(value, self.n, along, less=level_point)
        inside = self.reference.min() <= level_point <= self.reference.max()
        return found if inside else found.with_flags("extrapolated")

    def identity(self) -> Identity:
        """Whether the line may be model = reference: one test, where two intervals are two tests.

        Of the angle and of the height at the mean of the reference, by their covariance over
        resampled patients: an angle has no outliers as a slope near vertical is one.

        Raises:
            NotEstimable: without resampled lines, fewer than 5 patients, lines that do not scatter.
        """
        slope, intercept = self._fitted()
        if self.drawn is None or not len(self.drawn.lines):
            raise NotEstimable(Reason("lines_not_drawn"))
        patients = len(self.drawn.jackknife)
        if patients < MIN_CLUSTERS:
            few = Reason("too_few", needed=MIN_CLUSTERS, units="patients", got=patients)
            raise NotEstimable(few)
        lines = self.drawn.lines[np.isfinite(self.drawn.lines).all(axis=1)]
        if 2 * len(lines) < (drawn := len(self.drawn.lines)):
            undefined = Reason("resamples_undefined", undefined=drawn - len(lines), resamples=drawn)
            raise NotEstimable(undefined)
        centre = mean(self.reference)
        away = np.array([math.atan(slope) - math.pi / 4, intercept + (slope - 1) * centre])
        angles = np.arctan(lines[:, 0])
        heights = lines[:, 1] + (lines[:, 0] - 1) * centre
        (tilt, both), (_, height) = spread = np.cov(angles, heights)
        size = float(max(abs(self.reference).max(), abs(self.model).max()))
        known = min(math.sqrt(tilt), math.sqrt(height) / size) > _ROUNDING
        if not known or tilt * height - both**2 <= _ROUNDING * tilt * height:
            raise NotEstimable(Reason("lines_alike"))
        squared = float(away @ np.linalg.solve(spread, away))
        dof = 2, patients - 2
        statistic = squared * dof[1] / (2 * (patients - 1))
        return Identity(statistic, dof, float(special.fdtrc(*dof, statistic)))

    def _fitted(self) -> tuple[float, float]:
        slope, intercept = self.slope.value, self.intercept.value
        assert slope is not None and intercept is not None  # noqa: S101, PT018 (a fitted line)
        return slope, intercept
