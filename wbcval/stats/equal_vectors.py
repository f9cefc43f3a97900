"""Are cells of a sample listed more than once, by the probabilities that the model gave them?

A model that rounds, saturates or is quantised gives equal probabilities to different cells, and
does so across samples as often as within one. Copies of a cell lie in its own sample alone. So
what is shared across samples tells how often chance does it, whatever the number format:
STATISTICS.md §18.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.metric import Floats, Ints
from wbcval.values.digests import Hashes, scrambled

REPEATED_CELLS = "cells_repeated"  # flag: more of the cells are copies than ``MOST_COPIES``
MOST_COPIES = 0.05
FEWEST = 20  # samples: of fewer, those of one sample are no rarity
CHANCE = 10  # times what chance makes: the cells of one sample are more alike than all are
_KEPT = 1 << 20  # cells; of more, those of an equal share of the vectors are kept


class Copies(NamedTuple):
    """Cells that have every probability of an earlier one of their sample, of all cells."""

    copies: int = 0
    cells: int = 0

    @property
    def many(self) -> bool:
        """Whether they are more than 5 %."""
        return self.copies > MOST_COPIES * self.cells


NO_COPIES = Copies()


class EqualVectors:
    """Probabilities of the cells met so far, in bounded memory.

    Beyond a million cells those are kept whose hash ends in zeros: all cells of a vector, or none,
    so that the share of copies among them is that of all, whatever the batches.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._most, self._level = kept, 0
        self._vectors = np.empty(0, dtype=np.uint64)
        self._samples = np.empty(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)  # of the samples, cells with probabilities

    def add(self, samples: Ints, values: Floats) -> None:
        """Go on with further cells.

        Args:
            samples: shape (N,), codes from 0; what comes in several batches has the same.
            values: shape (N, C), probabilities; a cell that lacks one is passed over.
        """
        vectors = np.zeros(len(values), dtype=np.uint64)
        for column in values.T:
            vectors = scrambled(vectors ^ (np.ascontiguousarray(column) + 0.0).view(np.uint64))
        known = ~np.isnan(values).any(axis=1)
        vectors, samples = vectors[known], samples[known]
        sizes = np.bincount(samples, minlength=len(self._sizes))
        sizes[: len(self._sizes)] += self._sizes
        self._sizes = sizes
        self._take(vectors, samples)

    def merge(self, other: EqualVectors, samples: Ints) -> None:
        """Go on with the cells that another one has met, which keeps as many.

        Args:
            other: of other cells.
            samples: shape (S,), for each of its samples the code here.
        """
        at = np.asarray(samples)[: len(other._sizes)]
        sizes = np.zeros(max(len(self._sizes), int(at.max(initial=-1)) + 1), dtype=np.int64)
        sizes[: len(self._sizes)] = self._sizes
        sizes[at] += other._sizes
        self._sizes = sizes
        self._thin(other._level)
        self._take(other._vectors, np.asarray(samples)[other._samples])

    def _take(self, vectors: Hashes, samples: Ints) -> None:
        """Keep these cells with the others, as far as there is room."""
        take = self._kept(vectors)
        self._vectors = np.concatenate([self._vectors, vectors[take]])
        self._samples = np.concatenate([self._samples, samples[take]])
        while len(self._vectors) > self._most:
            self._thin(self._level + 1)

    def _thin(self, level: int) -> None:
        if level > self._level:
            self._level = level
            take = self._kept(self._vectors)
            self._vectors, self._samples = self._vectors[take], self._samples[take]

    def _kept(self, vectors: Hashes) -> NDArray[np.bool_]:
        return np.asarray(vectors & np.uint64((1 << self._level) - 1) == 0)

    def copies(self) -> Copies:
        """How many cells are copies; none where chance may have made them.

        A sample's repeats count where they are ten times as many as its cells' equals in other
        samples let expect, and over all samples there are more of them than of vectors that
        several samples share.
        """
        cells = int(self._sizes.sum())
        if np.count_nonzero(self._sizes) < FEWEST:
            return Copies(0, cells)
        order = np.lexsort((self._samples, self._vectors))
        vectors, samples = self._vectors[order], self._samples[order]
        starts = np.ones(len(order), dtype=bool)
        starts[1:] = (vectors[1:] != vectors[:-1]) | (samples[1:] != samples[:-1])
        at = np.flatnonzero(starts)  # each vector in each sample once
        times = np.diff(at, append=len(order))
        vector, sample = vectors[at], samples[at]
        again = np.zeros(len(at), dtype=bool)
        again[1:] = vector[1:] == vector[:-1]
        shared = again.copy()
        shared[:-1] |= again[1:]
        n = len(self._sizes)
        own = np.bincount(sample[~shared & (times > 1)], minlength=n)
        common = np.bincount(sample[shared], minlength=n)
        told = own > CHANCE * common * self._sizes / np.maximum(cells - self._sizes, 1)
        if own[told].sum() <= (shared & ~again).sum():
            return Copies(0, cells)
        repeats = np.where(shared, 0, times - 1)[told[sample]].sum()
        return Copies(int(repeats) << self._level, cells)
