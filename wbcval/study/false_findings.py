"""Pathological cells that a model finds in samples that have none. STATISTICS.md §18.

No accuracy, sensitivity or percentage of the five minds a few of them; each such patient does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.study.cells import CellCounts
from wbcval.values.classes import MALIGNANT, OTHER, PATHOLOGICAL, POSITIVE

_CELLS = 2  # one stray cell is no finding: whoever looks it up finds no other
MOST_FINDINGS = 0.05  # of the samples (§18)
_NO_CHANCE = 0.05  # that a reference which counted none missed so many
_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class SideShares:
    """What one side says of S samples.

    Attributes:
        shares: class → percent of the leukocytes, shape (S,).
        cells: that were counted, shape (S,).
    """

    shares: Mapping[str, Floats]
    cells: Floats


@dataclass(frozen=True, slots=True)
class FalseFinding:
    """A pathological class that the model finds where nobody else does.

    Attributes:
        label: the class.
        found: samples in which the model calls so many of the cells so that a differential is
            positive, and two or more.
        samples: those that have none; where nothing tells, all that are compared.
        known: whether a true class, or the reference, tells which have none.
    """

    label: str
    found: int
    samples: int
    known: bool

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.samples:
            raise ValueError(f"the ledger does not add up: {self.label}")

    @property
    def many(self) -> bool:
        """Whether more than 5 % of the samples are called positive, and more than one."""
        return self.found > 1 and self.found > MOST_FINDINGS * self.samples

    @property
    def malignant(self) -> bool:
        """Whether it reaches a patient as a suspicion of malignancy; others take no pass away."""
        return self.label in MALIGNANT

    @property
    def said(self) -> str:
        """For a headline: ``blast called in 3 of 40 samples that have none``."""
        why = "that have none" if self.known else "and compared with nothing"
        return f"{self.label} called in {self.found} of {self.samples} samples {why}"

    def to_json(self) -> dict[str, Any]:
        """A row of ``false_findings``."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> FalseFinding:
        """What a row tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        return cls(str(row["label"]), int(row["found"]), int(row["samples"]), row["known"] is True)


def is_positive(label: str, cells: Ints | Floats, of: Ints | Floats) -> Mask:
    """Whether so many cells of a class, of so many, are a positive finding.

    >>> is_positive("blast", [1, 2, 2], [50, 200, 201]).tolist()
    [False, True, False]
    >>> is_positive("metamyelocyte", [4, 5], [200, 200]).tolist()
    [False, True]
    """
    return np.asarray(np.asarray(cells) >= _least(label, of))


def cells_needed(label: str, of: Ints | Floats) -> Floats:
    """The least number of cells of so many that are a positive finding; 1 % and the like.

    >>> cells_needed("blast", [50, 200, 201]).tolist()
    [2.0, 2.0, 3.0]
    """
    return np.asarray(np.ceil(_least(label, of)))


def _least(label: str, of: Ints | Floats) -> Floats:
    """From where on it is one; between whole cells where a class has to lie above its limit."""
    limit, above = POSITIVE[label]
    edge = np.asarray(of, dtype=np.float64) * (limit / 100)
    return np.maximum(np.nextafter(edge + _EDGE, np.inf) if above else edge - _EDGE, _CELLS - _EDGE)


def of_cells(counts: CellCounts) -> Iterator[FalseFinding]:
    """By the labels of the cells: of samples of which no labelled cell is truly of the class."""
    if counts.pathological is None:
        return
    labelled = counts.confusion.sum(axis=(1, 2))
    for i, label in enumerate(PATHOLOGICAL):
        true, falsely = counts.pathological[:, i, :2].T
        none = (true == 0) & (labelled > 0)
        found = none & is_positive(label, falsely, labelled)
        if found.any():
            yield FalseFinding(label, int(found.sum()), int(none.sum()), known=True)


def of_samples(
    model: SideShares, reference: SideShares, room: Floats, compared: Mask
) -> Iterator[FalseFinding]:
    """By the percentages of the samples.

    Args:
        model, reference: the two sides.
        room: percent of the reference that is of no class it names, and may be of any, shape (S,).
        compared: the samples that are compared, shape (S,).
    """
    for label in PATHOLOGICAL:
        theirs = reference.shares.get(label)
        if label not in model.shares or (theirs is None and label not in MALIGNANT):
            continue
        theirs = reference.shares.get(OTHER) if theirs is None else theirs
        share, cells = model.shares[label], model.cells
        none = compared & np.isfinite(share)
        found = none & is_positive(label, share * cells / 100, cells) & (room < share / 2)
        if theirs is not None:
            none &= theirs == 0
            # a reference of so many cells would have met one of them
            fraction = np.clip(np.nan_to_num(share) / 100, 0.0, 1.0)
            found &= none & ((1 - fraction) ** reference.cells < _NO_CHANCE)
        if found.any():
            yield FalseFinding(label, int(found.sum()), int(none.sum()), theirs is not None)


def said(findings: Iterable[FalseFinding]) -> str:
    """Those of malignancy, for a headline; "" where there are none."""
    told = (found for found in findings if found.malignant)
    return "; ".join(found.said for found in sorted(told, key=lambda f: -f.found))


def said_of_others(findings: Iterable[FalseFinding]) -> str:
    """The others, where they are many, for beside it; "" where there are none."""
    told = (found for found in findings if found.many and not found.malignant)
    return "; ".join(found.said for found in sorted(told, key=lambda f: -f.found))


def shares_of(counts: CellCounts | None) -> dict[str, Floats]:
    """Percent of the cells that the model counts as leukocytes, before the roll-up.

    Of blasts and plasma cells also where it calls none so.
    """
    if counts is None or counts.pathological is None:
        return {}
    called, of = counts.pathological[:, :, 2], np.maximum(counts.countable, 1)
    return {
        label: 100 * called[:, i] / of
        for i, label in enumerate(PATHOLOGICAL)
        if called[:, i].any() or label in MALIGNANT
    }
