"""What every output says alike: each outcome's name, how many of each kind, the worst first."""

from __future__ import annotations

from wbcval.gating.ci_outputs._announced import Announced
from wbcval.judge.outcomes import Decision, Outcome, Status
from wbcval.judge.tally import MAY, named
from wbcval.values.one_line import one_line

_RANK = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.NOT_ESTIMABLE: 2, Status.PASS: 3}


def worst_first(comparison: Announced) -> tuple[tuple[str, Outcome], ...]:
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


def headline(comparison: Announced) -> str:
    """The verdict in words, on both models by name, and what it does not show."""
    candidate, baseline = (one_line(s.name) for s in (comparison.candidate, comparison.baseline))
    verdict = comparison.verdict
    said = f"{candidate} {MAY[verdict.decision]} {baseline}"
    missing = verdict.scope.unshown if verdict.decision is Decision.ACCEPTED else ""
    return f"{said}; {missing}" if missing else said
