"""The line's slope from the central ones of all pairs, ranked by their angle from −45°.

Along the diagonal x + y and across it y − x, a slope of −1 is vertical, and a vertical one is 1.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from wbcval.stats.metric import Floats


def ordinary(slope: Fraction) -> float | None:
    """The slope in x and y of one along the diagonal; ``None`` where vertical or beyond."""
    return float((1 + slope) / (1 - slope)) if slope < 1 else None


def middle(first: Fraction, second: Fraction) -> float | None:
    """Of the two central slopes along the diagonal, in x and y; ``None``: no line that rises.

    The geometric mean where both rise and neither is vertical, else the bisector of their angles.
    """
    if first == second:
        return ordinary(first)
    if first > -1 and second < 1:
        return math.sqrt(float((1 + first) / (1 - first) * (1 + second) / (1 - second)))
    between = math.tan((math.atan(first) + math.atan(second)) / 2)
    return (1 + between) / (1 - between) if between < 1 else None


def middles(first: Floats, second: Floats) -> Floats:
    """As :func:`middle`, of shapes (B,); NaN where no line rises."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [(1 + s) / (1 - s) for s in (first, second)]
        between = np.tan((np.arctan(first) + np.arctan(second)) / 2)
        bisector = np.where(between < 1, (1 + between) / (1 - between), np.nan)
        both = (first > -1) & (second < 1)
        found = np.where(both, np.sqrt(np.where(both, ends[0] * ends[1], 1.0)), bisector)
        return np.where(first == second, np.where(first < 1, ends[0], np.nan), found)
