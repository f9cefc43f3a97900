"""Generalized extreme Studentized deviates: how many outliers (Rosner 1983; §6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats.arrays import numbers
from wbcval.stats.metric import Floats, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class ExtremeDeviates:
    """The test step by step. Outliers are marked, never removed.

    Attributes:
        outliers: how many there are.
        places: shape (k,), places of the most extreme values, in the order of the steps.
        deviates: shape (k,), R: the distance from the mean of what is left, in its SD.
        critical: shape (k,), λ, which R exceeds for an outlier.
        n: values.
    """

    outliers: int
    places: Ints
    deviates: Floats
    critical: Floats
    n: int

    @property
    def found(self) -> Ints:
        """Places of the outliers, the most extreme first."""
        return self.places[: self.outliers]


def extreme_deviates(
    values: ArrayLike, most: int | None = None, *, alpha: float = 0.05
) -> ExtremeDeviates:
    """Look for up to ``most`` outliers among values that are normal but for them.

    Args:
        values: shape (n,), finite; of a comparison the differences.
        most: k, 1 to n/2; ``None``: a tenth of n, at most 10. More are for tests with a reason.
        alpha: chance of any outlier among normal values; holds from n = 25 on.

    Raises:
        NotEstimable: fewer than 10 values, or all of them equal.
        ValueError: values not finite, or ``most`` above half of n.

    Source: Rosner, Technometrics 1983;25:165.
    """
    d = numbers(values, "values")
    n = len(d)
    if n < 10:
        raise NotEstimable(Reason("too_few", needed=10, units="values", got=n))
    k = min(10, n // 10) if most is None else most
    if not 1 <= k <= n // 2:
        raise ValueError(f"most must be 1 to {n // 2} (half of {n} values), got {k}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    left = np.arange(n)
    places: list[int] = []
    deviates: list[float] = []
    for _ in range(k):
        rest = d[left]
        if np.ptp(rest) == 0:
            if not places:
                raise NotEstimable(Reason("values_equal"))
            break
        away = abs(rest - rest.mean())
        worst = int(away.argmax())
        places.append(int(left[worst]))
        deviates.append(float(away[worst] / rest.std(ddof=1)))
        left = np.delete(left, worst)
    m = n - np.arange(len(places))  # values at each step
    t = special.stdtrit(m - 2, 1 - alpha / (2 * m))
    critical = (m - 1) * t / np.sqrt((m - 2 + t**2) * m)
    above = np.flatnonzero(np.array(deviates) > critical)
    outliers = int(above[-1]) + 1 if len(above) else 0
    return ExtremeDeviates(
        outliers, np.array(places, dtype=np.int64), np.array(deviates), critical, n
    )
