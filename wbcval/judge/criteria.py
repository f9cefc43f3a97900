"""The judge: one number against one bound, and the verdict on all of them.

STATISTICS.md §3 (decision rules); DESIGN.md (the verdict). Nothing else in the package decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from wbcval.judge.outcomes import (
    NOTHING_MOVED,
    NOTHING_SHOWN,
    Decision,
    Outcome,
    Status,
    Verdict,
    suspicious_words,
)
from wbcval.judge.scope import NotShown, Scope, subject_of
from wbcval.judge.sentences import Undecided, message, notes, subject
from wbcval.measure import rules
from wbcval.measure.results import Measurement, Results
from wbcval.protocol.types import CLASS_MEASURES, NON_INFERIOR, AcceptedFlag, Criterion, bound_level
from wbcval.stats.acceptance import chance_to_pass, k_min
from wbcval.stats.percent_noise import EXPECTED, NOISE_BIAS, NOISY
from wbcval.values.dummies import Dummy
from wbcval.values.estimate import Estimate
from wbcval.values.flags import FLAGS, Flag
from wbcval.values.measurands import WBC, class_of
from wbcval.values.wording import in_percent

_STATUS = {True: Status.PASS, False: Status.FAIL, None: Status.INCONCLUSIVE}


def judge(
    criteria: Sequence[Criterion], results: Results, accepted: Sequence[AcceptedFlag] = ()
) -> Verdict:
    """Judge every criterion and all of them together.

    Args:
        criteria: of the protocol, or the default ones.
        results: of ``evaluate``, with the bounds that ``demonstrated`` criteria ask for.
        accepted: doubts that the protocol accepts by name.
    """
    return verdict_on([_outcome(criterion, results, accepted) for criterion in criteria], accepted)


def verdict_on(outcomes: Sequence[Outcome], accepted: Sequence[AcceptedFlag] = ()) -> Verdict:
    """What follows from outcomes: any fail rejects, else all must pass (DESIGN.md).

    And show something: of criteria that are passed by what must fail nothing follows (§18).

    Args:
        outcomes: of all criteria.
        accepted: what the protocol accepts; where no number that was judged needed it, this is
            said.
    """
    outcomes = tuple(outcomes)
    required = [o for o in outcomes if not o.criterion.optional]
    taken = {a for o in outcomes for a in o.accepted}
    idle = tuple(
        f"[[accept]] {a.flag} of {a.subject} changed nothing: no judged number rests on it."
        for a in accepted
        if a not in taken
    )
    decision, (not_shown, nothing) = _decide(required), _unshown(required)
    nothing = nothing and decision is Decision.ACCEPTED
    said = (
        _reason(required),
        NOTHING_SHOWN if nothing else "",
        suspicious_words(required),
    )
    return Verdict(
        Decision.INCONCLUSIVE if nothing else decision,
        " ".join(filter(None, said)),
        outcomes,
        (*_together(required), *idle),
        Scope(not_shown=not_shown),
    )


def _decide(required: Sequence[Outcome]) -> Decision:
    statuses = {o.status for o in required}
    if Status.FAIL in statuses:
        return Decision.REJECTED
    if not statuses or statuses != {Status.PASS}:
        return Decision.INCONCLUSIVE
    return Decision.ACCEPTED


def _unshown(outcomes: Sequence[Outcome]) -> tuple[tuple[NotShown, ...], bool]:
    """What passed and yet is not shown, and whether that is all there is (STATISTICS.md §18).

    Criteria on one class belong together, whether on its percentage, its count or its cells: not
    shown is a class that one dummy takes whole. Who calls every cell neutrophil finds all of
    these, and is seen by the other classes: *commonest* must take all classes. Who counts the WBC
    names no cell: where classes are judged, one of them must be shown. A change against another
    model is no dummy's.

    Args:
        outcomes: required ones.
    """
    by: dict[str, list[Outcome]] = {}
    for o in outcomes:
        if o.criterion.rule != NON_INFERIOR:
            by.setdefault(class_of(o.criterion.subject), []).append(o)
    taken = {
        about: set.intersection(*({*o.dummies} for o in group))
        if all(o.status is Status.PASS for o in group)
        else set()
        for about, group in by.items()
    }
    deciding = [taken[about] for about in by if about != WBC] or [*taken.values()]
    if not all(Dummy.COMMONEST in dummies for dummies in deciding):
        for dummies in taken.values():
            dummies.discard(Dummy.COMMONEST)
    found: list[NotShown] = []
    for about, dummies in taken.items():
        first = next((dummy for dummy in Dummy if dummy in dummies), None)
        names = {subject_of(o.criterion): o.criterion.subject for o in by[about]}
        found += [NotShown(*each, first) for each in names.items() if first is not None]
    return tuple(found), bool(deciding) and all(deciding)


def _reason(required: Sequence[Outcome]) -> str:
    if not required:
        return "No required criterion applies to these data, so nothing was decided."
    failed = [o for o in required if o.status is Status.FAIL]
    open_ = [o for o in required if o.status in (Status.INCONCLUSIVE, Status.NOT_ESTIMABLE)]
    for group, said in ((failed, "failed"), (open_, "could not be decided")):
        if group:
            many = f"{len(group)} of {len(required)} required criteria {said}: "
            return (many if len(required) > 1 else "") + group[0].message + _more(group)
    if len(required) == 1:
        return required[0].message
    return f"All {len(required)} required criteria passed. " + required[0].message


def _more(group: Sequence[Outcome]) -> str:
    others = [f"{o.criterion.subject} ({o.criterion.id})" for o in group[1:]]
    return f" Likewise: {', '.join(others)}." if others else ""


def _together(required: Sequence[Outcome]) -> tuple[str, ...]:
    """The chance that all pass if each true value is as observed (§3), for shares of samples."""
    chances: dict[tuple[str, str], float] = {}
    for o in required:
        c = o.criterion
        if not o.hits or c.min is None or o.observed is None:
            continue
        least = k_min(o.n, c.min, c.rule, c.confidence) if o.n >= c.needed else None
        # criteria on one class are no two chances: X# on the reference's WBC is X% again, and a
        # share with a floor holds whenever the one without does
        about = class_of(c.subject), c.stratum
        chances[about] = min(chances.get(about, 1.0), chance_to_pass(o.n, least, o.observed))
    if len(chances) < 2:
        return ()
    chance = math.prod(chances.values())
    return (
        f"If every true share were as observed, the share criteria on all {len(chances)} subjects "
        f"would pass together in {in_percent(chance)} of such studies, were they independent "
        "(classes of one sample are not).",
    )


def _outcome(criterion: Criterion, results: Results, accepted: Sequence[AcceptedFlag]) -> Outcome:
    criterion = rules.bounded(criterion, results)
    found = results.get(
        criterion.measure, criterion.subject, criterion.measured_as, criterion.stratum
    )
    attainable = results.attainability.get(criterion.id)
    ease = attainable.status if attainable else None
    note = attainable.reason if attainable else ""
    dummies = results.dummies.get(criterion.id, ())
    if found is None or found.estimate.value is None:
        why = found.estimate.reason if found else _absent(criterion, results)
        said = f"{subject(criterion)}: {criterion.statistic} is not estimable ({why})."
        return Outcome(
            criterion, Status.NOT_ESTIMABLE, None, None, None, None,
            found.n if found else 0, found.unit if found else "", said,
            attainable=ease, attainable_note=note, dummies=dummies,
        )  # fmt: skip
    found = _beside_noise(criterion, found, results)
    level = bound_level(criterion.confidence)
    bounds = results.bounds.get((found.key, level), found.estimate)
    doubts = _doubts(found, bounds)
    mine = {a.flag: a for a in accepted if a.subject == criterion.subject}
    standing = [flag for flag in doubts if not (flag.acceptable and flag.name in mine)]
    both = None
    if criterion.rule == NON_INFERIOR:
        raw = _not_worse(criterion, found.estimate)
    else:
        by_rule = {
            "observed": _STATUS[rules.observed(criterion, found)],
            "demonstrated": _STATUS[rules.demonstrated(criterion, found, bounds)],
        }
        raw = by_rule[criterion.rule]
        both = {
            name: _proven(each, found, [f for f in standing if f.under(name)])[0]
            for name, each in by_rule.items()
        }
    standing = [flag for flag in standing if flag.under(criterion.rule)]
    status, unproven = _proven(raw, found, standing)
    decided = bounds if criterion.rule == "demonstrated" else found.estimate
    hits = rules.hits(criterion, found)
    allowed = rules.allowance(criterion, results)
    undecided = None
    if status is Status.INCONCLUSIVE:
        undecided = Undecided(decided, criterion.needed, unproven)
    return Outcome(
        criterion,
        status,
        found.estimate.value,
        decided.low,
        decided.high,
        decided.level,
        found.n,
        found.unit,
        message(criterion, found, hits, undecided, allowed.method if allowed else ""),
        hits,
        ease,
        note,
        both,
        notes(criterion, found, hits),
        tuple(
            mine[f.name]
            for f in doubts
            if f.name in mine and f.acceptable and _takes(f, raw) and f.under(criterion.rule)
        ),
        dummies,
        suspicious=status is Status.PASS
        and criterion.subject != WBC  # a total need not come from n_cells, those of the shares
        and attainable is not None
        and (ease == "no" or attainable.refuted),
    )


def _beside_noise(criterion: Criterion, found: Measurement, results: Results) -> Measurement:
    """Flagged where noise alone gives percent differences a bias that is not small (§5)."""
    noise = results.get(found.measure, found.subject, EXPECTED, found.stratum)
    if noise is None or noise.estimate.value is None or found.statistic not in NOISY:
        return found
    bounds = [abs(bound) for bound in (criterion.min, criterion.max) if bound is not None]
    if abs(noise.estimate.value) <= min(bounds) / 10:
        return found
    return replace(found, estimate=found.estimate.with_flags(NOISE_BIAS))


def _absent(criterion: Criterion, results: Results) -> str:
    if criterion.stratum not in results.strata:
        return f"no sample in stratum {criterion.stratum}; there are {', '.join(results.strata)}"
    names = {m.statistic for m in results.of(criterion.measure, criterion.stratum)
             if m.subject == criterion.subject}  # fmt: skip
    if names:
        return (
            f"{criterion.measure} has no {criterion.measured_as}, only {', '.join(sorted(names))}"
        )
    if any(m.subject == criterion.subject for m in results.of("error", criterion.stratum)):
        return f"{criterion.measure} does not apply to these data"
    if criterion.subject == "all":
        return f"nothing was measured for {criterion.measure}"
    lacks = "a side lacks it, and only a protocol can ask for less"
    return f"{criterion.subject} was not compared: {lacks}"


def _not_worse(criterion: Criterion, change: Estimate) -> Status:
    """A change, oriented so that higher is better, against −Δ (§12)."""
    margin = criterion.min or 0.0
    if change.no_width:
        return Status.INCONCLUSIVE  # an interval of no width shows nothing
    if NOTHING_MOVED.intersection(change.flags) or (change.low is not None and change.low > margin):
        return Status.PASS
    worse = change.high is not None and change.high < margin
    return Status.FAIL if worse else Status.INCONCLUSIVE


def _doubts(found: Measurement, bounds: Estimate) -> list[Flag]:
    """What is known beside the number and takes it away, or would unless it is accepted (§15)."""
    names = dict.fromkeys((*found.estimate.flags, *bounds.flags))
    return [flag for name in names if (flag := FLAGS[name]).passes or flag.fails]


def _takes(flag: Flag, status: Status) -> bool:
    return (flag.passes and status is Status.PASS) or (flag.fails and status is Status.FAIL)


def _proven(status: Status, found: Measurement, standing: Sequence[Flag]) -> tuple[Status, str]:
    """The status that is left, and why the value decides nothing whatever it is, or ""."""
    taken = [flag for flag in standing if _takes(flag, status)]
    if taken:
        said = "; ".join(flag.words for flag in taken)
        instead = "; ".join(dict.fromkeys(flag.instead for flag in taken if flag.instead))
        return Status.INCONCLUSIVE, said + (f" ({instead})" if instead else "")
    no_interval = found.measure in CLASS_MEASURES and not found.estimate.has_interval
    if status is Status.PASS and no_interval:  # docs/decisions/0011
        return Status.INCONCLUSIVE, found.estimate.reason or "it has no interval"
    return status, ""
