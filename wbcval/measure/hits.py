"""What a model hit, sample by sample: cells called right, samples within a limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wbcval.protocol.types import Criterion
from wbcval.stats.acceptance import is_within
from wbcval.stats.functions.error import effective_error
from wbcval.stats.metric import Floats, Ints, Mask
from wbcval.stats.or_noise import inside_noise
from wbcval.stats.statistic_name import COVERING_ERROR, N_OUTSIDE, SHARE_WITHIN, StatisticName
from wbcval.study.cells import CellCounts
from wbcval.study.paired_values import Values
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of one model, a sample a row.

    Attributes:
        hits, trials: shape (S,); a trial is a cell, or the sample itself.
    """

    hits: Ints
    trials: Ints

    def at(self, mask: Mask) -> Hits:
        """The same without the samples outside the mask: no trial of theirs counts."""
        return Hits(np.where(mask, self.hits, 0), np.where(mask, self.trials, 0))


def subjects(study: Study, measure: str, statistic: str) -> tuple[str, ...]:
    """What a study tells this share of, in its own order."""
    if measure == "error":
        return study.measurands
    if study.counts is None:
        return ()
    classes = study.counts.labels[: study.counts.n_classes]
    return ("all", *classes) if statistic == "accuracy" else classes


def hits(study: Study, subject: str, statistic: str) -> Hits:
    """Hits and trials of a share of cells (§8) or of samples (§2).

    A sample whose cells the model called no leukocyte at all keeps its trials: what the model does
    not recognise is a miss, whatever the least number of cells for a share.

    Raises:
        NotEstimable: where the study does not tell it.
    """
    name = StatisticName(statistic)
    if name.base == SHARE_WITHIN:
        found = _values(study, subject)
        assert name.limit is not None  # noqa: S101 (checked where it was asked for)
        near = _within(found, name.limit, name.floor, study.protocol.missing)
        if not name.or_noise:
            return near
        noise = _noise(study, subject) if found.noise is None else found.noise & found.paired
        return Hits(near.hits | noise, near.trials)
    counts = study.counts
    if counts is None:
        raise NotEstimable(Reason("no_true_class"))
    return _right(counts, subject, name.base)


def as_share(study: Study, c: Criterion) -> Criterion:
    """A criterion on a number outside or a covering error as the share of samples that it says.

    Any other as it is.
    """
    name, most = c.statistic, c.max
    if most is None or c.measure != "error" or c.subject not in study.values:
        return c
    if name.base == COVERING_ERROR:
        within = StatisticName.of(SHARE_WITHIN, most)
        return replace(c, statistic=within, min=name.number, max=None)
    if name.base == N_OUTSIDE:
        within = name.as_base(SHARE_WITHIN)
        of = int(hits(study, c.subject, within).at(study.strata[c.stratum]).trials.sum())
        return replace(c, statistic=within, min=max(1 - most / max(of, 1), 0.0), max=None)
    return c


def errors(study: Study, subject: str, floor: float, limit: float) -> tuple[Floats, Mask]:
    """Effective errors in percent, ∞ for a technical failure, and the samples that count.

    Raises:
        NotEstimable: without the measurand.
    """
    values = _values(study, subject)
    found = effective_error(values.reference, values.model, limit, floor)
    found[values.lost] = np.inf
    return found, values.listed if study.protocol.missing == "outside" else values.paired


def differences(study: Study, subject: str) -> tuple[Floats, Mask]:
    """Model − reference in the measurand's unit, and the samples that have both.

    Raises:
        NotEstimable: without the measurand.
    """
    values = _values(study, subject)
    return values.model - values.reference, values.paired


def _values(study: Study, subject: str) -> Values:
    if subject not in study.values:
        raise NotEstimable(Reason("no_subject", subject=subject))
    return study.values[subject]


def _within(values: Values, limit: float, floor: float, missing: str) -> Hits:
    with np.errstate(invalid="ignore"):
        inside = is_within(effective_error(values.reference, values.model, limit, floor), limit)
    counted = values.listed if missing == "outside" else values.paired
    return Hits((inside & values.paired).astype(np.int64), counted.astype(np.int64))


def _noise(study: Study, subject: str) -> Mask:
    """Samples inside counting noise; a bundle that did not ask lacks what that takes."""
    inside = np.zeros(len(study.sample_ids), dtype=bool)
    inside[study.values[subject].paired] = inside_noise(study.pairs(subject))
    return inside


def _right(counts: CellCounts, subject: str, statistic: str) -> Hits:
    table, total = counts.confusion, counts.confusion.sum(axis=(1, 2))
    if subject == "all":
        return Hits(np.trace(table, axis1=1, axis2=2), total)
    if subject not in counts.labels[: counts.n_classes]:
        raise NotEstimable(Reason("no_subject_here", subject=subject))
    i = counts.labels.index(subject)
    true, called, both = table[:, i].sum(axis=1), table[:, :, i].sum(axis=1), table[:, i, i]
    if statistic == "sensitivity":
        return Hits(both, true)
    if statistic == "ppv":
        return Hits(both, called)
    if statistic == "specificity":
        return Hits(total - true - called + both, total - true)
    return Hits(total - true - called + 2 * both, total)
