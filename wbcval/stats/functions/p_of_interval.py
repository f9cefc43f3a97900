"""The p that an interval of a change stands for, where no test of its own is made."""

from __future__ import annotations

import math

from scipy import special

from wbcval.values.estimate import Estimate


def p_of_interval(change: Estimate) -> float | None:
    """One-sided p of a change to the side of its value, as its own interval has it.

    As of a normal distance whose standard error the limit towards 0 tells: below 2.5 % where that
    limit excludes 0.

    Source: Altman & Bland, BMJ 2011;343:d2304, of the side that faces 0.
    """
    value = change.value
    facing = change.high if value is not None and value < 0 else change.low
    if value is None or facing is None or change.level is None or not math.isfinite(value):
        return None
    if value == 0 or facing == value:
        return 1.0  # nothing moved, or an interval without a width, which shows nothing
    quantile = float(special.ndtri((1 + change.level) / 2))
    return float(special.ndtr(-quantile * abs(value) / abs(facing - value)))
