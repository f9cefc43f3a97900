"""Intraclass correlation of several readings of each sample (STATISTICS.md §7)."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level
from wbcval.stats.arrays import numbers
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class IntraclassCorrelation(Shown):
    """Shares of the variance that lie between samples.

    Attributes:
        one_way: ICC(1,1), readings of any readers.
        agreement: ICC(2,1), readers drawn at random; their biases count as error.
        consistency: ICC(3,1), these readers; their biases do not count.
        n: samples.
        readers: readings of each.
    """

    one_way: Estimate
    agreement: Estimate
    consistency: Estimate
    n: int
    readers: int


def intraclass_correlation(ratings: ArrayLike, *, level: float = 0.95) -> IntraclassCorrelation:
    """ICC of single readings with the intervals of McGraw and Wong.

    Args:
        ratings: shape (n, k), a row a sample, a column a reader; finite.
        level: two-sided confidence.

    Raises:
        NotEstimable: fewer than 3 samples or 2 readers, or samples that do not differ.
        ValueError: another shape, values not finite.

    Source: Shrout & Fleiss, Psychol Bull 1979;86:420; McGraw & Wong, Psychol Methods 1996;1:30.
    """
    check_level(level)
    m = numbers(ratings, "ratings", dimensions=2)
    n, k = m.shape
    for units, needed, got in (("samples", 3, n), ("readers", 2, k)):
        if got < needed:
            raise NotEstimable(Reason("too_few", needed=needed, units=units, got=got))
    m = m - m.mean()
    rows, columns = m.mean(axis=1), m.mean(axis=0)
    between = k * float(rows @ rows)
    of_readers = n * float(columns @ columns)
    left = m - rows[:, None] - columns
    rest = float((left * left).sum())
    if between == 0:
        raise NotEstimable(Reason("samples_alike"))
    msr, msc = between / (n - 1), of_readers / (k - 1)
    mse, msw = rest / ((n - 1) * (k - 1)), (of_readers + rest) / (n * (k - 1))
    tail = (1 + level) / 2

    def by_ratio(mean_square: float, dof: float, name: str) -> Estimate:
        value = (msr - mean_square) / (msr + (k - 1) * mean_square)
        if mean_square == 0:
            return Estimate(1.0, 1.0, 1.0, level, name, n, flags=("degenerate",))
        f = msr / mean_square
        low, high = f / _f(n - 1, dof, tail), f * _f(dof, n - 1, tail)
        low, high = ((end - 1) / (end + k - 1) for end in (low, high))
        return Estimate(value, low, high, level, name, n)

    return IntraclassCorrelation(
        by_ratio(msw, n * (k - 1), "ICC(1,1), F"),
        _agreement(msr, msc, mse, n, k, level),
        by_ratio(mse, (n - 1) * (k - 1), "ICC(3,1), F"),
        n, k,
    )  # fmt: skip


def _agreement(msr: float, msc: float, mse: float, n: int, k: int, level: float) -> Estimate:
    """ICC(2,1), with Satterthwaite's degrees of freedom (McGraw & Wong, Table 7)."""
    name, tail = "ICC(2,1), F with Satterthwaite's degrees of freedom", (1 + level) / 2
    value = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    if mse == msc == 0:
        return Estimate(1.0, 1.0, 1.0, level, name, n, flags=("degenerate",))
    if value >= 1:
        return Estimate(value, method=name, n=n, reason=Reason("one_line_through_all"))
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    dof = (a * msc + b * mse) ** 2 / (
        (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    )
    error = k * msc + (k * n - k - n) * mse
    lower, upper = _f(n - 1, dof, tail), _f(dof, n - 1, tail)
    low = n * (msr - lower * mse) / (lower * error + n * msr)
    high = n * (upper * msr - mse) / (error + n * upper * msr)
    return Estimate(value, low, high, level, name, n)


def _f(numerator: float, denominator: float, p: float) -> float:
    return float(special.fdtri(numerator, denominator, p))
