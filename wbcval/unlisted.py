"""A site that fails whole and that no criterion judges by itself. STATISTICS.md §18.

The samples table names the site; among all samples it vanishes, listed as a stratum or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from scipy import special  # scipy.stats takes half a second to import

from wbcval.errors import NotEstimable
from wbcval.hits import hits, subjects
from wbcval.protocol import NON_INFERIOR, Criterion
from wbcval.study import Study

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
    asked = [c for c in criteria if _is_asked(study, c)]
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
            try:
                found = hits(study, c.subject, c.measured_as).at(mask)
            except NotEstimable:
                continue
            right, of = int(found.hits.sum()), int(found.trials.sum())
            if c.measure == "error":
                chance = special.bdtr(right, of, c.min) if of else 1.0
                bad, what = chance * looks < _FALSE, "samples pass"
            else:
                bad, what = right == 0 and of >= _FEWEST_CELLS, "cells right"
            if bad:
                about = "all classes" if c.subject == "all" else c.subject
                said.append(f"{level}, which {why}: {about} {right} of {of} {what}")
    return tuple(dict.fromkeys(said))


def _is_asked(study: Study, c: Criterion) -> bool:
    share = c.statistic.partition(":")[0] in _SHARES and c.measure in ("error", "classification")
    known = share and c.subject in subjects(study, c.measure, c.statistic)
    return known and not c.optional and c.stratum == "all" and c.min is not None
