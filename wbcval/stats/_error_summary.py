"""Median, mean and SD of signed errors; what an infinite one leaves of them (STATISTICS.md §2)."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats._moments import equal, mean, mean_sd
from wbcval.stats._sd import NORMAL_ASSUMED, sd_estimate
from wbcval.stats.bootstrap import bca
from wbcval.stats.metric import Context, Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import NO_REASON, Reason

INFINITE = "infinite_errors"  # flag: neither mean nor SD


def _no_interval(value: float, method: str, n: int, reason: Reason) -> Estimate:
    return Estimate(value, method=method, n=n, reason=reason)


def median(signed: Floats, level: float = 0.95, clustered: bool = False) -> Estimate:
    """Median signed error in percent; ∞ takes part; order-statistic interval (§2)."""
    n = len(signed)
    if n == 0:
        raise NotEstimable(Reason("no_pair"))
    value = float(np.median(signed)) if np.isfinite(signed).all() else _median_inf(signed)
    reason = Reason("half_infinite") if math.isinf(value) else NO_REASON
    if clustered:
        return _no_interval(value, "median", n, reason or Reason("repeated"))
    least = (1 - level) / 2  # F(rank - 1) < alpha/2
    rank = bisect_left(range(n + 1), least, key=lambda k: special.bdtr(k, n, 0.5))
    if rank < 1:
        return _no_interval(value, "median", n, reason or Reason("interval_needs", needed=6))
    ordered = np.sort(signed)
    low, high = float(ordered[rank - 1]), float(ordered[n - rank])
    return Estimate(value, low, high, level, "order statistics", n=n, reason=reason)


def _median_inf(values: Floats) -> float:
    ordered = np.sort(values)
    middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    return math.inf if np.isinf(middle).any() else float(middle.mean())


def mean_and_sd(
    signed: Floats, context: Context, name: str, cluster: Ints | None = None
) -> tuple[Estimate, Estimate]:
    """Mean (t) and SD (ddof 1, Bonett) of the signed errors; over patients where they repeat.

    One infinite error leaves neither: a mean without it would flatter, since it drops r = 0 < m
    and keeps 0/0 as 0.
    """
    n, level = len(signed), context.level
    if n == 0:
        raise NotEstimable(Reason("no_pair"))
    infinite = n - int(np.isfinite(signed).sum())
    if infinite:
        why = Reason("moments_infinite", infinite=infinite, n=n)
        missing = Estimate.missing(why, n=n).with_flags(INFINITE)
        return missing, missing
    if n == 1:
        return (
            _no_interval(
                float(signed[0]),
                "mean",
                n,
                Reason("interval_too_few", needed=2, units="pairs", got=1),
            ),
            Estimate.missing(Reason("too_few", needed=2, units="pairs", got=1), n=n),
        )
    if equal(signed, 200.0):  # a constant factor leaves a spread of rounding alone
        signed = np.full_like(signed, mean(signed))
    average, sd = mean_sd(signed)
    if cluster is not None and len(np.unique(cluster)) < n:
        centred = signed - average

        def moments(totals: Floats) -> Floats:
            count, first, second = totals[:, 0], totals[:, 1], totals[:, 2]
            spread = np.maximum(second - first**2 / count, 0.0) / (count - 1)
            return np.column_stack([average + first / count, np.sqrt(spread)])

        features = np.column_stack([np.ones(n), centred, centred**2])
        rng = context.generator(f"error|{name}")
        first, second = bca(features, moments, cluster, rng, level, context.replicates)
        return replace(first, n=n), replace(second, n=n).with_flags(NORMAL_ASSUMED)
    half = float(special.stdtrit(n - 1, (1 + level) / 2)) * sd / math.sqrt(n)
    flags = ("degenerate",) if sd == 0 else ()
    return (
        Estimate(average, average - half, average + half, level, "t", n, flags=flags),
        sd_estimate(signed, average, sd, level, flags),
    )
