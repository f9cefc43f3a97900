"""Pearson's and Spearman's correlation, which are no agreement (STATISTICS.md §7)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, mean, paired
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Correlation(Shown):
    """How closely two sides rise together, whatever their scales.

    Attributes:
        pearson: r, of values, with Fisher's interval.
        spearman: ρ, of ranks (mid-ranks of ties), with its interval.
        n: pairs.
    """

    pearson: Estimate
    spearman: Estimate
    n: int


def correlation(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    level: float = 0.95,
    spearman: Literal["bonett-wright", "fisher"] = "bonett-wright",
) -> Correlation:
    """Both coefficients with intervals on Fisher's scale z = artanh.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite.
        level: two-sided confidence.
        spearman: standard error of its z: √((1 + ρ²/2)/(n − 3)), or 1/√(n − 3) as for
            Pearson's, which covers 90 % at ρ = 0.95.

    Raises:
        NotEstimable: fewer than 4 pairs, no variance on a side.
        ValueError: unequal lengths, values not finite, an unknown way.

    Source: Fisher, Metron 1921;1:3; Bonett & Wright, Psychometrika 2000;65:23.
    """
    check_level(level)
    if spearman not in ("bonett-wright", "fisher"):
        raise ValueError(f"spearman must be bonett-wright or fisher, got {spearman!r}")
    x, y = paired(reference, model)
    n = len(x)
    if n < 4:
        raise NotEstimable(Reason("too_few", needed=4, units="pairs", got=n))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    r, rho = _pearson(x, y), _pearson(_ranks(x), _ranks(y))
    wider = 1 + rho**2 / 2 if spearman == "bonett-wright" else 1.0
    return Correlation(
        _interval(r, 1.0, n, level, "Pearson; Fisher z"),
        _interval(rho, wider, n, level, f"Spearman; {spearman}"),
        n,
    )


def _pearson(x: Floats, y: Floats) -> float:
    dx, dy = x - mean(x), y - mean(y)
    dx, dy = dx / abs(dx).max(), dy / abs(dy).max()
    return float(np.clip(dx @ dy / math.sqrt((dx @ dx) * (dy @ dy)), -1.0, 1.0))


def _ranks(values: Floats) -> Floats:
    """1 … n, equal values at the middle of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place])


def _interval(r: float, wider: float, n: int, level: float, method: str) -> Estimate:
    if abs(r) == 1:
        return Estimate(r, r, r, level, method, n, flags=("degenerate",))
    half = float(special.ndtri((1 + level) / 2)) * math.sqrt(wider / (n - 3))
    z = math.atanh(r)
    return Estimate(r, math.tanh(z - half), math.tanh(z + half), level, method, n)
