"""Equivariant Passing–Bablok regression, the scissors estimator (STATISTICS.md §6)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._decimals import integers
from wbcval.stats._moments import check_level, paired_by
from wbcval.stats._pairwise_bootstrap import MOST_POINTS, Drawn, WeightedLine, lines_drawn
from wbcval.stats._pairwise_line import PairwiseLine
from wbcval.stats._pairwise_middle import middle
from wbcval.stats._pairwise_slopes import LARGEST, Steepness
from wbcval.stats.metric import REPLICATES, Ints
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import Reason

_FLAT, _VERTICAL = Fraction(-1), Fraction(1)  # along the diagonal


@dataclass(frozen=True, slots=True)
class EquivariantPassingBablok(PairwiseLine):
    """A fitted line, model = intercept + slope·reference.

    Attributes:
        slope, intercept: with intervals by resampled patients.
        n: pairs.
        slopes: N, pairs of points that are not the same.
        reference, model: shape (n,), the points.
        drawn: lines of resamples, where there are any.
        rising, falling, flat, vertical: pairs of points by their slope.
    """

    rising: int
    falling: int
    flat: int
    vertical: int


def equivariant_passing_bablok(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    rng: np.random.Generator,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> EquivariantPassingBablok:
    """The line whose slope is the median of |Δy/Δx| over all pairs of points.

    A change of either side's unit changes slope and intercept with it, which Passing–Bablok's line
    of 1983 does not: for sides of unlike units, or errors in proportion to unlike values. Exact at
    any n, ties included, as :func:`wbcval.stats.passing_bablok` is. The errors' ratio is presumed
    to be that of the two scales: λ·slope² = 1.

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite.
        rng: of the resamples.
        cluster: shape (n,), patient codes; patients are resampled.
        level: two-sided confidence.
        replicates: resamples, for at most 1 000 pairs; 0: no interval.

    Returns:
        Of an even number of slopes the geometric mean of the two central ones where both are
        positive and finite, else the bisector of their angles. The intercept is the median of
        y − b·x. Intervals are BCa, also of a bias at a level; ``identity()`` tests slope 1 and
        intercept 0 together.

    Raises:
        NotEstimable: fewer than 3 pairs, no variance on a side, no positive correlation (Kendall).
        ValueError: unequal lengths, values not finite.

    Measured with errors alike, 95 % intervals of slope and intercept cover 95 to 97 % from 20
    pairs on; rounded to few values 96 to 99; where λ·slope² is 4, 93 at 20 pairs.

    Source: Bablok, Passing, Bender & Schneider, J Clin Chem Clin Biochem 1988;26:783; BCa: Efron,
        JASA 1987;82:171. R ``mcr`` (PBequi) decides ties in floating point, and has an asymptotic
        standard error that is not offered here.
    """
    check_level(level)
    x, y, codes = paired_by(reference, model, cluster)
    n = len(x)
    if n < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=n))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    a, b, decimals = integers(x, y, LARGEST // 4)
    steep = Steepness(a, b)
    if steep.rising <= steep.falling:
        raise NotEstimable(Reason("not_rising", up=steep.rising, down=steep.falling))
    same = _alike(np.column_stack([a, b]))
    flat, vertical = _alike(b[:, None]) - same, _alike(a[:, None]) - same
    total = flat + steep.total + vertical

    def ranked(rank: int) -> Fraction:
        """The slope of a rank, along the diagonal."""
        if rank <= flat:
            return _FLAT
        if rank > flat + steep.total:
            return _VERTICAL
        slope = steep.smallest(rank - flat)
        return (slope - 1) / (slope + 1)

    slope = middle(ranked((total + 1) // 2), ranked(total // 2 + 1))
    if not slope:
        raise NotEstimable(Reason("no_line"))
    line_of = slope, float(np.median(y - slope * x))
    exact = "" if decimals is None else f", ties decided at {decimals} decimals"
    method = f"equivariant Passing–Bablok 1988, {total} slopes{exact}"
    drawn = None
    if n > MOST_POINTS:
        why = Reason("points_too_many", most=MOST_POINTS, got=n)
        line = [Estimate(value, method=method, n=n, reason=why) for value in line_of]
    else:
        none = np.empty((0, 2)), np.empty((0, 2))
        lines = none if replicates == 0 else lines_drawn(
            WeightedLine.of_steepness(x, y, a, b), codes, rng, replicates
        )  # fmt: skip
        drawn = Drawn(*lines, level, method)
        line = [drawn.estimate(value, n, np.eye(2)[m]) for m, value in enumerate(line_of)]
    return EquivariantPassingBablok(
        line[0], line[1], n, total, x, y, drawn, steep.rising, steep.falling, flat, vertical
    )


def _alike(rows: Ints) -> int:
    """Pairs of rows that are the same."""
    _, copies = np.unique(rows, axis=0, return_counts=True)
    return int((copies * (copies - 1) // 2).sum())
