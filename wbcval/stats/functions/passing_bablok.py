"""Passing–Bablok regression: the median of the slopes of all pairs (STATISTICS.md §6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._bias_levels import biases
from wbcval.stats._decimals import integers
from wbcval.stats._moments import check_level, groups, paired_by
from wbcval.stats._pairwise_bootstrap import MOST_POINTS, Drawn, WeightedLine, lines_drawn
from wbcval.stats._pairwise_line import PairwiseLine
from wbcval.stats._pairwise_middle import middle, ordinary
from wbcval.stats._pairwise_slopes import LARGEST, Slopes
from wbcval.stats.functions.error_ratio import ErrorRatio, believable, error_ratio
from wbcval.stats.metric import (
    REPLICATES,
    Better,
    Context,
    Floats,
    Measured,
    Metric,
    Pairs,
    Statistic,
    StatisticUnit,
)
from wbcval.stats.statistic_name import BIAS_AT
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.reasons import NO_REASON, Reason

_ROUNDING = 1e-12  # of the values: a point nearer to the line lies on it
_RESAMPLED, _RESAMPLES = 300, 999  # pairs at most, and how often, where a report resamples lines
_LIKE_ERRORS = (0.5, 2.0)  # λ·b² within which the line is that of the two methods (§6)


@dataclass(frozen=True, slots=True)
class Linearity:
    """The cumulative sum test of Passing and Bablok.

    Attributes:
        above, below: points above the line and below it.
        largest: the largest cumulative sum.
        h: largest/√(below + 1); above 1.36 the line is refused at 5 %.
        p: by Kolmogorov's distribution; too high with few points (at n = 40 a test at 5 %
            refuses 3 %).
    """

    above: int
    below: int
    largest: float
    h: float
    p: float


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the pairs of points are.

    Attributes:
        below_minus_one: slopes below −1 (K, by which the median is shifted).
        minus_one, vertical, identical: pairs whose slope is −1, infinite, not defined.
        concordant, discordant: pairs that rise, that fall.
    """

    below_minus_one: int
    minus_one: int
    vertical: int
    identical: int
    concordant: int
    discordant: int


@dataclass(frozen=True, slots=True)
class PassingBablok(PairwiseLine):
    """A fitted line, model = intercept + slope·reference.

    Attributes:
        slope, intercept: with intervals of ranks, no standard errors.
        n: pairs.
        slopes: N, pairs that have a slope and no slope of −1.
        reference, model: shape (n,), the points.
        drawn: lines of resamples, where the interval is of them.
        kinds: of all pairs.
        linearity: of the line.
    """

    kinds: Kinds
    linearity: Linearity


