"""Total analytical error: between which relative errors the central 95 % of the samples lie (§11).

By the samples themselves, as CLSI EP21 asks. Westgard's bias + 1.65·CV needs the imprecision of
the model from replicates, which the SD of differences is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from numpy.typing import ArrayLike

from wbcval.stats._moments import check_level, groups, paired_by
from wbcval.stats.dummies import too_rare
from wbcval.stats.functions.error import RARE, relative_error
from wbcval.stats.functions.nonparametric_limits import nonparametric_limits
from wbcval.stats.metric import (
    Better,
    Context,
    Floats,
    Measured,
    Metric,
    Pairs,
    Statistic,
    StatisticUnit,
)
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class TotalError(Shown):
    """The central 95 % of the relative errors.

    Attributes:
        lower, upper: 2.5th and 97.5th percentile of the errors, percent of the reference.
        n: samples.
        errors: shape (n,), signed, percent of the reference; ∞ where the reference alone is 0.
    """

    lower: Estimate
    upper: Estimate
    n: int
    errors: Floats = field(repr=False)


def total_error(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    level: float = 0.95,
    cluster: ArrayLike | None = None,
) -> TotalError:
    """2.5th and 97.5th percentile of the errors in percent of the reference, without a shape.

    The errors are those of :func:`wbcval.stats.error`: 0 where both are 0, ∞ where the reference
    alone is 0; an infinite one takes part, and may make the upper percentile infinite.

    Args:
        reference: shape (n,), finite, ≥ 0.
        model: shape (n,), finite, ≥ 0, of the same unit.
        level: two-sided confidence of the interval of each percentile, by order statistics: at
            95 % from 146 samples on, at 90 % (one-sided 95 %) from 119 on.
        cluster: shape (n,), patient codes; with repeated patients at n/deff.

    Returns:
        Both percentiles missing below 39 samples.

    Raises:
        NotEstimable: without any pair.
        ValueError: unequal lengths, values not finite or below 0.

    Source: CLSI EP21, 2nd ed. 2016 (nonparametric, percentiles of type 6); order statistics: Hahn
        & Meeker, Statistical Intervals, §5.2.

    >>> reference = [float(value) for value in range(40, 80)]
    >>> found = total_error(reference, [1.02 * value for value in reference])
    >>> round(found.lower.value, 6), round(found.upper.value, 6), found.n
    (2.0, 2.0, 40)
    """
    check_level(level)
    r, m, codes = paired_by(reference, model, cluster)
    if (r < 0).any() or (m < 0).any():
        raise ValueError("reference and model must be at least 0")
    if len(r) == 0:
        raise NotEstimable(Reason("no_pair"))
    errors = relative_error(r, m)
    lower, upper = nonparametric_limits(errors, codes, level)
    finite = upper.value is not None and math.isfinite(upper.value)
    if finite and upper.high is not None and math.isinf(upper.high):
        upper = replace(upper, reason=Reason("upper_infinite"))
    return TotalError(lower, upper, len(r), errors)


def _measure(pairs: Pairs, context: Context) -> list[Measured]:
    cluster = groups(pairs.cluster, len(pairs))
    found = total_error(pairs.reference, pairs.model, level=context.level, cluster=cluster)
    flags = (RARE,) if too_rare(pairs) else ()  # agreement on absence is none (§18)
    estimates = {
        name: e.with_flags(*flags) for name, e in (("lower", found.lower), ("upper", found.upper))
    }
    return [Measured("total_error", pairs.subject, estimates, len(pairs), found)]


METRIC = Metric(
    takes="pairs",
    measures={
        "total_error": {
            "lower": Statistic(
                "lower end of the total error", StatisticUnit.PERCENT, Better.ZERO,
                brief="lower end of the total error",
            ),
            "upper": Statistic(
                "upper end of the total error", StatisticUnit.PERCENT, Better.ZERO,
                brief="upper end of the total error",
            ),
        }
    },
    measure=_measure,
)  # fmt: skip
