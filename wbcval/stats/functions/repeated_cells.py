"""Is one sample's list of labelled cells listed as several? STATISTICS.md §18.

Small samples are soon equal: of three cells most are neutrophils that were called so. And right
answers repeat where mistakes do not, so that to count equal samples once makes a model look worse.
"""

from __future__ import annotations

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats, Ints

_CHANCE = 1e-4  # that honest samples agree so often


def repeated_cells(rows: Floats, confusion: Ints) -> tuple[tuple[int, ...], ...]:
    """Groups of samples that are equal in every value and cell, where no chance explains them.

    Whatever the patients' mixes and the model's rates, another sample of N cells has a given
    confusion with at most its chance at the likeliest rates, N!·Π(k/N)^k/k!. So of n samples at
    most (n − 1)·ΣP repeat an earlier one, over the different ones. The least likely are looked at
    first, and further ones with them: the most groups are returned whose repeats have a chance
    below 1e-4 (Poisson), over all that are looked at.

    Args:
        rows: shape (S, k), all values of each sample; NaN where there is none.
        confusion: shape (S, L, L), true × called.
    """
    groups: dict[bytes, list[int]] = {}
    flat = confusion.reshape(len(confusion), -1)
    for i, row in enumerate(np.column_stack([np.where(np.isnan(rows), np.inf, rows) + 0.0, flat])):
        groups.setdefault(row.tobytes(), []).append(i)
    found = list(groups.values())
    most = np.array([_most(flat[group[0]]) for group in found])
    order = np.argsort(most, kind="stable")
    again = np.cumsum([len(found[i]) - 1 for i in order])
    expected = (len(rows) - 1) * np.cumsum(most[order])
    chance = special.pdtrc(again - 1.0, expected) * len(order)
    told = np.flatnonzero((again > 0) & (chance < _CHANCE))
    if not len(told):
        return ()
    taken = (found[i] for i in order[: told[-1] + 1])
    return tuple(tuple(group) for group in taken if len(group) > 1)


def _most(cells: Ints) -> float:
    """The largest chance that any rates give to one sample's numbers of cells, shape (k,)."""
    n = cells.sum()
    if n == 0:
        return 1.0
    ways = special.gammaln(n + 1) - special.gammaln(cells + 1).sum()
    return min(float(np.exp(ways + special.xlogy(cells, cells / n).sum())), 1.0)
