"""Cells of each sample, by true label and predicted label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wbcval.stats.equal_vectors import NO_COPIES, Copies
from wbcval.stats.metric import Floats, Ints, Mask, Stage, picked
from wbcval.stats.ties import NO_TIES, Ties
from wbcval.values.classes import ABSTENTION
from wbcval.values.digests import NO_CELLS, LabelledCells


@dataclass(frozen=True, slots=True)
class United:
    """Classes of the labels that the roll-up counts as one, so that none is an error for another.

    Attributes:
        group: what they are counted as.
        names: classes of it that cells truly are or are called, two or more.
        cells: cells that are truly of it, and called of it.
        apart: of these, cells that were called another class of it than they are.
    """

    group: str
    names: tuple[str, ...]
    cells: int
    apart: int


@dataclass(frozen=True, slots=True)
class MixedLevel:
    """The cells of one level of a column whose levels change within samples.

    Attributes:
        name: ``scanner=S2``.
        cells: labelled cells by true class and all together (``all``), shape (S, 2): right, all.
    """

    name: str
    cells: Mapping[str, Ints]


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
        stages, abstained: of a cascade, see :class:`wbcval.stats.metric.Cells`.
        united: classes that the roll-up counts as one.
        in_order: both columns of labels seem to have been sorted, each by itself.
        copies: cells that are listed again, by their probabilities.
        cut_off: that the probabilities begin with a step, in a sentence without an end.
        ties: cells labelled as one of several classes of equal probability.
        pathological: shape (S, P, 4), before the roll-up, each of ``PATHOLOGICAL``: cells that are
            truly of it, labelled cells that are falsely called so, all that are called so, and
            those that are rightly; ``None`` where only the tables of a bundle are known.
        within: levels of columns such as the scanner, which change within samples.
    """

    sample_ids: tuple[str, ...]
    labels: tuple[str, ...]
    n_classes: int
    confusion: Ints
    predicted: Ints
    called: LabelledCells = NO_CELLS
    true: LabelledCells = NO_CELLS
    stages: tuple[Stage, ...] = ()
    abstained: Ints | None = None
    united: tuple[United, ...] = ()
    in_order: bool = False
    copies: Copies = NO_COPIES
    cut_off: str = ""
    ties: Ties = NO_TIES
    pathological: Ints | None = None
    within: tuple[MixedLevel, ...] = ()

    @property
    def has_truth(self) -> bool:
        """Whether any cell carries a true label."""
        return bool(self.confusion.any())

    @property
    def countable(self) -> Ints:
        """Cells per sample that the model called a countable leukocyte, shape (S,)."""
        return np.asarray(self.predicted[:, : self.n_classes].sum(axis=1))

    @property
    def without_truth(self) -> Ints:
        """Cells that carry no true label, by predicted label, shape (L,)."""
        return np.asarray((self.predicted - self.confusion.sum(axis=1)).sum(axis=0))

    @property
    def undecided(self) -> Ints:
        """Cells whose true class is not known, by predicted label, shape (S, L).

        That of some is blank, of others "unclassified": the expert left both open.
        """
        found = self.predicted - self.confusion.sum(axis=1)
        if ABSTENTION in self.labels:
            found = found + self.confusion[:, self.labels.index(ABSTENTION)]
        return np.asarray(found)

    def at(self, sample_ids: tuple[str, ...]) -> CellCounts:
        """The same of other samples, in their order; zeros where a sample has no cells."""
        place = {name: i for i, name in enumerate(self.sample_ids)}
        rows = np.array([place.get(name, -1) for name in sample_ids], dtype=np.int64)
        return replace(
            self,
            sample_ids=sample_ids,
            confusion=picked(self.confusion, rows),
            predicted=picked(self.predicted, rows),
            abstained=None if self.abstained is None else picked(self.abstained, rows),
            pathological=None if self.pathological is None else picked(self.pathological, rows),
            within=tuple(
                MixedLevel(level.name, {name: picked(n, rows) for name, n in level.cells.items()})
                for level in self.within
            ),
        )

    def thin(self, minimum: int) -> Mask:
        """Samples with labelled cells, and fewer than ``minimum`` of them; shape (S,).

        By the cells that carry a true label, whatever the model called them: a sample whose cells
        it called no leukocyte is one with errors, not one that is missing (STATISTICS.md §15).
        """
        labelled = self.confusion.sum(axis=(1, 2))
        return np.asarray((labelled > 0) & (labelled < minimum))

    def unlabelled(self, samples: Mask) -> CellCounts:
        """The same with the true labels of these samples not known."""
        gone = samples[:, None, None]
        return replace(
            self,
            confusion=np.where(gone, 0, self.confusion),
            abstained=None if self.abstained is None else np.where(gone, 0, self.abstained),
        )

    def shares(self, counts: Ints) -> Floats:
        """Share of each countable class, shape (S, C); NaN where no countable cell."""
        countable = counts[:, : self.n_classes].astype(np.float64)
        total = countable.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.asarray(countable / total)
