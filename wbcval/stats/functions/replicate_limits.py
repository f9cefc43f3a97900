"""Limits of agreement from replicates of one true value on each side (STATISTICS.md §5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, mean, mean_sd, paired
from wbcval.stats.arrays import labels, same_rows
from wbcval.stats.functions.limits_of_agreement import Z
from wbcval.stats.functions.repeated_limits import mover, outwards
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReplicateLimits(Shown):
    """Bias, SD of the difference of one value each, and limits of agreement.

    Attributes:
        bias: mean over subjects of (mean of the model − mean of the reference), by t.
        sd: between single values, interval by MOVER.
        lower, upper: bias ∓ 1.959964·sd.
        within_reference, within_model: variances within a subject.
        between_means: variance of the subjects' mean differences.
        subjects: G.
    """

    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate
    within_reference: float
    within_model: float
    between_means: float
    subjects: int


def replicate_limits(
    reference: ArrayLike, model: ArrayLike, *, subject: ArrayLike, level: float = 0.95
) -> ReplicateLimits:
    """Limits of agreement where the true value of a subject stays the same.

    Which replicate of the model stands beside which of the reference does not matter. Where the
    true value varies from pair to pair, :func:`wbcval.stats.repeated_limits` is the method.

    Presumes normal values. Measured with 60 subjects of two replicates: 95 % intervals of SD and
    limits cover 95 %; of Student's t(5) 86 and 89 %, that of the bias 95 %.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        subject: shape (n,), whose replicate each row is; numbers of replicates may differ.
        level: two-sided confidence.

    Raises:
        NotEstimable: fewer than 2 subjects, or none that repeats.
        ValueError: unequal lengths, values not finite.

    Source: Bland & Altman, Stat Methods Med Res 1999;8:135, §5.1 and §5.2 (unequal numbers);
        intervals: Zou, Stat Methods Med Res 2013;22:630, §3.1. R SimplyAgree agrees where all have
        as many replicates; else it weighs the variances within subjects otherwise.
    """
    check_level(level)
    same_rows(reference=reference, model=model, subject=subject)
    x, y = paired(reference, model)
    given = labels(subject, "subject")
    if given.shape != x.shape:
        raise ValueError(f"subject must have one code for each of {len(x)} rows, got {given.shape}")
    _, codes, times = np.unique(given, return_inverse=True, return_counts=True)
    count, rest = len(times), len(x) - len(times)
    if count < 2:
        raise NotEstimable(Reason("too_few", needed=2, units="subjects", got=count))
    if rest == 0:
        raise NotEstimable(Reason("no_replicates"))
    within = [_within(side, codes, times) for side in (x, y)]
    off = mean(y - x)
    apart = np.bincount(codes, weights=y - x - off) / times
    bias, se = mean_sd(apart)
    bias, between = bias + off, se**2
    se /= math.sqrt(count)
    share = 1 - float((1 / times).mean())
    parts = ((between, count - 1.0), *((share * each, float(rest)) for each in within))
    sd = math.sqrt(sum(part for part, _ in parts))
    low, high = mover(parts, level)
    inner, outer = outwards(sd, low, high, se, level)
    half = float(special.stdtrit(count - 1, (1 + level) / 2)) * se
    flags = ("degenerate",) if sd == 0 else ()

    def estimate(value: float, down: float, up: float, method: str) -> Estimate:
        return Estimate(value, down, up, level, method, count, flags=flags)

    said = "replicates of one true value (Bland & Altman 1999); MOVER (Zou 2013)"
    lower, upper = bias - Z * sd, bias + Z * sd
    return ReplicateLimits(
        estimate(bias, bias - half, bias + half, f"mean of {count} subjects; t"),
        estimate(sd, math.sqrt(low), math.sqrt(high), said),
        estimate(lower, lower - outer, lower + inner, said),
        estimate(upper, upper - inner, upper + outer, said),
        within[0], within[1], between, count,
    )  # fmt: skip


def _within(values: Floats, codes: Ints, times: Ints) -> float:
    """Mean square within subjects, each centred by a second pass."""
    left = values - mean(values)
    for _ in range(2):
        left = left - (np.bincount(codes, weights=left) / times)[codes]
    return float(left @ left) / (len(values) - len(times))
