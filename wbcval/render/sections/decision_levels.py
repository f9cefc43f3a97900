"""Bias at decision levels: by the fitted lines, against what criteria allow there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup, escape

from wbcval.judge.outcomes import Outcome, Status
from wbcval.measure.results import Measurement
from wbcval.plots import forest
from wbcval.plots.pictures.forest import ForestRow
from wbcval.protocol.types import bound_level
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._numbers import Footnotes, cell, written
from wbcval.render._section import Section
from wbcval.render._words import badge, listing
from wbcval.render.sections.regression import METHODS
from wbcval.stats.statistic_name import BIAS_AT
from wbcval.values.estimate import Estimate
from wbcval.values.flags import FLAGS, Consequence
from wbcval.values.measurands import Measurand
from wbcval.values.wording import DASH, FAILED, OPEN, PASSED, numerals

_BIAS, _TABLE = BIAS_AT, "table-decision-levels"
_BEYOND = "extrapolated"
_SHOWN = {
    Status.PASS: ("pass", PASSED, "within"),
    Status.FAIL: ("fail", FAILED, "outside"),
    Status.INCONCLUSIVE: ("inconclusive", OPEN, "not shown"),
}


def shown(status: Status) -> Markup:
    """What one-sided bounds show of a number and what is allowed of it."""
    return badge(*_SHOWN[status])


def shown_words(found: Iterable[tuple[str, Status | None]]) -> str:
    """What is shown of which, to follow "is"; "" where nothing is estimable."""
    named: dict[Status | None, list[str]] = {}
    for name, status in found:
        named.setdefault(status, []).append(name)
    words = {
        Status.PASS: "shown to be within what is allowed for",
        Status.FAIL: "shown to be outside for",
        Status.INCONCLUSIVE: "not shown to be either for",
    }
    return "; ".join(f"{said} {listing(named[s])}" for s, said in words.items() if s in named)


@dataclass(frozen=True, slots=True)
class AtLevel:
    """The bias of one measurand at one level.

    Attributes:
        found: in the measurand's unit.
        outcome: of the criterion that says what is allowed; ``None`` where none does.
        bounds: its one-sided bounds, which decide whether the bias is shown to be allowed.
    """

    found: Measurement
    outcome: Outcome | None = None
    bounds: Estimate | None = None

    @property
    def level(self) -> float:
        """In the measurand's unit."""
        return self.found.statistic.number or 0.0

    @property
    def where(self) -> str:
        """Measurand, and stratum where it is of one."""
        of = "" if self.found.stratum == "all" else f" in {self.found.stratum}"
        return f"{self.found.subject}{of}"

    @property
    def method(self) -> str:
        """Whose line it is."""
        return METHODS[self.found.measure]

    @property
    def allowed(self) -> tuple[float, float] | None:
        """From and to, in the measurand's unit."""
        c = None if self.outcome is None else self.outcome.criterion
        return None if c is None or c.min is None or c.max is None else (c.min, c.max)

    @property
    def allowed_text(self) -> str:
        """The same in words."""
        if self.allowed is None:
            return DASH
        low, high = (f"{end:.6g}".replace("-", "\N{MINUS SIGN}") for end in self.allowed)
        return f"{low} to {high}"

    @property
    def bounds_text(self) -> str:
        """The one-sided bounds, each on its side of what is allowed."""
        if self.bounds is None or not self.bounds.has_interval:
            return DASH
        _, low, high = numerals(self.bounds, False, *(self.allowed or ()))
        return f"{low} to {high}"

    @property
    def status(self) -> Status | None:
        """What its one-sided bounds show, whichever rule the criterion asks for."""
        both = None if self.outcome is None else self.outcome.both_rules
        return both["demonstrated"] if both else None

    @property
    def shown(self) -> Markup:
        """Within, outside or not shown; a dash where nothing is allowed or estimable."""
        return escape(DASH) if self.status is None else shown(self.status)

    @property
    def against(self) -> str:
        """What stands against the number, and is not accepted by the protocol."""
        accepted = {a.flag for a in self.outcome.accepted} if self.outcome else set()
        doubts = [FLAGS[name] for name in self.found.estimate.flags if name not in accepted]
        return "; ".join(f.words for f in doubts if f.consequence is not Consequence.INFORMATIVE)

    @property
    def drawable(self) -> bool:
        """Whether it has a place on an axis of percent of the level, and was not extrapolated."""
        e = self.found.estimate
        return self.level > 0 and e.value is not None and _BEYOND not in e.flags

    def percent(self, number: float | None) -> float | None:
        """A number in percent of the level."""
        return None if number is None else 100 * number / self.level

    @property
    def relative(self) -> Estimate | None:
        """The bias in percent of the level."""
        if self.level <= 0:
            return None
        e = self.found.estimate
        value, low, high = (self.percent(number) for number in (e.value, e.low, e.high))
        return replace(e, value=value, low=low, high=high)