def passing_bablok(
    reference: ArrayLike,
    model: ArrayLike,
    *,
    level: float = 0.95,
    interval: Literal["ranks", "bca"] = "ranks",
    cluster: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    replicates: int = REPLICATES,
) -> PassingBablok:
    """Passing–Bablok regression of model on reference, exact at any n.

    Slopes are compared as fractions of integers: values are scaled by a power of ten where they
    are decimal numbers (as analyzers print them), so that ties and slopes of −1 are what they are.
    Time O(n log n) a rank, memory O(n).

    Args:
        reference: shape (n,), finite.
        model: shape (n,), finite, of the same unit.
        level: two-sided confidence.
        interval: ``ranks`` of the 1983 paper, for one sample per patient; or ``bca``, by resampling
            patients, for at most 1 000 pairs, which also gives the interval of a bias at a level.
        cluster: shape (n,), patient codes; with repeated patients ranks give no interval.
        rng: of the resamples; needed for ``bca``.
        replicates: how many.

    Returns:
        The slope is the shifted median: of an even number the geometric mean of the two central
        ones where both are positive and finite (the 1983 paper), else the bisector of their
        angles from −45°. Its interval is of the 1983 paper, by ranks M1 = round((N − C)/2) and
        N + 1 − M1; a bound of rank 0, or steeper than vertical, is not estimable. The
        intercept is the median of y − b·x, its bounds those of the opposite bounds of the slope.

    Raises:
        NotEstimable: fewer than 3 pairs, no variance on a side, no positive correlation (Kendall).
        ValueError: unequal lengths, values not finite, an unknown interval, no ``rng`` for ``bca``.

    Source: Passing & Bablok, J Clin Chem Clin Biochem 1983;21:709, and 1984;22:431; BCa: Efron,
        JASA 1987;82:171.
    """
    check_level(level)
    if interval not in ("ranks", "bca"):
        raise ValueError(f"interval must be ranks or bca, got {interval!r}")
    x, y, codes = paired_by(reference, model, cluster)
    n = len(x)
    if n < 3:
        raise NotEstimable(Reason("too_few", needed=3, units="pairs", got=n))
    for name, values in (("reference", x), ("model", y)):
        if np.ptp(values) == 0:
            raise NotEstimable(Reason("side_equal", side=name))
    a, b, decimals = integers(x, y, LARGEST // 4)
    # along the diagonal and across it: a slope of −1 is vertical there and drops out, a vertical
    # one is 1, and slopes below −1 come after it, where the shifted median has them
    slopes = Slopes(a + b, b - a)
    kinds = _kinds(slopes, n)
    if kinds.concordant <= kinds.discordant:
        raise NotEstimable(Reason("not_rising", up=kinds.concordant, down=kinds.discordant))
    total = slopes.total
    slope = middle(*(slopes.smallest(rank) for rank in ((total + 1) // 2, total // 2 + 1)))
    if slope is None:
        raise NotEstimable(Reason("no_line"))
    exact = "" if decimals is None else f", ties decided at {decimals} decimals"
    method = f"Passing–Bablok 1983, {total} slopes{exact}"
    line_of = slope, float(np.median(y - slope * x))
    drawn = None
    if interval == "ranks":
        line = _by_ranks(x, y, slopes, line_of, method, level, repeated=codes is not None)
    elif n > MOST_POINTS:
        why = Reason("points_too_many", most=MOST_POINTS, got=n)
        line = [Estimate(value, method=method, n=n, reason=why) for value in line_of]
    elif rng is None:
        raise ValueError("interval bca draws at random: give rng, a numpy.random.Generator")
    else:
        weighted = WeightedLine.of(x, y, a + b, b - a)
        drawn = Drawn(*lines_drawn(weighted, codes, rng, replicates), level, method)
        line = [drawn.estimate(value, n, np.eye(2)[m]) for m, value in enumerate(line_of)]
    linearity = _linearity(x, y, *line_of)
    return PassingBablok(line[0], line[1], n, total, x, y, drawn, kinds, linearity)


def _by_ranks(
    x: Floats,
    y: Floats,
    slopes: Slopes,
    values: tuple[float, float],
    method: str,
    level: float,
    *,
    repeated: bool,
) -> list[Estimate]:
    """Slope and intercept with the interval of the 1983 paper."""
    n, total = len(x), slopes.total
    z = float(special.ndtri((1 + level) / 2))
    rank = math.floor((total - z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)) / 2 + 0.5)
    low = high = None
    why = NO_REASON
    if repeated:
        why = Reason("repeated")
    elif rank < 1:
        why = Reason("slopes_too_few", slopes=total)
    else:
        method += f"; ranks {rank} and {total + 1 - rank}"
        low, high = (ordinary(slopes.smallest(place)) for place in (rank, total + 1 - rank))
        if high is None:
            why = Reason("bound_vertical")
    flags = ("degenerate",) if low is not None and low == high else ()

    def height(slope: float | None) -> float | None:
        return None if slope is None else float(np.median(y - slope * x))

    known = level if low is not None or high is not None else None
    bounds = ((low, high), (height(high), height(low)))
    return [
        Estimate(value, *ends, known, method, n, why, flags)
        for value, ends in zip(values, bounds, strict=True)
    ]


def _kinds(slopes: Slopes, n: int) -> Kinds:
    """Counted from slopes along the diagonal of n points."""
    minus_one = n * (n - 1) // 2 - slopes.identical - slopes.total
    one, minus = Fraction(1), Fraction(-1)
    falls_less = slopes.count(minus, "below")
    to_vertical = slopes.count(one, "above")
    steeper = slopes.total - to_vertical
    below_vertical = slopes.count(one, "below")
    return Kinds(
        below_minus_one=steeper,
        minus_one=minus_one,
        vertical=to_vertical - below_vertical,
        identical=slopes.identical,
        concordant=below_vertical - slopes.count(minus, "above"),
        discordant=falls_less + minus_one + steeper,
    )


def _linearity(x: Floats, y: Floats, slope: float, intercept: float) -> Linearity:
    """Scores of points above and below, summed in the order of their feet on the line."""
    off = y - slope * x - intercept
    off[abs(off) <= _ROUNDING * (abs(y) + abs(slope * x))] = 0.0
    above, below = int((off > 0).sum()), int((off < 0).sum())
    if not above or not below:
        return Linearity(above, below, 0.0, 0.0, 1.0)
    scores = np.where(off > 0, math.sqrt(below / above), 0.0)
    scores[off < 0] = -math.sqrt(above / below)
    along = x + slope * (y - intercept)  # of the foot, but for a factor
    largest = float(abs(np.cumsum(scores[np.argsort(along, kind="stable")])).max())
    h = largest / math.sqrt(below + 1)
    return Linearity(above, below, largest, h, float(special.kolmogorov(h)))


def _measure(pairs: Pairs, context: Context) -> list[Measured]:
    few = len(pairs) <= _RESAMPLED
    repeated = few and groups(pairs.cluster, len(pairs)) is not None

    def fit(interval: Literal["ranks", "bca"]) -> PassingBablok:
        return passing_bablok(
            pairs.reference, pairs.model, level=context.level, interval=interval,
            cluster=pairs.cluster, rng=context.generator(f"passing_bablok|{pairs.subject}"),
            replicates=min(context.replicates, _RESAMPLES),
        )  # fmt: skip

    found = fit("bca" if repeated else "ranks")
    levels = any(name.base == BIAS_AT for name in context.requested)
    resampled = fit("bca") if few and levels and not repeated else found
    flags = _doubts(found.slope, error_ratio(pairs, context.error_ratio))
    flags += () if believable(pairs) is pairs else ("reference_cv_high",)
    estimates = {"slope": found.slope, "intercept": found.intercept}
    estimates |= biases(context, resampled.bias_at, found.n)
    flagged = {name: estimate.with_flags(*flags) for name, estimate in estimates.items()}
    return [Measured("passing_bablok", pairs.subject, flagged, len(pairs), found)]


def _doubts(slope: Estimate, ratio: ErrorRatio | None) -> tuple[str, ...]:
    """Passing–Bablok's line is that of the methods where λ·b² is about 1 (§6)."""
    assert slope.value is not None  # noqa: S101 (a fitted line has a slope)
    if ratio is None:
        return ("assumed_error_ratio",)
    low, high = _LIKE_ERRORS
    ends = [end * slope.value**2 for end in (ratio.value, ratio.upper) if end is not None]
    if all(low <= end <= high for end in ends):
        return () if ratio.upper is None else ("reference_imprecision_unknown",)
    return ("unlike_errors",)


METRIC = Metric(
    takes="pairs",
    measures={
        "passing_bablok": {
            "slope": Statistic(
                "Passing–Bablok slope", StatisticUnit.FRACTION, Better.ONE, score=True
            ),
            "intercept": Statistic(
                "Passing–Bablok intercept", StatisticUnit.DIFFERENCE, Better.ZERO
            ),
            BIAS_AT: Statistic(
                "predicted bias at a level",
                StatisticUnit.DIFFERENCE,
                Better.ZERO,
                parameter="",
                at="predicted bias at {}",
            ),
        }
    },
    measure=_measure,
)
