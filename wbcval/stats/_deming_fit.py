"""The arithmetic of Deming regression: slope, jackknife and analytical intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from wbcval.stats._moments import check_level, mean
from wbcval.stats.functions.error_ratio import ErrorRatio
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

Covariance = tuple[tuple[float, float], tuple[float, float]]
_LOST = 1e-6  # share of a sum of squares below which down-dating has lost its digits

_ROUNDING = 1e-9  # relative: a slope that is surer than this is that of an exact line


@dataclass(frozen=True, slots=True)
class Deming(Shown):
    """A fitted line, model = intercept + slope·reference.

    Attributes:
        slope, intercept: with t intervals.
        error_ratio: λ = Var(error of reference)/Var(error of model) and its source.
        n: pairs.
        reference, model: shape (n,), the points.
        centre: (x, y) means, through which the line runs.
        covariance: of the line's height at the centre and its slope, ((h, hb), (hb, b)), or
            ``None`` where not estimable.
        quantile: of Student's t.
    """

    slope: Estimate
    intercept: Estimate
    error_ratio: ErrorRatio
    n: int
    reference: Floats
    model: Floats
    centre: tuple[float, float]
    covariance: Covariance | None
    quantile: float

    def line_at(self, points: Floats) -> tuple[Floats, Floats, Floats] | None:
        """The line and its interval, shape (n,) each; ``None`` without an interval."""
        if self.covariance is None or self.slope.value is None:
            return None
        away = points - self.centre[0]
        middle = self.centre[1] + self.slope.value * away
        half = self.quantile * np.array([_se(self.covariance, step) for step in away.tolist()])
        return middle, middle - half, middle + half

    def bias_at(self, level_point: float) -> Estimate:
        """Predicted bias (slope − 1)·x + intercept at a decision level x, with its interval.

        Args:
            level_point: x in the unit of the values; outside the reference's range the estimate
                is flagged ``extrapolated``.
        """
        x, y = self.centre
        slope = self.slope.value
        assert slope is not None  # noqa: S101 (a fitted line has a slope)
        away = level_point - x
        value = (y - x) + (slope - 1) * away
        inside = self.reference.min() <= level_point <= self.reference.max()
        flags = self.slope.flags if inside else (*self.slope.flags, "extrapolated")
        half = None if self.covariance is None else self.quantile * _se(self.covariance, away)
        return replace(
            self.slope,
            value=value,
            low=None if half is None else value - half,
            high=None if half is None else value + half,
            flags=flags,
        )


def fit(
    x: Floats,
    y: Floats,
    ratio: ErrorRatio,
    *,
    level: float = 0.95,
    interval: str = "jackknife",
    cluster: Ints | None = None,
) -> Deming:
    """As :func:`wbcval.stats.deming`, with λ = 0 allowed: least squares, with the same intervals.

    ``cluster`` holds codes 0 … G − 1 of repeated patients, or is ``None`` (``_moments.groups``).
    """
    check_level(level)
    if interval not in ("jackknife", "analytical"):
        raise ValueError(f"interval must be jackknife or analytical, got {interval!r}")
    n = len(x)
    units = n if cluster is None else int(cluster.max()) + 1
    if units < 3:
        of = "pairs" if cluster is None else "patients"
        raise NotEstimable(Reason("too_few", needed=3, units=of, got=units))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    centre = mean(x), mean(y)
    dx, dy = x - centre[0], y - centre[1]
    sums = _Sums(*(np.array([float(a @ b)]) for a, b in ((dx, dx), (dy, dy), (dx, dy))))
    slope = float(_slopes(sums, ratio.value)[0])
    if not math.isfinite(slope):
        raise NotEstimable(Reason("no_line"))
    if interval == "analytical":
        if cluster is not None:
            raise NotEstimable(Reason("one_sample_presumed"))
        covariance: Covariance | None = _analytical(sums, slope, n)
    else:
        covariance = _jackknife(dx, dy, sums, ratio.value, slope, cluster)
    return _fitted(x, y, ratio, centre, slope, covariance, units, level, interval)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Centred sums of squares and products, shape (m,): of the data, or of m parts of it."""

    xx: Floats
    yy: Floats
    xy: Floats


def _slopes(sums: _Sums, ratio: float) -> Floats:
    """Slope of each part, NaN where undetermined, ±∞ where vertical; stable as λ → 0."""
    tilt = ratio * sums.yy - sums.xx
    root = np.hypot(tilt, 2 * math.sqrt(ratio) * sums.xy)
    with np.errstate(divide="ignore", invalid="ignore"):
        # two forms of one root; the one that adds, never the one that cancels
        flat = 2 * sums.xy / (root - tilt)
        steep = (root + tilt) / (2 * ratio * sums.xy)
    return np.where(tilt < 0, flat, steep)


