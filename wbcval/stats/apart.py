"""Whether errors differ between two parts of the samples, by t over patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats, Ints, Mask

_FEWEST = 10  # patients in each part


@dataclass(frozen=True, slots=True)
class PartsApart:
    """Mean errors in one part of the samples and in the others.

    Attributes:
        inside, outside: the means.
        chance: two-sided p of equal ones.
    """

    inside: float
    outside: float
    chance: float

    @property
    def by(self) -> float:
        """How far the part is above the others."""
        return self.inside - self.outside


def apart(errors: Floats, part: Mask, patient: Ints) -> PartsApart | None:
    """Mean errors of a part and of the rest; ``None`` with fewer than ten patients in either.

    By t over the patients' sums: the spread may differ between the parts, as counting noise does,
    so that no permutation of the samples is fair.

    Args:
        errors, part, patient: shape (n,).

    Source: Liang & Zeger, Biometrika 1986;73:13.
    """
    if min(len(np.unique(patient[half])) for half in (part, ~part)) < _FEWEST:
        return None
    above, below = float(errors[part].mean()), float(errors[~part].mean())
    score = np.where(part, (errors - above) / part.sum(), (below - errors) / (~part).sum())
    sums = np.bincount(np.unique(patient, return_inverse=True)[1], weights=score)
    units = len(sums)
    error = float(np.sqrt(units / (units - 2) * (sums @ sums)))
    if error == 0:
        return PartsApart(above, below, float(above == below))
    by_t = 2 * special.stdtr(units - 2, -abs(above - below) / error)
    return PartsApart(above, below, float(by_t))


def upper_half(level: Floats) -> Mask:
    """Samples above the median."""
    return np.asarray(level > np.median(level))


def outer_half(level: Floats) -> Mask:
    """Samples of the lowest and the highest quarter."""
    low, high = np.quantile(level, (0.25, 0.75))
    return np.asarray((level < low) | (level > high))
