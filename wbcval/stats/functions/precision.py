"""Imprecision of the model from repeated results of samples, and what it makes of the bias (§11).

Repeats at one level: a CV of low counts says nothing of high ones, and the other way around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from wbcval.stats._moments import check_level, mean
from wbcval.stats._nested_anova import Nested, nested, sd_estimate
from wbcval.stats.arrays import labels, numbers, same_rows
from wbcval.stats.functions.deming import line_of
from wbcval.stats.functions.westgard import westgard
from wbcval.stats.metric import (
    Better,
    Context,
    Floats,
    Ints,
    Measured,
    Metric,
    Pairs,
    Statistic,
    StatisticUnit,
)
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

NEAR = 0.2  # of a level: samples whose means are so near are of it
_WIDEST = 1.45  # highest over lowest mean of samples that are one level
_MOST_LOST = 0.05
_WITHIN, _ALL = "pooled within runs, χ²", "nested analysis of variance, Satterthwaite"
_NO_REPEATS = Reason("no_repeats")


@dataclass(frozen=True, slots=True)
class PrecisionAt:
    """How results of the samples at one level scatter.

    Attributes:
        level: in the unit of the values.
        samples, n: at the level, and their results.
        repeatability, within_laboratory: SD within a run, and of all that was repeated, pooled.
        repeatability_cv, within_laboratory_cv: percent; each result over the mean of its sample.
    """

    level: float
    samples: int
    n: int
    repeatability: Estimate
    within_laboratory: Estimate
    repeatability_cv: Estimate
    within_laboratory_cv: Estimate


@dataclass(frozen=True, slots=True)
class Precision(Shown):
    """Repeated results, and how they scatter at each level.

    Attributes:
        levels: at each, those samples whose means are near; in rising order.
        values, codes: shape (n,), the results, and whose sample each is.
        means: shape (S,), of each sample.
        confidence: of the intervals, two-sided.
    """

    levels: tuple[PrecisionAt, ...]
    values: Floats = field(repr=False)
    codes: Ints = field(repr=False)
    means: Floats = field(repr=False)
    confidence: float
    _of: tuple[Nested, ...] = field(repr=False)

    def at(self, level: float) -> PrecisionAt:
        """The scatter at a level.

        Args:
            level: in the unit of the values, above 0. Samples with a mean within 20 % of it are
                pooled by their degrees of freedom.
        """
        near = np.flatnonzero(np.abs(self.means - level) <= NEAR * level)
        n = int(np.isin(self.codes, near).sum())
        if not len(near):
            missing = Estimate.missing(Reason("no_repeats_near", level=level), n=0)
            return PrecisionAt(level, 0, 0, missing, missing, missing, missing)
        plain = sum((self._of[i] for i in near), Nested())
        shares = sum((self._of[i].over(float(self.means[i])) for i in near), Nested())
        found = [self._sds(of, n) for of in (plain, shares)]
        percent = [_times(e, 100.0) for e in found[1]]
        return PrecisionAt(level, len(near), n, *found[0], *percent)

    def _sds(self, of: Nested, n: int) -> tuple[Estimate, Estimate]:
        days, runs, rest = of.dofs
        within = Estimate.missing(Reason("one_result_each"), n=n)
        everything = Estimate.missing(Reason("one_day"), n=n)
        if rest:
            within = sd_estimate(of.mean_squares[2], rest, self.confidence, n, _WITHIN)
        if days or runs:
            everything = sd_estimate(*of.total, self.confidence, n, _ALL)
        return within, everything


def precision(
    values: ArrayLike,
    sample: ArrayLike,
    *,
    day: ArrayLike | None = None,
    run: ArrayLike | None = None,
    level: float = 0.95,
) -> Precision:
    """Within-run and within-laboratory SD and CV of samples that were measured repeatedly.

    Each sample has an analysis of variance of its own, nested in days and in runs of a day; their
    sums of squares are pooled over samples of one level. Where no run holds two results, runs are
    the repeats, and of days likewise. Without days or runs there is no within-laboratory SD.

    Args:
        values: shape (n,), finite, ≥ 0: the results.
        sample: shape (n,), labels.
        day: shape (n,), labels; ``None``: everything in one day.
        run: shape (n,), labels within a day; ``None``: everything in one run.
        level: two-sided confidence.

    Returns:
        ``levels``: samples from the lowest up, those within a factor of 1.45 together, at the
        middle of their means; :meth:`Precision.at` any other.

    Raises:
        NotEstimable: no sample has two results.
        ValueError: unequal lengths, values not finite or below 0.

    The χ² intervals presume normal results, and of one sample cover as those of
    :func:`wbcval.stats.variance_components`.

    Source: CLSI EP05-A3; CLSI EP15-A3; Satterthwaite, Biometrics Bull 1946;2:110.

    >>> found = precision([7.0, 7.2, 6.9, 7.1], ["A", "A", "A", "A"], day=[1, 1, 2, 2])
    >>> at = found.levels[0]
    >>> at.n, round(at.repeatability.value, 4), round(at.repeatability_cv.value, 3)
    (4, 0.1414, 2.006)
    """
    check_level(level)
    given = {"day": day, "run": run}
    same_rows(values=values, sample=sample, **{k: v for k, v in given.items() if v is not None})
    v = numbers(values, "values")
    if (v < 0).any():
        raise ValueError("values must be at least 0")
    codes = np.unique(labels(sample, "sample"), return_inverse=True)[1].ravel()
    days, runs = (
        np.zeros(len(v), dtype=np.int64)
        if each is None
        else np.unique(labels(each, name), return_inverse=True)[1].ravel()
        for name, each in given.items()
    )
    if not len(v) == len(codes) == len(days) == len(runs):
        raise ValueError("values, sample, day and run must be of one length")
    rows = [np.flatnonzero(codes == i) for i in range(codes.max(initial=-1) + 1)]
    of = tuple(nested(v[at], *_repeats(days[at], runs[at])) for at in rows)
    if not any(sum(each.dofs) for each in of):
        raise NotEstimable(_NO_REPEATS)
    means = np.array([mean(v[at]) for at in rows])
    found = Precision((), v, codes, means, level, of)
    return replace(found, levels=tuple(found.at(each) for each in _levels(means, of)))


def _repeats(day: Ints, run: Ints) -> tuple[Ints, Ints]:
    """Days and runs that are no mere numbers of the results."""
    pairs = np.unique(np.column_stack([day, run]), axis=0)
    if len(pairs) == len(day):
        run = np.zeros_like(run)
    if len(np.unique(day)) == len(day):
        day = np.zeros_like(day)
    return day, run


def _levels(means: Floats, of: tuple[Nested, ...]) -> Iterator[float]:
    repeated = [m for m, each in zip(means.tolist(), of, strict=True) if sum(each.dofs) and m > 0]
    rising = sorted(repeated)
    while rising:
        low = rising[0]
        high = max(m for m in rising if m <= _WIDEST * low)
        yield float(f"{(low + high) / 2:.3g}")
        rising = [m for m in rising if m > high]


def _times(e: Estimate, factor: float) -> Estimate:
    value, low, high = (None if x is None else factor * x for x in (e.value, e.low, e.high))
    return replace(e, value=value, low=low, high=high)


def _measure(pairs: Pairs, context: Context) -> list[Measured]:
    """A row per level; none without repeated results, but for what a criterion asks."""
    given, asked = pairs.replicates, [n for n in context.requested if n.base in _STATISTICS]
    if given is None:
        return _missing(pairs, asked)
    try:
        found = precision(
            given.values, given.sample, day=given.day, run=given.run, level=context.level
        )
    except NotEstimable as why:
        return _missing(pairs, asked, why.reason)
    levels = [*filter(None, map(_level, asked))]
    own = [at.level for at in found.levels]
    levels += [of for of in own if all(abs(of - level) > NEAR * level for level in levels)]
    names = [
        StatisticName.of(base, level)
        for level in sorted(levels)
        for base in _STATISTICS
        if base != "sigma"
    ]
    flags: tuple[str, ...] = ("normal_assumed",)
    flags += ("lost",) if given.lost > _MOST_LOST * (given.lost + len(given.values)) else ()
    estimates: dict[str, Estimate] = {
        name: _one(name, pairs, context, found).with_flags(*flags)
        for name in dict.fromkeys((*asked, *names))
    }
    return [Measured("precision", pairs.subject, estimates, len(found.values), found)]


def _missing(pairs: Pairs, asked: list[StatisticName], why: Reason = _NO_REPEATS) -> list[Measured]:
    estimates: dict[str, Estimate] = {name: Estimate.missing(why, n=0) for name in asked}
    return [Measured("precision", pairs.subject, estimates, 0, reason=why)] if asked else []


def _one(name: StatisticName, pairs: Pairs, context: Context, found: Precision) -> Estimate:
    n, level = len(found.values), _level(name)
    if level is None:
        return Estimate.missing(Reason("level_needed", name=str(name)), n=n)
    at = found.at(level)
    own = {"repeatability_sd": at.repeatability, "repeatability_cv": at.repeatability_cv,
           "within_laboratory_sd": at.within_laboratory,
           "within_laboratory_cv": at.within_laboratory_cv}  # fmt: skip
    if name.base in own:
        return own[name.base]
    allowable = name.allowable
    if name.base == "sigma" and (allowable is None or allowable <= 0):
        return Estimate.missing(Reason("allowable_missing", name=str(name)), n=n)
    try:
        line, flags = line_of(pairs, context)
        bias = _times(line.bias_at(level), 100 / level).with_flags(*flags)
        both = westgard(bias, at.within_laboratory_cv, allowable=allowable or 1.0)
    except NotEstimable as why:
        return Estimate.missing(why.reason, n=at.n)
    return both.sigma if name.base == "sigma" else both.total_error


def _level(name: StatisticName) -> float | None:
    """What a statistic is asked at; ``None`` where that is no number above 0."""
    try:
        level = float(name.parameter)
    except ValueError:
        return None
    return level if 0 < level < math.inf else None


def _spread(title: str, unit: StatisticUnit) -> Statistic:
    return Statistic(
        title, unit, Better.LOWER, parameter="", at=title + " at {}", brief=f"{title} at"
    )


_STATISTICS = {
    "repeatability_sd": _spread("SD within a run", StatisticUnit.DIFFERENCE),
    "repeatability_cv": _spread("CV within a run", StatisticUnit.PERCENT),
    "within_laboratory_sd": _spread("SD within the laboratory", StatisticUnit.DIFFERENCE),
    "within_laboratory_cv": _spread("CV within the laboratory", StatisticUnit.PERCENT),
    "total_error": _spread("|bias| + 1.65 CV (Westgard)", StatisticUnit.PERCENT),
    "sigma": Statistic(
        "sigma", StatisticUnit.FRACTION, Better.HIGHER, score=True, parameter="",
        at="sigma at {}", brief="sigma at", unbounded=True,
    ),
}  # fmt: skip

METRIC = Metric(takes="pairs", measures={"precision": _STATISTICS}, measure=_measure)
