"""Paired answers of two readers: exact test of the discordant ones, and their odds ratio."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level
from wbcval.stats.arrays import counts
from wbcval.stats.binomial import clopper_pearson
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Mcnemar(Shown):
    """What the subjects tell that two readers, or two models, answer differently.

    Attributes:
        odds_ratio: first yes and second no, over first no and second yes, exact interval; infinite
            without an upper bound where the latter never happens.
        p_exact: two-sided, twice the smaller binomial tail; never above 1.
        p_mid: of it half the chance of the very table left out, which is nearer to its level.
        first_only, second_only: subjects to whom the one alone says yes.
        n: subjects.
    """

    odds_ratio: Estimate
    p_exact: float
    p_mid: float
    first_only: int
    second_only: int
    n: int


def mcnemar(table: ArrayLike, *, level: float = 0.95) -> Mcnemar:
    """McNemar's exact and mid-p test of a table of two answers, with the odds ratio.

    The asymptotic statistic is ``two_raters(table).bowker``. Subjects are taken for independent: of
    cells, of which many come from one sample, p is too small and the interval too narrow.

    Args:
        table: shape (2, 2), counts; rows the first reader's yes and no, columns the second's.
        level: two-sided confidence.

    Raises:
        NotEstimable: nothing counted; where nobody disagrees the odds ratio is missing, and p 1.
        ValueError: not of 2 × 2, negative or broken counts.

    Source: McNemar, Psychometrika 1947;12:153; Fagerland, Lydersen & Laake, BMC Med Res Methodol
        2013;13:91 (exact and mid-p); the odds ratio's interval is Clopper and Pearson's of the
        share first only, as odds (R ``exact2x2``).
    """
    check_level(level)
    t = counts(table, "table")
    if t.shape != (2, 2):
        raise ValueError(f"table must be of shape (2, 2), got {t.shape}")
    n, first, second = int(t.sum()), int(t[0, 1]), int(t[1, 0])
    if n == 0:
        raise NotEstimable(Reason("no_denominator"))
    method, apart = "odds of discordant answers, Clopper–Pearson", first + second
    if not apart:
        return Mcnemar(
            Estimate.missing(Reason("none_discordant"), n=n, method=method), 1.0, 1.0, 0, 0, n
        )
    low, high = (share / (1 - share) if share < 1 else None
                 for share in clopper_pearson(first, apart, level))  # fmt: skip
    if second:
        odds = Estimate(first / second, low, high, level, method, apart)
    else:
        why = Reason("odds_infinite")
        odds = Estimate(float("inf"), low, None, level, method, apart, why)
    fewer = min(first, second)
    tail, below = (float(special.bdtr(k, apart, 0.5)) if k >= 0 else 0.0
                   for k in (fewer, fewer - 1))  # fmt: skip
    return Mcnemar(odds, min(2 * tail, 1.0), min(tail + below, 1.0), first, second, n)
