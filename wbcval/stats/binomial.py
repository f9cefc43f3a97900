"""Confidence limits of a binomial proportion: exact, and the score interval.

Both take non-integer counts, so that a clustered proportion can be judged at its effective size
n/deff (STATISTICS.md §1, §8).
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason

_ROUNDING = 1e-9  # relative: k·(n/deff)/k may miss n/deff by a rounding


@overload
def clopper_pearson(k: float, n: float, level: float = ...) -> tuple[float, float]: ...
@overload
def clopper_pearson(
    k: NDArray[np.generic], n: ArrayLike, level: float = ...
) -> tuple[Floats, Floats]: ...
@overload
def clopper_pearson(
    k: ArrayLike, n: NDArray[np.generic], level: float = ...
) -> tuple[Floats, Floats]: ...


def clopper_pearson(
    k: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[float, float] | tuple[Floats, Floats]:
    """Exact (Clopper–Pearson) two-sided, equal-tailed limits of a proportion.

    The one-sided bound at confidence C is the bound of the two-sided interval at 2C − 1.
    Coverage is at least ``level`` for independent trials and has no upper limit: the interval is
    conservative.

    Args:
        k: successes, a number or an array; may be non-integer (k/deff).
        n: trials, broadcast against ``k``; may be non-integer (n/deff).
        level: two-sided confidence, a fraction.

    Returns:
        (low, high) as fractions: floats for two numbers, else arrays of the broadcast shape.
        k = 0 gives a low of exactly 0, k = n a high of exactly 1.

    Raises:
        NotEstimable: if any n is 0.
        ValueError: if k is outside 0…n, anything is not finite, or level is outside (0, 1).

    Source: Clopper & Pearson, Biometrika 1934;26:404, by the beta quantiles (equal to R's
        ``binom.test``).
    """
    hits, trials = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(n, np.float64))
    _check(hits, trials, level)
    tail = (1 - level) / 2
    misses = np.maximum(trials - hits, 0.0)
    none, every = hits == 0, misses == 0
    # at the ends the quantile is not defined: a placeholder of 1 is asked for and not used
    low = np.where(none, 0.0, special.betaincinv(np.where(none, 1.0, hits), misses + 1, tail))
    high = np.where(every, 1.0, special.betainccinv(hits + 1, np.where(every, 1.0, misses), tail))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def wilson(p: float, n: float, quantile: float) -> tuple[float, float]:
    """Score (Wilson) limits of a proportion.

    Args:
        p: observed proportion.
        n: (effective) trials, > 0.
        quantile: of the standard normal, or of Student's t where n is estimated.

    Returns:
        (low, high) as fractions; p = 0 gives a low of exactly 0, p = 1 a high of exactly 1.

    Source: Wilson, JASA 1927;22:209; without continuity correction.
    """
    square = quantile**2
    centre = (p + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * np.sqrt(p * (1 - p) / n + square / (4 * n**2))
    low = 0.0 if p == 0 else max(float(centre - half), 0.0)
    high = 1.0 if p == 1 else min(float(centre + half), 1.0)
    return low, high


def _check(k: Floats, n: Floats, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    if not (np.isfinite(k).all() and np.isfinite(n).all()):
        raise ValueError("k and n must be finite")
    if np.any(n == 0):
        raise NotEstimable(Reason("no_trial"))
    if np.any(n < 0) or np.any(k < 0) or np.any(k > n * (1 + _ROUNDING)):
        raise ValueError("k must lie between 0 and n")
