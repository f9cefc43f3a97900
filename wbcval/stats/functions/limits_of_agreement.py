"""Limits of agreement and their confidence intervals, for one pair of values per patient.

STATISTICS.md §5. Every interval here is the mean ± a multiple of the SD; the methods differ in the
two multiples, which depend on n and the confidence alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from scipy import special

from wbcval.stats.metric import Floats
from wbcval.values.estimate import Estimate

CONTENT = 0.95  # share of differences between the limits
Z = float(special.ndtri((1 + CONTENT) / 2))  # 1.959964, not 2
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


def _exact(n: int, level: float) -> tuple[float, float]:
    """Carkeet, Optom Vis Sci 2015;92:e71: each limit by itself, from the noncentral t."""
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    inner, outer = special.nctdtrit(n - 1.0, Z * math.sqrt(n), tails) / math.sqrt(n)
    return float(inner), float(outer)


def _exact_pair(n: int, level: float) -> tuple[float, float]:
    """Carkeet 2015: both limits together, by two-sided tolerance factors of content 0.95.

    mean ± outer·SD encloses at least 95 % of all differences with confidence (1 + level)/2, mean ±
    inner·SD with (1 − level)/2.
    """
    return _tolerance_factor(n, (1 - level) / 2), _tolerance_factor(n, (1 + level) / 2)


def _mover(n: int, level: float) -> tuple[float, float]:
    """Zou, Stat Methods Med Res 2013;22:630, §2: mean and SD intervals combined."""
    quantile = float(special.ndtri((1 + level) / 2))
    low, high = (math.sqrt((n - 1) / c) for c in _chi2(n - 1, level))
    return (
        Z - math.sqrt(quantile**2 / n + (Z * (1 - low)) ** 2),
        Z + math.sqrt(quantile**2 / n + (Z * (high - 1)) ** 2),
    )


def _approximate(n: int, level: float) -> tuple[float, float]:
    """Bland & Altman, Stat Methods Med Res 1999;8:135, §2: SE² = s²(1/n + z²/(2(n − 1)))."""
    half = float(special.stdtrit(n - 1, (1 + level) / 2))
    half *= math.sqrt(1 / n + Z**2 / (2 * (n - 1)))
    return Z - half, Z + half


_FACTORS: Mapping[str, Callable[[int, float], tuple[float, float]]] = {
    "exact": _exact,
    "exact_pair": _exact_pair,
    "mover": _mover,
    "approximate": _approximate,
}
INTERVALS: Mapping[str, str] = {
    "exact": "exact, each limit (Carkeet 2015)",
    "exact_pair": "exact, both limits together (Carkeet 2015)",
    "mover": "MOVER (Zou 2013)",
    "approximate": "approximate (Bland & Altman 1999)",
}


@lru_cache(maxsize=512)
def factors(interval: str, n: int, level: float) -> tuple[float, float]:
    """Multiples (inner, outer) of the SD at which the interval of a limit begins and ends.

    The upper limit's interval is [mean + inner·SD, mean + outer·SD], the lower limit's its mirror
    image; ``inner`` may be negative when n is very small.

    Args:
        interval: a key of :data:`INTERVALS`.
        n: pairs, ≥ 2.
        level: two-sided confidence.
    """
    return _FACTORS[interval](n, level)


def limits_of_agreement(
    average: float, sd: float, n: int, interval: str, level: float, flags: tuple[str, ...] = ()
) -> tuple[Estimate, Estimate]:
    """Lower and upper limit, mean ∓ 1.959964·SD, with their intervals (n ≥ 2)."""
    inner, outer = factors(interval, n, level)
    method = f"mean ± z·SD; {INTERVALS[interval]}"

    def limit(centre: float, low: float, high: float) -> Estimate:
        return Estimate(
            average + centre * sd, average + low * sd, average + high * sd, level, method, n,
            flags=flags,
        )  # fmt: skip

    return limit(-Z, -outer, -inner), limit(Z, inner, outer)


def mean_estimate(
    average: float, sd: float, n: int, level: float, flags: tuple[str, ...] = ()
) -> Estimate:
    """Mean with the t(n − 1) interval (n ≥ 2)."""
    half = float(special.stdtrit(n - 1, (1 + level) / 2)) * sd / math.sqrt(n)
    return Estimate(average, average - half, average + half, level, "mean; t", n, flags=flags)


def _chi2(df: int, level: float) -> tuple[float, float]:
    """Upper and lower quantile of χ², in the order that gives the lower end of an SD first."""
    return (
        float(special.chdtri(df, (1 - level) / 2)),
        float(special.chdtri(df, (1 + level) / 2)),
    )


def _half_width(offset: Floats) -> Floats:
    """Radius r with Φ(u + r) − Φ(u − r) = content, for each offset u ≥ 0, by bisection."""
    low, high = np.zeros_like(offset), offset + Z
    for _ in range(60):
        middle = (low + high) / 2
        enough = special.ndtr(offset + middle) - special.ndtr(offset - middle) >= CONTENT
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return (low + high) / 2


def _tolerance_factor(n: int, confidence: float) -> float:
    """Multiple k at which mean ± k·SD holds the content with the given confidence.

    Solves ∫ P(χ²(n−1) ≥ (n−1)·r(u)²/k²)·φ(u√n)√n du = confidence over the error u of the mean, in
    true SDs, by Gauss–Legendre quadrature and bisection, which needs none of scipy.optimize's
    imports.
    """
    reach = 9.0  # standard errors of the mean; beyond lies 2e-19
    errors = reach / 2 * (_NODES + 1)
    density = reach * _WEIGHTS * np.exp(-(errors**2) / 2) / math.sqrt(2 * math.pi)
    squared = _half_width(errors / math.sqrt(n)) ** 2

    low, high = math.log(1e-3), math.log(1e6)
    while high - low > 1e-14:
        middle = (low + high) / 2
        tail = special.chdtrc(n - 1, (n - 1) * squared * math.exp(-2 * middle))
        low, high = (middle, high) if float(density @ tail) < confidence else (low, middle)
    return math.exp((low + high) / 2)
