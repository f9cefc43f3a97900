"""Measure everything: each statistic, for each subject, in each stratum. No statistic by name.

The one exception is the criterion's own business: attainability, its dual (which dummies would
pass), and one-sided bounds for the ``demonstrated`` rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from wbcval.machine import plugins
from wbcval.machine.progress import Progress, silent
from wbcval.measure import parts, rules
from wbcval.measure.results import Key, Measurement, Results
from wbcval.protocol.types import CLASS_MEASURES, Criterion, bound_level
from wbcval.stats.acceptance import k_min_observed
from wbcval.stats.dummies import beside, commonest_of, of_cells, of_pairs, too_rare
from wbcval.stats.functions.attainability import Attainability, attainability
from wbcval.stats.functions.constants import constant, constants, could_pass
from wbcval.stats.metric import REPLICATES, Cells, Context, Measured, Metric, Pairs, Statistic
from wbcval.stats.refuted_cells import against_the_data
from wbcval.stats.statistic_name import N_OUTSIDE, SHARE_WITHIN, StatisticName
from wbcval.study.ledger import ABSTAINED, CELLS, DISPUTED, LOST, SAMPLES
from wbcval.study.types import Study
from wbcval.values.dummies import Dummy
from wbcval.values.errors import NotEstimable
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import PERCENT, Measurand, class_of, subject_unit
from wbcval.values.reasons import Reason

_Judged = tuple[Metric, Pairs | Cells, list[Criterion], Context]
LEVEL = 0.95


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
        for metric, part in _parts(study, stratum):
            for measured in _run(metric, part, _context(study, criteria, metric, part, stratum)):
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
        dummies=_dummies(study, criteria),
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
        for metric, part in _parts(study, stratum):
            if any(_is_of(metric, part, c) for c in here):
                context = _context(study, criteria, metric, part, stratum)
                for measured in _run(metric, part, context):
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
    for metric, part, _, context in _asked(study, [criterion]):
        replicates = REPLICATES if intervals else 0
        return _results(metric, part, replace(context, replicates=replicates))
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
    return _rows(metric, measured, stratum, known, part, disputed)


def _metrics() -> tuple[Metric, ...]:
    return plugins.load("wbcval.stats.functions", "METRIC")  # type: ignore[return-value]


def _parts(study: Study, stratum: str) -> Iterator[tuple[Metric, Pairs | Cells]]:
    cells, pairs = study.cells(stratum), cache(partial(study.pairs, stratum=stratum))
    for metric in _metrics():
        if metric.takes == "pairs":
            for name in study.measurands:
                yield metric, pairs(name)
        elif cells is not None:
            yield metric, cells


def _context(
    study: Study,
    criteria: Sequence[Criterion],
    metric: Metric,
    part: Pairs | Cells,
    stratum: str,
    level: float = LEVEL,
) -> Context:
    subject = part.subject if isinstance(part, Pairs) else None
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
        requested=tuple(dict.fromkeys(asked)),
        error_ratio=study.protocol.error_ratio,
        clinical_mix=study.protocol.clinical_mix or None,
        stratum=stratum,
    )


def _run(metric: Metric, part: Pairs | Cells, context: Context) -> list[Measured]:
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


def _names(known: Mapping[str, Statistic], context: Context) -> tuple[str, ...]:
    """The statistics of a measure by full name: its default ones and those asked for."""
    default = [
        name if about.parameter is None else f"{name}:{about.parameter}"
        for name, about in known.items()
        if about.parameter != ""
    ]
    asked = [name for name in context.requested if name.base in known]
    return tuple(dict.fromkeys((*default, *asked)))


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


def _counts_in(part: Pairs | Cells, about: Statistic, estimate: Estimate, mark: str) -> bool:
    """Whether what a mark tells of stands in the number itself, as a miss."""
    if isinstance(part, Pairs):
        lost = part.technical_failures
        return mark == LOST and lost > 0 and estimate.n == len(part) + lost
    return mark == ABSTAINED and about.misses_open


def _rows(
    metric: Metric,
    measured: Measured,
    stratum: str,
    marks: tuple[str, ...],
    part: Pairs | Cells,
    disputed: frozenset[str] = frozenset(),
) -> Iterator[Measurement]:
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
            about.title,
        )


def _bounds(study: Study, criteria: Sequence[Criterion]) -> dict[tuple[Key, float], Estimate]:
    """Each criterion's statistic at the level whose ends are its one-sided bounds."""
    found: dict[tuple[Key, float], Estimate] = {}
    for stratum, confidence in sorted({(c.stratum, c.confidence) for c in criteria}):
        if stratum not in study.strata:
            continue
        here = [c for c in criteria if (c.stratum, c.confidence) == (stratum, confidence)]
        level = bound_level(confidence)
        for metric, part in _parts(study, stratum):
            subjects = {c.subject for c in here if c.measure in metric.measures}
            if not subjects or (isinstance(part, Pairs) and part.subject not in subjects):
                continue
            context = _context(study, here, metric, part, stratum, level)
            for measured in _run(metric, part, context):
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


