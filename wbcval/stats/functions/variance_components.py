"""Precision from a nested design: between days, between runs of a day, repeatability (§11)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, mean
from wbcval.stats.arrays import labels, numbers, same_rows
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Component:
    """One source of variation.

    Attributes:
        variance: its component, 0 where the estimate is below.
        mean_square, dof: of the analysis of variance.
    """

    variance: float
    mean_square: float
    dof: int

    @property
    def sd(self) -> float:
        """In the unit of the values."""
        return math.sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class VarianceComponents(Shown):
    """How far results of one sample scatter.

    Attributes:
        day, run, repeat: between days, between runs of one day, within a run.
        repeatability: SD within a run, with its χ² interval.
        within_laboratory: SD of all together, with its χ² interval at Satterthwaite's dof.
        dof: of the latter.
        mean: of all results.
        n: results.
    """

    day: Component
    run: Component
    repeat: Component
    repeatability: Estimate
    within_laboratory: Estimate
    dof: float
    mean: float
    n: int

    @property
    def cv(self) -> float | None:
        """Within-laboratory SD over the mean; ``None`` where the mean is not above 0."""
        sd = self.within_laboratory.value
        return None if sd is None or self.mean <= 0 else sd / self.mean


def variance_components(
    values: ArrayLike, day: ArrayLike, run: ArrayLike, *, level: float = 0.95
) -> VarianceComponents:
    """Nested analysis of variance of a balanced design (20 days × 2 runs × 2 replicates in EP05).

    Args:
        values: shape (n,), finite: results of one sample or control.
        day: shape (n,), labels.
        run: shape (n,), labels within a day.
        level: two-sided confidence.

    Raises:
        NotEstimable: fewer than 2 days, 2 runs a day or 2 replicates, or a design that is not
            balanced, for which mean squares have other expectations.
        ValueError: unequal lengths, values not finite.

    Source: CLSI EP05-A3, App. B; Satterthwaite, Biometrics Bull 1946;2:110.
    """
    check_level(level)
    same_rows(values=values, day=day, run=run)
    v = numbers(values, "values")
    named = labels(day, "day"), labels(run, "run")
    days, runs = (np.unique(each, return_inverse=True)[1] for each in named)
    if not v.shape == days.shape == runs.shape:
        raise ValueError("values, day and run must be of one length")
    n = len(v)
    cells, cell, sizes = np.unique(
        np.column_stack([days, runs]), axis=0, return_inverse=True, return_counts=True
    )
    per_day = np.bincount(cells[:, 0]) if n else np.array([0])
    a, b, r = len(per_day), int(per_day.min()), int(sizes.min()) if n else 0
    for units, got in (("days", a), ("runs a day", b), ("results a run", r)):
        if got < 2:
            raise NotEstimable(Reason("too_few", needed=2, units=units, got=got))
    if per_day.max() != b or sizes.max() != r:
        raise NotEstimable(Reason("unbalanced"))
    middle = mean(v)
    left = v - middle
    of_runs = np.bincount(cell.ravel(), left) / r
    of_days = np.bincount(cells[:, 0], of_runs) / b
    squares = (
        b * r * float(of_days @ of_days),
        r * float(((of_runs - of_days[cells[:, 0]]) ** 2).sum()),
        float(((left - of_runs[cell.ravel()]) ** 2).sum()),
    )
    dofs = (a - 1, a * (b - 1), a * b * (r - 1))
    ms = [s / d for s, d in zip(squares, dofs, strict=True)]
    parts = ((ms[0] - ms[1]) / (b * r), (ms[1] - ms[2]) / r, ms[2])
    variances = [max(part, 0.0) for part in parts]
    total = sum(variances)
    # total as a sum of mean squares, of those that carry a component above 0
    weights = _weights(parts, b, r)
    spread = sum((w * m) ** 2 / d for w, m, d in zip(weights, ms, dofs, strict=True))
    dof = total**2 / spread if spread else math.nan
    of_day, of_run, rest = (Component(*one) for one in zip(variances, ms, dofs, strict=True))
    return VarianceComponents(
        of_day, of_run, rest, _sd(ms[2], dofs[2], level, n, "within runs"),
        _sd(total, dof, level, n, "nested analysis of variance, Satterthwaite"), dof, middle, n,
    )  # fmt: skip


def _weights(parts: tuple[float, float, float], b: int, r: int) -> tuple[float, float, float]:
    """Of each mean square in the sum of the components."""
    of_day, of_run = parts[0] > 0, parts[1] > 0
    day = 1 / (b * r) if of_day else 0.0
    run = (1 / r if of_run else 0.0) - day
    return day, run, 1 - (1 / r if of_run else 0.0)


def _sd(variance: float, dof: float, level: float, n: int, method: str) -> Estimate:
    sd = math.sqrt(variance)
    if variance == 0:
        return Estimate(0.0, 0.0, 0.0, level, method, n, flags=("degenerate",))
    ends = (float(special.chdtri(dof, (1 + sign * level) / 2)) for sign in (-1, 1))
    low, high = (sd * math.sqrt(dof / end) for end in ends)
    return Estimate(sd, low, high, level, method, n)
