"""Do the samples differ in their mix as patients do? STATISTICS.md §18, "Independence".

The cells of one sample, shared out or drawn again under many ids, differ by counting alone. The
mixes of patients differ by far more: their correlation within a sample is about 0.03 among the
healthy, and 0.1 in wards.
"""

from __future__ import annotations

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.stats.metric import Floats

CORRELATION = 0.01  # of cells of one sample; no set of patients is known to be below
_FEWEST = 12  # samples, of whose mixes something can be said
_CHANCE = 1e-4  # that so many samples of such patients lie so near to their middle
_LEAST_SHARE, _LEAST_CELLS = 0.05, 5.0  # of a class that stands by itself; rarer ones are one
_LARGE = 0.2  # such a class is there: monocytes alone vary as little among the healthy


def of_one_blood(shares: Floats, cells: Floats) -> bool:
    """Whether more samples have nearly one mix than those of patients ever do.

    A sample's distance is d = Σ(x − p)²/p over the classes, p the median mix. Cells of one sample
    that are as alike as ρ make it (1/n + ρ(1 − 1/n))·χ². At ρ = 0.01 the sum over all samples is so
    small, or so many samples lie below the median, with a chance below 1e-4: then it is one blood.
    The sum sees fewer cells; by the samples below the median, some of other people hide nothing.

    Args:
        shares: shape (S, C), of each class in a sample, fractions; the rest are a class, too.
        cells: shape (S,), that were counted in each; NaN where not known, and then taken as many.
    """
    known = np.isfinite(shares).all(axis=1)
    bins = _bins(shares[known], cells[known])
    degrees = bins.shape[1] - 1
    if len(bins) < _FEWEST or degrees < 1:
        return False
    middle = np.median(bins, axis=0)
    middle /= middle.sum()
    distance = ((bins - middle) ** 2 / middle).sum(axis=1)
    one = np.where(cells[known] > 0, 1 / cells[known], 0.0)
    squared = distance / (one + CORRELATION * (1 - one))
    near = int((squared < special.chdtri(degrees, 0.5)).sum())
    chances = (
        special.bdtrc(near - 1, len(squared), 0.5),
        special.chdtr(degrees * (len(squared) - 1), squared.sum()),
    )
    return bool(min(chances) < _CHANCE / len(chances))


def _bins(shares: Floats, cells: Floats) -> Floats:
    """Classes that are counted often enough, and all others as one, shape (S, bins)."""
    if not len(shares) or np.median(shares, axis=0).max() < _LARGE:
        return np.empty((0, 0))
    counted = np.median(cells[cells > 0]) if (cells > 0).any() else np.inf
    least = max(_LEAST_SHARE, _LEAST_CELLS / counted)
    middle = np.median(shares, axis=0)
    own = shares[:, middle >= least]
    rest = np.clip(1 - own.sum(axis=1), 0, 1)
    if np.median(rest) >= least:
        return np.column_stack([own, rest])
    if own.shape[1]:
        rarest = int(np.argmin(np.median(own, axis=0)))
        own = own.copy()
        own[:, rarest] += rest
    return own