class DecisionLevels(Selections):
    """Selections and sentences on the biases at levels."""

    @cached_property
    def rows(self) -> list[AtLevel]:
        """Those that criteria name, and the levels that none does; by measurand and level."""
        judged = list(self._judged())
        taken = {row.found.key for row in judged}
        found = self.basis.results.measurements
        others = [
            AtLevel(m)
            for m in found
            if m.statistic.base == _BIAS and m.stratum == "all" and m.key not in taken
        ]
        places = {m: i for i, m in enumerate(self.basis.study.measurands)}
        return sorted(
            (*judged, *others),
            key=lambda row: (places[Measurand(row.found.subject)], row.found.stratum != "all",
                             row.found.stratum, row.level),
        )  # fmt: skip

    def _judged(self) -> Iterator[AtLevel]:
        for o in self.basis.verdict.outcomes:
            c = o.criterion
            found = self.basis.get(c.measure, c.subject, c.measured_as, c.stratum)
            if c.statistic.base == _BIAS and found is not None:
                at = found.key, bound_level(c.confidence)
                yield AtLevel(found, o, self.basis.results.bounds.get(at, found.estimate))

    @property
    def any_allowed(self) -> bool:
        """Whether a criterion says what is allowed anywhere."""
        return any(row.allowed for row in self.rows)

    @property
    def sentence(self) -> str:
        """At which levels the bias is shown to be allowed, and at which not."""
        if not self.rows:
            return (
                "No criterion names a level, and there are default ones of WBC and absolute counts "
                "alone."
            )
        if not self.any_allowed:
            return (
                "No criterion says which bias is allowed at a level, so none is judged; the "
                "levels are defaults, no norms."
            )
        said = shown_words((f"{row.where} at {row.level:g}", row.status) for row in self.rows)
        return f"The bias is {said}." if said else "No bias could be estimated."

    def cells(self, row: AtLevel, notes: Footnotes) -> Markup:
        """Its bias in the unit, and in percent of the level."""
        ends = row.allowed or ()
        relative = row.relative
        if relative is None:
            share = Markup('<td class="num">{}</td>').format(DASH)
        else:
            share = cell(relative, notes, False, *filter(None, map(row.percent, ends)))
        return cell(row.found, notes, False, 0.0, *ends, unit=row.found.scale.unit) + share

    @property
    def figure(self) -> Markup:
        """The biases in percent of their levels, with what is allowed; nothing without any."""
        rows = [row for row in self.rows if row.drawable]
        if not rows:
            return Markup("")
        lines = {row.found.measure for row in rows}
        drawn = []
        for row in rows:
            of = f", {row.method}" if len(lines) > 1 else ""
            low, high = map(row.percent, row.allowed or (None, None))
            assert row.relative is not None  # noqa: S101 (a level above 0)
            ends = [end for end in (0.0, low, high) if end is not None]
            text = written(row.relative, False, *ends, with_interval=True)
            allowed = None if low is None or high is None else (low, high)
            drawn.append(ForestRow(f"{row.where} at {row.level:g}{of}", row.relative, text,
                                   allowed=allowed))  # fmt: skip
        scene = forest(drawn, title="Bias at decision levels",
                       axis="Bias, % of the level", at=0.0)  # fmt: skip
        said = ["Dot and line: the bias and its two-sided 95 % interval."]
        said += ["Red bars: the ends of what is allowed."] if self.any_allowed else []
        if len(rows) < len(self.rows):
            said.append("Levels outside the values measured stand in the table alone.")
        return self.basis.of(Figures).picture(scene, " ".join(said), _TABLE)


SECTION = Section(context={"decision_levels": DecisionLevels})
