"""A perfect classifier: it errs in no cell, and yet counts N cells and not all of them.

What it would report for each sample, given what the reference printed: the floor under every
error (STATISTICS.md §4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from wbcval.stats._count_range import at_most, chance_in_range
from wbcval.stats.acceptance import EDGE
from wbcval.stats.metric import Floats, Ints, Pairs
from wbcval.values.measurands import Quantity

_REACH = 5.5  # standard normal quantiles beyond it are left out: 4e-8
_FINEST = 1 / 16


@dataclass(frozen=True, slots=True)
class Perfect:
    """Chance that a perfect classifier lies within a limit, sample by sample.

    Its count of the class is K ~ Bin(N, share), or Poisson(N·share) where the total is counted
    too (WBC, and absolute counts on the model's own total). The true share is uniform over the
    rounding of the printed value; it is spread further by the reference's CV (normal), or, where
    the reference is itself a count of k of N cells and no CV is stated, as Beta(k + ½, N − k + ½)
    (Jeffreys). Alike samples are computed once.

    Measured on simulated studies: right within a point against an analyzer; against a counted
    reference too high by up to 7 points for classes of which it counts below about three cells,
    where no criterion on relative errors is attainable anyway.

    Attributes:
        cells: shape (U,), N of each distinct case.
        low, high: shape (U,), the shares within the limit, inclusive at its edge.
        least, most: shape (U,), true shares that print as the reference.
        hits, misses: shape (U,), of a counted reference; 0 where it is none.
        cv: CV of the reference, a fraction; 0 where none is stated.
        poisson: whether the total is counted too.
        place: shape (n,), each sample's case.
    """

    cells: Floats
    low: Floats
    high: Floats
    least: Floats
    most: Floats
    hits: Floats
    misses: Floats
    cv: float
    poisson: bool
    place: Ints

    def chances(self) -> Floats:
        """π_i at the samples' own cell counts, shape (n,)."""
        return self._chances(self.cells)

    def chances_at(self, cells: float) -> Floats:
        """π_i if every sample had that many cells, shape (n,)."""
        return self._chances(np.full_like(self.cells, cells))

    def floor_at(self, cells: float) -> Floats:
        """A lower bound of :meth:`chances_at` without its saw-teeth, shape (n,).

        Whole numbers between x and y are met with at least the chance of the real interval
        (x + 1, y − 1], which moves smoothly with N: for each sample it only rises or only falls
        with N, or rises and then falls.
        """
        n = np.full_like(self.cells, cells)
        # While only a count of 0 can be within, more cells make it rarer: held at the count of
        # cells where 1 comes within too, and from where on the chance rises.
        only_zero = (self.low <= 0) & (n * self.high < 1) & (self.high > 0)
        n[only_zero] = 1 / self.high[only_zero]
        last = np.maximum(n * self.high - 1, 0.0)
        before = np.where(self.low > 0, n * self.low, -1.0)

        def chance(least: Floats, most: Floats) -> Floats:
            inside = at_most(last, n, least, most, self.poisson) - at_most(
                before, n, least, most, self.poisson
            )
            return np.clip(inside, 0.0, 1.0)

        return self._over_reference(chance, n)

    def work(self, cells: float) -> int:
        """Evaluations that :meth:`chances_at` takes."""
        return self._nodes(np.full_like(self.cells, cells)) * len(self.cells)

    def _chances(self, cells: Floats) -> Floats:
        first, last = np.ceil(cells * self.low), np.floor(cells * self.high)

        def chance(least: Floats, most: Floats) -> Floats:
            return chance_in_range(first, last, cells, least, most, poisson=self.poisson)

        return self._over_reference(chance, cells)

    def _over_reference(self, chance: Callable[[Floats, Floats], Floats], cells: Floats) -> Floats:
        """Mean over the reference's own imprecision: the trapezoid rule on normal quantiles.

        The integrand is a normal density times a curve that count noise smooths, so that the
        rule converges geometrically: the step follows the ratio of the two (error below 1e-6
        down to a twentieth, below 4e-3 beyond).
        """
        nodes = self._nodes(cells)
        if nodes == 1:
            return np.asarray(chance(self.least, self.most)[self.place])
        z = np.linspace(-_REACH, _REACH, nodes)[:, None]
        weight = np.exp(-(z**2) / 2)
        if self.cv == 0:
            share = special.betaincinv(self.hits + 0.5, self.misses + 0.5, special.ndtr(z))
            found = chance(share, share)
        else:
            factor = np.maximum(1 + self.cv * z, 0.0)
            top = np.inf if self.poisson else 1.0
            found = chance(*(np.minimum(x * factor, top) for x in (self.least, self.most)))
        mean = (weight * found).sum(axis=0) / weight.sum()
        return np.asarray(np.minimum(mean, 1.0)[self.place])

    def _nodes(self, cells: Floats) -> int:
        """Points of the rule; 1 where the reference is spread by its rounding alone."""
        counted = self.hits + self.misses
        if self.cv > 0:
            share = (self.least + self.most) / 2
            left = 1.0 if self.poisson else np.maximum(1 - share, 1e-3)
            noise = np.sqrt(left / np.maximum(share * cells, 1e-12)) / self.cv
        elif counted.any():
            noise = np.sqrt(counted / cells)
        else:
            return 1
        ratio = float(noise.min())
        step = max(1.1 * ratio / math.hypot(1, ratio), _FINEST)
        return math.ceil(2 * _REACH / step) + 1


def perfect(
    pairs: Pairs, limit: float, floor: float = 0.0, edges: tuple[Floats, Floats] | None = None
) -> Perfect:
    """The perfect classifier of one measurand; see :class:`Perfect`.

    Args:
        pairs: at least one, with ``model_cells``; an absolute class count with ``total`` too.
        limit: L, percent of the reference.
        floor: A (``or_within``), in the measurand's unit.
        edges: least and largest share that will do whatever the limit, shape (n,) each.

    Raises:
        ValueError: where a sample has no cell.
    """
    assert pairs.model_cells is not None  # noqa: S101 (asked for above)
    cells = np.rint(pairs.model_cells)
    if np.any(cells < 1):
        raise ValueError("model_cells must be at least 1 in every sample")
    reference, n = pairs.reference, len(pairs)
    poisson = not (pairs.subject.quantity is Quantity.SHARE or pairs.shared_total)
    scale = _scale(pairs)
    allowed = np.maximum(limit / 100 * reference, floor) * (1 + EDGE)
    half = np.broadcast_to(pairs.resolution, n) / 2
    cv, hits, misses = pairs.reference_cv or 0.0, np.zeros(n), np.zeros(n)
    if cv == 0 and pairs.reference_cells is not None and pairs.reference_hits is not None:
        hits = np.rint(pairs.reference_hits)
        misses = np.maximum(np.rint(pairs.reference_cells) - hits, 0.0)
    top = np.inf if poisson else 1.0
    low, high = (reference - allowed) / scale, (reference + allowed) / scale
    if edges is not None:
        low, high = np.minimum(low, edges[0]), np.maximum(high, edges[1])
    columns = [
        cells,
        low,
        high,
        np.clip((reference - half) / scale, 0.0, top),
        np.clip((reference + half) / scale, 0.0, top),
        hits,
        misses,
    ]
    cases, place = np.unique(np.stack(columns), axis=1, return_inverse=True)
    distinct, low, high, least, most, hits, misses = cases
    return Perfect(distinct, low, high, least, most, hits, misses, cv, poisson, place.ravel())


def _scale(pairs: Pairs) -> Floats:
    """What the measurand would be if every cell were of its class."""
    if pairs.subject.quantity is Quantity.SHARE:
        return np.full(len(pairs), 100.0)
    total = pairs.reference if pairs.subject.quantity is Quantity.TOTAL else pairs.total
    assert total is not None  # noqa: S101 (asked for above)
    return np.where(total > 0, total, 1.0)
