"""How many patients with pathological cells a model that sees most of them calls negative."""

from __future__ import annotations

import numpy as np
from scipy import special

from wbcval.stats._poisson_binomial import poisson_binomial_pmf
from wbcval.stats.metric import Floats, Ints

_RARELY = 0.01  # of the studies of such a model
_POINTS = (np.arange(40) + 0.5) / 40  # of a distribution, each of the same weight


def missed_of_cells(true: Ints | Floats, needed: Ints | Floats, sensitivity: float) -> Floats:
    """Chance that fewer than ``needed`` of the true cells are called so: the same cells.

    Args:
        true, needed: cells of each sample, shape (S,).
        sensitivity: of one cell.
    """
    return np.asarray(special.bdtr(np.asarray(needed) - 1, np.asarray(true, int), sensitivity))


def missed_of_samples(
    seen: Floats, of: Floats, needed: Floats, cells: Floats, sensitivity: float
) -> Floats:
    """The same where the model looks at other cells than the reference, which saw some of many.

    The share is that of the reference's count by Jeffreys, over the middles of 40 parts of equal
    weight: one cell of a hundred may stand for a third of that.

    Args:
        seen, of: cells of the reference, of the class and in all, shape (S,).
        needed, cells: of the model, likewise.
        sensitivity: of one cell.
    """
    share = special.betaincinv(seen[:, None] + 0.5, (of - seen)[:, None] + 0.5, _POINTS)
    n = np.rint(cells).astype(int)[:, None]
    missed = special.bdtr(np.asarray(needed)[:, None] - 1, n, sensitivity * share)
    return np.asarray(missed.mean(axis=1))


def most_by_chance(chances: Floats) -> int:
    """As many misses as come in 99 % of the studies, or fewer.

    >>> most_by_chance(np.array([0.5, 0.5])), most_by_chance(np.array([0.001] * 9))
    (2, 0)
    """
    above = 1 - np.cumsum(poisson_binomial_pmf(chances))
    return int(np.argmax(above <= _RARELY))
