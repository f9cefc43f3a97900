"""A site that fails whole and that no criterion judges by itself. STATISTICS.md §18.

The samples table names the site; among all samples it vanishes, listed as a stratum or not. Where
all samples together fail, that is told, and no site beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence, Set

import numpy as np
from scipy import special  # scipy.stats takes half a second to import

from wbcval.judge.beyond import about, beyond
from wbcval.judge.pooled import pooled
from wbcval.measure import rules
from wbcval.measure.evaluate import evaluate_one
from wbcval.measure.hits import as_share, hits, subjects
from wbcval.protocol.types import NON_INFERIOR, Criterion
from wbcval.stats.clustered import clustered_proportion
from wbcval.stats.functions.fall_together import fall_together
from wbcval.stats.metric import Ints, Mask
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable

_FALSE = 0.001  # of the studies in which every site is as good as required
_BELOW = 0.05  # two-sided, of the shares of cells
_TOGETHER = 0.02  # of the studies in which failures fall on the sites by lot
_FEWEST_CELLS = 20
_EDGE = 1e-9
_SHARES = (SHARE_WITHIN, "sensitivity", "accuracy")


def failing(study: Study, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """Levels that fail a required criterion beyond chance, in sentences without an end.

    Of samples: fewer are within than in 0.1 % of the studies if the share were as required
    (binomial), or a share below the required one has so many of the study's failures as fall
    together in 2 % of the studies (hypergeometric). Where patients are known, both also hold for
    patients, of whom samples fail together. Of cells: the upper bound of the share, over
    samples or patients, lies below the required one (2.5 % false), or none of 20 or more was
    right. Of any other statistic: :func:`wbcval.judge.beyond.beyond`. All of these over all levels
    and criteria (Bonferroni).

    Args:
        study: with its strata, and its ``unlisted`` levels.
        criteria: all of them; those that hold, on all samples or on all strata that they judge,
            are looked at.
    """
    criteria = tuple(criteria)
    judged = {
        (c.subject, as_share(study, c).statistic.base, c.stratum)
        for c in criteria
        if not c.optional and c.rule != NON_INFERIOR and c.stratum in study.strata
    }
    of_all = pooled(study, criteria)
    shares = [
        p.criterion
        for p in of_all
        if _is_share(study, p.criterion) and _holds(p.judged(study), p.criterion)
    ]
    levels = {
        **{
            name: (mask, "no criterion judges")
            for name, mask in study.strata.items()
            if name != "all"
        },
        **{name: (mask, "strata do not list") for name, mask in study.unlisted.items()},
    }
    others = [
        p.criterion
        for p in (of_all if levels else ())
        if not _is_share(study, p.criterion)
        and rules.held(p.criterion, evaluate_one(p.judged(study), p.criterion, intervals=False))
    ]
    looks, others_looks = (max(len(of) * len(levels), 1) for of in (shares, others))
    said: dict[tuple[str, str], dict[str, None]] = {}
    for level, (mask, why) in levels.items():
        for c in (p.criterion for p in of_all):
            if (c.subject, c.statistic.base, level) in judged:
                continue
            found = ""
            if c in shares:
                found = _failing_share(study, c, mask, looks)
            elif c in others:
                found = beyond(study, c, level, mask, others_looks)
            if found:
                said.setdefault((level, why), {})[found] = None
    told = (f"{level}, which {why}: {', '.join(found)}" for (level, why), found in said.items())
    return (*told, *_within(study, [*shares], {level for level, _ in said}))


def _within(study: Study, criteria: Sequence[Criterion], told: Set[str]) -> Iterator[str]:
    """Levels that change within samples, by the cells that are theirs."""
    levels = () if study.counts is None else study.counts.within
    of_cells = [c for c in criteria if c.measure == "classification"]
    looks = max(len(levels) * len(of_cells), 1)
    for level in levels:
        found = []
        for c in of_cells if level.name not in told else ():
            cells = level.cells.get(c.subject)
            if cells is None or cells[:, 0].sum() >= (c.min or 0.0) * cells[:, 1].sum():
                continue
            if _is_below(study, c, cells[:, 0], cells[:, 1], looks):
                right, of = cells.sum(axis=0).tolist()
                found.append(f"{about(c)} {right} of {of} cells right")
        if found:
            yield f"{level.name}, which changes within samples: {', '.join(found)}"


def _failing_share(study: Study, c: Criterion, mask: Mask, looks: int) -> str:
    right, of = _counted(study, c, mask)
    if right >= (c.min or 0.0) * of or not _is_bad(study, c, mask, looks):
        return ""
    what = "samples pass" if c.measure == "error" else "cells right"
    return f"{about(c)} {right} of {of} {what}"


def _counted(study: Study, c: Criterion, mask: Mask) -> tuple[int, int]:
    """Samples or cells of some samples that are right, and all; none where none has a value."""
    try:
        found = hits(study, c.subject, c.measured_as).at(mask)
    except NotEstimable:
        return 0, 0
    return int(found.hits.sum()), int(found.trials.sum())


def _is_bad(study: Study, c: Criterion, mask: Mask, looks: int) -> bool:
    """Whether a level that lies below what is required does so beyond chance."""
    if c.measure != "error":
        found = hits(study, c.subject, c.measured_as).at(mask)
        return _is_below(study, c, found.hits, found.trials, looks)
    too_few, together = 0.0, 0.0
    for unit in (np.arange(len(mask)), study.cluster) if study.patients_known else (study.cluster,):
        inside, each, outside = _failures(study, c, mask, unit)
        failed = math.floor((inside / each).sum() + _EDGE)  # patients, each by its share
        too_few = max(too_few, float(special.bdtr(len(each) - failed, len(each), c.min)))
        together = max(together, fall_together(inside, outside))
    return too_few * looks < _FALSE or together * looks < _TOGETHER


def _failures(study: Study, c: Criterion, mask: Mask, unit: Ints) -> tuple[Ints, Ints, Ints]:
    """Failures of each unit of a level, its samples, and failures of each unit elsewhere.

    Args:
        unit: shape (S,), code of the patient, or of the sample.
    """
    found = hits(study, c.subject, c.measured_as)
    failed, trials = found.trials - found.hits, found.trials
    size = int(unit.max()) + 1
    sums = [
        np.bincount(unit[take], weights[take], size)
        for take in (mask, ~mask)
        for weights in (failed, trials)
    ]
    inside, each, outside, others = (np.rint(a).astype(np.int64) for a in sums)
    return inside[each > 0], each[each > 0], outside[others > 0]


def _is_below(study: Study, c: Criterion, right: Ints, of: Ints, looks: int) -> bool:
    """Whether the upper bound of a share of cells lies below what is required, or none is right.

    Args:
        right, of: cells of each sample, shape (S,).
    """
    if not right.any():
        return bool(of.sum() >= _FEWEST_CELLS)
    some = of > 0
    cluster = study.cluster[some] if study.patients_known else None
    high = clustered_proportion(right[some], of[some], cluster, level=1 - _BELOW / looks).high
    return high is not None and c.min is not None and high < c.min


def _holds(study: Study, c: Criterion) -> bool:
    """Whether all samples together keep to the bound."""
    right, of = _counted(study, c, study.strata["all"])
    return of > 0 and c.min is not None and right >= c.min * of


def _is_share(study: Study, c: Criterion) -> bool:
    share = c.statistic.base in _SHARES and c.measure in ("error", "classification")
    return share and c.min is not None and c.subject in subjects(study, c.measure, c.statistic)
