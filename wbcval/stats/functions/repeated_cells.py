"""Is one sample's list of labelled cells listed as several? STATISTICS.md §18.

Small samples are soon equal: of three cells most are neutrophils that were called so. And right
answers repeat where mistakes do not, so that to count equal samples once makes a model look worse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.arrays import counts, numbers
from wbcval.stats.metric import Floats

_CHANCE = 1e-4  # that honest samples agree so often
_SAFETY = 2.0  # the patients' own rates are not known
_OWN = (0.5, 0.8, 0.95)  # how much of a patient's rates is its own sample's, the rest being all's
_PATIENTS = 500  # more tell no more of how they differ


def repeated_cells(rows: ArrayLike, confusion: ArrayLike) -> tuple[tuple[int, ...], ...]:
    """Groups of samples that are equal in every value and cell, where no chance explains them.

    Another sample of N cells has a given confusion with the multinomial chance P, as a mean over
    patients like those that are seen; how far these differ beyond their own chance is not known,
    and the likeliest of three guesses counts, twice. So of n samples at most (n − 1)·ΣP repeat an
    earlier one, over the different ones. The least likely are looked at first, and further ones
    with them: the most groups are returned whose repeats have a chance below 1e-4 (Poisson), over
    all that are looked at.

    Args:
        rows: shape (S, k), all values of each sample; NaN where there is none.
        confusion: shape (S, L, L), true × called.

    Raises:
        ValueError: for other shapes, or what is no count.
    """
    groups: dict[bytes, list[int]] = {}
    values = numbers(rows, "rows", dimensions=2, finite=False, missing=True)
    whole = counts(confusion, "confusion", dimensions=3)
    if len(whole) != len(values):
        raise ValueError(f"rows and confusion must be of as many samples, got {len(values)} and "
                         f"{len(whole)}")  # fmt: skip
    if len(values) < 2:
        return ()
    flat = whole.reshape(len(whole), -1)
    values = np.where(np.isnan(values), np.inf, values) + 0.0
    for i, row in enumerate(np.column_stack([values, flat])):
        groups.setdefault(row.tobytes(), []).append(i)
    found = list(groups.values())
    if len(found) == len(values):
        return ()
    each = np.minimum(_SAFETY * _chances(flat)[[group[0] for group in found]], 1.0)
    order = np.argsort(each, kind="stable")
    again = np.cumsum([len(found[i]) - 1 for i in order])
    expected = (len(values) - 1) * np.cumsum(each[order])
    chance = special.pdtrc(again - 1.0, expected) * len(order)
    told = np.flatnonzero((again > 0) & (chance < _CHANCE))
    if not len(told):
        return ()
    taken = (found[i] for i in order[: told[-1] + 1])
    return tuple(tuple(group) for group in taken if len(group) > 1)


def _chances(cells: Floats) -> Floats:
    """How likely each sample's numbers of cells are in one more, shape (S, k) → (S,).

    Equal ones are patients too: among the different ones alone, common numbers would look rare.
    """
    n = cells.sum(axis=1)
    if not n.any():
        return np.ones(len(cells))
    cells, known = cells[:, cells.any(axis=0)], n > 0
    ways = special.gammaln(n + 1) - special.gammaln(cells + 1).sum(axis=1)
    every = cells.sum(axis=0) / n.sum()
    take = np.flatnonzero(known)[:: -(-int(known.sum()) // _PATIENTS)]
    most = np.zeros(len(cells))
    for own in _OWN:
        rates = own * cells[take] / n[take, None] + (1 - own) * every
        most = np.maximum(most, np.exp(ways[:, None] + cells @ np.log(rates).T).mean(axis=1))
    return np.where(known, most, 1.0)
