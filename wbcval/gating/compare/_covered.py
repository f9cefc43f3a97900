"""What the gate's verdict covers: the candidate's measurands and classes, judged or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from wbcval.bundle.read import Side
from wbcval.judge.looser import margins
from wbcval.judge.scope import Scope, covering
from wbcval.judge.unjudged import FIGURES, Unjudged
from wbcval.measure.hits import hits, subjects
from wbcval.protocol.types import Criterion


def covered(candidate: Side, criteria: Iterable[Criterion]) -> Scope:
    """The scope of a verdict on a candidate.

    Args:
        candidate: whose measurands and classes they are.
        criteria: on changes, and its own; optional ones judge nothing.
    """
    said = (*candidate.study.declared, *candidate.protocol.gate.declared)
    study = replace(candidate.study, declared=tuple(dict.fromkeys(said)))
    scope = covering(list(_figures(candidate)), study, criteria)
    return replace(scope, looser=(*scope.looser, *margins(candidate.protocol.gate)))


def _figures(candidate: Side) -> Iterator[Unjudged]:
    for measure, statistic in FIGURES:
        for name in subjects(candidate.study, measure, statistic):
            found = hits(candidate.study, name, statistic)
            n = int(found.trials.sum())
            if n:
                yield Unjudged(name, statistic, int(found.hits.sum()) / n, n)
