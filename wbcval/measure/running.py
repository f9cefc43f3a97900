"""A metric on a part of a study: what it takes, what is asked of it, and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

from wbcval.machine import plugins
from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import Criterion, bound_level
from wbcval.stats.metric import Cells, Context, Measured, Metric, Pairs, Statistic
from wbcval.stats.statistic_name import StatisticName
from wbcval.study.ledger import ABSTAINED, DISPUTED, LOST
from wbcval.study.types import Study
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import subject_unit
from wbcval.values.reasons import Reason

LEVEL = 0.95
JudgedPart = tuple[Metric, Pairs | Cells, list[Criterion], Context]


def measurable(study: Study, stratum: str) -> Iterator[tuple[Metric, Pairs | Cells]]:
    """Every metric with each part of a stratum that it takes."""
    cells, pairs = study.cells(stratum), cache(partial(study.pairs, stratum=stratum))
    for metric in _metrics():
        if metric.takes == "pairs":
            for name in study.measurands:
                yield metric, pairs(name)
        elif cells is not None:
            yield metric, cells


def judged_parts(study: Study, criteria: Sequence[Criterion]) -> Iterator[JudgedPart]:
    """Each part of the study with the criteria that a metric judges on it, and their context."""
    for stratum, level in sorted({(c.stratum, bound_level(c.confidence)) for c in criteria}):
        if stratum not in study.strata:
            continue
        here = [c for c in criteria if (c.stratum, bound_level(c.confidence)) == (stratum, level)]
        for metric, part in measurable(study, stratum):
            asked = [c for c in here if c.measure in metric.measures]
            if isinstance(part, Pairs):
                asked = [c for c in asked if c.subject == part.subject]
            if not asked or not len(part):
                continue
            context = replace(
                context_of(study, asked, metric, part, stratum, level),
                requested=tuple(
                    {n: None for c in asked for n in (c.measured_as, c.allowance) if n}
                ),
                measures=tuple({c.measure: None for c in asked}),
                replicates=0,
            )
            yield metric, part, asked, context


def context_of(
    study: Study,
    criteria: Sequence[Criterion],
    metric: Metric,
    part: Pairs | Cells,
    stratum: str,
    level: float = LEVEL,
) -> Context:
    """What a metric is told of a part: what the criteria ask of it, at a level.

    And what is measured of its subject besides, at the levels that matter.
    """
    subject = part.subject if isinstance(part, Pairs) else None
    besides = [
        StatisticName.of(base, level)
        for known in metric.measures.values()
        for base, about in known.items()
        for level in about.levels.get(subject or "", ())
    ]
    asked = [
        name
        for c in criteria
        if c.measure in metric.measures
        and c.stratum in ("all", stratum)  # what is judged of all is shown of each stratum
        and subject in (None, c.subject)
        for name in c.companions
    ]
    return Context(
        level=level,
        seed=study.protocol.seed,
        requested=tuple(dict.fromkeys((*asked, *besides))),
        error_ratio=study.protocol.error_ratio,
        clinical_mix=study.protocol.clinical_mix or None,
        stratum=stratum,
    )


def run(metric: Metric, part: Pairs | Cells, context: Context) -> list[Measured]:
    """What a metric measures on a part; where it cannot, every name with the reason."""
    try:
        if isinstance(part, Pairs) and len(part) and not (part.reference.any() or part.model.any()):
            raise NotEstimable(Reason("all_zero"))
        return metric.measure(part, context)
    except NotEstimable as why:  # the whole measure, with one reason
        subject = part.subject if isinstance(part, Pairs) else "all"
        return [
            Measured(
                measure,
                subject,
                {n: Estimate.missing(why.reason, n=len(part)) for n in _names(known, context)},
                len(part),
                reason=why.reason,
            )
            for measure, known in metric.measures.items()
        ]


def results_of(metric: Metric, part: Pairs | Cells, context: Context) -> Results:
    """The same as results, without marks."""
    measured = run(metric, part, context)
    return Results(
        tuple(row for m in measured for row in rows_of(metric, m, context.stratum, (), part)), {}
    )


def rows_of(
    metric: Metric,
    measured: Measured,
    stratum: str,
    marks: tuple[str, ...],
    part: Pairs | Cells,
    disputed: frozenset[str] = frozenset(),
) -> Iterator[Measurement]:
    """The rows of a measure.

    Args:
        metric: that measured it.
        measured: what it found.
        stratum: of the part.
        marks: of every number of the subject, but for what the number counts itself.
        part: on which it was measured.
        disputed: statistics that bear that mark besides.
    """
    known = metric.measures[measured.measure]
    for text, estimate in measured.estimates.items():
        name = StatisticName(text)
        about = known[name.base]
        standing = [mark for mark in marks if not _counts_in(part, about, estimate, mark)]
        standing += [DISPUTED] if name in disputed else []
        yield Measurement(
            measured.measure,
            measured.subject,
            stratum,
            name,
            estimate.with_flags(*standing),
            about.scale(subject_unit(measured.subject)).stored,
            about.better,
            about.words(name, subject_unit(measured.subject)),
        )


def _metrics() -> tuple[Metric, ...]:
    return plugins.load("wbcval.stats.functions", "METRIC")  # type: ignore[return-value]


def _names(known: Mapping[str, Statistic], context: Context) -> tuple[str, ...]:
    """The statistics of a measure by full name: its default ones and those asked for."""
    default = [
        name if about.parameter is None else f"{name}:{about.parameter}"
        for name, about in known.items()
        if about.parameter != ""
    ]
    asked = [name for name in context.requested if name.base in known]
    return tuple(dict.fromkeys((*default, *asked)))


def _counts_in(part: Pairs | Cells, about: Statistic, estimate: Estimate, mark: str) -> bool:
    """Whether what a mark tells of stands in the number itself, as a miss."""
    if isinstance(part, Pairs):
        lost = part.technical_failures
        return mark == LOST and lost > 0 and estimate.n == len(part) + lost
    return mark == ABSTAINED and about.misses_open
