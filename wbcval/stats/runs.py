"""Do two columns of labels each run in order within their sample, although they differ?

Cells that were labelled where they lay may be grouped by their true class, as folders are; the
model's errors then interrupt its own column. Where none does, the columns were sorted apart, and
the cells are paired by rank: most agree, whatever the model said of them. Rows sorted whole look
the same only where all errors go one way, to the next class in the order. STATISTICS.md §18.
"""

from __future__ import annotations

import numpy as np

from wbcval.stats.metric import Ints

SORTED_CELLS = "sorted_cells"  # flag: both columns of labels in order within the samples
FEWEST = 5  # samples that tell
ERRORS = 2  # of a sample that tells: one may lie where two classes meet
SHARE = 0.9  # of the samples that tell


_NONE = -2  # no row of a sample yet


class Runs:
    """Runs of equal labels within each sample, over batches of rows."""

    def __init__(self) -> None:
        self._first = np.full((0, 2), _NONE)
        self._last = self._first.copy()
        self._runs = np.zeros((0, 2), dtype=np.int64)

    def add(self, samples: Ints, true: Ints, called: Ints) -> None:
        """Go on with further rows.

        Args:
            samples: shape (N,), codes from 0; what comes in several batches has the same.
            true, called: shape (N,), codes of the labels, −1: none.
        """
        self._make_room(int(samples.max(initial=-1)) + 1)
        order = np.argsort(samples, kind="stable")
        of, labels = samples[order], np.column_stack([true, called])[order]
        first = np.flatnonzero(np.diff(of, prepend=-1))
        before = np.concatenate([labels[:1], labels[:-1]])
        before[first] = self._last[of[first]]
        new = self._last[of[first], 0] == _NONE
        self._first[of[first[new]]] = labels[first[new]]
        np.add.at(self._runs, of, labels != before)
        self._last[of[first]] = labels[np.append(first[1:], len(of)) - 1]

    def merge(self, later: Runs, samples: Ints, labels: Ints) -> None:
        """Go on with rows that come after all of these.

        Args:
            later: runs of those rows.
            samples: shape (S,), for each of its samples the code here.
            labels: shape (L,), for each of its labels the code here.
        """
        codes = np.append(labels, [_NONE, -1])  # looked up from the end: -1 is none, -2 no row
        met = np.flatnonzero(later._last[:, 0] != _NONE)
        first, last = codes[later._first[met]], codes[later._last[met]]
        at = np.asarray(samples)[met]
        self._make_room(int(at.max(initial=-1)) + 1)
        new = self._last[at, 0] == _NONE
        self._runs[at] += later._runs[met] - (self._last[at] == first)
        self._first[at[new]] = first[new]
        self._last[at] = last

    def _make_room(self, samples: int) -> None:
        if (more := samples - len(self._runs)) > 0:
            room = ((0, more), (0, 0))
            self._first = np.pad(self._first, room, constant_values=_NONE)
            self._last = np.pad(self._last, room, constant_values=_NONE)
            self._runs = np.pad(self._runs, room)

    def in_order(self, confusion: Ints) -> bool:
        """Whether the labels of both sides stand together in the samples that tell.

        Args:
            confusion: shape (S, L + 1, L), the cells of the samples by true label, the last one
                "none", and label called.
        """
        labels = np.stack([confusion.any(axis=2).sum(axis=1), confusion.any(axis=1).sum(axis=1)])
        known = confusion[:, :-1]
        errors = known.sum(axis=(1, 2)) - np.trace(known, axis1=1, axis2=2)
        tells = (errors >= ERRORS) & (labels >= 2).all(axis=0)
        runs = np.zeros((len(confusion), 2), dtype=np.int64)  # none: no row of it has a true label
        runs[: len(self._runs)] = self._runs[: len(confusion)]
        together = (labels == runs.T).all(axis=0)
        return int(tells.sum()) >= FEWEST and bool(together[tells].mean() >= SHARE)
