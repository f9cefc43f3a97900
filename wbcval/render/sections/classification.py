"""Cells one by one: the confusion matrix and the classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wbcval.measure.results import Measurement
from wbcval.render._basis import DetailSelections
from wbcval.render._figures import Figures
from wbcval.render._numbers import interval, value, whole
from wbcval.render._section import Section
from wbcval.render._words import listing, plural
from wbcval.stats.functions.classification import Classification

_LISTED = 3  # pairs of classes in the sentence


@dataclass(frozen=True, slots=True)
class MatrixField:
    """One field of the confusion matrix: its count, and its part of the row."""

    count: int
    share: float | None
    diagonal: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One true class of the confusion matrix."""

    label: str
    total: int
    fields: tuple[MatrixField, ...]


class Classes(DetailSelections[Classification]):
    """Selections and sentences on the classification of cells."""

    measure = "classification"

    @cached_property
    def columns(self) -> list[int]:
        """Labels that any cell bears, true or called."""
        if self.found is None:
            return []
        counts = self.found.confusion
        return np.flatnonzero(counts.any(axis=0) | counts.any(axis=1)).tolist()

    @property
    def lines(self) -> list[MatrixRow]:
        """The matrix, row by row; countable classes without a true cell keep their row."""
        if self.found is None:
            return []
        lines = []
        for i, row in enumerate(self.found.confusion):
            total = int(row.sum())
            if total or (i < self.found.n_classes and i in self.columns):
                fields = (
                    MatrixField(int(row[j]), row[j] / total if total else None, i == j)
                    for j in self.columns
                )
                lines.append(MatrixRow(self.found.labels[i], total, tuple(fields)))
        return lines

    @property
    def uncounted(self) -> bool:
        """Whether any leukocyte was called none."""
        return self.found is not None and any(c.not_counted.value for c in self.found.classes)

    @property
    def confusion_sentence(self) -> str:
        """The main finding of the confusion matrix."""
        found = self.found
        if found is None:
            return "No cell carries a true class, so cells cannot be compared one by one."
        agree = (
            f"{value(found.accuracy, True)} of {plural(found.n_cells, 'cell')} in "
            f"{plural(found.n_samples, 'sample')} were called by their true class"
        )
        wrong = found.confusion.copy()
        np.fill_diagonal(wrong, 0)
        if not wrong.any():
            return agree + "; no cell was called otherwise."
        most = int((wrong > 0).sum())
        order = np.argsort(-wrong, axis=None, kind="stable")[: min(most, _LISTED)]
        said = [
            f"{found.labels[true]} as {found.labels[called]} {whole(wrong[true, called])}"
            for true, called in zip(*np.unravel_index(order, wrong.shape), strict=True)
        ]
        rest = f" and {plural(most - _LISTED, 'further pair')}" if most > _LISTED else ""
        return f"{agree}; called otherwise, by count: {listing(said)}{rest}."

    @property
    def sentence(self) -> str:
        """The main finding of the table of classes: how much of each is recognised."""
        if self.found is None:
            return "No cell carries a true class, so the classes cannot be judged one by one."
        known = [c for c in self.found.classes if c.sensitivity.value is not None]
        if not known:
            return "No countable class has a true cell."
        said = listing([f"{value(c.sensitivity, True)} of {c.name}" for c in known], 12)
        return (
            f"Recognised of the true cells: {said}; overall accuracy is "
            f"{interval(self.found.accuracy, True)}."
        )

    @property
    def sensitivities(self) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of the figure: class, sensitivity, never marked."""
        names = [c.name for c in self.found.classes] if self.found else []
        get = self.basis.get
        return [(name, get("classification", name, "sensitivity"), False) for name in names]


SECTION = Section(context={"classes": Classes, "figures": Figures}, measures=("classification",))
