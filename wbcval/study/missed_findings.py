"""Patients with blasts or plasma cells whom a model calls free of them. STATISTICS.md §18.

The means of a set forgive them: where the others have many of these cells, most are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wbcval.stats.chance_misses import missed_of_cells, missed_of_samples, most_by_chance
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.study.cells import CellCounts
from wbcval.study.false_findings import MOST_FINDINGS, SideShares, cells_needed, is_positive
from wbcval.values.classes import MALIGNANT, PATHOLOGICAL
from wbcval.values.one_line import one_line

_RARELY = 0.01  # of the studies of such a model
_SHOWN, _LONGEST = 3, 20  # samples in a sentence, and characters of each
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
        beyond: those that chance does not explain, the one with most of the cells first: all, where
            they are more than ``likely``, else such as miss so many cells that one of all samples
            does in 1 % of the studies; ``None`` in a file of a version that did not name them.
    """

    label: str
    missed: int
    samples: int
    likely: int
    beyond: tuple[str, ...] | None = ()

    def __post_init__(self) -> None:
        if not 0 <= self.missed <= self.samples or not 0 <= self.likely <= self.samples:
            raise ValueError(f"the ledger does not add up: {self.label}")

    @property
    def many(self) -> bool:
        """Whether it is more than one, than 5 % of them, and than chance explains."""
        return self.missed > max(1, MOST_FINDINGS * self.samples, self.likely)

    @property
    def by_chance(self) -> bool:
        """Whether a model that finds 80 % of the cells would miss so many, and these."""
        return self.missed <= self.likely and not self.beyond

    @property
    def said(self) -> str:
        """For a headline: ``blast missed in 2 of 18 samples that have them (S1, S2)``."""
        found, about = self.beyond or (), []
        if self.missed <= self.likely:
            about.append(f"by chance up to {self.likely}")
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            named = ", ".join(one_line(name, _LONGEST) for name in found[:_SHOWN]) + more
            about.append(f"not so {named}" if about else named)
        said = f"{self.label} missed in {self.missed} of {self.samples} samples that have them"
        return said + (f" ({', '.join(about)})" if about else "")

    def to_json(self) -> dict[str, Any]:
        """A row of ``missed_findings``."""
        return {
            "label": self.label, "missed": self.missed, "samples": self.samples,
            "likely": self.likely, "beyond": list(self.beyond or ()),
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> MissedFinding:
        """What a row tells.

        Raises:
            KeyError, TypeError, ValueError: where it is none, or does not add up.
        """
        beyond = tuple(map(str, row["beyond"])) if "beyond" in row else None
        return cls(
            str(row["label"]), int(row["missed"]), int(row["samples"]), int(row["likely"]), beyond
        )


def of_cells(counts: CellCounts) -> Iterator[MissedFinding]:
    """By the labels of the cells: of samples of which enough labelled cells are of the class."""
    if counts.pathological is None:
        return
    labelled = counts.confusion.sum(axis=(1, 2))
    for label in MALIGNANT:
        true, falsely, _, rightly = counts.pathological[:, PATHOLOGICAL.index(label)].T
        yield from of_counts(label, true, falsely + rightly, labelled, counts.sample_ids)


def of_counts(
    label: str, true: Ints, called: Ints, labelled: Ints, ids: Sequence[str]
) -> Iterator[MissedFinding]:
    """The same by the counts of one class.

    Args:
        label: the class.
        true, called, labelled: cells of each sample that are of it, are called so, and all that
            have a label, shape (S,). ids: of the samples.
    """
    have = is_positive(label, true, labelled)
    missed = have & ~is_positive(label, called, labelled)
    if missed.any():
        needed = cells_needed(label, labelled[have])
        chances = missed_of_cells(true[have], needed, _SENSITIVITY)
        # how seldom so few are called of each, and not just fewer than needed
        seldom = missed_of_cells(true[have], called[have] + 1, _SENSITIVITY)
        yield _found(label, missed[have], chances, seldom, true[have], np.array(ids)[have])


def _found(
    label: str, missed: Mask, chances: Floats, seldom: Floats, cells: Ints | Floats, ids: Any
) -> MissedFinding:
    """Of the samples that have a class, shape (H,) each: which are missed, and how likely."""
    likely = most_by_chance(chances)
    beyond = missed if missed.sum() > likely else missed & (seldom < _RARELY / len(missed))
    order = np.argsort(-np.asarray(cells, dtype=np.float64), kind="stable")
    named = tuple(str(ids[i]) for i in order if beyond[i])
    return MissedFinding(label, int(missed.sum()), len(missed), likely, named)


def of_samples(
    model: SideShares, reference: SideShares, compared: Mask, ids: Sequence[str]
) -> Iterator[MissedFinding]:
    """By the percentages of the samples, of classes that both sides count.

    Args:
        model, reference: the two sides.
        compared: the samples that are compared, shape (S,).
        ids: of all.
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
            at = np.minimum(seen, of)[have], of[have]
            chances = missed_of_samples(*at, needed, cells[have], _SENSITIVITY)
            seldom = missed_of_samples(*at, np.rint(found[have]) + 1, cells[have], _SENSITIVITY)
            yield _found(label, missed[have], chances, seldom, seen[have], np.array(ids)[have])


def said(findings: Iterable[MissedFinding]) -> str:
    """Those that no chance explains, for a headline; "" where there are none."""
    told = (found for found in findings if not found.by_chance)
    return "; ".join(found.said for found in sorted(told, key=lambda f: -f.missed))
