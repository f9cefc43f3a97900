"""Patients with blasts or plasma cells whom a model calls free of them. STATISTICS.md §18.

The means of a set forgive them: where the others have many of these cells, most are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wbcval.stats.chance_misses import missed_of_cells, missed_of_samples, most_by_chance
from wbcval.stats.metric import Ints, Mask
from wbcval.study.cells import CellCounts
from wbcval.study.false_findings import MOST_FINDINGS, SideShares, cells_needed, is_positive
from wbcval.values.classes import MALIGNANT, PATHOLOGICAL

_SENSITIVITY = 0.80  # of one cell, what every class is asked for by default


@dataclass(frozen=True, slots=True)
class MissedFinding:
    """A pathological class that the model does not find where it is.

    Attributes:
        label: the class.
        missed: samples that have 1 % of it or more, and two cells, of which the model calls
            fewer.
        samples: those that have them.
        likely: as many as a model that finds 80 % of the cells misses at most in 99 % of the
            studies: of a few cells one is easily too few.
    """

    label: str
    missed: int
    samples: int
    likely: int

    def __post_init__(self) -> None:
        if not 0 <= self.missed <= self.samples or not 0 <= self.likely <= self.samples:
            raise ValueError(f"the ledger does not add up: {self.label}")

    @property
    def many(self) -> bool:
        """Whether it is more than one, than 5 % of them, and than chance explains."""
        return self.missed > max(1, MOST_FINDINGS * self.samples, self.likely)

    @property
    def said(self) -> str:
        """For a headline: ``blast missed in 10 of 18 samples that have them``."""
        chance = f" (by chance up to {self.likely})" if self.missed <= self.likely else ""
        return (
            f"{self.label} missed in {self.missed} of {self.samples} samples that have them{chance}"
        )

    def to_json(self) -> dict[str, Any]:
        """A row of ``missed_findings``."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> MissedFinding:
        """What a row tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        return cls(
            str(row["label"]), int(row["missed"]), int(row["samples"]), int(row["likely"])
        )  # fmt: skip


def of_cells(counts: CellCounts) -> Iterator[MissedFinding]:
    """By the labels of the cells: of samples of which enough labelled cells are of the class."""
    if counts.pathological is None:
        return
    labelled = counts.confusion.sum(axis=(1, 2))
    for label in MALIGNANT:
        true, falsely, _, rightly = counts.pathological[:, PATHOLOGICAL.index(label)].T
        yield from of_counts(label, true, falsely + rightly, labelled)


def of_counts(label: str, true: Ints, called: Ints, labelled: Ints) -> Iterator[MissedFinding]:
    """The same by the counts of one class.

    Args:
        label: the class.
        true, called, labelled: cells of each sample that are of it, are called so, and all that
            have a label, shape (S,).
    """
    have = is_positive(label, true, labelled)
    missed = have & ~is_positive(label, called, labelled)
    if missed.any():
        needed = cells_needed(label, labelled[have])
        chances = missed_of_cells(true[have], needed, _SENSITIVITY)
        yield MissedFinding(label, int(missed.sum()), int(have.sum()), most_by_chance(chances))


def of_samples(model: SideShares, reference: SideShares, compared: Mask) -> Iterator[MissedFinding]:
    """By the percentages of the samples, of classes that both sides count.

    Args:
        model, reference: the two sides.
        compared: the samples that are compared, shape (S,).
    """
    cells, of = model.cells, reference.cells
    for label in MALIGNANT:
        if label not in model.shares or label not in reference.shares:
            continue
        ours, theirs = model.shares[label], reference.shares[label]
        known = compared & np.isfinite(ours) & np.isfinite(theirs)
        seen, found = np.nan_to_num(theirs) * of / 100, np.nan_to_num(ours) * cells / 100
        have = known & is_positive(label, seen, of)
        missed = have & ~is_positive(label, found, cells)
        if missed.any():
            needed = cells_needed(label, cells[have])
            at = np.minimum(seen, of)[have], of[have], needed, cells[have]
            chances = missed_of_samples(*at, _SENSITIVITY)
            yield MissedFinding(label, int(missed.sum()), int(have.sum()), most_by_chance(chances))


def said(findings: Iterable[MissedFinding]) -> str:
    """All of them, for a headline; "" where there are none."""
    return "; ".join(found.said for found in sorted(findings, key=lambda f: -f.missed))
