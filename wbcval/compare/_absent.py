"""What one side lacks is that side's loss: samples and results that the candidate lacks (§12).

Samples of the baseline that the candidate does not list stand among its own without a result: every
cell of theirs is a miss, and each lies outside every limit. Of a statistic that has no such worst
case the change is marked, so that it shows nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wbcval.stats.metric import Floats, Ints
from wbcval.study import Mask, Study, aligned

LOST = "lost_alone"  # flag: the candidate lacks results that the other side has
RETOLD = "truth_differs"  # flag: unpaired, samples of both whose truth is not the same
MOST_LOST = 0.05  # of the results of the other side, where none is absent altogether (§18)


def on_their_samples(candidate: Study, other: Study) -> Study:
    """The candidate on the samples of the other side, in their order.

    What it does not list is there without a result; what it lists alone is left out.

    Args:
        candidate: of samples with a reference. other: likewise; its reference, patients and strata
            are those of the samples that the candidate lacks.
    """
    place = {name: i for i, name in enumerate(candidate.sample_ids)}
    at = np.array([place.get(name, -1) for name in other.sample_ids], dtype=np.int64)
    absent = at < 0
    if not place or not absent.any():
        return candidate.at(other.sample_ids)
    values = {}
    for name, found in candidate.values.items():
        cut = found.at(np.maximum(at, 0))
        theirs = other.values.get(name)
        values[name] = replace(
            cut,
            reference=_or(cut.reference, absent, None if theirs is None else theirs.reference),
            model=_or(cut.model, absent, None),
            model_cells=None if cut.model_cells is None else _or(cut.model_cells, absent, None),
            noise=None if cut.noise is None else cut.noise & ~absent,
        )
    return replace(
        candidate,
        sample_ids=other.sample_ids,
        values=values,
        counts=None if candidate.counts is None else aligned(candidate.counts, other.sample_ids),
        cluster=_clusters(candidate.cluster, other.cluster, at),
        strata={
            name: np.where(absent, other.strata.get(name, False), mask[np.maximum(at, 0)])
            for name, mask in candidate.strata.items()
        },
        reference_shares=None
        if candidate.reference_shares is None
        else np.where(absent[:, None], np.nan, candidate.reference_shares[np.maximum(at, 0)]),
        reference_cells=_or(candidate.reference_cells[np.maximum(at, 0)], absent, None),
    )


def lacking(after: Study, before: Study, subject: str, mask: Mask) -> float:
    """Share of the other side's results, cells or values, that the candidate lacks alone.

    Args:
        after, before: of the same samples in the same order.
        subject: a measurand, else all cells.
        mask: samples of the stratum.
    """
    if subject in before.values:
        theirs = before.values[subject].paired & mask
        ours = after.values[subject].paired if subject in after.values else np.zeros_like(mask)
        return float((theirs & ~ours).sum() / max(theirs.sum(), 1))
    if before.counts is None or after.counts is None:
        return 0.0
    had, has = (s.counts.confusion.sum(axis=(1, 2))[mask] for s in (before, after) if s.counts)
    return float(np.maximum(had - has, 0).sum() / max(had.sum(), 1))


def _or(values: Floats, absent: Mask, instead: Floats | None) -> Floats:
    return np.where(absent, np.nan if instead is None else instead, values)


def _clusters(ours: Ints, theirs: Ints, at: Ints) -> Ints:
    """Codes of patients: a sample that is absent belongs to its patient's, where that is known."""
    known = {int(theirs[i]): int(ours[k]) for i, k in enumerate(at) if k >= 0}
    new = int(ours.max(initial=0)) + 1
    return np.array(
        [
            ours[k] if k >= 0 else known.get(int(theirs[i]), new + int(theirs[i]))
            for i, k in enumerate(at)
        ],
        dtype=np.int64,
    )
