"""Criteria as of all samples, whichever strata they judge. STATISTICS.md §18.

A protocol that judges men and women, each by itself, looks at no site. What it asks of its strata
is held against every level, and against the whole measuring range, as what it asks of all would be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from wbcval.measure.hits import as_share
from wbcval.protocol.types import NON_INFERIOR, Criterion
from wbcval.stats.metric import Mask
from wbcval.study.types import Study


@dataclass(frozen=True)
class Pooled:
    """What is asked of one subject by one statistic.

    Attributes:
        criterion: on all samples; where strata alone are judged, with the loosest of their bounds.
        where: the samples that are judged so, shape (S,).
    """

    criterion: Criterion
    where: Mask

    def judged(self, study: Study) -> Study:
        """The study of these samples."""
        if self.where.all():
            return study
        return study.at([study.sample_ids[i] for i in np.flatnonzero(self.where)])


def pooled(study: Study, criteria: Iterable[Criterion]) -> list[Pooled]:
    """Required criteria on all samples as they are, and one for those on strata alone.

    A covering error and a number outside stand as the shares of samples that they are.

    Args:
        study: with the strata that they judge.
        criteria: all of them.
    """
    groups: dict[tuple[str, str, str], list[Criterion]] = {}
    for c in criteria:
        if not c.optional and c.rule != NON_INFERIOR and c.stratum in study.strata:
            c = as_share(study, c)
            groups.setdefault((c.measure, c.subject, c.measured_as), []).append(c)
    found = []
    for group in groups.values():
        of_all = [c for c in group if c.stratum == "all"]
        masks = [study.strata[c.stratum] for c in group]
        where = np.asarray(np.any(masks, axis=0))
        found += [Pooled(c, where) for c in of_all or [_loosest(group)]]
    return found


def _loosest(group: list[Criterion]) -> Criterion:
    low, high = [c.min for c in group], [c.max for c in group]
    least = None if None in low else min(x for x in low if x is not None)
    most = None if None in high else max(x for x in high if x is not None)
    return replace(group[0], stratum="all", min=least, max=most)
