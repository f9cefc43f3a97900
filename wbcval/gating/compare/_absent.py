"""What one side lacks is that side's loss: samples and results that the candidate lacks (§12).

Samples of the baseline that the candidate does not list stand among its own without a result: every
cell of theirs is a miss, and each lies outside every limit. Of a statistic that has no such worst
case the change is marked, so that it shows nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wbcval.stats.metric import Ints, Mask
from wbcval.study.types import Study

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
    found = candidate.at(other.sample_ids, absent=True)
    absent = ~np.isin(np.array(other.sample_ids), np.array(candidate.sample_ids))
    if not absent.any():
        return found
    values = {}
    for name, v in found.values.items():
        theirs = other.values.get(name)
        reference = v.reference if theirs is None else theirs.reference
        values[name] = replace(v, reference=np.where(absent, reference, v.reference))
    return replace(
        found,
        values=values,
        cluster=_clusters(found.cluster, other.cluster, absent),
        strata={
            name: np.where(absent, other.strata.get(name, False), mask)
            for name, mask in found.strata.items()
        },
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


def _clusters(ours: Ints, theirs: Ints, absent: Mask) -> Ints:
    """Codes of patients: a sample that is absent belongs to its patient's, where that is known."""
    known = dict(zip(theirs[~absent].tolist(), ours[~absent].tolist(), strict=True))
    new = int(ours.max(initial=0)) + 1
    return np.where(absent, [known.get(code, new + code) for code in theirs.tolist()], ours)
