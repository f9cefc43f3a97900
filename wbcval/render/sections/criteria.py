"""The criteria: what was asked, what was observed, and whether it could be met at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wbcval.judge.outcomes import Outcome, Status, suspicious_words
from wbcval.protocol.types import Criterion
from wbcval.render._basis import Selections
from wbcval.render._section import Section
from wbcval.render._verifications import Verifications
from wbcval.render._words import listing, plural, statistic
from wbcval.stats.functions.attainability import Attainability
from wbcval.stats.statistic_name import SHARE_WITHIN
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import subject_unit
from wbcval.values.wording import (
    DASH,
    Scale,
    difference_unit,
    fixed,
    numerals,
    places_within,
    with_unit,
)

_OPEN = (Status.INCONCLUSIVE, Status.NOT_ESTIMABLE)
_MOST_STATED = 5  # criteria in full on the first screen


@dataclass(frozen=True, slots=True)
class OutcomeNumbers:
    """Numbers of an outcome as written: none of them stands against the status."""

    observed: str
    interval: str
    level: str


class Criteria(Selections):
    """Selections and sentences on the outcomes."""

    @cached_property
    def required(self) -> list[Outcome]:
        """Outcomes that decide the verdict."""
        return list(self.basis.verdict.required)

    @property
    def sentence(self) -> str:
        """How many criteria passed, and which did not."""
        outcomes = self.basis.verdict.outcomes
        if not outcomes:
            return "The protocol holds no criterion that these data can answer: nothing is decided."
        parts = [f"{len(self._with(Status.PASS))} of {len(self.required)} passed"]
        for status, said in (
            (Status.FAIL, "failed"),
            (Status.INCONCLUSIVE, "inconclusive"),
            (Status.NOT_ESTIMABLE, "not estimable"),
        ):
            if found := self._with(status):
                parts.append(f"{len(found)} {said} ({listing([o.criterion.id for o in found])})")
        optional = len(outcomes) - len(self.required)
        more = f" {plural(optional, 'optional one is', 'optional ones are')} shown, not counted."
        return f"Required criteria: {', '.join(parts)}." + (more if optional else "")

    def _with(self, *statuses: Status) -> list[Outcome]:
        return [o for o in self.required if o.status in statuses]

    @property
    def reason(self) -> str:
        """Why the verdict is as it is: numbers only, where each criterion stands below."""
        verdict = self.basis.verdict
        return verdict.reason if len(self.required) < 2 else verdict.counted

    @cached_property
    def deciding(self) -> list[Outcome]:
        """Required criteria to state in full: those that did not pass, or all where all did."""
        apart = [*self._with(Status.FAIL), *self._with(*_OPEN)]
        return (apart or self.required)[:_MOST_STATED]

    @property
    def others(self) -> list[Outcome]:
        """The other required criteria, to be named only; those that did not pass first."""
        rest = [o for o in self.required if o not in self.deciding]
        return sorted(rest, key=lambda o: o.status is Status.PASS)

    def brief(self, outcome: Outcome) -> str:
        """What was observed, as short as may be: ``96 of 98``, or the value."""
        if outcome.hits:
            return f"{outcome.hits[0]} of {outcome.hits[1]}"
        return self.shown(outcome).observed

    @property
    def decided(self) -> str:
        """How many required criteria these samples decide."""
        count = len(self._with(Status.PASS, Status.FAIL))
        if len(self.required) == 1:
            return "the required criterion is " + ("decided" if count else "not decided")
        of = "all" if count == len(self.required) else f"{count} of the"
        return f"{of} {len(self.required)} required criteria are decided"

    @property
    def enough(self) -> str:
        """Whether the samples decide what was asked."""
        if not self.required:
            return "No required criterion asks anything of them."
        still = listing([o.criterion.id for o in self._with(*_OPEN)])
        more = f"; open: {still}, with the reason below" if self._with(*_OPEN) else ""
        return f"{self.decided[0].upper()}{self.decided[1:]}{more}."

    @property
    def caution(self) -> str:
        """What page one says of criteria that even a perfect classifier would hardly meet."""
        said = []
        for status, what in (
            ("no", "not attainable here: even a perfect classifier would most likely not pass"),
            ("marginal", "hardly attainable here: a perfect classifier may well not pass"),
        ):
            found = [o.criterion for o in self.required if o.attainable == status]
            names = listing([f"{c.subject} ({c.id})" for c in found])
            if len(found) == len(self.required) > 1:
                names = f"All {len(found)} required criteria"
            if found:
                said.append(f"{names}: {what}.")
        if len(self.required) > 1:  # else the reason says it
            said.append(suspicious_words(self.required))
        return " ".join(filter(None, said))

    @cached_property
    def ease(self) -> list[tuple[Outcome, Attainability]]:
        """Attainability of each criterion, where any is not simply "yes"."""
        found, outcomes = self.basis.results.attainability, self.basis.verdict.outcomes
        pairs = [(o, found[o.criterion.id]) for o in outcomes if o.criterion.id in found]
        return pairs if any(a.status != "yes" for _, a in pairs) else []

    @cached_property
    def notes(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is said of each criterion; criteria of which the same is said stand together."""
        said: dict[tuple[str, ...], list[str]] = {}
        for o in self.basis.verdict.outcomes:
            texts = (*((o.message,) if o.status in _OPEN else ()), *o.notes)
            if texts:
                said.setdefault(texts, []).append(o.criterion.id)
        everyone = len(self.basis.verdict.outcomes)
        return [
            ("All" if len(ids) == everyone > 1 else ", ".join(ids), texts)
            for texts, ids in said.items()
        ]

    def shown(self, outcome: Outcome) -> OutcomeNumbers:
        """Observed value, bounds and their level."""
        if outcome.observed is None:
            return OutcomeNumbers(DASH, DASH, "")
        c, scale = outcome.criterion, outcome.scale
        e = Estimate(outcome.observed, outcome.low, outcome.high, outcome.level)
        value, low, high = numerals(e, scale.percent, *(b for b in (c.min, c.max) if b is not None))
        level = "" if e.level is None else f"two-sided {100 * e.level:g} %"
        if c.rule == "demonstrated":
            level = f"one-sided, {100 * c.confidence:g} % each"
        known = e.low is not None or e.high is not None
        return OutcomeNumbers(
            with_unit(value, scale.unit), f"{low} to {high}" if known else DASH, level
        )

    def required_text(self, outcome: Outcome) -> str:
        """The bound of a criterion: ``at least 95 % of samples within 10 %``."""
        c = outcome.criterion
        scale = outcome.scale
        if c.min is not None and c.max is not None and c.min == -c.max:
            most = _amount(c.max, scale)
            if c.allowance:  # it follows from the data, to the last digit
                digits = places_within(abs(outcome.observed or 0.0), c.max, 2)
                most = with_unit(fixed(c.max, digits), scale.unit)
            return f"{statistic(c.statistic, c.measure)} within ±{most}"
        text = " and ".join(
            f"{said} {_amount(bound, scale)}"
            for said, bound in (("at least", c.min), ("at most", c.max))
            if bound is not None
        )
        if c.statistic.base != SHARE_WITHIN:
            return f"{statistic(c.statistic, c.measure)} {text}"
        floor = ""
        if c.measured_as.floor:
            unit = difference_unit(subject_unit(c.subject))
            floor = f" or {_amount(c.measured_as.floor, Scale(unit=unit))}"
        if c.statistic.or_noise:
            floor += " or inside counting noise (99.7\N{NO-BREAK SPACE}% limits)"
        return f"{text} of samples within {c.statistic.parameter}\N{NO-BREAK SPACE}%{floor}"

    def rule_text(self, criterion: Criterion) -> str:
        """The decision rule in words."""
        if criterion.rule == "observed":
            return "by the observed value"
        return f"demonstrated, by its one-sided {100 * criterion.confidence:g} % bound"


def _amount(number: float, scale: Scale) -> str:
    text = f"{scale.factor * number:.6g}".replace("-", "\N{MINUS SIGN}")
    return with_unit(text, scale.unit)


SECTION = Section(context={"criteria": Criteria, "limits": Verifications})
