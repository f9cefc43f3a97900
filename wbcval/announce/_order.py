"""What every output says alike: each outcome's name, how many of each kind, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wbcval.announce._text import one_line
from wbcval.compare._types import Comparison
from wbcval.outcomes import Decision, Outcome, Status, Verdict

_RANK = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.NOT_ESTIMABLE: 2, Status.PASS: 3}
MAY = {  # the verdict in words
    Decision.ACCEPTED: "may replace",
    Decision.REJECTED: "may not replace",
    Decision.INCONCLUSIVE: "was not shown to be fit to replace",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many outcomes of each kind; optional ones decide nothing and stand apart."""

    failed: int
    undecided: int
    passed: int
    optional: int

    def __str__(self) -> str:
        said = f"{self.failed} failed, {self.undecided} undecided, {self.passed} passed"
        return said + (f", {self.optional} optional (not counted)" if self.optional else "")


def tally(verdict: Verdict) -> Tally:
    """Count the outcomes."""
    required = [o.status for o in verdict.required]
    failed, passed = required.count(Status.FAIL), required.count(Status.PASS)
    undecided = len(required) - failed - passed
    return Tally(failed, undecided, passed, len(verdict.outcomes) - len(required))


def named(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """A name of one line for each outcome, no two alike: its id, and what the id leaves out."""
    names: list[str] = []
    for outcome in outcomes:
        c = outcome.criterion
        about = (c.subject, c.measured_as, c.stratum)
        left_out = [one_line(part) for part in about if part != "all" and part not in c.id]
        name = one_line(c.id) + (f" ({', '.join(left_out)})" if left_out else "")
        name = " ".join(name.split())  # readers of XML and of Markdown fold spaces
        number, base = 1, name
        while name in names:
            number += 1
            name = f"{base} #{number}"
        names.append(name)
    return tuple(names)


def worst_first(comparison: Comparison) -> tuple[tuple[str, Outcome], ...]:
    """Outcomes with their names: failed, undecided, passed; among changes the greatest loss first.

    A loss counts in margins, so that losses of different statistics stand beside each other.
    """
    outcomes = comparison.verdict.outcomes

    def place(pair: tuple[str, Outcome]) -> tuple[bool, int, bool, float]:
        outcome = pair[1]
        c, change = outcome.criterion, comparison.change_of.get(outcome.criterion.id)
        loss = 0.0
        if change is not None and outcome.observed is not None and c.min:
            loss = outcome.observed / abs(c.min)
        return c.optional, _RANK[outcome.status], change is None, loss

    return tuple(sorted(zip(named(outcomes), outcomes, strict=True), key=place))


def headline(comparison: Comparison) -> str:
    """The verdict in words, on both models by name, and what it does not show."""
    candidate, baseline = (one_line(s.name) for s in (comparison.candidate, comparison.baseline))
    verdict = comparison.verdict
    said = f"{candidate} {MAY[verdict.decision]} {baseline}"
    missing = verdict.scope.unshown if verdict.decision is Decision.ACCEPTED else ""
    return f"{said}; {missing}" if missing else said
