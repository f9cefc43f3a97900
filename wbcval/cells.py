"""Cells reduced, as they are read, to counts per sample: they add up, whatever the batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wbcval.classes import COUNTABLE, FIVE, NOT_COUNTABLE, OTHER, group_of
from wbcval.digests import NO_CELLS, Hashes, LabelledCells, salts
from wbcval.stats._metric import Floats, Ints

_ALL = (*COUNTABLE, *NOT_COUNTABLE)


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Cells per sample, true label and predicted label, after the roll-up.

    Attributes:
        sample_ids: in order of first appearance.
        labels: countable classes first (the five, then others), then the not countable ones.
        n_classes: how many of the labels are countable.
        confusion: shape (S, L, L): cells with a true label; rows true, columns predicted.
        predicted: shape (S, L): all cells, with or without a true label.
        called, true: the sum over all cells with their predicted, or true, label before the
            roll-up.
    """

    sample_ids: tuple[str, ...]
    labels: tuple[str, ...]
    n_classes: int
    confusion: Ints
    predicted: Ints
    called: LabelledCells = NO_CELLS
    true: LabelledCells = NO_CELLS

    @property
    def has_truth(self) -> bool:
        """Whether any cell carries a true label."""
        return bool(self.confusion.any())

    @property
    def countable(self) -> Ints:
        """Cells per sample that the model called a countable leukocyte, shape (S,)."""
        return np.asarray(self.predicted[:, : self.n_classes].sum(axis=1))

    @property
    def without_truth(self) -> int:
        """Cells that carry no true label."""
        return int(self.predicted.sum() - self.confusion.sum())

    def shares(self, counts: Ints) -> Floats:
        """Share of each countable class, shape (S, C); NaN where no countable cell."""
        countable = counts[:, : self.n_classes].astype(np.float64)
        total = countable.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.asarray(countable / total)


class CellReducer:
    """Cells to counts per sample, batch by batch: memory grows with samples and labels alone.

    Args:
        rollup: ``xn5``, ``manual5`` or ``full``.
    """

    def __init__(self, rollup: str) -> None:
        named = (group_of(name, rollup) for name in _ALL)
        self._groups = tuple(dict.fromkeys((*FIVE, *named, OTHER)))
        self._group_of = {name: group_of(name, rollup) for name in _ALL}
        self._called = self._true = NO_CELLS
        self._samples: dict[str, int] = {}
        self._labels: dict[str, int] = {}  # groups met, in the order met
        # samples × true label × predicted label; the last true label is "not known"
        self._counts = np.zeros((0, 1, 0), dtype=np.int64)

    def add(self, frame: pd.DataFrame) -> None:
        """Count one batch of clean rows.

        Args:
            frame: ``sample_id``, ``cell_hash`` (64 bits of sample and cell),
                ``predicted_class`` and, where known, ``true_class``, all canonical names.
        """
        if frame.empty:
            return
        samples, names = _coded(frame["sample_id"])
        cells = frame["cell_hash"].to_numpy(np.uint64)
        predicted, self._called = self._grouped(frame["predicted_class"], cells, self._called)
        true = None
        if "true_class" in frame:
            true, self._true = self._grouped(frame["true_class"], cells, self._true)
        rows = np.array([self._samples.setdefault(n, len(self._samples)) for n in names])
        n = len(self._labels)
        self._make_room(n)
        unknown = np.full(len(frame), n) if true is None else np.where(true < 0, n, true)
        flat = (samples * (n + 1) + unknown) * n + predicted
        counted = np.bincount(flat, minlength=len(rows) * (n + 1) * n)
        self._counts[rows] += counted.reshape(len(rows), n + 1, n)

    def counts(self) -> CellCounts:
        """What was counted; labels nobody used are left out, but the five stay."""
        met = self._labels.keys()
        countable = [g for g in self._groups if g not in NOT_COUNTABLE and (g in met or g in FIVE)]
        labels = (*countable, *(g for g in self._groups if g in NOT_COUNTABLE and g in met))
        for label in labels:
            self._labels.setdefault(label, len(self._labels))
        self._make_room(len(self._labels))
        size, at = len(self._samples), np.array([self._labels[label] for label in labels])
        confusion = self._counts[:size, at[:, None], at]
        return CellCounts(
            sample_ids=tuple(self._samples),
            labels=labels,
            n_classes=len(countable),
            confusion=np.ascontiguousarray(confusion),
            predicted=np.ascontiguousarray(self._counts[:size].sum(axis=1)[:, at]),
            called=self._called,
            true=self._true,
        )

    def _grouped(
        self, classes: pd.Series, cells: Hashes, labelled: LabelledCells
    ) -> tuple[Ints, LabelledCells]:
        """The place of each row's label, -1 where it has none; and the cells by label."""
        codes, names = _coded(classes)
        if (codes < 0).any():
            labelled = labelled.with_cells(cells[codes >= 0], codes[codes >= 0], salts(names))
        else:
            labelled = labelled.with_cells(cells, codes, salts(names))
        groups = [self._group_of[name] for name in names]
        places = [self._labels.setdefault(group, len(self._labels)) for group in groups]
        return np.array([*places, -1], dtype=np.int64)[codes], labelled

    def _make_room(self, labels: int) -> None:
        """Grow to the samples and labels met; samples by half as much again, copied seldom."""
        rows, _, old = self._counts.shape
        if rows >= len(self._samples) and old == labels:
            return
        size = rows if rows >= len(self._samples) else max(len(self._samples), rows * 3 // 2)
        grown = np.zeros((size, labels + 1, labels), dtype=np.int64)
        grown[:rows, :old, :old] = self._counts[:, :old]
        grown[:rows, labels, :old] = self._counts[:, old]
        self._counts = grown


def _coded(column: pd.Series) -> tuple[Ints, list[str]]:
    """Codes into the names that occur; -1 where there is none."""
    whole = pd.Categorical(column)
    codes = np.asarray(whole.codes, dtype=np.int64)
    used = np.bincount(codes + 1, minlength=len(whole.categories) + 1)[1:] > 0
    names = [str(name) for name in whole.categories[used]]
    return np.append(np.cumsum(used) - 1, -1)[codes], names
