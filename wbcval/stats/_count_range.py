"""Chance that a count falls in a range, when the true share is known only to its rounding.

A printed 4.3 % stands for a share anywhere between 4.25 and 4.35 %. The chance is averaged over
that interval in closed form, so that neither a coarse reference nor a million cells needs a grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wbcval.stats.metric import Floats

_NARROW = 1e-3  # of the count's SD: an interval this narrow is its midpoint (error below 1e-7)


def chance_in_range(
    first: Floats,
    last: Floats,
    cells: Floats,
    low: Floats,
    high: Floats,
    *,
    poisson: bool = False,
) -> Floats:
    """P(first ≤ K ≤ last), averaged over a true share uniform between ``low`` and ``high``.

    Args:
        first: whole number; the range is empty, and its chance 0, where last < first.
        last: whole number.
        cells: N ≥ 1.
        low: least true share, a fraction ≥ 0.
        high: largest true share; equal to ``low`` where the share is known.
        poisson: K ~ Poisson(N·share) (a count from a fixed volume), where the share may exceed
            1; else K ~ Bin(N, share).

    All arguments broadcast; returns their common shape.
    """
    inside = at_most(last, cells, low, high, poisson) - at_most(
        np.asarray(first) - 1, cells, low, high, poisson
    )
    return np.clip(inside, 0.0, 1.0)


def at_most(
    count: Floats, cells: Floats, low: Floats, high: Floats, poisson: bool = False
) -> Floats:
    """P(K ≤ count), averaged as in :func:`chance_in_range`; smooth and rising in a real count.

    Between whole numbers the incomplete beta (gamma) function interpolates. Its integral over
    the share is closed: ∫I_p(α, β)dp = (p − α/(α+β))·I_p(α, β) + p^α(1−p)^β/((α+β)·B(α, β)).
    """
    k, n, a, b = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (count, cells, low, high))
    )
    never, always = k <= -1, (k >= n) & (not poisson)
    alpha = np.where(never | always, 1.0, k + 1)
    centre = (a + b) / 2
    spread = np.sqrt(centre * (1 if poisson else np.maximum(1 - centre, 0.0)) / n)
    narrow = b - a <= _NARROW * spread
    if poisson:
        more = _poisson(alpha, n, a, b, centre, narrow)
    else:
        more = _binomial(alpha, np.where(never | always, 1.0, n - k), a, b, centre, narrow)
    return np.where(never, 0.0, np.where(always, 1.0, 1.0 - more))


def _binomial(
    alpha: Floats, beta: Floats, a: Floats, b: Floats, centre: Floats, narrow: NDArray[np.bool_]
) -> Floats:
    """Mean of I_p(α, β) over a ≤ p ≤ b: P(K ≥ α) of a binomial with N = α + β − 1."""
    out = np.empty_like(alpha)
    out[narrow] = special.betainc(alpha[narrow], beta[narrow], centre[narrow])
    x, y, p, q = (v[~narrow] for v in (alpha, beta, a, b))
    scale = special.betaln(x, y)

    def integral(p: Floats) -> Floats:
        edge = np.exp(special.xlogy(x, p) + special.xlog1py(y, -p) - scale) / (x + y)
        return np.asarray((p - x / (x + y)) * special.betainc(x, y, p) + edge)

    out[~narrow] = (integral(q) - integral(p)) / (q - p)
    return out


def _poisson(
    alpha: Floats, n: Floats, a: Floats, b: Floats, centre: Floats, narrow: NDArray[np.bool_]
) -> Floats:
    """Mean of P(α, λ), the regularised gamma function, over n·a ≤ λ ≤ n·b."""
    out = np.empty_like(alpha)
    out[narrow] = special.gammainc(alpha[narrow], (n * centre)[narrow])
    x, p, q = (v[~narrow] for v in (alpha, n * a, n * b))
    scale = special.gammaln(x)

    def integral(mean: Floats) -> Floats:
        edge = np.exp(special.xlogy(x, mean) - mean - scale)
        return np.asarray((mean - x) * special.gammainc(x, mean) + edge)

    out[~narrow] = (integral(q) - integral(p)) / (q - p)
    return out
