"""Two readers of the same cells or samples: chance-corrected agreement and symmetry (§7)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from wbcval.stats._moments import check_level
from wbcval.stats.arrays import counts
from wbcval.stats.metric import Floats
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.notebook import Shown
from wbcval.values.reasons import Reason

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """A chi-square test of a square table.

    Attributes:
        statistic, dof, p: of it.
    """

    statistic: float
    dof: int
    p: float


@dataclass(frozen=True, slots=True)
class TwoRaters(Shown):
    """What a square table of two readers says.

    Attributes:
        agreement: share of the subjects both call the same, exact interval.
        kappa: Cohen's, weighted as asked, with its asymptotic interval.
        ac1: Gwet's, which does not break down where one category is common.
        bowker: symmetry: as often a for b as b for a.
        stuart_maxwell: equal margins: both use each category as often.
        n: subjects.
    """

    agreement: Estimate
    kappa: Estimate
    ac1: Estimate
    bowker: Symmetry
    stuart_maxwell: Symmetry
    n: int


def two_raters(table: ArrayLike, *, weights: Weights = "none", level: float = 0.95) -> TwoRaters:
    """Agreement of two readers beyond chance, and whether their disagreements are balanced.

    Subjects are taken for independent: of cells, of which many come from one sample, the intervals
    are too narrow.

    Degrees of freedom: ``bowker`` has one for each pair of categories that are confused at all,
    ``stuart_maxwell`` the rank of the margins' covariance. If neither reader leans, these are the
    means of the statistics over all tables with as many confusions of each pair. R's
    ``mcnemar.test`` and ``StuartMaxwellTest`` and statsmodels count K(K − 1)/2 and K − 1 whatever
    the table; where pairs are never confused, their p is too large (0.63 for 0.16 in Fleiss'
    diagnoses of 1971), or missing.

    Args:
        table: shape (K, K), counts; rows the first reader, columns the second, in one order.
        weights: credit for near misses, by the distance of ordered categories.
        level: two-sided confidence.

    Raises:
        NotEstimable: nothing counted; κ alone is a missing estimate where both know one category.
        ValueError: not square, fewer than 2 categories, negative or broken counts, other weights.

    Source: Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323; Gwet, Br J Math Stat Psychol
        2008;61:29; Bowker, J Am Stat Assoc 1948;43:572; Stuart, Biometrika 1955;42:412; Maxwell,
        Br J Psychiatry 1970;116:651.
    """
    check_level(level)
    t = counts(table, "table")
    if t.shape[0] != t.shape[1] or len(t) < 2:
        raise ValueError(f"table must be square, of 2 categories or more, got {t.shape}")
    if weights not in ("none", "linear", "quadratic"):
        raise ValueError(f"weights must be none, linear or quadratic, got {weights!r}")
    n = int(t.sum())
    if n == 0:
        raise NotEstimable(Reason("no_denominator"))
    k = int(np.trace(t))
    tail = (1 - level) / 2
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    p = t / n
    return TwoRaters(
        Estimate(k / n, low, high, level, "Clopper–Pearson", n),
        _kappa(p, n, weights, level), _ac1(p, n, level), _bowker(t), _stuart_maxwell(t), n,
    )  # fmt: skip


def _kappa(p: Floats, n: int, weights: Weights, level: float) -> Estimate:
    k = len(p)
    away = abs(np.subtract.outer(np.arange(k), np.arange(k))) / (k - 1)
    w = {"none": np.eye(k), "linear": 1 - away, "quadratic": 1 - away**2}[weights]
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float((w * p).sum()), float(rows @ w @ columns)
    method = f"κ, weights {weights}; asymptotic" if weights != "none" else "κ; asymptotic"
    if chance == 1:
        return Estimate.missing(Reason("one_label_on_both"), n=n, method=method)
    value = (observed - chance) / (1 - chance)
    of_rows, of_columns = w @ columns, rows @ w  # mean credit of each category
    spread = w - np.add.outer(of_rows, of_columns) * (1 - value)
    variance = float((p * spread**2).sum()) - (value - chance * (1 - value)) ** 2
    return _symmetric(value, variance / (n * (1 - chance) ** 2), level, method, n)


def _ac1(p: Floats, n: int, level: float) -> Estimate:
    k = len(p)
    use = (p.sum(axis=0) + p.sum(axis=1)) / 2
    observed, chance = float(np.trace(p)), float(use @ (1 - use)) / (k - 1)
    value = (observed - chance) / (1 - chance)
    pairs = np.add.outer(use, use) / 2
    variance = (
        observed * (1 - observed)
        - 4 * (1 - value) * (float((np.diag(p) * (1 - use)).sum()) / (k - 1) - observed * chance)
        + 4 * (1 - value) ** 2 * (float((p * (1 - pairs) ** 2).sum()) / (k - 1) ** 2 - chance**2)
    ) / (n * (1 - chance) ** 2)
    return _symmetric(value, variance, level, "AC1 (Gwet); asymptotic", n)


def _symmetric(value: float, variance: float, level: float, method: str, n: int) -> Estimate:
    half = float(special.ndtri((1 + level) / 2)) * math.sqrt(max(variance, 0.0))
    flags = ("degenerate",) if half == 0 else ()
    return Estimate(value, value - half, min(value + half, 1.0), level, method, n, flags=flags)


def _bowker(t: Floats) -> Symmetry:
    i, j = np.triu_indices(len(t), 1)
    off, both = t[i, j] - t[j, i], t[i, j] + t[j, i]
    seen = both > 0
    return _chi_square(float((off[seen] ** 2 / both[seen]).sum()), int(seen.sum()))


def _stuart_maxwell(t: Floats) -> Symmetry:
    """Of the categories of which any is used otherwise by the two."""
    off = t.sum(axis=1) - t.sum(axis=0)
    covariance = -(t + t.T)
    np.fill_diagonal(covariance, t.sum(axis=1) + t.sum(axis=0) - 2 * np.diag(t))
    used = np.flatnonzero(np.diag(covariance) > 0)
    if len(used) < 2:
        return Symmetry(0.0, 0, 1.0)
    kept = used[:-1]  # the last follows from the others
    part = covariance[np.ix_(kept, kept)]
    found = off[kept] @ np.linalg.pinv(part) @ off[kept]
    return _chi_square(float(found), int(np.linalg.matrix_rank(part)))


def _chi_square(statistic: float, dof: int) -> Symmetry:
    return Symmetry(statistic, dof, float(special.chdtrc(dof, statistic)) if dof else 1.0)
