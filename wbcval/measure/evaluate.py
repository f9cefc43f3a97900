"""Measure everything: each statistic, for each subject, in each stratum. No statistic by name.

The one exception is the criterion's own business: attainability, its dual (which dummies would
pass), and one-sided bounds for the ``demonstrated`` rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial

from wbcval.machine.progress import Progress, silent
from wbcval.measure import dummies, parts
from wbcval.measure.results import Key, Measurement, Results
from wbcval.measure.running import (
    context_of,
    judged_parts,
    measurable,
    results_of,
    rows_of,
    run,
)
from wbcval.protocol.types import Criterion, bound_level
from wbcval.stats.functions.attainability import Attainability, attainability
from wbcval.stats.metric import REPLICATES, Cells, Measured, Metric, Pairs
from wbcval.stats.refuted_cells import against_the_data
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.study.ledger import CELLS, SAMPLES
from wbcval.study.types import Study
from wbcval.values.estimate import Estimate


def evaluate(study: Study, criteria: Sequence[Criterion], progress: Progress = silent) -> Results:
    """All measurements of a study, and what its criteria need besides.

    Args:
        study: what is compared.
        criteria: to be judged; their statistics are measured with their parameters.
        progress: told what is being measured.
    """
    rows: list[Measurement] = []
    marks = cache(partial(_marks, study))  # every measure of a subject asks for them
    details = {}
    for stratum in study.strata:
        progress(f"measuring {stratum}")
        for metric, part in measurable(study, stratum):
            for measured in run(metric, part, context_of(study, criteria, metric, part, stratum)):
                details[measured.measure, measured.subject, stratum] = measured.detail
                rows += _marked(study, marks, criteria, metric, part, measured, stratum)
    progress("comparing strata")
    standing = parts.apart(study, criteria)
    progress("measuring what the criteria ask for")
    return Results(
        measurements=tuple(rows),
        details=details,
        bounds=_bounds(study, criteria),
        strata=tuple(study.strata),
        attainability=_attainability(study, criteria),
        dummies=dummies.passing(study, criteria),
        apart=standing,
    )


def evaluate_asked(study: Study, criteria: Sequence[Criterion]) -> Results:
    """What criteria judge, and no more: the same numbers as :func:`evaluate` gives, sooner.

    Args:
        study: what is compared. criteria: to be judged.
    """
    rows: list[Measurement] = []
    marks = cache(partial(_marks, study))
    for stratum in dict.fromkeys(c.stratum for c in criteria if c.stratum in study.strata):
        here = [c for c in criteria if c.stratum == stratum]
        for metric, part in measurable(study, stratum):
            if any(_is_of(metric, part, c) for c in here):
                context = context_of(study, criteria, metric, part, stratum)
                for measured in run(metric, part, context):
                    rows += _marked(study, marks, here, metric, part, measured, stratum)
    return Results(tuple(rows), {}, _bounds(study, criteria), tuple(study.strata))


def evaluate_one(study: Study, criterion: Criterion, *, intervals: bool = True) -> Results:
    """The statistic of one criterion, and what it allows of itself, without marks.

    Args:
        study: with the stratum of the criterion.
        criterion: whose one-sided bounds are the ends of the interval.
        intervals: also those that take resampling.

    Returns:
        Nothing where the study has none of it.
    """
    for metric, part, _, context in judged_parts(study, [criterion]):
        replicates = REPLICATES if intervals else 0
        return results_of(metric, part, replace(context, replicates=replicates))
    return Results((), {})


def _is_of(metric: Metric, part: Pairs | Cells, criterion: Criterion) -> bool:
    mine = criterion.measure in metric.measures
    return mine and (not isinstance(part, Pairs) or part.subject == criterion.subject)


def _marked(
    study: Study,
    marks: Callable[[bool, str, str], tuple[str, ...]],
    criteria: Sequence[Criterion],
    metric: Metric,
    part: Pairs | Cells,
    measured: Measured,
    stratum: str,
) -> Iterator[Measurement]:
    known = (*study.flags, *marks(isinstance(part, Pairs), measured.subject, stratum))
    disputed = _disputed(study, criteria, metric, measured, stratum)
    return rows_of(metric, measured, stratum, known, part, disputed)


def _marks(study: Study, of_pairs: bool, subject: str, stratum: str) -> tuple[str, ...]:
    """What is known of both sides of a subject, and of those that are not judged (§18)."""
    if of_pairs:
        same = study.mode == "same-cells"
        known = study.ledger.marks(subject, SAMPLES, same_cells=same)
        here = parts.account(study, subject, stratum).flags if stratum != "all" else ()
        return tuple(dict.fromkeys((*study.marks(subject, stratum), *known, *here)))
    return (*study.cell_marks(subject, stratum), *study.ledger.marks(subject, CELLS))


def _disputed(
    study: Study,
    criteria: Sequence[Criterion],
    metric: Metric,
    measured: Measured,
    stratum: str,
) -> frozenset[str]:
    """Statistics that would no longer satisfy a criterion, were the open cells misses (§18)."""
    key = (measured.measure, measured.subject, stratum)
    could = study.ledger.could_be_misses(measured.subject)
    found, known = set(), metric.measures[measured.measure]
    for c in criteria:
        estimate = measured.estimates.get(c.statistic)
        about = known.get(c.statistic.base)
        if (c.measure, c.subject, c.stratum) != key or about is None or not about.of_true:
            continue
        if estimate is None or estimate.value is None or c.min is None or not estimate.n:
            continue
        value = estimate.low if c.rule == "demonstrated" else estimate.value
        if value is not None and value * estimate.n < c.min * (estimate.n + could):
            found.add(c.statistic)
    return frozenset(found) if could else frozenset()


def _bounds(study: Study, criteria: Sequence[Criterion]) -> dict[tuple[Key, float], Estimate]:
    """Each criterion's statistic at the level whose ends are its one-sided bounds."""
    found: dict[tuple[Key, float], Estimate] = {}
    for stratum, confidence in sorted({(c.stratum, c.confidence) for c in criteria}):
        if stratum not in study.strata:
            continue
        here = [c for c in criteria if (c.stratum, c.confidence) == (stratum, confidence)]
        level = bound_level(confidence)
        for metric, part in measurable(study, stratum):
            subjects = {c.subject for c in here if c.measure in metric.measures}
            if not subjects or (isinstance(part, Pairs) and part.subject not in subjects):
                continue
            context = context_of(study, here, metric, part, stratum, level)
            for measured in run(metric, part, context):
                for name, estimate in measured.estimates.items():
                    key = (measured.measure, measured.subject, stratum, name)
                    found[key, level] = estimate
    return found


def _attainability(study: Study, criteria: Sequence[Criterion]) -> dict[str, Attainability]:
    found = {}
    for c in criteria:
        known = c.subject in study.values and c.stratum in study.strata
        if c.statistic.base != SHARE_WITHIN or c.min is None or not known:
            continue  # the parameter of another statistic need not be a number
        limit = c.statistic.limit
        if limit is None:
            continue
        pairs, floor = study.pairs(c.subject, c.stratum), c.or_within or 0.0
        possible = attainability(
            pairs,
            limit=limit,
            share=c.min,
            floor=floor,
            rule=c.rule,
            confidence=c.confidence,
            min_n=c.needed,
            or_noise=c.statistic.or_noise,
        )
        found[c.id] = against_the_data(possible, pairs, limit=limit, floor=floor)
    return found
