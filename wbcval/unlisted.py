"""A site that fails whole and that no criterion judges by itself. STATISTICS.md §18.

The samples table names the site; among all samples it vanishes, listed as a stratum or not. Where
all samples together fail, that is told, and no site beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from scipy import special  # scipy.stats takes half a second to import

from wbcval.errors import NotEstimable
from wbcval.hits import hits, subjects
from wbcval.protocol import NON_INFERIOR, Criterion
from wbcval.study import Mask, Study

_FALSE = 0.001  # of the studies in which every site is as good as required
_FEWEST_CELLS = 20
_SHARES = ("share_within", "sensitivity", "accuracy")


def failing(study: Study, criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """Levels that fail a required criterion beyond chance, in sentences without an end.

    Of samples: fewer are within than in 0.1 % of the studies if the share were as required, over
    all levels and criteria (binomial). Of cells, which are no independent draws: none was right,
    of 20 or more.

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
    said = []
    for level, (mask, why) in levels.items():
        for c in asked:
            if (c.subject, level) in judged:
                continue
            right, of = _counted(study, c, mask)
            if _is_bad(c, right, of, looks):
                what = "samples pass" if c.measure == "error" else "cells right"
                about = "all classes" if c.subject == "all" else c.subject
                said.append(f"{level}, which {why}: {about} {right} of {of} {what}")
    return tuple(dict.fromkeys(said))


def _counted(study: Study, c: Criterion, mask: Mask) -> tuple[int, int]:
    """Samples or cells of some samples that are right, and all; none where none has a value."""
    try:
        found = hits(study, c.subject, c.measured_as).at(mask)
    except NotEstimable:
        return 0, 0
    return int(found.hits.sum()), int(found.trials.sum())


def _is_bad(c: Criterion, right: int, of: int, looks: int) -> bool:
    if c.measure != "error":
        return right == 0 and of >= _FEWEST_CELLS
    return of > 0 and float(special.bdtr(right, of, c.min)) * looks < _FALSE


def _holds(study: Study, c: Criterion) -> bool:
    """Whether all samples together keep to the bound."""
    right, of = _counted(study, c, study.strata["all"])
    return of > 0 and c.min is not None and right >= c.min * of


def _is_asked(study: Study, c: Criterion) -> bool:
    share = c.statistic.partition(":")[0] in _SHARES and c.measure in ("error", "classification")
    known = share and c.subject in subjects(study, c.measure, c.statistic)
    return known and not c.optional and c.stratum == "all" and c.min is not None
