"""Does the spread of the differences change with the level?"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from wbcval.stats._moments import mean
from wbcval.stats.metric import Floats

_ROUNDING = 1e-9  # relative: residuals no larger are a line's rounding


def spread_p(differences: Floats, averages: Floats) -> float | None:
    """Two-sided p of the slope of |d − fitted bias| on a, the bias fitted by least squares on a.

    Args:
        differences, averages: shape (n,).

    Returns:
        p by t(n − 2); ``None`` below 4 pairs, where all averages are equal, or where the
        differences lie on a line.

    Source: Bland & Altman, Stat Methods Med Res 1999;8:135, §3.2.
    """
    n = len(differences)
    if n < 4 or np.ptp(averages) == 0:
        return None
    x = averages - mean(averages)
    squares = float(x @ x)
    if squares == 0:  # underflow
        return None

    def residuals(values: Floats) -> tuple[float, Floats]:
        centred = values - mean(values)
        slope = float(x @ centred) / squares
        return slope, centred - slope * x

    _, rest = residuals(differences)
    if np.abs(rest).max() <= _ROUNDING * np.abs(differences).max():
        return None
    slope, left = residuals(np.abs(rest))
    scatter = float(left @ left)
    if scatter == 0:
        return 0.0 if slope else 1.0
    t = slope / math.sqrt(scatter / (n - 2) / squares)
    return float(2 * special.stdtr(n - 2, -abs(t)))
