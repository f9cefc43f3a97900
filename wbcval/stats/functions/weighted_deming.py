"""Weighted Deming regression: errors of both sides in proportion to the level (§6)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._deming_fit import Deming
from wbcval.stats._moments import check_level, paired_by
from wbcval.stats.functions.error_ratio import ErrorRatio
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

_SETTLED = 1e-13  # relative change of the slope at which the weights have settled
_MOST_ROUNDS = 200


def weighted_deming(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    error_ratio: float = 1.0,
    level: float = 0.95,
    cluster: ArrayLike | None = None,
) -> Deming:
    """Deming regression with weights 1/level², where both errors have a constant CV.

    The level of a pair is that of its foot on the line, (x̂ + λŷ)/(1 + λ), so that weights and line
    are found in turn until the slope changes by less than 1e-13 of itself.

    Args:
        reference: shape (n,), finite, > 0.
        model: shape (n,), finite, > 0, of the same unit.
        error_ratio: λ = CV²(reference)/CV²(model), > 0.
        level: two-sided confidence of the jackknife (pseudo-values, t(n − 2)).
        cluster: shape (n,), patient codes; with repeated patients the jackknife leaves out
            patients, t(patients − 2).

    Raises:
        NotEstimable: λ ≤ 0, fewer than 3 pairs or patients, a value ≤ 0, no variance on a side, or
            weights that do not settle.
        ValueError: unequal lengths, values not finite.

    Source: Linnet, Stat Med 1990;9:1463; Linnet, Clin Chem 1993;39:424.
    """
    check_level(level)
    x, y, codes = paired_by(reference, model, cluster)
    group = np.arange(len(x)) if codes is None else codes
    units = int(group.max()) + 1 if len(x) else 0
    if error_ratio <= 0:
        raise NotEstimable(Reason("ratio_not_positive", ratio=error_ratio))
    if units < 3:
        of = "pairs" if codes is None else "patients"
        raise NotEstimable(Reason("too_few", needed=3, units=of, got=units))
    if min(x.min(), y.min()) <= 0:
        raise NotEstimable(Reason("log_of_zero"))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    line = _line(x, y, error_ratio)
    if line is None:
        raise NotEstimable(Reason("no_line"))
    left_out = [_line(x[group != g], y[group != g], error_ratio, line) for g in range(units)]
    method = f"weighted Deming, λ = {error_ratio:g} (given); jackknife, t({units - 2})"
    centre_x, slope = line[2], line[0]
    if any(one is None for one in left_out):
        why = Reason("line_undetermined")
        bare = [Estimate(value, method=method, n=len(x), reason=why) for value in line[:2]]
        ratio = ErrorRatio(error_ratio, "given")
        return Deming(bare[0], bare[1], ratio, len(x), x, y, (centre_x, line[3]), None, math.nan)
    heights = np.array([a + b * centre_x for b, a, _, _ in left_out])  # type: ignore[misc]
    slopes = np.array([one[0] for one in left_out])  # type: ignore[index]
    away = -(units - 1) * np.stack([heights - line[3], slopes - slope])
    away -= away.mean(axis=1, keepdims=True)
    (a, b), (_, c) = (away @ away.T) / (units * (units - 1))
    covariance = (float(a), float(b)), (float(b), float(c))
    quantile = float(special.stdtrit(units - 2, (1 + level) / 2))

    def estimate(value: float, variance: float) -> Estimate:
        half = quantile * math.sqrt(max(variance, 0.0))
        return Estimate(value, value - half, value + half, level, method, len(x))

    at_zero = a - 2 * centre_x * b + centre_x**2 * c
    return Deming(
        estimate(slope, c), estimate(line[1], at_zero), ErrorRatio(error_ratio, "given"), len(x),
        x, y, (centre_x, line[3]), covariance, quantile,
    )  # fmt: skip


_Line = tuple[float, float, float, float]


def _line(x: Floats, y: Floats, ratio: float, start: _Line | None = None) -> _Line | None:
    """Slope, intercept and the weighted means; ``None`` where there is no line."""
    weights = np.ones_like(x) if start is None else _weights(x, y, ratio, *start[:2])
    before = math.nan
    for _ in range(_MOST_ROUNDS):
        total = weights.sum()
        mean_x, mean_y = float(weights @ x / total), float(weights @ y / total)
        dx, dy = x - mean_x, y - mean_y
        xx, yy, xy = (float(weights @ (p * q)) for p, q in ((dx, dx), (dy, dy), (dx, dy)))
        tilt = ratio * yy - xx
        root = math.hypot(tilt, 2 * math.sqrt(ratio) * xy)
        if xy == 0:
            return None
        # two forms of one root; the one that adds, never the one that cancels
        slope = 2 * xy / (root - tilt) if tilt < 0 else (root + tilt) / (2 * ratio * xy)
        intercept = mean_y - slope * mean_x
        if abs(slope - before) <= _SETTLED * abs(slope):
            return slope, intercept, mean_x, mean_y
        before, weights = slope, _weights(x, y, ratio, slope, intercept)
    raise NotEstimable(Reason("not_settled", rounds=_MOST_ROUNDS))


def _weights(x: Floats, y: Floats, ratio: float, slope: float, intercept: float) -> Floats:
    off = y - intercept - slope * x
    share = 1 + ratio * slope**2
    foot_x, foot_y = x + ratio * slope * off / share, y - off / share
    level = (foot_x + ratio * foot_y) / (1 + ratio)
    return np.asarray(1 / level**2)
