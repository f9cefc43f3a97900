"""Do the probabilities of a model begin with a step, as where cells below a limit were left out?

The surest class of the least sure cells: of a whole table these thin out. STATISTICS.md §18.
"""

from __future__ import annotations

import numpy as np

from wbcval.stats.metric import Floats

_LEAST = 200  # cells that are looked at
_EVEN = 80  # of them in the lower half of their range; of an even share 100, 80 in 2 of 1 000
_FLOOR = 0.05  # above 1/K: below that no surest class can be
_ABOVE = 0.5  # a limit that anybody would cut at


class LeastSure:
    """The least of the cells' largest probabilities, in bounded memory."""

    def __init__(self) -> None:
        self._least: Floats = np.empty(0)
        self._cells, self._classes = 0, 0

    def add(self, values: Floats) -> None:
        """Go on with further cells.

        Args:
            values: shape (N, C), probabilities; a cell that lacks one is passed over.
        """
        known = values[~np.isnan(values).any(axis=1)]
        if known.size:
            self._cells += len(known)
            self._classes = max(self._classes, known.shape[1])
            self._take(known.max(axis=1))

    def merge(self, other: LeastSure) -> None:
        """Go on with the cells that another one has met."""
        self._cells += other._cells
        self._classes = max(self._classes, other._classes)
        self._take(other._least)

    def _take(self, largest: Floats) -> None:
        both = np.concatenate([self._least, largest])
        self._least = np.sort(both)[: _LEAST + 1]

    @property
    def said(self) -> str:
        """Where they begin with a step, in a sentence without an end; "" where they thin out.

        Of 200 cells with the least probabilities an even density, as above a cut, has half in the
        lower half of their range. One that grows from nothing, at least in proportion to the
        distance, has a quarter or less there. The step lies above 0.5, and above what K classes
        leave to the surest of them, 1/K.
        """
        if len(self._least) <= _LEAST or self._classes < 2:
            return ""
        low, high = float(self._least[0]), float(self._least[-1])
        if low <= max(_ABOVE, 1 / self._classes + _FLOOR) or low == high:
            return ""
        lower = int(np.sum(self._least[:-1] < (low + high) / 2))
        if lower < _EVEN:
            return ""
        return (
            f"no probability below {low:.2f} among {self._cells} cells, and {_LEAST} of them up to "
            f"{high:.3f}: were cells cut there?"
        )
