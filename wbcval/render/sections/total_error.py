"""Total error: the central 95 % of the relative errors, against what criteria allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup, escape

from wbcval.judge.outcomes import Outcome, Status
from wbcval.measure.results import Measurement
from wbcval.plots import forest
from wbcval.plots.pictures.forest import ForestRow
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render.sections.decision_levels import shown, shown_words
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Measurand
from wbcval.values.wording import DASH, numerals

_MEASURE, _TABLE = "total_error", "table-total-error"


@dataclass(frozen=True, slots=True)
class TotalErrorRow:
    """Both ends of one measurand, and the outcomes of the criteria that bound them."""

    subject: Measurand
    lower: Measurement
    upper: Measurement
    median: float | None
    least: Outcome | None
    most: Outcome | None

    @property
    def allowed(self) -> tuple[float, float] | None:
        """From and to, percent; ``None`` where a side is open."""
        if self.least is None or self.most is None:
            return None
        low, high = self.least.criterion.min, self.most.criterion.max
        return None if low is None or high is None else (low, high)

    @property
    def allowed_text(self) -> str:
        """The same in words."""
        ends = (f"{end:.6g}".replace("-", "\N{MINUS SIGN}") for end in self.allowed or ())
        return " to ".join(ends) or DASH

    @property
    def status(self) -> Status | None:
        """What the one-sided bounds of both ends show together."""
        found = [o.both_rules["demonstrated"] for o in (self.least, self.most)
                 if o is not None and o.both_rules]  # fmt: skip
        if self.allowed is None or len(found) < 2:
            return None
        if Status.FAIL in found:
            return Status.FAIL
        return Status.PASS if found == [Status.PASS] * 2 else Status.INCONCLUSIVE

    @property
    def shown(self) -> Markup:
        """Within, outside or not shown; a dash where nothing is allowed or estimable."""
        return escape(DASH) if self.status is None else shown(self.status)

    @property
    def text(self) -> str:
        """Both ends as written."""
        _, low, high = numerals(self.central, False, 0.0, *(self.allowed or ()))
        return f"{low} to {high}"

    @property
    def central(self) -> Estimate:
        """The median, and both ends as if they were its interval: for a picture."""
        return Estimate(self.median, self.lower.estimate.value, self.upper.estimate.value)


class TotalErrors(Selections):
    """Selections and sentences on the total error."""

    @cached_property
    def rows(self) -> list[TotalErrorRow]:
        """One for each measurand."""
        return [row for m in self.basis.study.measurands if (row := self._row(m)) is not None]

    def _row(self, subject: Measurand) -> TotalErrorRow | None:
        ends = [self.basis.get(_MEASURE, subject, name) for name in ("lower", "upper")]
        lower, upper = ends
        if lower is None or upper is None:
            return None
        detail = self.basis.results.detail(_MEASURE, subject)
        middle = None if detail is None else float(np.median(detail.errors))
        of = [o for o in self.basis.verdict.outcomes
              if o.criterion.measure == _MEASURE and o.criterion.subject == subject
              and o.criterion.stratum == "all"]  # fmt: skip
        least = (o for o in of if o.criterion.statistic == "lower" and o.criterion.min is not None)
        most = (o for o in of if o.criterion.statistic == "upper" and o.criterion.max is not None)
        return TotalErrorRow(subject, lower, upper, middle, next(least, None), next(most, None))

    @property
    def sentence(self) -> str:
        """For which measurands the total error is shown to be allowed, and for which not."""
        said = shown_words((row.subject, row.status) for row in self.rows)
        if said:
            return f"The total error is {said}."
        known = [
            f"{row.subject} {row.text} %"
            for row in self.rows
            if row.central.has_interval and row.subject in self.basis.judged
        ]
        if not known:
            return "No criterion bounds the total error, and it is given in the table alone."
        return f"The central 95 % of the errors: {'; '.join(known)}. No criterion bounds them."

    @property
    def figure(self) -> Markup:
        """The central 95 % of what is bounded, else of what is judged; nothing without any."""
        known = [row for row in self.rows if row.central.has_interval]
        rows = [row for row in known if row.allowed] or [
            row for row in known if row.subject in self.basis.judged
        ]
        if not rows:
            return Markup("")
        drawn = [ForestRow(r.subject, r.central, r.text, allowed=r.allowed) for r in rows]
        scene = forest(drawn, title="Total error", axis="Error, % of the reference", at=0.0)
        n = sorted({row.lower.n for row in rows})
        said = f"n = {' to '.join(map(str, dict.fromkeys((n[0], n[-1]))))}. Line: the central 95 % "
        said += "of the errors; dot: their median."
        said += " Red bars: the ends of what is allowed." if rows[0].allowed else ""
        return self.basis.of(Figures).picture(scene, said, _TABLE)


SECTION = Section(context={"total_errors": TotalErrors}, measures=(_MEASURE,))
