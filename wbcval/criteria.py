"""The judge: one number against one bound, and the verdict on all of them.

STATISTICS.md §3 (decision rules); DESIGN.md (the verdict). Nothing else in the package decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wbcval.estimate import Estimate
from wbcval.protocol import Criterion
from wbcval.results import Measurement, Results, finite
from wbcval.sentences import Undecided, message, notes, percent, subject
from wbcval.stats._acceptance import MIN_SAMPLES, chance_to_pass, exact


class Status(StrEnum):
    """What became of one criterion."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_ESTIMABLE = "not_estimable"


class Decision(StrEnum):
    """What became of all of them; the exit code follows."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One criterion, judged.

    Attributes:
        observed: the value; ``low``, ``high``: the bounds that decided, or beside which the
            observed value stands, at ``level``.
        hits: k and n of a share of samples, else ``None``.
        attainable: ``yes``, ``marginal``, ``no``, or ``None`` where it cannot be said.
        attainable_note: why, and what to ask instead, in words.
        message: the outcome in one sentence.
        both_rules: status under ``observed`` and under ``demonstrated``, whichever decides.
        notes: further sentences (chance to pass, n needed).
    """

    criterion: Criterion
    status: Status
    observed: float | None
    low: float | None
    high: float | None
    level: float | None
    n: int
    unit: str
    message: str
    hits: tuple[int, int] | None = None
    attainable: str | None = None
    attainable_note: str = ""
    both_rules: Mapping[str, Status] | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row of ``results.json``."""
        c = self.criterion
        return {
            "criterion": c.id,
            "measure": c.measure,
            "subject": c.subject,
            "stratum": c.stratum,
            "statistic": c.measured_as,
            "status": str(self.status),
            "observed": finite(self.observed),
            "low": finite(self.low),
            "high": finite(self.high),
            "level": self.level,
            "bound": {"min": c.min, "max": c.max},
            "rule": c.rule,
            "optional": c.optional,
            "n": self.n,
            "unit": self.unit,
            "attainable": self.attainable,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted, rejected or inconclusive, with the reason in one sentence."""

    decision: Decision
    reason: str
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Of the command line (DESIGN.md, exit codes)."""
        return {Decision.ACCEPTED: 0, Decision.REJECTED: 1, Decision.INCONCLUSIVE: 3}[self.decision]


def judge(criteria: Sequence[Criterion], results: Results) -> Verdict:
    """Judge every criterion and all of them together.

    Args:
        criteria: of the protocol, or the default ones.
        results: of ``evaluate``, with the bounds that ``demonstrated`` criteria ask for.
    """
    outcomes = tuple(_outcome(criterion, results) for criterion in criteria)
    required = [o for o in outcomes if not o.criterion.optional]
    return Verdict(_decide(required), _reason(required), outcomes, _together(required))


def _decide(required: Sequence[Outcome]) -> Decision:
    statuses = {o.status for o in required}
    if Status.FAIL in statuses:
        return Decision.REJECTED
    if not statuses or statuses != {Status.PASS}:
        return Decision.INCONCLUSIVE
    return Decision.ACCEPTED


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
    chance, counted, seen = 1.0, 0, set()
    for o in required:
        c = o.criterion
        if not o.hits or c.min is None or o.observed is None:
            continue
        same = c.subject.rstrip("#%"), c.stratum, c.statistic, o.hits
        if same in seen:  # X# from the reference's WBC is X% again: one criterion, not two
            continue
        seen.add(same)
        counted += 1
        chance *= chance_to_pass(o.n, c.min, o.observed)
    if counted < 2:
        return ()
    return (
        f"If every true share were as observed, all {counted} share criteria would pass together "
        f"in {percent(chance)} of such studies, were they independent (classes of one sample are "
        "not).",
    )


def _outcome(criterion: Criterion, results: Results) -> Outcome:
    found = results.get(
        criterion.measure, criterion.subject, criterion.measured_as, criterion.stratum
    )
    attainable = results.attainability.get(criterion.id)
    ease = attainable.status if attainable else None
    note = attainable.reason if attainable else ""
    if found is None or found.estimate.value is None:
        why = found.estimate.reason if found else _absent(criterion, results)
        said = f"{subject(criterion)}: {criterion.statistic} is not estimable ({why})."
        return Outcome(
            criterion, Status.NOT_ESTIMABLE, None, None, None, None,
            found.n if found else 0, found.unit if found else "", said,
            attainable=ease, attainable_note=note,
        )  # fmt: skip
    level = 2 * criterion.confidence - 1
    bounds = results.bounds.get((found.key, level), found.estimate)
    both = {
        "observed": _observed(criterion, found),
        "demonstrated": _demonstrated(criterion, found, bounds),
    }
    status = both[criterion.rule]
    decided = bounds if criterion.rule == "demonstrated" else found.estimate
    hits = _hits(criterion, found)
    undecided = None
    if status is Status.INCONCLUSIVE:
        undecided = Undecided(decided, _min_n(criterion, criterion.rule))
    return Outcome(
        criterion,
        status,
        found.estimate.value,
        decided.low,
        decided.high,
        decided.level,
        found.n,
        found.unit,
        message(criterion, found, hits, undecided),
        hits,
        ease,
        note,
        both,
        notes(criterion, hits),
    )


def _absent(criterion: Criterion, results: Results) -> str:
    if criterion.stratum not in results.strata:
        return f"no sample in stratum {criterion.stratum}"
    names = {m.statistic for m in results.of(criterion.measure, criterion.stratum)
             if m.subject == criterion.subject}  # fmt: skip
    if names:
        return (
            f"{criterion.measure} has no {criterion.measured_as}, only {', '.join(sorted(names))}"
        )
    return f"{criterion.subject} was not compared"


def _is_share(criterion: Criterion) -> bool:
    return criterion.measure == "error" and criterion.statistic.startswith("share_within:")


def _min_n(criterion: Criterion, rule: str) -> int:
    if rule == "demonstrated":
        return criterion.min_n or 1
    # the industry rule needs 20 samples; a protocol may ask for more, never for fewer
    return max(criterion.min_n or 0, MIN_SAMPLES)


def _hits(criterion: Criterion, found: Measurement) -> tuple[int, int] | None:
    if not _is_share(criterion) or found.estimate.value is None:
        return None
    return round(found.estimate.value * found.n), found.n


def _observed(criterion: Criterion, found: Measurement) -> Status:
    value = found.estimate.value
    if found.n < _min_n(criterion, "observed") or value is None:
        return Status.INCONCLUSIVE
    hits = _hits(criterion, found)
    if hits is not None:  # k/n against a decimal: exactly
        share = exact(hits[0]) / hits[1]
        good = (criterion.min is None or share >= exact(criterion.min)) and (
            criterion.max is None or share <= exact(criterion.max)
        )
        return Status.PASS if good else Status.FAIL
    good = _at_least(value, criterion.min) and _at_most(value, criterion.max)
    return Status.PASS if good else Status.FAIL


_EDGE = 1e-9  # the criterion's edge, as for the errors themselves (§2)


def _at_least(value: float, bound: float | None) -> bool:
    return bound is None or value >= bound - _EDGE * abs(bound)


def _at_most(value: float, bound: float | None) -> bool:
    return bound is None or value <= bound + _EDGE * abs(bound)


def _demonstrated(criterion: Criterion, found: Measurement, bounds: Estimate) -> Status:
    low, high = bounds.low, bounds.high
    if found.n < _min_n(criterion, "demonstrated"):
        return Status.INCONCLUSIVE
    if low is not None and low == high:
        return Status.INCONCLUSIVE  # an interval of no width shows nothing
    if low is not None and criterion.max is not None and low > criterion.max:
        return Status.FAIL
    if high is not None and criterion.min is not None and high < criterion.min:
        return Status.FAIL
    lower_ok = criterion.min is None or (low is not None and low >= criterion.min)
    upper_ok = criterion.max is None or (high is not None and high <= criterion.max)
    return Status.PASS if lower_ok and upper_ok else Status.INCONCLUSIVE
