"""Cells reduced, as they are read, to counts per sample: they add up, whatever the batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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


def reduce_cells(batches: Iterable[pd.DataFrame], rollup: str) -> CellCounts:
    """Counts per sample from batches of clean cell rows.

    Args:
        batches: frames with ``sample_id``, ``cell_id``, ``predicted_class`` and, where known,
            ``true_class``, classes by canonical names.
        rollup: ``xn5``, ``manual5`` or ``full``.
    """
    groups = tuple(dict.fromkeys((*FIVE, *(group_of(name, rollup) for name in _ALL), OTHER)))
    group = np.array([groups.index(group_of(name, rollup)) for name in _ALL])  # of each label
    bits = salts(_ALL)
    called = true = NO_CELLS
    width = len(groups)
    index: dict[str, int] = {}
    confusion = np.zeros((0, width * width), dtype=np.int64)
    predicted = np.zeros((0, width), dtype=np.int64)
    for frame in batches:
        local, ids = pd.factorize(frame["sample_id"])
        for name in ids:
            index.setdefault(str(name), len(index))
        rows = np.array([index[str(name)] for name in ids], dtype=np.int64)[local]
        cells, label = _hashes(frame), _codes(frame["predicted_class"])
        called = called.with_cells(cells, label, bits)
        guess = group[label]
        confusion = _grown(confusion, len(index))
        predicted = _grown(predicted, len(index))
        predicted += np.bincount(rows * width + guess, minlength=predicted.size).reshape(
            predicted.shape
        )
        if "true_class" in frame:
            known = frame["true_class"].notna().to_numpy()
            label = _codes(frame["true_class"][known])
            true = true.with_cells(cells[known], label, bits)
            truth = group[label]
            flat = (rows[known] * width + truth) * width + guess[known]
            confusion += np.bincount(flat, minlength=confusion.size).reshape(confusion.shape)
    counts = _trimmed(tuple(index), groups, confusion.reshape(-1, width, width), predicted)
    return replace(counts, called=called, true=true)


_CODE_OF = {name: i for i, name in enumerate(_ALL)}


def _codes(labels: pd.Series) -> Ints:
    # by category, so that a million labels are looked up as a dozen
    codes, names = pd.factorize(labels)
    return np.array([_CODE_OF[name] for name in names], dtype=np.int64)[codes]


def _hashes(frame: pd.DataFrame) -> Hashes:
    joined = frame["sample_id"].astype(object) + "\x1f" + frame["cell_id"].astype(object)
    hashes: Hashes = pd.util.hash_array(joined.to_numpy(dtype=object), categorize=False)
    return hashes


def _grown(counts: Ints, rows: int) -> Ints:
    if rows == len(counts):
        return counts
    new = np.zeros((rows, counts.shape[1]), dtype=np.int64)
    new[: len(counts)] = counts
    return new


def _trimmed(
    ids: tuple[str, ...], groups: tuple[str, ...], confusion: Ints, predicted: Ints
) -> CellCounts:
    """Drop labels nobody used, but keep the five; countable ones first."""
    used = predicted.sum(axis=0) + confusion.sum(axis=(0, 2)) > 0
    countable = [
        i for i, g in enumerate(groups) if g not in NOT_COUNTABLE and (used[i] or g in FIVE)
    ]
    rest = [i for i, g in enumerate(groups) if g in NOT_COUNTABLE and used[i]]
    keep = np.array(countable + rest)
    return CellCounts(
        sample_ids=ids,
        labels=tuple(groups[i] for i in keep),
        n_classes=len(countable),
        confusion=np.ascontiguousarray(confusion[:, keep[:, None], keep]),
        predicted=np.ascontiguousarray(predicted[:, keep]),
    )
