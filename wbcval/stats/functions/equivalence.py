"""Whether a mean difference lies within a margin: two one-sided tests (STATISTICS.md §3)."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level, paired_by
from wbcval.stats.functions.mean_difference import mean_difference
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Equivalence(Shown):
    """Two one-sided tests of a mean difference against a margin.

    Attributes:
        difference: mean of model − reference; its interval, of confidence 1 − 2α, lies inside the
            margin where ``p`` < α.
        t_above, t_below: of the mean against the margin's lower end, and against its upper end.
        dof: of t: pairs − 1, or patients − 1 where they repeat.
        p: the larger of the two one-sided p.
        n: pairs.
    """

    difference: Estimate
    t_above: float
    t_below: float
    dof: int
    p: float
    n: int


def equivalence(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    margin: float | tuple[float, float],
    alpha: float = 0.05,
    cluster: ArrayLike | None = None,
) -> Equivalence:
    """Two one-sided tests (TOST) that the mean of model − reference lies within a margin.

    The same decision as a ``demonstrated`` criterion ``|bias| ≤ margin`` has.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        margin: in that unit: ± a number above 0, or its ends (low, high), low < high.
        alpha: of each test, for the interval.
        cluster: shape (n,), patient codes; where patients repeat the standard error is over them.

    Raises:
        NotEstimable: fewer than 2 pairs or patients; differences that do not scatter.
        ValueError: unequal lengths, values not finite, no margin.

    Source: Schuirmann, J Pharmacokinet Biopharm 1987;15:657.
    """
    check_level(1 - 2 * alpha)
    low, high = margin if isinstance(margin, tuple) else (-margin, margin)
    if not low < high:
        raise ValueError(f"margin must be above 0, or two rising ends, got {margin}")
    x, y, codes = paired_by(reference, model, cluster)
    found = mean_difference(y - x, codes, 1 - 2 * alpha)
    value = found.estimate.value
    if found.se is None or value is None:
        raise NotEstimable(found.estimate.reason)
    if not found.se:
        raise NotEstimable(Reason("differences_equal"))
    above, below = (value - low) / found.se, (value - high) / found.se
    p = max(float(special.stdtr(found.df, -above)), float(special.stdtr(found.df, below)))
    return Equivalence(found.estimate, above, below, found.df, p, len(x))
