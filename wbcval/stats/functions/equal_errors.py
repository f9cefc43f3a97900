"""Is one sample listed as several, in a set that was put together by hand? STATISTICS.md §18.

Where every sample has as many cells of each class, equal percentages tell no copy: a good model
makes them. Its few mistakes do, for they fall on the samples by chance.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.arrays import counts
from wbcval.stats.metric import Floats

_CHANCE = 1e-4  # that honest samples have the same mistakes so often


def equal_errors(confusion: ArrayLike) -> tuple[tuple[int, ...], ...]:
    """Groups of samples with the very same confusion, mistakes in it, beyond chance.

    Of k cells that are called j of n that are i the most likely numbers have the chance
    n!·Π(k/n)^k/k!, whatever the model's rates are in a sample. So at most as many of the other
    samples have a given one's confusion as are drawn by the product over i (binomial); a group is
    told below 1e-4, over all samples. One without a mistake is no wonder, and is not told.

    Args:
        confusion: shape (S, L, L), true × called, of samples with as many cells of each class.

    Raises:
        ValueError: for another shape, or what is no count.
    """
    whole = counts(confusion, "confusion", dimensions=3)
    samples = len(whole)
    flat = whole.reshape(samples, math.prod(whole.shape[1:]))
    tables, group, sizes = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    found = []
    for i, table in enumerate(tables.reshape(-1, *whole.shape[1:])):
        most = min(math.exp(_log_most(table)), 1.0)
        chance = float(special.bdtrc(sizes[i] - 2, samples - 1, most)) * samples
        if table.sum() > table.trace() and chance < _CHANCE:
            found.append(tuple(np.flatnonzero(group.ravel() == i).tolist()))
    return tuple(found)


def _log_most(table: Floats) -> float:
    """Log of the largest chance that rates of calls give to one sample's confusion."""
    n = table.sum(axis=1)
    ways = special.gammaln(n + 1) - special.gammaln(table + 1).sum(axis=1)
    rates = special.xlogy(table, table / np.maximum(n, 1)[:, None]).sum(axis=1)
    return float((ways + rates).sum())
