"""Is the total behind the model's counts the reference's own? STATISTICS.md §18, "Two sides".

A count that is the model's share times the reference's WBC agrees with the reference by the total
they have in common. Whatever the column is called, the model's own numbers tell that total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats._one_line import CHANCE, CLOSEST
from wbcval.stats.metric import Floats

_FEWEST = 3  # samples
_WIDE = 2.0  # standard deviations of rounding: so far apart are 95 % of two prints of one total
# of the value, at least: numbers that were kept in single precision, and noise put on the total
_WIDTHS = (1e-6, 0.0025)


@dataclass(frozen=True, slots=True)
class Printed:
    """Values and the SD of what rounding moved them by, 0 where exact or unknown; shape (n,)."""

    values: Floats
    rounding: Floats

    @classmethod
    def of(cls, values: Floats, step: float) -> Printed:
        """Values that were printed in steps."""
        return cls(values, np.full(len(values), step / np.sqrt(12)))


def added(parts: Sequence[Printed]) -> Printed:
    """The sum of values that were rounded each by itself."""
    spread = np.sqrt(np.sum([p.rounding**2 for p in parts], axis=0))
    return Printed(np.sum([p.values for p in parts], axis=0), spread)


def total_of(counts: Sequence[Printed], percents: Sequence[Printed]) -> Printed:
    """The total of which counts are these percentages; NaN where neither tells it."""
    above, below = added(counts), added(percents)
    known = (above.values > 0) & (below.values > 0)
    count, percent = (np.where(known, p.values, np.nan) for p in (above, below))
    total = 100 * count / percent
    return Printed(total, total * np.hypot(above.rounding / count, below.rounding / percent))


def one_total(reference: Printed, model: Printed) -> bool:
    """Whether two columns of totals are one, but for rounding and a constant factor.

    Two measurements of one total differ with an SD of 1 % or more of it. Within two standard
    deviations of rounding of a common factor (the median), or within 0.25 %, lie then at most
    2Φ(s) − 1 of them, s that width in such SDs. It is one total where so many have a chance below
    1e-6, over both widths and each sample that could have set the factor.

    Args:
        reference, model: shape (n,); NaN and 0 say nothing.

    Source: Hoeffding, Ann Math Stat 1956;27:713 (theorem 4).
    """
    take = (reference.values > 0) & (model.values > 0)
    take &= np.isfinite(reference.values) & np.isfinite(model.values)
    n = int(take.sum())
    if n < _FEWEST:
        return False
    theirs, ours = reference.values[take], model.values[take]
    factor = float(np.median(ours / theirs))
    rounding = _WIDE * np.hypot(factor * reference.rounding[take], model.rounding[take])
    apart = np.abs(ours / factor - theirs) / theirs
    chances = []
    for least in _WIDTHS:
        wide = np.maximum(rounding / factor / theirs, least)
        mean = float((2 * special.ndtr(wide / CLOSEST) - 1).mean())
        chances.append(float(special.bdtrc(int((apart <= wide).sum()) - 1, n, mean)))
    return len(_WIDTHS) * n * min(chances) < CHANCE
