"""Which cells were met more than once, over all files: the only thing that grows with the cells."""

from __future__ import annotations

import numpy as np

from wbcval.tables._hashes import Hashes

_COMPARED = 1 << 20  # hashes compared at once


class SeenCells:
    """The cells met so far, as 64-bit hashes of (sample, cell): 8 bytes a cell.

    The same cell always has the same hash, so none that repeats can be missed; two cells that
    share a hash (one chance in 40 000 among 30 million) are told apart when they are looked up.
    """

    def __init__(self) -> None:
        self._batches: list[Hashes] = []

    def add(self, hashes: Hashes) -> None:
        """Remember the cells of one batch."""
        self._batches.append(hashes)

    def repeated(self) -> tuple[Hashes, int]:
        """The hashes met more than once, sorted, each once; and by how many cells too often.

        Forgets what it has seen: it is asked once, at the end.
        """
        whole = np.empty(sum(map(len, self._batches)), dtype=np.uint64)
        end = len(whole)
        while self._batches:  # each batch is let go as it is copied: 8 bytes a cell, not 16
            batch = self._batches.pop()
            whole[end - len(batch) : end] = batch
            end -= len(batch)
        whole.sort()
        again = [np.empty(0, dtype=np.uint64)]
        for start in range(0, len(whole), _COMPARED):
            part = whole[start : start + _COMPARED + 1]
            again.append(part[1:][part[1:] == part[:-1]])
        met = np.concatenate(again)
        return np.unique(met), len(met)
