"""The shape of the differences: skewness, kurtosis, Shapiro–Wilk."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbcval.stats.metric import Floats

_SHAPIRO_MAX = 5000  # beyond it the p-value of the algorithm (AS R94) is not accurate


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


def shape(differences: Floats, average: float, sd: float) -> Shape:
    """Skewness, excess kurtosis and Shapiro–Wilk p of n differences (SD with ddof 1)."""
    n = len(differences)
    if n < 3 or sd == 0:
        return Shape(None, None, None)
    from scipy.stats import shapiro  # scipy.stats takes half a second to import

    scaled = (differences - average) / sd
    m2, m3, m4 = (float((scaled**k).mean()) for k in (2, 3, 4))
    skewness = m3 / m2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = None
    if n > 3:
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    p = float(shapiro(scaled).pvalue) if n <= _SHAPIRO_MAX else None
    return Shape(skewness, kurtosis, p)
