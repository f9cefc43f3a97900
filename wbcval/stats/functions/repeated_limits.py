"""Limits of agreement where patients repeat: pairs of one patient, true value varying.

STATISTICS.md §5 "replicates, varying": differences d_ij = bias + patient_i + error_ij, their two
variances by one-way ANOVA (Bland & Altman 2007), intervals by MOVER (Zou 2013).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, groups, mean
from wbcval.stats.arrays import numbers
from wbcval.stats.functions.limits_of_agreement import Z
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class OneWay:
    """One-way analysis of variance, unequal group sizes.

    Attributes:
        n, groups: N values in G groups.
        mean: of all values (the pairs' differences), not of the group means.
        ms_between, ms_within: mean squares at G − 1 and N − G degrees of freedom.
        n0: (N − Σm²/N)/(G − 1), the size at which E[MS between] = within + n0·between.
        mean_size: Σm²/N.
        df_between: G − 1 in balanced data; else the effective degrees of freedom of
            ``ms_between``, which is then no multiple of a χ² (Satterthwaite 1946, at the variances
            estimated). Without it the limits' interval covers 88–92 % where few patients hold
            many of the pairs.
    """

    n: int
    groups: int
    mean: float
    ms_between: float
    ms_within: float
    n0: float
    mean_size: float
    df_between: float

    @property
    def variance(self) -> float:
        """Of one difference: between + within, both unbiased, so that it needs no truncation."""
        return self.ms_between / self.n0 + (1 - 1 / self.n0) * self.ms_within

    @property
    def standard_error(self) -> float:
        """Of the mean of all pairs: √(between·Σm²/N² + within/N), between ≥ 0."""
        between = max((self.ms_between - self.ms_within) / self.n0, 0.0)
        return math.sqrt((between * self.mean_size + self.ms_within) / self.n)


def one_way(values: Floats, group: Ints) -> OneWay:
    """Analysis of variance of values, shape (n,), by group codes 0 … G − 1, 2 ≤ G < n."""
    sizes = np.bincount(group)
    n, count, average = len(values), len(sizes), mean(values)
    centred = values - average
    centred -= centred.mean()
    means = np.bincount(group, weights=centred) / sizes
    means += np.bincount(group, weights=centred - means[group]) / sizes  # a second pass
    rest = centred - means[group]
    between = float((sizes * means**2).sum()) / (count - 1)
    within = float(rest @ rest) / (n - count)
    mean_size = float((sizes**2).sum()) / n
    n0 = (n - mean_size) / (count - 1)
    df = _effective_df(sizes.astype(np.float64), max((between - within) / n0, 0.0), within)
    return OneWay(n, count, average, between, within, n0, mean_size, df)


def _effective_df(size: Floats, between: float, within: float) -> float:
    """(tr AΣ)²/tr (AΣ)² of the sum of squares between groups, a quadratic form in their means."""
    if between == within == 0:
        return len(size) - 1.0
    n = float(size.sum())
    variance = between + within / size
    trace = float((size * variance * (1 - size / n)).sum())
    squared = float((size**2 * variance**2 * (1 - 2 * size / n)).sum())
    squared += float((size**2 * variance).sum() / n) ** 2
    return trace**2 / squared


@dataclass(frozen=True, slots=True)
class RepeatedLimits(Shown):
    """Bias, SD of one difference, and limits, from repeated patients."""

    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate
    anova: OneWay


def repeated_limits(
    differences: ArrayLike, cluster: ArrayLike, level: float, flags: tuple[str, ...] = ()
) -> RepeatedLimits:
    """Mean of the pairs' differences ∓ 1.959964·√(between + within).

    The bias is the mean over pairs (not over patients), its interval t(G − 1) for G patients.

    Args:
        differences: shape (n,), finite.
        cluster: shape (n,), patient codes.
        level: two-sided confidence.
        flags: carried into the estimates.

    Raises:
        NotEstimable: one patient alone, or none that repeats.
        ValueError: values not finite, other lengths.

    Source: Bland & Altman, J Biopharm Stat 2007;17:571, §3; intervals: Zou, Stat Methods Med Res
        2013;22:630, §3.2, equal to it in balanced data; in unbalanced data the ANOVA mean squares
        stand where Zou has the variance of the patients' means (R SimplyAgree's ``agree_nest``
        differs there, in the limits too).
    """
    check_level(level)
    d = numbers(differences, "differences")
    codes = groups(cluster, len(d))
    patients = len(d) if codes is None else int(codes.max()) + 1
    if codes is None or patients < 2:
        raise NotEstimable(Reason("patients_not_repeated", patients=patients, pairs=len(d)))
    found = one_way(d, codes)
    n, sd = found.n, math.sqrt(found.variance)
    parts = (
        (found.ms_between / found.n0, found.df_between),
        ((1 - 1 / found.n0) * found.ms_within, float(found.n - found.groups)),
    )
    low, high = mover(parts, level)
    half = float(special.stdtrit(found.groups - 1, (1 + level) / 2)) * found.standard_error
    bias = Estimate(
        found.mean, found.mean - half, found.mean + half, level,
        f"mean of the pairs; t over {found.groups} patients", n, flags=flags,
    )  # fmt: skip
    spread = Estimate(
        sd, math.sqrt(low), math.sqrt(high), level,
        "√(between + within patients), ANOVA; MOVER", n, flags=flags,
    )  # fmt: skip
    inner, outer = outwards(sd, low, high, found.standard_error, level)
    method = "mean ± z·SD over repeated patients (Bland & Altman 2007); MOVER (Zou 2013)"
    lower, upper = found.mean - Z * sd, found.mean + Z * sd
    return RepeatedLimits(
        bias,
        spread,
        Estimate(lower, lower - outer, lower + inner, level, method, n, flags=flags),
        Estimate(upper, upper - inner, upper + outer, level, method, n, flags=flags),
        found,
    )


def mover(parts: Sequence[tuple[float, float]], level: float) -> tuple[float, float]:
    """Interval of a sum of variances by MOVER, from the χ² interval of each.

    Args:
        parts: each with its degrees of freedom.
        level: two-sided confidence.
    """
    total = sum(part for part, _ in parts)
    down = up = 0.0
    for part, df in parts:
        down += (part * (1 - df / float(special.chdtri(df, (1 - level) / 2)))) ** 2
        up += (part * (df / float(special.chdtri(df, (1 + level) / 2)) - 1)) ** 2
    return max(total - math.sqrt(down), 0.0), total + math.sqrt(up)


def outwards(sd: float, low: float, high: float, se: float, level: float) -> tuple[float, float]:
    """How far a limit's interval reaches inwards and outwards, by MOVER.

    Args:
        sd: of one difference; ``low`` and ``high`` bound its variance.
        se: of the bias.
        level: two-sided confidence.
    """
    around = float(special.ndtri((1 + level) / 2)) * se
    inner = math.hypot(around, Z * (sd - math.sqrt(low)))
    return inner, math.hypot(around, Z * (math.sqrt(high) - sd))
