"""The candidate by itself: which criteria count, whoever declared them (§12, §18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wbcval.bundle.read import Side
from wbcval.gating.compare.types import GATE, Change
from wbcval.judge.criteria import judge
from wbcval.judge.outcomes import SAME_PREDICTIONS, Decision, Outcome, Status
from wbcval.measure.evaluate import evaluate_asked
from wbcval.protocol.types import CLASS_MEASURES, Criterion
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import InputError
from wbcval.values.flags import FLAGS


def by_itself(candidate: Side, baseline: Side, taken: Sequence[str]) -> tuple[Outcome, ...]:
    """The candidate's own outcomes, those that count as required.

    Where either side declares a protocol, what it requires counts for the candidate; a criterion of
    the baseline that the candidate's protocol lacks is judged on the candidate's tables. Without a
    protocol on either side the default criteria are shown, and count where one of them failed: a
    candidate whose report is rejected replaces nothing.

    Args:
        candidate, baseline: as read. taken: names of the changes.

    Raises:
        InputError: where a criterion has the name of a change.
    """
    for o in candidate.outcomes:
        if o.criterion.id in taken:
            raise InputError(
                f"[[criterion]] id {o.criterion.id!r}",
                "is a name that the gate gives to a change",
                "name the criterion otherwise",
            )
    declared = candidate.declared or baseline.declared
    theirs = [c for c in baseline.protocol.criteria if baseline.declared and not c.optional]
    found = []
    for o in candidate.outcomes:
        asked = any(_same(_full(candidate, o.criterion), c) for c in theirs)
        required = asked or (not o.criterion.optional and (declared or o.status is Status.FAIL))
        found.append(replace(o, criterion=replace(o.criterion, optional=not required)))
    own = (*found, *_lacking(candidate, theirs, taken))
    return (*own, *_undecided(candidate, found, declared), *_nothing_asked(own, declared))


def doubted(change: Change, candidate: Side) -> Change:
    """The change with what its report doubts of the candidate's number: whether it is evidence.

    A copy of the reference is not worse than any model. Too few samples for the default criteria
    are no such doubt, nor is any of a candidate that says the same as the other side.
    """
    if SAME_PREDICTIONS in change.change.flags:
        return change
    key = (change.measure, change.subject, change.stratum, change.statistic)
    told = candidate.doubts.get(key)
    if told is None:  # not measured in the report: what all of its numbers carry
        others = [{*flags} for k, flags in candidate.doubts.items() if k[:3] == key[:3]]
        told = tuple(sorted(set.intersection(*others))) if others else ()
    return replace(change, change=change.change.with_flags(*told, *_of_tables(change, candidate)))


def _of_tables(change: Change, candidate: Side) -> tuple[str, ...]:
    """What the tables show of it, whatever the report says."""
    study = candidate.study
    if change.stratum not in study.strata:
        return ()
    if change.measure in CLASS_MEASURES:
        found = study.cell_marks(change.subject, change.stratum)
    elif change.subject in study.values:
        found = study.marks(change.subject, change.stratum)
    else:
        found = ()
    return tuple(name for name in found if FLAGS[name].evidence)


def _undecided(side: Side, found: Sequence[Outcome], declared: bool) -> Iterator[Outcome]:
    """The report's verdict, where it is weaker than each of its criteria."""
    # without a protocol: that dummies pass all of it, which is no want of samples
    counted = [o for o in (found if declared else side.outcomes) if not o.criterion.optional]
    passed = all(o.status is Status.PASS for o in counted)
    if passed and counted and side.verdict is Decision.INCONCLUSIVE:
        asked = Criterion("report", GATE, "all", StatisticName("verdict"), min=0.0)
        yield Outcome(
            asked, Status.INCONCLUSIVE, None, None, None, None, 0, "1",
            f"The candidate's own report is inconclusive: {side.reason}",
        )  # fmt: skip


def _nothing_asked(own: Sequence[Outcome], declared: bool) -> Iterator[Outcome]:
    """That no protocol requires anything of the candidate itself: as bad as before is no good."""
    if declared and all(o.criterion.optional for o in own):
        asked = Criterion("required", GATE, "all", StatisticName("criteria"), min=0.0)
        yield Outcome(
            asked, Status.INCONCLUSIVE, None, None, None, None, 0, "1",
            "No protocol requires anything of the candidate itself: a model as bad as the baseline "
            "would be accepted. Write a required [[criterion]].",
        )  # fmt: skip


def _lacking(
    candidate: Side, theirs: Sequence[Criterion], taken: Sequence[str]
) -> Iterator[Outcome]:
    """Criteria that the baseline's protocol requires and the candidate's does not name."""
    own = candidate.protocol.criteria
    names = {*taken, *(c.id for c in own)}
    missing = []
    for c in theirs:
        if not any(_same(mine, c) for mine in own):
            name = f"{c.id} (of the baseline)" if c.id in names else c.id
            missing.append(replace(c, id=name))
    if missing:
        results = evaluate_asked(candidate.study, missing)
        yield from judge(missing, results, candidate.protocol.accepted).outcomes


def _full(side: Side, criterion: Criterion) -> Criterion:
    """The criterion as its protocol has it; the row of a bundle leaves some of it out."""
    return next((c for c in side.protocol.criteria if c.id == criterion.id), criterion)


def _same(one: Criterion, other: Criterion) -> bool:
    return replace(one, id="", optional=False) == replace(other, id="", optional=False)
