"""Lin's concordance correlation and its parts (STATISTICS.md §7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, mean, paired
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class ConcordanceCorrelation(Shown):
    """Agreement with the line of equality, in relation to the spread of the samples.

    Attributes:
        ccc: r·C_b, with the z-transformed interval.
        pearson: r, how near the points lie to any line.
        accuracy: C_b, how near that line is to equality; 1 where it is.
        scale_shift: SD of the model over that of the reference.
        location_shift: difference of the means in units of √(SD·SD).
        n: pairs.
    """

    ccc: Estimate
    pearson: float
    accuracy: float
    scale_shift: float
    location_shift: float
    n: int


def concordance_correlation(
    reference: ArrayLike, model: ArrayLike, *, level: float = 0.95
) -> ConcordanceCorrelation:
    """Lin's concordance correlation coefficient, moments with 1/n.

    It grows with the range of the samples: two studies of one method are not compared by it.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        level: two-sided confidence.

    Raises:
        NotEstimable: fewer than 3 pairs, no variance on a side.
        ValueError: unequal lengths, values not finite.

    Source: Lin, Biometrics 1989;45:255, variance as corrected 2000;56:324.
    """
    check_level(level)
    x, y = paired(reference, model)
    n = len(x)
    if n < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=n))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    dx, dy = x - mean(x), y - mean(y)
    xx, yy, xy = (float(a @ b) / n for a, b in ((dx, dx), (dy, dy), (dx, dy)))
    shift = mean(y - x)
    root = math.sqrt(xx * yy)
    r = float(np.clip(xy / root, -1.0, 1.0))
    ccc = 2 * xy / (xx + yy + shift**2)
    u = shift / math.sqrt(root)
    accuracy = 2 / (math.sqrt(xx / yy) + math.sqrt(yy / xx) + u**2)
    method = "Lin, z-transformed"
    if abs(r) == 1 or r == 0:
        why = Reason("one_line_through_all") if r else Reason("no_line")
        found = Estimate(ccc, method=method, n=n, reason=why)
    else:
        p2 = ccc**2
        variance = (
            (1 - r**2) * p2 * (1 - p2) / r**2
            + 2 * ccc**3 * (1 - ccc) * u**2 / r
            - p2**2 * u**4 / (2 * r**2)
        ) / (n - 2)
        half = float(special.ndtri((1 + level) / 2)) * math.sqrt(max(variance, 0)) / (1 - p2)
        z = math.atanh(ccc)
        found = Estimate(ccc, math.tanh(z - half), math.tanh(z + half), level, method, n)
    return ConcordanceCorrelation(found, r, accuracy, math.sqrt(yy / xx), u, n)
