"""Which models that looked at nothing pass each criterion (STATISTICS.md §18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from wbcval.measure import rules
from wbcval.measure.results import Results
from wbcval.measure.running import JudgedPart, judged_parts, results_of
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.acceptance import k_min_observed
from wbcval.stats.dummies import beside, commonest_of, of_cells, of_pairs, too_rare
from wbcval.stats.functions.constants import constant, constants, could_pass
from wbcval.stats.metric import Cells, Context, Metric, Pairs
from wbcval.stats.statistic_name import N_OUTSIDE, SHARE_WITHIN
from wbcval.study.types import Study
from wbcval.values.dummies import Dummy
from wbcval.values.measurands import PERCENT, Measurand, class_of


def passing(study: Study, criteria: Sequence[Criterion]) -> dict[str, tuple[Dummy, ...]]:
    """Which dummies pass each criterion, by the statistics and rules that judge the model.

    Values alone where an interval takes resampling.
    """
    passed: dict[str, list[Dummy]] = {c.id: [] for c in criteria}
    means = {name: study.pairs(name).reference for name in PERCENT if name in study.values}
    commonest = commonest_of({name: float(r.mean()) for name, r in means.items() if len(r)})
    judged = list(judged_parts(study, criteria))
    for metric, part, asked, context in judged:
        made: dict[int, Results] = {}
        for dummy, answers in _answers(study, part, context, commonest).items():
            if id(answers) not in made:
                made[id(answers)] = results_of(metric, answers, context)
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
    return any(rules.held(c, results_of(metric, model, context)) for model in models)


def _other_constants(
    study: Study,
    criteria: Sequence[Criterion],
    judged: Sequence[JudgedPart],
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


def _any_constant(
    study: Study, criteria: Sequence[Criterion], judged: Sequence[JudgedPart]
) -> bool:
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
            results = results_of(metric, answers, context)
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
                for found in [results_of(metric, models[k], context)]
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


def _answers(
    study: Study, part: Pairs | Cells, context: Context, commonest: Measurand | None
) -> Mapping[Dummy, Pairs | Cells]:
    if isinstance(part, Pairs):
        known = commonest is not None and commonest == part.subject.share
        return of_pairs(part, study.pairs(part.subject), commonest=known)
    whole = study.cells()
    assert whole is not None  # noqa: S101 (a stratum of it has cells)
    return of_cells(part, whole, context.generator("dummies"))
