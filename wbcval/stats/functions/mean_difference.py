"""The mean of differences, its standard error over patients, and whether it excludes 0."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, equal, groups, mean, mean_sd
from wbcval.stats.arrays import numbers
from wbcval.stats.functions.limits_of_agreement import mean_estimate
from wbcval.stats.functions.repeated_limits import repeated_limits
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

_WHOLE = 100.0  # points: what shares are parts of


@dataclass(frozen=True, slots=True)
class MeanDifference(Shown):
    """The bias of Bland–Altman agreement (§5) with what a test of it needs.

    Attributes:
        estimate: mean and interval by t, over patients where they repeat.
        se: standard error, ``None`` with fewer than two patients; ``df``: of t.
    """

    estimate: Estimate
    se: float | None
    df: int

    @property
    def p(self) -> float:
        """Two-sided p of a mean of 0; 1 where no spread was seen, which shows nothing."""
        if not self.se or self.estimate.value is None:
            return 1.0
        return float(2 * special.stdtr(self.df, -abs(self.estimate.value) / self.se))

    def with_se(self, least: float, name: str, level: float) -> MeanDifference:
        """The same with no smaller standard error than that, which ``name`` is."""
        if self.se is None or self.estimate.value is None or least <= self.se:
            return self
        half = float(special.stdtrit(self.df, (1 + level) / 2)) * least
        value = self.estimate.value
        wider = replace(
            self.estimate, low=value - half, high=value + half, method=f"mean; t, SE of {name}"
        )
        return replace(self, estimate=wider, se=least)


def mean_difference(
    differences: ArrayLike, cluster: ArrayLike | None = None, level: float = 0.95
) -> MeanDifference:
    """Mean of differences with its interval: the bias of §5, number for number.

    Args:
        differences: shape (n,), finite; equal ones are flagged ``degenerate`` (but for the rounding
            of percent points).
        cluster: shape (n,), codes of the patient where given, else of the sample.
        level: two-sided confidence.

    Raises:
        NotEstimable: without any difference.
        ValueError: values not finite, other lengths.
    """
    check_level(level)
    d = numbers(differences, "differences")
    n, codes = len(d), groups(cluster, len(d))
    if n == 0:
        raise NotEstimable(Reason("no_sample"))
    patients = n if codes is None else int(codes.max()) + 1
    if patients < 2:
        unit = "pairs" if codes is None else "patients"
        why = Reason("interval_too_few", needed=2, units=unit, got=patients)
        return MeanDifference(Estimate(mean(d), method="mean", n=n, reason=why), None, 0)
    flags = ("degenerate",) if equal(d, _WHOLE) else ()
    if codes is None:
        average, sd = mean_sd(d)
        return MeanDifference(mean_estimate(average, sd, n, level, flags), sd / math.sqrt(n), n - 1)
    found = repeated_limits(d, codes, level, flags)
    return MeanDifference(found.bias, found.anova.standard_error, patients - 1)
