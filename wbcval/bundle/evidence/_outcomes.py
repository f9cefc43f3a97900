"""Whether the outcomes of a ``results.json`` are those of its own measurements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wbcval import __version__
from wbcval.bundle.results_file import ResultsFile
from wbcval.judge.criteria import verdict_on
from wbcval.judge.outcomes import Outcome, Status
from wbcval.judge.sentences import message
from wbcval.measure import rules
from wbcval.measure.results import Measurement
from wbcval.protocol.types import NON_INFERIOR, bound_level

_BY_RAW = {Status.PASS: True, Status.FAIL: False}  # what a doubt takes away, it never gives


def contradictions(told: ResultsFile) -> Iterator[str]:
    """Where an outcome states another number than the measurement that it judges (§3).

    A gate's folder holds the changes alone: only outcomes on these are compared, and no sentence,
    for those tell of both models. A report's are compared where this version wrote them.
    """
    measured = {m.key: m for m in told.measurements}
    if len(measured) < len(told.measurements):
        yield "two measurements share one name"
    of_gate, ours = told.comparison is not None, told.provenance["wbcval_version"] == __version__
    for o in told.verdict.outcomes:
        c = o.criterion
        found = measured.get((c.measure, c.subject, c.stratum, c.measured_as))
        if of_gate and (c.rule != NON_INFERIOR or found is None):
            continue
        if found is None or found.estimate.value is None:
            numbers = (o.observed, o.low, o.high, o.level, o.hits)
            if o.status is not Status.NOT_ESTIMABLE or any(n is not None for n in numbers):
                yield f"{c.id} states a number, and no measurement gives it"
            continue
        if what := next(_other(o, found), ""):
            yield f"{c.id} states another {what} than its measurement"
        elif ours and not of_gate and _sentence_differs(o, found):
            yield f"{c.id} says another sentence than its numbers give"
    if ours and not of_gate and verdict_on(told.verdict.outcomes).reason != told.verdict.reason:
        yield "the reason of the verdict is not that of its outcomes"


def _other(o: Outcome, found: Measurement) -> Iterator[str]:
    """What of an outcome is not as its measurement gives it."""
    c, e = o.criterion, found.estimate
    if o.observed != e.value:
        yield "value"
    if o.n != found.n or o.hits != rules.hits(c, found):
        yield "n"
    if o.unit != found.unit:
        yield "unit"
    # a demonstrated rule decides at a level of its own, whose bounds no other row tells
    apart = c.rule == "demonstrated" and o.level == bound_level(c.confidence) != e.level
    if not apart and (o.low, o.high, o.level) != (e.low, e.high, e.level):
        yield "interval"
    if c.rule == NON_INFERIOR or o.both_rules is None:
        return
    raw = {
        "observed": rules.observed(c, found),
        "demonstrated": rules.demonstrated(c, found, replace(e, low=o.low, high=o.high)),
    }
    if o.both_rules[c.rule] is not o.status:
        yield "status"
    if c.rule != "demonstrated":
        del raw["demonstrated"]
    if any(raw[rule] is not _BY_RAW.get(o.both_rules[rule], raw[rule]) for rule in raw):
        yield "status"


def _sentence_differs(o: Outcome, found: Measurement) -> bool:
    """Of what was decided; why something was not, rests on doubts that no row tells whole."""
    decided = o.status in _BY_RAW and not o.criterion.allowance
    return decided and message(o.criterion, found, o.hits, None) != o.message
