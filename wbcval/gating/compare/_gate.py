"""The gate: a baseline becomes criteria, and the one judge decides (STATISTICS.md §12)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wbcval.bundle.read import Side
from wbcval.gating.compare._aloud import aloud
from wbcval.gating.compare._asked import asked, criterion, measure_of, wider
from wbcval.gating.compare._calls import false_calls, false_calls_said, findings_said
from wbcval.gating.compare._changes import Both, both_of
from wbcval.gating.compare._columns import alone_said, lent
from wbcval.gating.compare._covered import covered
from wbcval.gating.compare._levels import levels_said
from wbcval.gating.compare._own import by_itself, doubted
from wbcval.gating.compare._uncounted import uncounted_said, with_uncounted
from wbcval.gating.compare.apart import (
    OVERRIDES,
    PROTOCOL,
    REFERENCE,
    SAMPLES,
    Mismatch,
    apart,
    unscored_said,
)
from wbcval.gating.compare.needs import losses_said, needs_of, needs_said
from wbcval.gating.compare.types import ANCHOR, BASELINE, GATE, Change, Comparison
from wbcval.gating.compare.written import bounds_said, plain, shown, size
from wbcval.judge.criteria import judge, verdict_on
from wbcval.judge.outcomes import BY_CHANCE, Outcome, Status
from wbcval.measure.results import Measurement, Results, of_change
from wbcval.protocol.types import CLASS_MEASURES, NON_INFERIOR, Criterion, Margin
from wbcval.stats.functions.holm import holm
from wbcval.stats.metric import Better
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.errors import InputError

REUSED = 5  # judgements on one reference set; more: what passes may be fitted to it
ALPHA = 0.025  # one-sided, of findings of one kind together (Holm)
_NAMED = 5  # samples in a sentence


def compare(
    candidate: Side,
    baseline: Side,
    anchor: Side | None = None,
    *,
    allow: Sequence[str] = (),
    paired: bool = True,
    judged_before: int | None = None,
    told: Sequence[str] = (),
) -> Comparison:
    """Judge a candidate against a baseline, and against the anchor where that is another.

    Args:
        candidate, baseline: on the same reference.
        anchor: the first accepted baseline (biocreep), or ``None``.
        allow: differences to let pass, of ``OVERRIDES``; recorded in the result.
        paired: sample by sample. ``False`` compares each side by itself, which is weaker, and is
            the only way where reference or samples differ.
        judged_before: how often this reference set was judged, as far as recorded.
        told: what is known of the sides besides and must be said aloud, in sentences.

    Raises:
        InputError: where the sides are not comparable, or a margin is not right.
    """
    sides = {BASELINE: baseline} | ({} if anchor is None else {ANCHOR: anchor})
    told = (*told, *alone_said(candidate, [*sides.items()]))
    for other in sides.values():
        candidate = lent(candidate, other)
    sides = {name: lent(other, candidate) for name, other in sides.items()}
    baseline, anchor = sides[BASELINE], sides.get(ANCHOR)
    rows = asked(candidate, baseline)
    waived = _comparable(candidate, baseline, allow, paired)
    pairs = [both_of(candidate, baseline, BASELINE, rows, paired)]
    if anchor is not None:
        # what is judged may have changed since the anchor; the reference may not
        waived += _comparable(candidate, anchor, (*allow, PROTOCOL), paired)
        pairs.append(both_of(candidate, anchor, ANCHOR, rows, paired))
    criteria = [criterion(row, both.against) for both in pairs for row in rows]
    found = _no_chance([change for both in pairs for change in _after_holm(both)])
    found = [with_uncounted(doubted(c, candidate), candidate, sides[c.against]) for c in found]
    judged = dict(zip((c.id for c in criteria), found, strict=True))
    changes = (*found, *_no_chance(list(pairs[0].by_stratum())))
    accepts = candidate.protocol.accepted
    needs = needs_of(baseline, rows, candidate.protocol.gate) if paired else ()
    planned = () if pairs[0].same or not needs else (losses_said(candidate), needs_said(needs))
    results = Results(tuple(_measurement(change) for change in changes), {})
    own = [_told(o, judged[o.criterion.id]) for o in judge(criteria, results, accepts).outcomes]
    own.sort(key=_severity)
    absolute = by_itself(candidate, baseline, list(judged))
    verdict = verdict_on((*own, *_nothing(own), *absolute), accepts)
    said = (
        *told,
        wider(candidate, baseline),
        *_same(pairs[0], candidate, baseline),
        *aloud(pairs[0], changes, [(o, judged[o.criterion.id]) for o in own]),
        *(said for name, side in sides.items() for said in uncounted_said(candidate, side, name)),
        *(said for n, side in sides.items() for said in findings_said(candidate, side, n)),
        *(said for n, side in sides.items() for said in levels_said(candidate, side, n)),
        false_calls_said(pairs[0], _no_chance(list(false_calls(pairs[0])))),
    )
    said = tuple(filter(None, said))
    verdict = replace(verdict, reason=" ".join((verdict.reason, *said)))
    named = [o.criterion for o in (*own, *absolute) if o.criterion.measure != GATE]
    scope = covered(candidate, named)
    return Comparison(
        candidate=candidate,
        baseline=baseline,
        anchor=anchor,
        paired=paired,
        identical=pairs[0].same,
        changes=changes,
        flips=tuple(pairs[0].flips()) if paired else (),
        results=results,
        verdict=verdict.over(scope),
        change_of=judged,
        waived=tuple(dict.fromkeys(waived)),
        judged_before=judged_before,
        notes=(*_notes(paired, judged_before), *_unscored(candidate, baseline), *planned),
        needs=needs,
        aloud=said,
    )


def _same(both: Both, candidate: Side, baseline: Side) -> Iterator[str]:
    """That nothing of the candidate was seen but what the baseline had said."""
    if both.same:
        ours, theirs = (" ".join((m.name, m.version)).strip() for m in
                        (side.protocol.model for side in (candidate, baseline)))  # fmt: skip
        names = f": {ours} against {theirs}" if ours and theirs and ours != theirs else ""
        yield (
            "Candidate and baseline said the same of every sample and cell, so that this compares "
            f"one table of predictions with itself{names}."
        )


def _nothing(own: Sequence[Outcome]) -> list[Outcome]:
    """That nothing was compared, where no change is required: "not worse" must be shown (§12)."""
    if any(not o.criterion.optional for o in own):
        return []
    why = "no margin applies to these data" if not own else "every margin is optional"
    changes = StatisticName("changes")
    asked = Criterion("changes", GATE, "all", changes, rule=NON_INFERIOR, min=0.0)
    return [
        Outcome(
            asked, Status.NOT_ESTIMABLE, None, None, None, None, 0, "1",
            f"Nothing was compared with the baseline: {why}, so that nothing shows the candidate "
            "not to be worse.",
        )
    ]  # fmt: skip


def _comparable(candidate: Side, other: Side, allow: Sequence[str], paired: bool) -> list[Mismatch]:
    """What differs and was let pass.

    Raises:
        InputError: with the first of what differs and was not.
    """
    found = apart(candidate, other)
    passed = {*allow, *(() if paired else (REFERENCE, SAMPLES))}
    stops = [a for a in found if a.what not in passed or a.what not in OVERRIDES]
    if not stops:
        return found
    shared = {*candidate.study.sample_ids} & {*other.study.sample_ids}
    again = unscored_said(candidate, other) and "predict the images that gave no cell again, or "
    unpaired = "" if shared else ", or give --unpaired, which is weaker"
    more = f" (and {len(stops) - 1} more: {', '.join(a.what for a in stops[1:])})"
    ways = {
        PROTOCOL: "use one protocol for both, or give --allow protocol, which is recorded",
        REFERENCE: f"{again}compare on the same reference{unpaired}",
        SAMPLES: f"judge the same samples, or state [gate] samples_apart{unpaired}",
    }
    raise InputError(
        f"{candidate.name} and {other.name}",
        f"are not comparable: {stops[0].what}: {stops[0].said}" + (more if stops[1:] else ""),
        ways.get(stops[0].what, "compare results that were judged the same way"),
    )


def _after_holm(both: Both) -> list[Change]:
    """The changes asked for; a "worse" that Holm's adjustment removes is marked.

    The family is every required share compared in pairs; other statistics and unpaired shares have
    no p, and their "worse" stands.
    """
    changes = [both.change(row) for row in both.rows]
    tested: Mapping[int, float] = {
        i: p
        for i, row in enumerate(both.rows)
        if not row.optional and (p := both.p_worse(row)) is not None
    }
    worse = [i for i in tested if _is_worse(changes[i], both.rows[i])]
    if not worse:
        return changes
    rejected = dict(zip(tested, holm(list(tested.values()), ALPHA), strict=True))
    for i in worse:
        if not rejected[i]:
            changes[i] = replace(changes[i], change=changes[i].change.with_flags(BY_CHANCE))
    return changes


def _no_chance(changes: Sequence[Change]) -> list[Change]:
    """The same, marked where so many looked at together would show such a change by chance.

    Holm over all of them, for either direction at 2.5 %: "measurably lower" is then heard of two
    equal models in no more than 2.5 % (§12).
    """
    p = {i: c.p for i, c in enumerate(changes) if c.p is not None}
    if not any(change.direction for change in changes):
        return list(changes)
    shown = {i for i, told in zip(p, holm(list(p.values()), ALPHA), strict=True) if told}
    return [replace(c, by_chance=i not in shown) for i, c in enumerate(changes)]


def _is_worse(change: Change, row: Margin) -> bool:
    return change.change.high is not None and change.change.high < -row.margin


_ORDER = (Status.FAIL, Status.NOT_ESTIMABLE, Status.INCONCLUSIVE, Status.PASS)


def _severity(outcome: Outcome) -> tuple[bool, int, int, float]:
    """Sorting key: what blocks first, causes before effects, the largest loss in margins first.

    A class called wrong is why shares of samples and the accuracy fall with it.
    """
    c = outcome.criterion
    cause = 2 if c.subject == "all" else int(of_change(c.measure) not in CLASS_MEASURES)
    lost = math.inf if outcome.observed is None or not c.min else outcome.observed / abs(c.min)
    return c.optional, _ORDER.index(outcome.status), cause, lost


def _measurement(change: Change) -> Measurement:
    return Measurement(
        measure_of(change.measure, change.against),
        change.subject,
        change.stratum,
        change.statistic,
        change.change,
        change.difference.stored,
        Better.HIGHER,
        _title(change),
    )


def _title(change: Change) -> str:
    """The statistic with both values, for the judge's sentence.

    ``sensitivity 91.3 % → 88.0 %, change``
    """
    written = shown(change)
    return plain(f"{change.title} {written.before} → {written.after}, change")


def _told(outcome: Outcome, change: Change) -> Outcome:
    """The outcome with what a reader of the change must know besides."""
    said, notes = outcome.message.removesuffix("."), list(outcome.notes)
    names = [moved.sample_id for moved in change.moved[:_NAMED]]
    if outcome.status is not Status.PASS and names:
        more = len(change.moved) - len(names)
        said += f"; lost most in {', '.join(names)}" + (f" and {more} more samples" if more else "")
    if change.measurable_loss:
        said += f"; {change.measurable_loss}"
    bounds = bounds_said(change, -(outcome.criterion.min or 0.0))
    if bounds:
        said += f"; {bounds}"
    if outcome.status is Status.PASS and change.detectable is not None:
        loss = plain(size(change, change.detectable))
        notes.append(
            f"{outcome.criterion.subject}: a true loss of {loss} would not have passed "
            "with a chance of 80 %; of a smaller one these data say less."
        )
    return replace(outcome, message=said + ".", notes=tuple(notes))


def _unscored(candidate: Side, baseline: Side) -> tuple[str, ...]:
    """That the candidate's run lost more images than the baseline's: said, not judged."""
    ours, theirs = candidate.unscored, baseline.unscored
    if ours is None or theirs is None or ours[0] <= theirs[0]:
        return ()
    return (
        f"More images could not be scored than of the baseline: {ours[0]} of {ours[1]}, against "
        f"{theirs[0]} of {theirs[1]}. What they show is in no figure of the candidate.",
    )


def _notes(paired: bool, judged_before: int | None) -> tuple[str, ...]:
    notes = []
    if not paired:
        notes.append(
            "The two models were compared unpaired, each by its own interval: that is weaker than "
            "sample by sample, for what both find hard does not cancel."
        )
    if judged_before is not None:
        times = judged_before + 1
        often = "once" if times == 1 else f"{times} times"
        said = f"This reference set has been judged {often}, as far as recorded."
        if times > REUSED:
            said += " It is reused: models that pass may be fitted to it; collect a new one."
        notes.append(said)
    return tuple(notes)
