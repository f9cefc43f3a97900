"""Limits of agreement without a distribution: percentiles and order-statistic intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, groups
from wbcval.stats.acceptance import MIN_PAIRS
from wbcval.stats.arrays import numbers
from wbcval.stats.bootstrap import FEW_CLUSTERS
from wbcval.stats.clustered import design_effect
from wbcval.stats.functions.limits_of_agreement import CONTENT
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

TAIL = (1 - CONTENT) / 2


def nonparametric_limits(
    differences: ArrayLike, cluster: ArrayLike | None, level: float
) -> tuple[Estimate, Estimate]:
    """2.5th and 97.5th percentile of the differences (type 6), STATISTICS.md §5.

    The interval runs between the order statistics that the binomial distribution names: at 95 %
    it needs n ≥ 146, at 90 % n ≥ 119; with fewer the value stands without one. With repeated
    patients the binomial statement is made at n/deff, deff that of lying beyond the limit; fewer
    than 20 patients: flag ``few_samples``.

    Args:
        differences: shape (n,); ∞ is one.
        cluster: shape (n,), patient codes where patients repeat, else ``None``.
        level: two-sided confidence.

    Returns:
        Lower and upper limit; both missing where n < 39.

    Raises:
        ValueError: values that are missing, other lengths.

    Source: Bland & Altman, Stat Methods Med Res 1999;8:135, §4; percentile of type 6 as in CLSI
        EP28 (Hyndman & Fan, Am Stat 1996;50:361); order statistics: Hahn & Meeker, Statistical
        Intervals, §5.2.
    """
    check_level(level)
    d = numbers(differences, "differences", finite=False)
    codes = groups(cluster, len(d))
    if (got := len(d)) < MIN_PAIRS:
        why = Reason("nonparametric_too_few", needed=MIN_PAIRS, got=got)
        return (Estimate.missing(why, n=got),) * 2
    mirrored = _lower(-d, codes, level)
    upper = Estimate(
        -_number(mirrored.value),
        None if mirrored.high is None else -mirrored.high,
        None if mirrored.low is None else -mirrored.low,
        mirrored.level,
        mirrored.method.replace("2.5th", "97.5th"),
        mirrored.n,
        mirrored.reason,
        mirrored.flags,
        mirrored.deff,
    )
    return _lower(d, codes, level), upper


def _number(value: float | None) -> float:
    assert value is not None  # noqa: S101 (a percentile of data always has a value)
    return value


def _lower(differences: Floats, cluster: Ints | None, level: float) -> Estimate:
    ordered, n = np.sort(differences), len(differences)
    value = _percentile(ordered)
    deff = None if cluster is None else _deff(differences <= value, cluster)
    n_eff = n if deff is None else n / deff
    # P(X ≤ k) and P(X ≥ k) of the binomial at each count k, continued to a non-integer n/deff;
    # beyond ten SDs of the count nothing is to be found
    reach = n * TAIL + 10 * math.sqrt(n * TAIL * n / n_eff) + 50
    k = np.arange(min(n, int(reach)) + 1) * (n_eff / n)
    at_most = special.betaincc(k[:-1] + 1, n_eff - k[:-1], TAIL)
    at_least = special.betainc(k[1:], n_eff - k[1:] + 1, TAIL)
    alpha = (1 - level) / 2
    below = np.flatnonzero(at_most <= alpha)
    above = np.flatnonzero(at_least <= alpha)
    method = "2.5th percentile, type 6; order statistics"
    flags: tuple[str, ...] = ("degenerate",) if ordered[0] == ordered[-1] else ()
    if cluster is not None and int(cluster.max()) + 1 < FEW_CLUSTERS:
        flags += ("few_samples",)  # deff cannot be seen in so few patients
    if not (below.size and above.size):
        needed = math.ceil(math.log(alpha) / math.log1p(-TAIL))
        found: dict[str, float] = {"level": 100 * level, "needed": needed, "got": n}
        why = (
            Reason("ranks_too_few", **found)
            if deff is None
            else Reason("ranks_too_few_effective", effective=n_eff, **found)
        )
        return Estimate(value, method=method, n=n, reason=why, flags=flags, deff=deff)
    low, high = ordered[below[-1]], ordered[above[0]]
    return Estimate(value, low, high, level, method, n, flags=flags, deff=deff)


def _percentile(ordered: Floats) -> float:
    """Of type 6, of values in rising order; −∞ may be among them."""
    before = float(ordered[max(math.floor(TAIL * (len(ordered) + 1)), 1) - 1])
    return before if math.isinf(before) else float(np.quantile(ordered, TAIL, method="weibull"))


def _deff(beyond: np.ndarray[tuple[int], np.dtype[np.bool_]], cluster: Ints) -> float:
    sizes = np.bincount(cluster)
    try:
        return design_effect(np.bincount(cluster, weights=beyond), sizes)
    except NotEstimable:  # nothing varies: count patients, the most cautious reading
        return len(cluster) / len(sizes)
