"""A standard deviation and an interval that does not presume a normal distribution."""

from __future__ import annotations

import math

from scipy import special

from wbcval.stats.metric import Floats
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

MIN_VALUES = 5  # the fewest with which Bonett's trimmed mean is defined
NORMAL_ASSUMED = "normal_assumed"  # flag: no interval of an SD sees a tail that was not drawn


def sd_estimate(
    values: Floats, average: float, sd: float, level: float, flags: tuple[str, ...] = ()
) -> Estimate:
    """SD (ddof 1) of n ≥ 2 independent values with Bonett's interval (STATISTICS.md §2).

    exp(ln(c·s²) ∓ z·c·√((g₄ − (n − 3)/n)/(n − 1))) of the variance, c = n/(n − z), g₄ the kurtosis
    about the trimmed mean, a share 1/(2√(n − 4)) cut from each end.

    Args:
        values: shape (n,), finite.
        average, sd: theirs.
        level: two-sided confidence.
        flags: carried into the estimate; ``normal_assumed`` joins them, since a tail of which
            nothing was drawn is in no interval.

    Returns:
        The estimate; without interval below 5 values. Equal values: an interval of no width.

    Known limits: see docs/explanation/coverage.md (errors of counts 85–95 %, with gross outliers
    66–77 %; the χ² interval 31–96 %).

    Source: Bonett, Comput Stat Data Anal 2006;50:775, eq. 6; as in Minitab's one-variance test.
    """
    n, flags = len(values), (*flags, NORMAL_ASSUMED)
    method = "SD, ddof 1; Bonett 2006"
    z = float(special.ndtri((1 + level) / 2))
    if n < MIN_VALUES or n <= z:
        needed = max(MIN_VALUES, math.floor(z) + 1)
        why = Reason("interval_too_few", needed=needed, units="values", got=n)
        return Estimate(sd, method=method, n=n, reason=why, flags=flags)
    if sd == 0:
        return Estimate(0.0, 0.0, 0.0, level, method, n, flags=flags)
    scaled = (values - average) / sd
    cut = math.floor(n / (2 * math.sqrt(n - 4)))
    inner = sorted(scaled.tolist())[min(cut, (n - 1) // 2) : max(n - cut, n // 2 + 1)]
    kurtosis = float(((scaled - math.fsum(inner) / len(inner)) ** 4).sum()) * n / (n - 1) ** 2
    c = n / (n - z)
    half = z * c * math.sqrt((kurtosis - (n - 3) / n) / (n - 1))
    low, high = (sd * math.sqrt(c * math.exp(end)) for end in (-half, half))
    return Estimate(sd, low, high, level, method, n, flags=flags)
