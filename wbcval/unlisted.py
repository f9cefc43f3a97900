"""A site that fails whole and that no criterion judges by itself. STATISTICS.md §18.

The samples table names the site; among all samples it vanishes, listed as a stratum or not. Where
all samples together fail, that is told, and no site beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import special  # scipy.stats takes half a second to import

from wbcval.errors import NotEstimable
from wbcval.hits import hits, subjects
from wbcval.protocol import NON_INFERIOR, Criterion
from wbcval.stats._clustered import clustered_proportion
from wbcval.stats.metric import Mask
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study import Study

_FALSE = 0.001  # of the studies in which every site is as good as required
_BELOW = 0.05  # two-sided, of the shares of cells
_TOGETHER = 0.02  # of the studies in which failures fall on the sites by lot
_FEWEST_CELLS = 20
_SHARES = (SHARE_WITHIN, "sensitivity", "accuracy")


def failing(study: Study, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """Levels that fail a required criterion beyond chance, in sentences without an end.

    Of samples: fewer are within than in 0.1 % of the studies if the share were as required
    (binomial), or a share below the required one has so many of the study's failures as fall
    together in 2 % of the studies (hypergeometric). Of cells: the upper bound of the share, over
    samples or patients, lies below the required one (2.5 % false), or none of 20 or more was
    right. All of these over all levels and criteria (Bonferroni).

    Args:
        study: with its strata, and its ``unlisted`` levels.
        criteria: all of them; shares of all samples are looked at.
    """
    criteria = tuple(criteria)
    asked = [c for c in criteria if _is_asked(study, c) and _holds(study, c)]
    judged = {(c.subject, c.stratum) for c in criteria if not c.optional and c.rule != NON_INFERIOR}
    levels = {
        **{
            name: (mask, "no criterion judges")
            for name, mask in study.strata.items()
            if name != "all"
        },
        **{name: (mask, "strata do not list") for name, mask in study.unlisted.items()},
    }
    looks = max(len(asked) * len(levels), 1)
    said: dict[str, dict[str, None]] = {}
    for level, (mask, why) in levels.items():
        for c in asked:
            if (c.subject, level) in judged:
                continue
            right, of = _counted(study, c, mask)
            if right < (c.min or 0.0) * of and _is_bad(study, c, mask, looks):
                what = "samples pass" if c.measure == "error" else "cells right"
                about = "all classes" if c.subject == "all" else c.subject
                found = said.setdefault(f"{level}, which {why}: ", {})
                found[f"{about} {right} of {of} {what}"] = None
    return tuple(level + ", ".join(found) for level, found in said.items())


def _counted(study: Study, c: Criterion, mask: Mask) -> tuple[int, int]:
    """Samples or cells of some samples that are right, and all; none where none has a value."""
    try:
        found = hits(study, c.subject, c.measured_as).at(mask)
    except NotEstimable:
        return 0, 0
    return int(found.hits.sum()), int(found.trials.sum())


def _is_bad(study: Study, c: Criterion, mask: Mask, looks: int) -> bool:
    """Whether a level that lies below what is required does so beyond chance."""
    right, of = _counted(study, c, mask)
    if c.measure != "error":
        return (right == 0 and of >= _FEWEST_CELLS) or _is_below(study, c, mask, looks)
    all_right, all_of = _counted(study, c, study.strata["all"])
    return (
        float(special.bdtr(right, of, c.min)) * looks < _FALSE
        or fall_together(of - right, of, all_of - all_right, all_of) * looks < _TOGETHER
    )


def fall_together(failed: int, of: int, all_failed: int, all_of: int) -> float:
    """Chance that so many failures of a study, or more, fall into one part of it by lot.

    Hypergeometric: ``failed`` or more of ``all_failed`` among ``of`` of ``all_of`` samples.

    >>> round(1 / fall_together(3, 3, 3, 60))
    34220
    """
    counts = np.arange(failed, min(of, all_failed) + 1)
    logs = (
        _log_ways(all_failed, counts)
        + _log_ways(all_of - all_failed, of - counts)
        - _log_ways(all_of, of)
    )
    return float(np.exp(logs).sum())


def _log_ways(n: int, k: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Of the ways to take k of n; -inf where there is none."""
    k = np.asarray(k)
    possible = (k >= 0) & (k <= n)
    kept = np.where(possible, k, 0)
    found = special.gammaln(n + 1) - special.gammaln(kept + 1) - special.gammaln(n - kept + 1)
    return np.where(possible, found, -np.inf)


def _is_below(study: Study, c: Criterion, mask: Mask, looks: int) -> bool:
    """Whether the upper bound of a share of cells lies below what is required."""
    found = hits(study, c.subject, c.measured_as)
    cluster = study.cluster[mask] if study.patients_known else None
    high = clustered_proportion(
        found.hits[mask], found.trials[mask], cluster, level=1 - _BELOW / looks
    ).high
    return high is not None and c.min is not None and high < c.min


def _holds(study: Study, c: Criterion) -> bool:
    """Whether all samples together keep to the bound."""
    right, of = _counted(study, c, study.strata["all"])
    return of > 0 and c.min is not None and right >= c.min * of


def _is_asked(study: Study, c: Criterion) -> bool:
    share = c.statistic.base in _SHARES and c.measure in ("error", "classification")
    known = share and c.subject in subjects(study, c.measure, c.statistic)
    return known and not c.optional and c.stratum == "all" and c.min is not None
