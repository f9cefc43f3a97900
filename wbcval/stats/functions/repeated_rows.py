"""Is one sample listed as several? STATISTICS.md §18, "Independence is looked at".

Two samples may agree to the last digit by chance: one printed percentage is soon the same. A
table in which more do so than chance explains lists some of its samples more than once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats, Ints

_STEPS = 20  # a value of so many steps is told apart by its digits, and no smaller one
_SAFETY = 4.0  # classes depend on each other, and values cluster
_CHANCE = 1e-4  # that honest samples agree so often
_NORMAL = 2 * math.sqrt(math.pi)  # two draws of one normal density are equal at 1/(this · SD)


@dataclass(frozen=True, slots=True)
class Column:
    """What both sides say of one measurand, a row per sample.

    Attributes:
        reference, model: shape (n,), NaN where there is none.
        step, model_step: of the values, 0 where exact or unknown.
    """

    reference: Floats
    model: Floats
    step: float
    model_step: float


def repeated_rows(rows: Floats, columns: Sequence[Column]) -> tuple[tuple[int, ...], ...]:
    """Groups of samples that are equal in every value, where chance does not explain them.

    The pairs that chance makes equal are expected to be C(n, 2)·Π P_j over the measurands. P_j is
    of a normal density where the digits tell values apart (20 steps or more): once for the
    reference and once for the difference, whose spread is the noise of counting. Of coarser values
    it is how often samples agree in it; where nothing else tells them apart, 1.
    The groups are returned where so many equal pairs have a chance below 1e-4 (Poisson) at four
    times that number. Fewer than three coarse measurands tell nothing apart.

    Args:
        rows: shape (n, k), all values of each sample; NaN where there is none.
        columns: measurands that do not follow from each other.
    """
    groups: dict[bytes, list[int]] = {}
    for i, row in enumerate(np.where(np.isnan(rows), np.inf, rows) + 0.0):
        if np.isfinite(row).any():
            groups.setdefault(row.tobytes(), []).append(i)
    repeated = tuple(tuple(group) for group in groups.values() if len(group) > 1)
    if not repeated:
        return ()
    seen = sum(math.comb(len(group), 2) for group in repeated)
    first = np.array([group[0] for group in groups.values()])
    chance = math.prod(_chance(column, first, len(columns) > 2) for column in columns)
    expected = _SAFETY * chance * math.comb(len(rows), 2)
    return repeated if special.pdtrc(seen - 1, expected) < _CHANCE else ()


def _chance(column: Column, first: Ints, others: bool) -> float:
    """That two samples have the same reference and the same model value.

    Coarse values are looked at in all samples: among the different ones common values look rare.
    """
    known = np.isfinite(column.reference + column.model)
    take = first[known[first]]
    reference, model = column.reference[take], column.model[take]
    if len(take) < 2:
        return 1.0
    steps = column.step, max(column.model_step, column.step * 1e-3)
    if 0 < _STEPS * max(steps) <= np.median(reference):
        found = 1.0
        for step, values in zip(steps, (reference, model - reference), strict=True):
            spread = _spread(values)
            density = step / (_NORMAL * spread) if spread > 0 else 1.0
            # what was counted takes fewer values than its decimals allow
            found *= min(1.0, max(density, _alike(np.round(values, 9)[:, None])))
        # a class that is absent is absent on both sides, however fine the digits are
        absent = (column.reference[known] == 0) & (column.model[known] == 0)
        return max(found, float(absent.mean()) ** 2)
    return _alike(np.column_stack([column.reference, column.model])[known]) if others else 1.0


def _alike(rows: Floats) -> float:
    """How often two rows are equal, shape (n, k); never 0 where none was seen."""
    _, counts = np.unique(rows, axis=0, return_counts=True)
    equal = float((counts * (counts - 1) / 2).sum())
    return (equal + 1) / (math.comb(len(rows), 2) + 2)


def _spread(values: Floats) -> float:
    """As a standard deviation, by the quartiles: samples far off do not widen it."""
    low, high = np.quantile(values, (0.25, 0.75))
    return float(high - low) / 1.349
