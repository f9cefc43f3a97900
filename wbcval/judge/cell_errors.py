"""Errors of the samples that a bias in parts of them is looked for in. STATISTICS.md §18."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wbcval.stats.functions.error import LIMIT
from wbcval.stats.metric import Floats, Mask
from wbcval.study.types import Study
from wbcval.values.classes import measured_class
from wbcval.values.measurands import PERCENT, Measurand

APART = LIMIT / 200  # of the mean reference: half of what a bias may be, either way
_POINTS = 1.0  # and a percentage point


@dataclass(frozen=True, slots=True)
class CellErrors:
    """What the same cells are called beyond what the errors of all samples together explain.

    Attributes:
        take: samples with labelled cells, shape (S,).
        share: of the class by the true labels, percent, shape (n,).
        beyond, raw: what is called beyond the rates of all samples, and beyond the share, points.
        least: how far the first and the second must be apart.
    """

    take: Mask
    share: Floats
    beyond: Floats
    raw: Floats
    least: tuple[float, float]


def least_apart(reference: Floats) -> float:
    """How far mean errors of a percentage must be apart to be told, in points."""
    return max(APART * float(reference.mean()), _POINTS)


def cell_errors(study: Study, name: Measurand) -> CellErrors | None:
    """Of a percentage; ``None`` where no cell is labelled, or none is of its class."""
    cells = study.cells()
    if cells is None or study.counts is None or name not in PERCENT:
        return None
    of = np.array([measured_class(label) == name.cell_class for label in cells.labels])
    counts = cells.counts.astype(np.float64)
    n, true, called = counts.sum(axis=(1, 2)), counts.sum(axis=2), counts[:, :, of].sum(axis=(1, 2))
    if not of.any():
        return None
    rates = counts[:, :, of].sum(axis=(0, 2)) / np.maximum(counts.sum(axis=(0, 2)), 1.0)
    share = 100 * true[:, of].sum(axis=1) / n
    raw, beyond = 100 * called / n - share, 100 * (called - true @ rates) / n
    take = np.asarray(study.counts.confusion.any(axis=(1, 2)))
    return CellErrors(take, share, beyond, raw, (0.0, least_apart(share)))