def _without_each(dx: Floats, dy: Floats, sums: _Sums, group: Ints) -> tuple[_Sums, Floats, Floats]:
    """Sums, and centred means, with each group left out: O(n) by down-dating."""
    sizes = np.bincount(group)
    n = len(dx)

    def total(values: Floats) -> Floats:
        return np.bincount(group, weights=values).astype(np.float64)

    rest = n - sizes
    gone_x, gone_y = total(dx), total(dy)

    def left(whole: Floats, products: Floats, a: Floats, b: Floats) -> Floats:
        return whole - total(products) - a * b / rest

    parts = _Sums(
        left(sums.xx, dx * dx, gone_x, gone_x),
        left(sums.yy, dy * dy, gone_y, gone_y),
        left(sums.xy, dx * dy, gone_x, gone_y),
    )
    # where one group holds nearly all the variance the difference has lost its digits
    for g in np.flatnonzero((parts.xx < _LOST * sums.xx) | (parts.yy < _LOST * sums.yy)):
        kept = group != g
        x, y = dx[kept] - dx[kept].mean(), dy[kept] - dy[kept].mean()
        parts.xx[g], parts.yy[g], parts.xy[g] = x @ x, y @ y, x @ y
    return parts, -gone_x / rest, -gone_y / rest


def _jackknife(
    dx: Floats, dy: Floats, sums: _Sums, ratio: float, slope: float, cluster: Ints | None
) -> Covariance | None:
    """Covariance of (height at the centre, slope) from pseudo-values; ``None`` if undetermined."""
    group = np.arange(len(dx)) if cluster is None else cluster
    parts, mean_x, mean_y = _without_each(dx, dy, sums, group)
    slopes = _slopes(parts, ratio)
    if not np.isfinite(slopes).all():
        return None
    units = len(slopes)
    # pseudo-values U·θ − (U − 1)·θ₍₋ᵢ₎, of which only the deviations matter
    deviations = -(units - 1) * np.stack([mean_y - slopes * mean_x, slopes - slope])
    deviations -= deviations.mean(axis=1, keepdims=True)
    (a, b), (_, c) = (deviations @ deviations.T) / (units * (units - 1))
    return (float(a), float(b)), (float(b), float(c))


def _analytical(sums: _Sums, slope: float, n: int) -> Covariance:
    """Variances as R ``mcr`` has them: se² of the slope = b²·(1 − r²)/r²/(n − 2)."""
    xx, yy, xy = (float(part[0]) for part in (sums.xx, sums.yy, sums.xy))
    unexplained = max(xx * yy / xy**2 - 1, 0.0)  # (1 − r²)/r²
    tilt = slope**2 * unexplained / (n - 2)
    return (tilt * xx / n, 0.0), (0.0, tilt)


def _fitted(
    x: Floats,
    y: Floats,
    ratio: ErrorRatio,
    centre: tuple[float, float],
    slope: float,
    covariance: Covariance | None,
    units: int,
    level: float,
    interval: str,
) -> Deming:
    n, intercept = len(x), centre[1] - slope * centre[0]
    patients = "" if units == n else f" over {units} patients"
    method = f"Deming, {ratio}; {interval}{patients}, t({units - 2})"
    if covariance is None:
        why = Reason("line_undetermined")
        bare = [Estimate(value, method=method, n=n, reason=why) for value in (slope, intercept)]
        return Deming(bare[0], bare[1], ratio, n, x, y, centre, None, math.nan)
    quantile = float(special.stdtrit(units - 2, (1 + level) / 2))
    exact_line = covariance[1][1] <= (_ROUNDING * max(abs(slope), 1.0)) ** 2
    flags = ("degenerate",) if exact_line else ()

    def estimate(value: float, se: float) -> Estimate:
        half = quantile * se
        return Estimate(value, value - half, value + half, level, method, n, flags=flags)

    return Deming(
        estimate(slope, math.sqrt(covariance[1][1])),
        estimate(intercept, _se(covariance, -centre[0])),
        ratio, n, x, y, centre, covariance, quantile,
    )  # fmt: skip


def _se(covariance: Covariance, away: float) -> float:
    """Standard error of the line's height at a distance from the centre."""
    (height, both), (_, tilt) = covariance
    return math.sqrt(max(height + away * (2 * both + away * tilt), 0.0))
