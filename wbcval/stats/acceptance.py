"""Arithmetic of the criterion "at least a share P of the samples within L" (STATISTICS.md §3).

Everything about ranks and counts is decided in exact rational arithmetic: P is the decimal it
was written as, so that 19 of 20 is 95 % and not a bit less.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction
from functools import cache

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats

EDGE = 1e-9  # relative: 1.1 against 1.0 is within 10 %, which binary floating point denies
MIN_SAMPLES = 20  # below it the observed rule does not decide
MIN_PAIRS = 39  # the fewest at which the 2.5th percentile of type 6 lies among the data
ALLOWED = "allowed_bias"  # the statistic beside ``bias:10:or_noise``


def exact(number: float) -> Fraction:
    """The decimal a number was written as.

    >>> exact(0.95)
    Fraction(19, 20)
    """
    return Fraction(repr(float(number)))


def is_within(error: Floats, limit: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which errors (percent, ≥ 0) lie within the limit, inclusive at its edge (§2)."""
    return np.asarray(error) <= limit * (1 + EDGE)


def k_min_observed(n: int, share: float) -> int:
    """Fewest samples within such that k/n ≥ share; also the rank of the covering error.

    >>> k_min_observed(20, 0.95), k_min_observed(60, 0.95), k_min_observed(100, 0.55)
    (19, 57, 55)
    """
    return max(math.ceil(n * exact(share)), 1)


def k_min_demonstrated(n: int, share: float, confidence: float = 0.95) -> int | None:
    """Fewest samples within for a one-sided Clopper–Pearson lower bound ≥ share.

    ``None`` when even n of n do not demonstrate it.

    >>> k_min_demonstrated(59, 0.95), k_min_demonstrated(58, 0.95), k_min_demonstrated(200, 0.95)
    (59, None, 196)
    """
    if n < 1:
        return None
    # lower(k) >= P  <=>  P(X >= k | n, P) <= 1 - C  <=>  F(k - 1) >= C
    below = bisect_left(range(n + 1), confidence, key=lambda k: special.bdtr(k, n, share))
    return below + 1 if below < n else None


@cache
def samples_to_demonstrate(outside: int, share: float, confidence: float = 0.95) -> int:
    """Smallest n at which the demonstrated rule passes with this many samples outside.

    Raises:
        ValueError: for a share of 0 or 1, which no number of samples demonstrates.

    >>> [samples_to_demonstrate(k, 0.95) for k in range(5)]
    [59, 93, 124, 153, 181]
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")
    low, high = outside, outside + 1
    while special.bdtr(high - outside - 1, high, share) < confidence:
        low, high = high, 2 * high
    while high - low > 1:  # F(n - outside - 1; n, P) rises with n
        middle = (low + high) // 2
        passes = special.bdtr(middle - outside - 1, middle, share) >= confidence
        low, high = (low, middle) if passes else (middle, high)
    return high


def k_min(n: int, share: float, rule: str, confidence: float = 0.95) -> int | None:
    """Fewest samples within for a pass by a criterion's own rule; ``None``: none suffices."""
    if rule == "demonstrated":
        return k_min_demonstrated(n, share, confidence)
    return k_min_observed(n, share)


def samples_to_pass(
    share: float,
    true_share: float,
    power: float,
    *,
    rule: str = "demonstrated",
    confidence: float = 0.95,
    most: int = 100_000,
) -> int | None:
    """Smallest n from which a criterion passes with this power at all larger n (§13).

    The chance to pass falls while as many samples may be outside, and jumps where one more may: the
    last n before each jump decides. ``None``: more than ``most``, or never, as where the true share
    does not exceed the one that is asked for.

    Args:
        share: asked for, between 0 and 1.
        true_share: of the model, to 1.
        power: a fraction.
        rule: ``demonstrated`` or ``observed``; neither decides below 20 samples.
        confidence: of the demonstrated rule.
        most: samples that are looked at.

    Raises:
        ValueError: for shares or a power that are none.

    >>> [samples_to_pass(0.95, p, 0.8) for p in (0.97, 0.98, 0.99, 1.0)]
    [694, 286, 124, 59]
    """
    if not (0 < share < 1 and 0 < true_share <= 1 and 0 < power < 1):
        raise ValueError("shares and power must lie between 0 and 1")
    if true_share <= share:
        return None
    outside, n = 0, _first_with(0, share, rule, confidence)
    first = max(n, MIN_SAMPLES)  # from which all looked at so far pass
    while n <= most:
        after = _first_with(outside + 1, share, rule, confidence)
        last = max(after - 1, MIN_SAMPLES)
        if special.bdtr(outside, last, 1 - true_share) < power:
            first = max(after, MIN_SAMPLES)
        elif outside > _SETTLED + 2 * _outside_at(first, true_share):
            break
        outside, n = outside + 1, after
    return first if first <= most else None


_SETTLED = 60  # jumps behind the last failure, and more with many samples outside


def _outside_at(n: int, true_share: float) -> int:
    return math.ceil(n * (1 - true_share))


def _first_with(outside: int, share: float, rule: str, confidence: float) -> int:
    """The fewest samples of which so many may be outside."""
    if rule == "demonstrated":
        return samples_to_demonstrate(outside, share, confidence)
    return max(math.ceil(outside / (1 - exact(share))), 1)


def chance_to_pass(n: int, least: int | None, true_share: float = 0.90) -> float:
    """Chance of at least ``least`` of n within if the true share were ``true_share`` (§3).

    >>> [round(chance_to_pass(n, k_min_observed(n, 0.95)), 2) for n in (20, 30, 60)]
    [0.39, 0.18, 0.14]
    """
    return 0.0 if least is None else float(special.bdtrc(least - 1, n, true_share))
