"""Outcomes counted and named, as every output does: names of one line, no two alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wbcval.judge.outcomes import Decision, Outcome, Status, Verdict
from wbcval.values.one_line import one_line

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
