"""The range of counts that chance alone explains, sample by sample. STATISTICS.md §4."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special

from wbcval.stats._count_range import at_most, chance_in_range
from wbcval.stats.metric import Floats, Pairs
from wbcval.values.errors import NotEstimable
from wbcval.values.measurands import Quantity
from wbcval.values.reasons import Reason

NOISE = 0.95  # the binomial limits of Rümke's table, whatever the level of an interval
Ranges = tuple[Floats, Floats, Floats]  # first and last count inside, chance of falling inside


def counts(pairs: Pairs) -> tuple[Floats, Floats]:
    """The model's hits and cells of each sample, whole numbers, shape (n,) each.

    Raises:
        NotEstimable: without pairs or cell counts, for a measurand that is no percentage, in
            mode same-cells (no counting noise), or in same-slide where the reference's own cell
            count is unknown.
        ValueError: where more hits than cells are given.
    """
    if pairs.subject.quantity is not Quantity.SHARE:
        raise NotEstimable(Reason("noise_of_share"))
    if pairs.mode == "same-cells":
        raise NotEstimable(Reason("same_cells"))
    if len(pairs) == 0:
        raise NotEstimable(Reason("no_pair"))
    if pairs.model_cells is None or pairs.model_hits is None:
        raise NotEstimable(Reason("cells_unknown"))
    if pairs.mode == "same-slide" and pairs.reference_cells is None:
        raise NotEstimable(Reason("reference_cells_unknown"))
    return whole(pairs.model_hits, pairs.model_cells)


def whole(hits: Floats, cells: Floats) -> tuple[Floats, Floats]:
    """Both as whole numbers, shape (n,).

    Raises:
        ValueError: without a cell, or for more hits than cells.
    """
    hits, cells = np.rint(hits), np.rint(cells)
    if np.any(cells < 1) or np.any(hits < 0) or np.any(hits > cells):
        raise ValueError("cells must be at least 1, and hits between 0 and cells")
    return hits, cells


def noise_ranges(pairs: Pairs, hits: Floats, cells: Floats, level: float = NOISE) -> Ranges:
    """First and last of the model's hits inside the noise, and the chance of that, shape (n,) each.

    Args:
        pairs: whose reference is taken: as free of noise (within its rounding), or, where it
            counted cells itself, as the other draw of the same share.
        hits, cells: of the model, whole numbers; hits matter against a counted reference alone.
        level: of the limits, two-sided.
    """
    tail = (1 - level) / 2
    if pairs.reference_cells is None or pairs.reference_hits is None:
        return _noise_free(pairs, cells, tail)
    others, theirs = whole(pairs.reference_hits, pairs.reference_cells)
    return _both_counted(hits + others, cells, theirs, tail)


def _noise_free(pairs: Pairs, cells: Floats, tail: float) -> Ranges:
    half = np.broadcast_to(pairs.resolution, cells.shape) / 2
    low = np.clip((pairs.reference - half) / 100, 0.0, 1.0)
    high = np.clip((pairs.reference + half) / 100, 0.0, 1.0)
    return _between(*(np.float64(x).tobytes() for x in (low, high, cells)), tail)


@lru_cache(maxsize=16)  # no hits matter: whatever answers the same samples has the same ranges
def _between(lows: bytes, highs: bytes, of: bytes, tail: float) -> Ranges:
    """By p ≤ upper limit of k ⇔ P(K ≤ k | p) ≥ α/2; p ≥ lower limit ⇔ P(K ≥ k | p) ≥ α/2."""
    low, high, cells = (np.frombuffer(values, dtype=np.float64) for values in (lows, highs, of))
    first = binomial_quantile(tail, cells, low)
    last = cells - binomial_quantile(tail, cells, 1 - high)
    found = first, last, chance_in_range(first, last, cells, low, high)
    for values in found:
        values.flags.writeable = False  # they are told to every caller
    return found


def binomial_quantile(tail: float, cells: Floats, share: Floats) -> Floats:
    """The least k with P(K ≤ k) ≥ tail, where K ~ Bin(cells, share); shape (n,).

    ``scipy.stats.binom.ppf``, without the half a second that scipy.stats takes to import.
    """
    k = np.ceil(np.nan_to_num(special.bdtrik(tail, cells, share)))  # no number where share is 0
    k = np.where(at_most(k, cells, share, share) < tail, k + 1, k)  # it may be one off, by rounding
    return np.asarray(np.where(at_most(k - 1, cells, share, share) >= tail, k - 1, k))


def _both_counted(total: Floats, cells: Floats, theirs: Floats, tail: float) -> Ranges:
    cases, place = np.unique(np.stack([total, cells, theirs]), axis=1, return_inverse=True)
    found = np.array([range_of_both(int(t), int(n), int(o), tail) for t, n, o in cases.T])
    first, last, chance = found[place.ravel()].T
    return first, last, chance


@lru_cache(maxsize=1 << 16)  # strata hold the samples of the whole once more
def range_of_both(total: int, cells: int, theirs: int, tail: float) -> tuple[float, float, float]:
    """First and last k of a drawn share with both tails above α/2, and the chance between.

    Args:
        total: hits of both sides. cells, theirs: counted by each.
        tail: α/2.
    """
    k = np.arange(max(0, total - theirs), min(total, cells) + 1)
    log = special.betaln(k + 1, cells - k + 1) + special.betaln(
        total - k + 1, theirs - (total - k) + 1
    )
    weight = np.exp(log.min() - log)  # 1/(B·B) is the product of the two binomial coefficients
    pmf = weight / weight.sum()
    below, above = np.cumsum(pmf), np.cumsum(pmf[::-1])[::-1]
    inside = np.flatnonzero((below > tail) & (above > tail))
    first, last = int(inside[0]), int(inside[-1])
    return float(k[first]), float(k[last]), min(float(pmf[first : last + 1].sum()), 1.0)
