"""Tango's score interval for a difference of two proportions of the same trials (§12)."""

from __future__ import annotations

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from wbcval.stats._moments import check_level
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason

_HALVINGS = 60  # of an interval of at most 2, at least: beyond the last digit
_LAST_DIGIT = 2.0**-50
_ROUNDING = 1e-9  # relative: (b + c)/deff may miss n/deff by a rounding


@overload
def tango_interval(
    b: float, c: float, n: float, level: float = ..., *, df: float = ...
) -> tuple[float, float]: ...
@overload
def tango_interval(
    b: NDArray[np.generic], c: ArrayLike, n: ArrayLike, level: float = ..., *, df: ArrayLike = ...
) -> tuple[Floats, Floats]: ...


def tango_interval(
    b: ArrayLike, c: ArrayLike, n: ArrayLike, level: float = 0.95, *, df: ArrayLike = math.inf
) -> tuple[float, float] | tuple[Floats, Floats]:
    """Limits of (b − c)/n: all differences that the score test does not reject.

    The variance is taken at the difference under test, by restricted maximum likelihood, so that
    the interval has a width where nothing is discordant: ±z²/(n + z²).

    Args:
        b: trials that only the first side got right (gains), a number or an array.
        c: trials that only the second side got right (losses), broadcast against ``b``.
        n: all trials; all three may be non-integer (at n/deff).
        level: two-sided confidence.
        df: degrees of freedom of Student's t in place of z, where n is an effective size.

    Returns:
        (low, high) as fractions within [−1, 1]: floats for numbers, else arrays.

    Raises:
        NotEstimable: without a trial.
        ValueError: for negative or non-finite counts, b + c > n, or a level outside (0, 1).

    Source: Tango, Stat Med 1998;17:891, eq. 24–26, by bisection (equal to R's
        ``PropCIs::scoreci.mp``, whose b and c are ours exchanged). No continuity correction.
    """
    check_level(level)
    gains, losses, trials, freedom = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (b, c, n, df))
    )
    if not all(np.isfinite(each).all() for each in (gains, losses, trials)):
        raise ValueError("b, c and n must be finite")
    if np.any(trials == 0):
        raise NotEstimable(Reason("no_trial"))
    if min(gains.min(), losses.min(), trials.min()) < 0:
        raise ValueError("b, c and n must not be negative")
    if np.any(gains + losses > trials * (1 + _ROUNDING)):
        raise ValueError("b + c must not exceed n")
    quantile = np.asarray(special.stdtrit(freedom, (1 + level) / 2))
    both = np.stack([gains, losses]), np.stack([losses, gains])  # a gain is the other's loss
    low, high = _lower(*both, np.stack([trials, trials]), np.stack([quantile, quantile]))
    return (float(low), -float(high)) if low.ndim == 0 else (low, -high)


def score(b: Floats, c: Floats, n: Floats, delta: Floats) -> Floats:
    """Tango's statistic for H0: true difference = δ; it falls with δ, 0 at (b − c)/n.

    Args:
        b, c, n, delta: as in :func:`tango_interval`, −1 < δ < 1, of one shape.
    """
    # restricted estimate of the losing share: the larger root of 2n·q² + B·q + C = 0, in the form
    # that does not cancel
    linear = -(b + c) + (2 * n - b + c) * delta
    constant = -c * delta * (1 - delta)
    root = np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        losing = np.where(linear > 0, -2 * constant / (linear + root), (root - linear) / (4 * n))
        variance = np.maximum(n * (2 * losing + delta * (1 - delta)), 0.0)
        gap = b - c - n * delta
        return np.where(gap == 0, 0.0, gap / np.sqrt(variance))


def lower_reaches(
    b: Floats, c: Floats, n: Floats, delta: float, *, level: float, df: float
) -> NDArray[np.bool_]:
    """Whether the lower limit of :func:`tango_interval` is ``delta`` or less, without finding it.

    Args:
        b, c, n, level, df: as in :func:`tango_interval`. delta: −1 < δ < 1.
    """
    rejected = score(b, c, n, np.full(b.shape, delta)) > special.stdtrit(df, (1 + level) / 2)
    return np.asarray(~rejected)


def _lower(b: Floats, c: Floats, n: Floats, quantile: Floats) -> Floats:
    """Where the statistic passes the quantile, between −1 and the estimate.

    By Ridders' method (IEEE Trans Circuits Syst 1979;26:979): each step halves the interval, and
    mostly does far more.
    """
    low, high = np.full(b.shape, -1.0), np.maximum((b - c) / n, -1.0)
    above, below = np.full(b.shape, np.inf), -quantile  # the statistic at the ends
    found, ended = np.full(b.shape, np.inf), np.zeros(b.shape, dtype=bool)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        at_middle = score(b, c, n, middle) - quantile
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            bent = middle + (middle - low) * at_middle / np.sqrt(at_middle**2 - above * below)
        bent = np.where(np.isfinite(bent), np.clip(bent, low, high), middle)
        for delta, at in ((middle, at_middle), (bent, score(b, c, n, bent) - quantile)):
            rejected = at > 0
            raised, lowered = rejected & (delta > low), ~rejected & (delta < high)
            low, above = np.where(raised, delta, low), np.where(raised, at, above)
            high, below = np.where(lowered, delta, high), np.where(lowered, at, below)
        moved = np.abs(bent - found) > _LAST_DIGIT * np.abs(bent)
        found, ended = np.where(ended, found, bent), ended | ~moved  # each by itself
        if ended.all():
            break
    return np.asarray(found)
