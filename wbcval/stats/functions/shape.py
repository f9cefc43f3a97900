"""The shape of the differences: skewness, kurtosis, Shapiro–Wilk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats.arrays import numbers
from wbcval.stats.metric import Floats

_SHAPIRO_MAX = 5000  # beyond it the p-value of the algorithm (AS R94) is not accurate

# Royston's polynomials, lowest power first: the two outer weights in 1/√n, and mean and log SD of
# the transformed W, in n up to 11 and in log n beyond
_OUTER = ((0, 0.221157, -0.147981, -2.071190, 4.434685, -2.706056),
          (0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633))  # fmt: skip
_SMALL = (0.544, -0.39978, 0.025054, -6.714e-4), (1.3822, -0.77857, 0.062767, -0.0020322)
_LARGE = (-1.5861, -0.31082, -0.083751, 0.0038915), (-0.4803, -0.082676, 0.0030302)
_BOUND = (-2.273, 0.459)  # of log(1 − W), in n up to 11


@dataclass(frozen=True, slots=True)
class Shape:
    """How far the differences are from normal.

    Attributes:
        skewness: adjusted Fisher–Pearson G₁; ``None`` below 3 pairs or at SD 0.
        excess_kurtosis: G₂; ``None`` below 4 pairs or at SD 0.
        shapiro_p: Shapiro–Wilk; ``None`` below 3 or above 5 000 pairs or at SD 0.

    Source: Joanes & Gill, Statistician 1998;47:183 (G₁, G₂, as SAS, SPSS and Excel print them).
    """

    skewness: float | None
    excess_kurtosis: float | None
    shapiro_p: float | None


def shape(differences: ArrayLike, average: float, sd: float) -> Shape:
    """Skewness, excess kurtosis and Shapiro–Wilk p.

    Args:
        differences: shape (n,), finite.
        average, sd: of them (ddof 1).

    Raises:
        ValueError: values not finite.
    """
    d = numbers(differences, "differences")
    n = len(d)
    if n < 3 or sd == 0:
        return Shape(None, None, None)
    scaled = (d - average) / sd
    m2, m3, m4 = (float((scaled**k).mean()) for k in (2, 3, 4))
    skewness = m3 / m2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = None
    if n > 3:
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    return Shape(skewness, kurtosis, shapiro_p(scaled) if n <= _SHAPIRO_MAX else None)


def shapiro_p(values: Floats) -> float:
    """P-value of the Shapiro–Wilk test that values are normal.

    ``scipy.stats.shapiro`` is the same algorithm with normal quantiles of seven digits; here they
    are exact, as in R, and scipy.stats with its half a second of imports stays away.

    Args:
        values: shape (n,), 3 ≤ n ≤ 5 000, not all equal.

    Source: Royston, Appl Stat 1995;44:547 (AS R94).
    """
    x = np.sort(values)
    n = len(x)
    weights, centred = _weights(n), x - x.mean()
    squares = float(weights @ weights) * float(centred @ centred)
    root, product = math.sqrt(squares), float(weights @ centred)
    lost = (root - product) * (root + product) / squares  # 1 − W, without cancellation
    if n == 3:  # exact: W ≥ 3/4
        return max(6 / math.pi * (math.asin(math.sqrt(1 - lost)) - math.asin(math.sqrt(0.75))), 0.0)
    y = math.log(max(lost, 1e-19))
    if n > 11:
        mean, log_sd = (_polynomial(each, math.log(n)) for each in _LARGE)
    else:
        bound = _polynomial(_BOUND, n)
        if y >= bound:
            return 1e-99  # as R has it: beyond what the transform reaches
        y = -math.log(bound - y)
        mean, log_sd = (_polynomial(each, n) for each in _SMALL)
    return float(special.ndtr((mean - y) / math.exp(log_sd)))


def _weights(n: int) -> Floats:
    """Of the ordered values, antisymmetric, shape (n,); their length does not matter."""
    if n == 3:
        return np.array([-1.0, 0.0, 1.0])
    m = special.ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    squares = float(m @ m)
    outer = _OUTER[: 1 if n <= 5 else 2]
    k = len(outer)
    ends = np.array([_polynomial(c, n**-0.5) for c in outer]) - m[:k] / math.sqrt(squares)
    inner = math.sqrt((squares - 2 * float(m[:k] @ m[:k])) / (1 - 2 * float(ends @ ends)))
    return np.concatenate([-ends, m[k : n - k] / inner, ends[::-1]])


def _polynomial(coefficients: tuple[float, ...], at: float) -> float:
    return float(np.polynomial.polynomial.polyval(at, coefficients))
