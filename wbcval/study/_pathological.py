"""Cells of the pathological classes, counted before a roll-up takes their name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from wbcval.stats.metric import Ints
from wbcval.values.classes import PATHOLOGICAL


class PathologicalCells:
    """Cells of a sample: truly of such a class, falsely called so, called so, and rightly."""

    def __init__(self) -> None:
        self._cells: Counter[tuple[int, int, int]] = Counter()

    def add(
        self, samples: Ints, called: tuple[Ints, Sequence[str]], true: tuple[Ints, Sequence[str]]
    ) -> None:
        """Count one batch: codes into names, -1 where there is none.

        Args:
            samples: row of each cell's sample. called, true: its labels.
        """
        for i, name in enumerate(PATHOLOGICAL):
            if name not in called[1] and name not in true[1]:
                continue
            said, is_it = (codes == _place(names, name) for codes, names in (called, true))
            for which, cells in enumerate(
                (is_it, said & ~is_it & (true[0] >= 0), said, said & is_it)
            ):
                rows, n = np.unique(samples[cells], return_counts=True)
                for row, k in zip(rows.tolist(), n.tolist(), strict=True):
                    self._cells[row, i, which] += k

    def merge(self, later: PathologicalCells, samples: Ints) -> None:
        """Go on with cells of rows that come after; ``samples``: the row of each of theirs."""
        for (sample, i, which), cells in later._cells.items():
            self._cells[int(samples[sample]), i, which] += cells

    def counts(self, samples: int) -> Ints:
        """Shape (S, P, 4)."""
        found = np.zeros((samples, len(PATHOLOGICAL), 4), dtype=np.int64)
        for at, cells in self._cells.items():
            found[at] = cells
        return found


def _place(names: Sequence[str], name: str) -> int:
    """The code of a name; -2, which none has, where it does not occur."""
    return names.index(name) if name in names else -2
