"""Which cells were met more than once, over all files: the only thing that grows with the cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from wbcval.values.digests import Hashes

_BLOCK = 1 << 22  # hashes; a block so large goes back to the system when it is let go
_COMPARED = 1 << 20  # hashes compared at once


class SeenCells:
    """The cells met so far, as 64-bit hashes of (sample, cell): 8 bytes a cell.

    The same cell always has the same hash, so none that repeats can be missed; two cells that
    share a hash (one chance in 40 000 among 30 million) are told apart when they are looked up.
    """

    def __init__(self) -> None:
        self._blocks: list[Hashes] = []  # the last one filled to `_used`
        self._used = _BLOCK

    def add(self, hashes: Hashes) -> None:
        """Remember the cells of one batch."""
        while hashes.size:
            if self._used == _BLOCK:
                self._blocks.append(np.empty(_BLOCK, dtype=np.uint64))
                self._used = 0
            part = hashes[: _BLOCK - self._used]
            self._blocks[-1][self._used : self._used + len(part)] = part
            self._used += len(part)
            hashes = hashes[len(part) :]

    def merge(self, other: SeenCells) -> None:
        """Remember what another one has met, in whichever order; it is not to be used afterwards.

        Its full blocks are taken over, so that no hash is held twice.
        """
        *full, rest = other._blocks or [np.empty(0, dtype=np.uint64)]
        self._blocks[:0] = full
        self.add(rest[: other._used])

    def __getstate__(self) -> dict[str, object]:
        """Without the room that is left in the last block."""
        *full, rest = self._blocks or [np.empty(0, dtype=np.uint64)]
        return {"full": full, "rest": rest[: self._used]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._blocks, self._used = state["full"], _BLOCK
        self.add(state["rest"])

    def repeated(self) -> tuple[Hashes, int]:
        """The hashes met more than once, sorted, each once; and by how many cells too often.

        Forgets what it has seen: it is asked once, at the end.
        """
        end = (len(self._blocks) - 1) * _BLOCK + self._used
        whole = np.empty(max(end, 0), dtype=np.uint64)
        while self._blocks:  # each block is let go as it is copied: 8 bytes a cell, not 16
            start = (len(self._blocks) - 1) * _BLOCK
            whole[start:end] = self._blocks.pop()[: end - start]
            end = start
        self._used = _BLOCK
        whole.sort()
        again = [np.empty(0, dtype=np.uint64)]
        for start in range(0, len(whole), _COMPARED):
            part = whole[start : start + _COMPARED + 1]
            again.append(part[1:][part[1:] == part[:-1]])
        met = np.concatenate(again)
        return np.unique(met), len(met)