def _dummies(study: Study, criteria: Sequence[Criterion]) -> dict[str, tuple[Dummy, ...]]:
    """Which dummies pass each criterion, by the statistics and rules that judge the model.

    Values alone where an interval takes resampling.
    """
    passed: dict[str, list[Dummy]] = {c.id: [] for c in criteria}
    means = {name: study.pairs(name).reference for name in PERCENT if name in study.values}
    commonest = commonest_of({name: float(r.mean()) for name, r in means.items() if len(r)})
    judged = list(_asked(study, criteria))
    for metric, part, asked, context in judged:
        made: dict[int, Results] = {}
        for dummy, answers in _answers(study, part, context, commonest).items():
            if id(answers) not in made:
                made[id(answers)] = _results(metric, answers, context)
            for c in asked:
                # over all classes no class is the one that is never called
                nobody = dummy is Dummy.NEVER and c.subject == "all"
                held = rules.held(c, made[id(answers)])
                # of constants, what has no number is judged with all of their class
                if held is None and dummy is not Dummy.CONSTANT:
                    held = _beside(c, metric, answers, context)
                if held and not nobody:
                    passed[c.id].append(dummy)
        for c in asked:
            if isinstance(part, Pairs) and c.statistic.or_noise and too_rare(part):
                passed[c.id].append(Dummy.RARE)
    for name in _other_constants(study, criteria, judged, passed):
        passed[name].append(Dummy.CONSTANT)
    return {name: tuple(d for d in Dummy if d in found) for name, found in passed.items()}


def _beside(c: Criterion, metric: Metric, part: Pairs | Cells, context: Context) -> bool:
    """Whether a model beside a dummy passes what has no number of the dummy itself.

    Values without spread have no line. That tells them from no model that answers so with a little
    noise: a bound that holds of such a one fails nobody.
    """
    models = beside(part) if isinstance(part, Pairs) else ()
    return any(rules.held(c, _results(metric, model, context)) for model in models)


def _asked(study: Study, criteria: Sequence[Criterion]) -> Iterator[_Judged]:
    """Each part of the study with the criteria that a metric judges on it, and their context."""
    for stratum, level in sorted({(c.stratum, bound_level(c.confidence)) for c in criteria}):
        if stratum not in study.strata:
            continue
        here = [c for c in criteria if (c.stratum, bound_level(c.confidence)) == (stratum, level)]
        for metric, part in _parts(study, stratum):
            asked = [c for c in here if c.measure in metric.measures]
            if isinstance(part, Pairs):
                asked = [c for c in asked if c.subject == part.subject]
            if not asked or not len(part):
                continue
            context = replace(
                _context(study, asked, metric, part, stratum, level),
                requested=tuple(
                    {n: None for c in asked for n in (c.measured_as, c.allowance) if n}
                ),
                measures=tuple({c.measure: None for c in asked}),
                replicates=0,
            )
            yield metric, part, asked, context


