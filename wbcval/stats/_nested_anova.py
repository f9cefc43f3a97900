"""Sums of squares of results nested in runs and days, which add up over samples (§11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.stats._moments import mean
from wbcval.stats.metric import Floats, Ints
from wbcval.values.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Nested:
    """An analysis of variance of one sample, or the sum of those of several.

    The mean squares expect σ² within a run, σ² + k₁σ²_run between runs of a day, and
    σ² + k₂σ²_run + k₃σ²_day between days; each coefficient is kept times its degrees of freedom, so
    that everything adds up.

    Attributes:
        squares, dofs: of days, runs, results.
        k: k₁·dof of runs, k₂·dof of days, k₃·dof of days.

    Source: Searle, Linear Models 1971, §11.4 (unequal numbers).
    """

    squares: tuple[float, float, float] = (0.0, 0.0, 0.0)
    dofs: tuple[int, int, int] = (0, 0, 0)
    k: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __add__(self, other: Nested) -> Nested:
        days, runs, rest = (a + b for a, b in zip(self.dofs, other.dofs, strict=True))
        squares = tuple(a + b for a, b in zip(self.squares, other.squares, strict=True))
        k = tuple(a + b for a, b in zip(self.k, other.k, strict=True))
        return Nested(squares, (days, runs, rest), k)  # type: ignore[arg-type]

    def over(self, unit: float) -> Nested:
        """The same of values in that unit: of values over their mean, for a CV."""
        days, runs, rest = (s / unit**2 for s in self.squares)
        return Nested((days, runs, rest), self.dofs, self.k)

    @property
    def mean_squares(self) -> tuple[float, float, float]:
        """Of days, runs and results; 0 where there is no degree of freedom."""
        both = zip(self.squares, self.dofs, strict=True)
        days, runs, rest = (square / dof if dof else 0.0 for square, dof in both)
        return days, runs, rest

    @property
    def _weights(self) -> tuple[tuple[float, ...], ...]:
        """Each component as a sum of mean squares: of days, of runs, of results."""
        on_day, on_run, on_rest = (d > 0 for d in self.dofs)
        k1 = self.k[0] / self.dofs[1] if on_run else 0.0
        k2, k3 = (k / self.dofs[0] if on_day else 0.0 for k in self.k[1:])
        run = (0.0, 1 / k1, -1 / k1) if on_run else (0.0, 0.0, 0.0)
        day: tuple[float, ...] = (0.0, 0.0, 0.0)
        if on_day:
            by_run = k2 / k1 if on_run else 0.0
            day = (1 / k3, -by_run / k3, -(1 - by_run) / k3)
        return day, run, (0.0, 0.0, 1.0 if on_rest else 0.0)

    @property
    def components(self) -> tuple[float, float, float]:
        """Variances between days, between runs of a day, within a run; below 0 by chance."""
        day, run, rest = (
            sum(w * m for w, m in zip(weights, self.mean_squares, strict=True))
            for weights in self._weights
        )
        return day, run, rest

    @property
    def total(self) -> tuple[float, float]:
        """All components above 0 together, and Satterthwaite's degrees of freedom.

        Source: Satterthwaite, Biometrics Bull 1946;2:110.
        """
        kept = [w for w, c in zip(self._weights, self.components, strict=True) if c > 0]
        total = sum(max(c, 0.0) for c in self.components)
        spread = sum(
            (sum(w[i] for w in kept) * m) ** 2 / d
            for i, (m, d) in enumerate(zip(self.mean_squares, self.dofs, strict=True))
            if d
        )
        return total, total**2 / spread if spread else math.nan


def nested(values: Floats, day: Ints, run: Ints) -> Nested:
    """The analysis of variance of one sample.

    Args:
        values: shape (n,), finite, n ≥ 1.
        day: shape (n,), codes.
        run: shape (n,), codes within a day.
    """
    n = len(values)
    _, cell, sizes = np.unique(
        np.column_stack([day, run]), axis=0, return_inverse=True, return_counts=True
    )
    cell = cell.ravel()
    of_cell = np.zeros(len(sizes), dtype=np.int64)
    days, codes = np.unique(day, return_inverse=True)
    of_cell[cell] = codes.ravel()
    per_day = np.bincount(of_cell, sizes)
    left = values - mean(values)
    runs = np.bincount(cell, left) / sizes
    means = np.bincount(of_cell, runs * sizes) / per_day
    squares = (
        float(per_day @ np.square(means)),
        float(sizes @ np.square(runs - means[of_cell])),
        float(np.square(left - runs[cell]).sum()),
    )
    share = np.bincount(of_cell, np.square(sizes)) / per_day  # Σ n_ij² / n_i of each day
    k = (
        n - float(share.sum()),
        float(share.sum()) - float(np.square(sizes).sum()) / n,
        n - float(np.square(per_day).sum()) / n,
    )
    return Nested(squares, (len(days) - 1, len(sizes) - len(days), n - len(sizes)), k)


def sd_estimate(variance: float, dof: float, level: float, n: int, method: str) -> Estimate:
    """An SD with its χ² interval; of no spread at all it is flagged ``degenerate``."""
    sd = math.sqrt(variance)
    if variance == 0:
        return Estimate(0.0, 0.0, 0.0, level, method, n, flags=("degenerate",))
    ends = (float(special.chdtri(dof, (1 + sign * level) / 2)) for sign in (-1, 1))
    low, high = (sd * math.sqrt(dof / end) for end in ends)
    return Estimate(sd, low, high, level, method, n)
