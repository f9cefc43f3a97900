"""The shape of the differences, and which limits of agreement to read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats as sps

from wbcval.stats._metric import Floats
from wbcval.stats._nonparametric_limits import MIN_PAIRS

SKEWNESS, KURTOSIS, ALPHA = 1.0, 3.0, 0.05
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
    scaled = (differences - average) / sd
    m2, m3, m4 = (float((scaled**k).mean()) for k in (2, 3, 4))
    skewness = m3 / m2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = None
    if n > 3:
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    p = float(sps.shapiro(scaled).pvalue) if n <= _SHAPIRO_MAX else None
    return Shape(skewness, kurtosis, p)


def which_limits(found: Shape, n: int, sd: float | None) -> tuple[str, str]:
    """``parametric``, ``nonparametric`` or ``none``, and why in one sentence (§5).

    Nonparametric when |skewness| > 1 or excess kurtosis > 3, and Shapiro–Wilk p < 0.05 (taken as
    given above 5 000 pairs, where such moments cannot come from normal differences). Below 39
    pairs nonparametric limits do not exist: then differences that are not normal leave no
    reliable limits, and ones that look normal leave limits that rest on an assumption hardly
    testable.
    """
    if sd is None or n < 3:
        return "none", f"{n} pair{'s' if n != 1 else ''} determine no usable limits of agreement."
    if sd == 0:
        return "parametric", "All differences are equal: the limits coincide with the bias."
    skewness, kurtosis = found.skewness or 0.0, found.excess_kurtosis or 0.0
    told = f"skewness {skewness:.2f}, excess kurtosis {kurtosis:.2f}"
    if found.shapiro_p is not None:
        told += f", Shapiro–Wilk p {_p(found.shapiro_p)}"
    far = abs(skewness) > SKEWNESS or kurtosis > KURTOSIS
    odd = found.shapiro_p is None or found.shapiro_p < ALPHA
    if not (far and odd):
        why = f"The differences are near enough to normal ({told})."
        if odd and found.shapiro_p is not None:
            why = (
                f"The differences are not quite normal, but not so far from it that other limits "
                f"are to be preferred ({told}); the intervals of the limits are then too narrow."
            )
        if n < MIN_PAIRS:
            why += f" With n < {MIN_PAIRS} that can hardly be checked: read the limits with care."
        return "parametric", why
    if n < MIN_PAIRS:
        return "none", (
            f"The differences are not normal ({told}), and n < {MIN_PAIRS} is too few for "
            "nonparametric limits: none is reliable."
        )
    return "nonparametric", f"The differences are not normal ({told})."


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {np.format_float_positional(value, 3, trim='k')}"