def _other_constants(
    study: Study,
    criteria: Sequence[Criterion],
    judged: Sequence[_Judged],
    passed: Mapping[str, Sequence[Dummy]],
) -> Iterator[str]:
    """Criteria that a constant passes too, since another answer than the mean passes its class."""
    by: dict[str, list[Criterion]] = {}
    for c in criteria:
        if not c.optional:
            by.setdefault(class_of(c.subject), []).append(c)
    for group in by.values():
        missed = [c for c in group if Dummy.CONSTANT not in passed[c.id]]
        # of cells there is one constant: labels drawn from the mix of all
        if missed and not any(c.measure in CLASS_MEASURES for c in missed):
            values = [c for c in group if c.measure not in CLASS_MEASURES]
            if _any_constant(study, values, judged):
                yield from (c.id for c in missed)


def _any_constant(study: Study, criteria: Sequence[Criterion], judged: Sequence[_Judged]) -> bool:
    """Whether some one answer to every sample passes all criteria of one class (§18)."""
    ids = {c.id for c in criteria}
    mine = [
        (metric, part, study.pairs(part.subject), here, context)
        for metric, part, asked, context in judged
        if isinstance(part, Pairs) and (here := [c for c in asked if c.id in ids])
    ]
    if {c.id for *_, here, _ in mine for c in here} != ids:
        return False  # a part of it is measured nowhere
    values = {part.subject: constants(whole) for _, part, whole, *_ in mine}
    alive = np.ones(len(next(iter(values.values()))), dtype=bool)
    for _, part, whole, here, _ in mine:
        for c in here:
            outside = _may_lie_outside(c, part)
            if outside is not None:
                name = c.measured_as
                asked = (name.limit or 0.0, name.floor, name.or_noise)
                alive &= could_pass(part, whole, *asked, outside)

    def passes(i: int) -> bool:
        open_: list[tuple[Metric, tuple[Pairs, ...], list[Criterion], Context]] = []
        for k, (metric, part, whole, here, context) in enumerate(mine):
            answers = constant(part, whole, values[part.subject][i])
            results = _results(metric, answers, context)
            held = [rules.held(c, results) for c in here]
            if False in held:
                mine.insert(0, mine.pop(k))  # what fails this answer fails the next one, mostly
                return False
            if None in held:  # without a number: what models beside this one do decides
                left = [c for c, found in zip(here, held, strict=True) if found is None]
                open_.append((metric, beside(answers), left, context))
        beside_it = min((len(models) for _, models, *_ in open_), default=0)
        return not open_ or any(
            all(
                all(rules.held(c, found) for c in left)
                for metric, models, left, context in open_
                for found in [_results(metric, models[k], context)]
            )
            for k in range(beside_it)
        )

    return any(passes(int(i)) for i in np.flatnonzero(alive))


def _may_lie_outside(criterion: Criterion, pairs: Pairs) -> int | None:
    """Samples that may lie outside a limit, where a criterion says it."""
    c, n = criterion, len(pairs) + pairs.technical_failures
    if c.statistic.base == SHARE_WITHIN and c.min is not None:
        return n - k_min_observed(n, c.min)
    return int(c.max) if c.statistic.base == N_OUTSIDE and c.max is not None else None


def _results(metric: Metric, part: Pairs | Cells, context: Context) -> Results:
    measured = _run(metric, part, context)
    return Results(
        tuple(row for m in measured for row in _rows(metric, m, context.stratum, (), part)), {}
    )


def _answers(
    study: Study, part: Pairs | Cells, context: Context, commonest: Measurand | None
) -> Mapping[Dummy, Pairs | Cells]:
    if isinstance(part, Pairs):
        known = commonest is not None and commonest == part.subject.share
        return of_pairs(part, study.pairs(part.subject), commonest=known)
    whole = study.cells()
    assert whole is not None  # noqa: S101 (a stratum of it has cells)
    return of_cells(part, whole, context.generator("dummies"))
