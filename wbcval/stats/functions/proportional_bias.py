"""Does the difference grow with the level, and is that a bias or only unequal noise?

STATISTICS.md §5. cov(d, a) = (s²_m − s²_r)/2: a model that counts 200 cells against an analyzer
that counts thousands tilts d on a by its noise alone. The slope that decides is Deming's, of model
on reference, at the known λ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._deming_fit import fit
from wbcval.stats._moments import check_level, groups, mean, mean_sd, paired
from wbcval.stats.arrays import numbers, same_rows
from wbcval.stats.functions.error_ratio import ErrorRatio
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason
from wbcval.values.wording import fixed, places_against


class Cause(StrEnum):
    """What a slope of the differences on the mean comes from."""

    PROPORTIONAL = "proportional bias"
    NOISE = "explained by counting noise"
    UNKNOWN = "slope on the mean, cause unknown"
    NONE = "no slope"
    NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True, slots=True)
class ProportionalBias(Shown):
    """The slope of d on a, and what it comes from.

    Attributes:
        slope: least-squares slope of the differences on the mean of both methods.
        intercept: of that line, or ``None``.
        slope_noise: the slope that the noise of both sides alone gives, (v_m − v_r)/(2·Var a), or
            ``None`` where it is not known.
        deming: Deming slope of model on reference at the known λ, which decides, or ``None``.
        error_ratio: λ and its source, or ``None``.
        cause: the verdict.
        sentence: the same for the report.
    """

    slope: Estimate
    intercept: float | None
    slope_noise: float | None
    deming: Estimate | None
    error_ratio: ErrorRatio | None
    cause: Cause
    sentence: str


def proportional_bias(
    differences: ArrayLike,
    averages: ArrayLike,
    sides: tuple[ArrayLike, ArrayLike] | None = None,
    ratio: ErrorRatio | None = None,
    *,
    level: float = 0.95,
    cluster: ArrayLike | None = None,
) -> ProportionalBias:
    """Slope of the differences on the mean, and its cause.

    - *proportional bias*: the Deming slope at the known λ excludes 1, and still does at the end
      of what λ may be that speaks against it (the slope rises with λ). A slope above 1: at v_r
      over all the model's scatter about the line, since random misclassification comes on top of
      its counting. A slope below 1, where the analyzer's imprecision was not stated: at that of
      a count of 1 000 cells, which by itself flattens the line. And cov(d, a)
      is not the one that counting noise gives.
    - *explained by counting noise*: it includes 1, d slopes on a, and cov(d, a) does not differ
      from (v_m − v_r)/2.
    - *slope on the mean, cause unknown*: d slopes on a, and λ is not known or too vague, or
      counting noise is not enough (in same-cells mode there is none).
    - *no slope*: none of these.

    Simulated, 600 studies each of a perfect classifier at 200 cells, n = 60 and 200, basophils,
    eosinophils, monocytes: against an exact reference 57–100 % have a significant slope and
    0.2–2 % are called proportional; at most 5.5 % against references of 100 or 400 cells or of CV
    5 or 10 %; a true slope of 0.8 is found in 3–6 %, 33–78 % and 31–92 % of them. Random
    misclassification of CV 30 % against 400 cells: at most 4 % (Deming's slope at the λ of
    counting noise alone: up to 62 %, and 100 % for neutrophils).

    Args:
        differences: shape (n,).
        averages: shape (n,), mean of both methods (or of their logarithms).
        sides: reference and model, shape (n,) each, where the differences are absolute ones;
            else no noise slope is known and Deming regression does not decide.
        ratio: λ with the error variances, where known.
        level: two-sided confidence of all intervals.
        cluster: patient codes where patients repeat, else ``None``.

    Raises:
        ValueError: unequal lengths, values not finite.

    Source: Bland & Altman, Stat Methods Med Res 1999;8:135, §3.2, and Lancet 1995;346:1085 (slopes
        from unequal variances); the decision by Deming's slope: STATISTICS.md §5.
    """
    check_level(level)
    same_rows(differences=differences, averages=averages, cluster=cluster)
    d, a = numbers(differences, "differences"), numbers(averages, "averages")
    if d.shape != a.shape:
        raise ValueError(f"both must be of one length, got {d.shape} and {a.shape}")
    codes = groups(cluster, len(d))
    both = None if sides is None else paired(*sides)
    try:
        slope, intercept = _slope(d, a, level, codes)
    except NotEstimable as why:
        missing = Estimate.missing(why.reason, n=len(d))
        sentence = f"Slope of the differences on the mean: not estimable ({why.reason})."
        return ProportionalBias(missing, None, None, None, None, Cause.NOT_ESTIMABLE, sentence)
    if slope.value == slope.low == slope.high == 0:
        said = "No slope on the mean: all differences are equal."
        return ProportionalBias(slope, intercept, None, None, None, Cause.NONE, said)
    ratio = ratio if both is not None else None
    noise = _noise_slope(a, ratio)
    explained = noise is not None and _explains(noise, d, a, level, codes)
    deming, certain, why_not = None, False, ""
    if both is not None and ratio is not None:
        deming, certain, why_not = _deciding(both, ratio, level, codes)
    if certain and explained:
        certain, why_not = False, "the slope is no other than counting noise gives"
    cause = Cause.PROPORTIONAL if certain else _cause(slope, explained, why_not)
    return ProportionalBias(
        slope, intercept, noise, deming, ratio, cause,
        _sentence(cause, noise, deming, ratio, why_not),
    )  # fmt: skip


def _slope(
    differences: Floats, averages: Floats, level: float, cluster: Ints | None
) -> tuple[Estimate, float]:
    """Least squares of d on a: classical t(n − 2), or the jackknife over repeated patients."""
    n = len(differences)
    if n < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=n))
    if np.ptp(averages) == 0:
        raise NotEstimable(Reason("means_equal"))
    if np.ptp(differences) == 0:
        flat = Estimate(0.0, 0.0, 0.0, level, "all differences equal", n, flags=("degenerate",))
        return flat, float(differences[0])
    if cluster is not None:
        line = fit(averages, differences, ErrorRatio(0.0, "none"), level=level, cluster=cluster)
        return line.slope, float(line.intercept.value or 0.0)
    x, y = mean(averages), mean(differences)
    dx, dy = averages - x, differences - y
    squares = float(dx @ dx)
    if squares == 0:  # underflow
        raise NotEstimable(Reason("means_vary_little"))
    slope = float(dx @ dy) / squares
    rest = dy - slope * dx
    se = math.sqrt(float(rest @ rest) / (n - 2) / squares)
    half = float(special.stdtrit(n - 2, (1 + level) / 2)) * se
    found = Estimate(slope, slope - half, slope + half, level, "least squares; t(n − 2)", n)
    return found, y - slope * x


def _noise_slope(averages: Floats, ratio: ErrorRatio | None) -> float | None:
    if ratio is None or ratio.model_variance is None or ratio.reference_variance is None:
        return None
    _, sd = mean_sd(averages)
    return (ratio.model_variance - ratio.reference_variance) / (2 * sd**2)


def _deciding(
    sides: tuple[Floats, Floats], ratio: ErrorRatio, level: float, cluster: Ints | None
) -> tuple[Estimate | None, bool, str]:
    """Deming slope at λ, whether it shows a proportional bias, and why λ is too vague for it."""
    try:
        slope = fit(*sides, ratio, level=level, cluster=cluster).slope
        if not _excludes(slope, 1.0):
            return slope, False, ""
        above = (slope.low or 0.0) > 1
        bound, why = _bound(sides, ratio, above)
        if bound is not None:
            against = fit(*sides, ErrorRatio(bound, "bound"), level=level, cluster=cluster).slope
            if not _excludes(against, 1.0) or ((against.low or 0.0) > 1) is not above:
                return slope, False, why
    except NotEstimable as why_not:
        return None, False, f"Deming slope: {why_not.reason}"
    return slope, True, ""


def _bound(
    sides: tuple[Floats, Floats], ratio: ErrorRatio, above: bool
) -> tuple[float | None, str]:
    """The λ that speaks against a slope above (or below) 1, where it differs from the known one."""
    if not above:
        return ratio.upper, "the analyzer's imprecision, not stated, could flatten the line so"
    known, counting = ratio.reference_variance, ratio.model_variance
    if ratio.source == "protocol" or not known or counting is None:
        return None, ""
    x, y = (side - mean(side) for side in sides)
    rest = y - float(x @ y) / float(x @ x) * x
    scatter = float(rest @ rest) / (len(x) - 2) - known
    if scatter <= counting:
        return None, ""
    return known / scatter, "scatter of the model beyond its counting noise could tilt it so"


def _excludes(estimate: Estimate, value: float) -> bool:
    if estimate.low is None or estimate.high is None:
        return False
    return not estimate.low <= value <= estimate.high


def _explains(
    noise: float, differences: Floats, averages: Floats, level: float, cluster: Ints | None
) -> bool:
    """Whether cov(d, a) is what the noise alone gives: noise slope·Var a, by t over the products.

    The classical interval of the slope presumes constant scatter; counting noise grows with the
    level, and that interval misses the noise slope in a third of the studies of a rare class where
    nothing but counting noise is at work.
    """
    products = (differences - mean(differences)) * (averages - mean(averages))
    n = len(products)
    expected = noise * mean_sd(averages)[1] ** 2 * (n - 1) / n
    group = np.arange(n) if cluster is None else cluster
    totals = np.bincount(group, weights=products - products.mean())
    units = len(totals)
    se = math.sqrt(units / (units - 1) * float(totals @ totals)) / n
    half = float(special.stdtrit(units - 1, (1 + level) / 2)) * se
    return bool(abs(float(products.mean()) - expected) <= half)


def _cause(slope: Estimate, explained: bool, why_not: str) -> Cause:
    if not _excludes(slope, 0.0):
        # a Deming slope off 1 that could not be pinned on the model is not nothing
        return Cause.UNKNOWN if why_not else Cause.NONE
    return Cause.NOISE if explained and not why_not else Cause.UNKNOWN


def _sentence(
    cause: Cause,
    noise: float | None,
    deming: Estimate | None,
    ratio: ErrorRatio | None,
    why_not: str,
) -> str:
    decided = ""
    if deming is not None and deming.value is not None and ratio is not None:
        ends = (deming.value, deming.low, deming.high)
        digits = max(places_against(v, 1.0, 3) for v in ends)  # no 1.000 that excludes 1
        value, low, high = (fixed(v, digits) for v in ends)
        decided = f"Deming slope {value}"
        if deming.has_interval:
            decided += f" ({low} to {high})"
        decided += f" at {ratio}"
    if cause is Cause.PROPORTIONAL:
        return f"Proportional bias: {decided} excludes 1."
    if cause is Cause.NOISE and noise is not None:
        return f"No more than counting noise would give, a slope of {noise:.3f}; {decided}."
    if cause is Cause.NONE:
        return "No slope on the mean is shown" + (f"; {decided}." if decided else ".")
    return f"Slope on the mean, cause unknown: {why_not or _unknown(noise, ratio)}" + (
        f"; {decided}." if decided else "."
    )


def _unknown(noise: float | None, ratio: ErrorRatio | None) -> str:
    if ratio is None:
        return "the error ratio of the two sides is not known"
    if noise is None:
        return "no counting noise is known that could explain it"
    return f"counting noise gives a slope of {noise:.3f}, not the one seen"
