"""Method-comparison regression: the lines of model on reference, drawn and in a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from wbcval.measure.results import Measurement
from wbcval.plots import regression, residuals
from wbcval.plots.pictures.regression import Fitted, fitted
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.stats import PassingBablok
from wbcval.values.flags import FLAGS, Consequence
from wbcval.values.measurands import Measurand
from wbcval.values.wording import difference_unit, unit_text

DEMING, RANKS = "deming", "passing_bablok"
_TABLE = "table-regression"
_MOST_RESIDUALS = 500  # points; the page stays within two megabytes
METHODS = {DEMING: "Deming", RANKS: "Passing–Bablok"}
_LEAD = (
    "Lines of the model's values on the reference's: a slope of 1 and an intercept of 0 are "
    "agreement. Whether a slope is a proportional bias, or counting noise alone, is judged under "
    "Agreement."
)


@dataclass(frozen=True, slots=True)
class Regression:
    """One line of one measurand."""

    subject: Measurand
    measure: str
    slope: Measurement
    cusum: float | None

    @property
    def name(self) -> str:
        """The method."""
        return METHODS[self.measure]

    @property
    def how(self) -> str:
        """The method, and what stands against the line."""
        estimate = self.slope.estimate
        doubts = [FLAGS[name] for name in estimate.flags]
        against = [f.words for f in doubts if f.consequence is not Consequence.INFORMATIVE]
        return "; but ".join([estimate.method, *against]) if estimate.method else ""


class Regressions(Selections):
    """Selections on the fitted lines."""

    lead = _LEAD

    @cached_property
    def rows(self) -> list[Regression]:
        """The lines of each measurand, one under the other."""
        return [
            Regression(subject, measure, slope, self._cusum(measure, subject))
            for subject in self.basis.study.measurands
            for measure in METHODS
            if (slope := self.basis.get(measure, subject, "slope")) is not None
        ]

    def _cusum(self, measure: str, subject: Measurand) -> float | None:
        """The test of linearity, of the one that has it."""
        found = self.basis.results.detail(measure, subject)
        return found.linearity.h if isinstance(found, PassingBablok) else None

    @property
    def drawn(self) -> list[Measurand]:
        """Those under a criterion that have a line."""
        return [m for m in self.basis.judged if self._lines(m)]

    def _lines(self, subject: Measurand) -> list[Fitted]:
        found = (self.basis.results.detail(measure, subject) for measure in METHODS)
        return [*fitted(*found).values()]

    def figures(self, subject: Measurand) -> Markup:
        """The pairs of one measurand with their lines, and what is left beside the first."""
        pairs = self.basis.results.detail("error", subject).pairs
        unit, lines = unit_text(subject.unit), self._lines(subject)
        x_title = f"Reference, {subject}, {unit}"
        drawn = regression(
            pairs.reference, pairs.model, lines, title=f"Model on reference, {subject}",
            x_title=x_title, y_title=f"Model, {subject}, {unit}",
        )  # fmt: skip
        first, figures = lines[0], self.basis.of(Figures)
        band = " Band: its two-sided 95 % interval." if first.band is not None else ""
        names = " Dashed red: ".join(f"{line.label}." for line in lines)
        caption = f"{subject}, n = {len(pairs)}. Blue: {names}{band} Dotted: identity."
        shown = figures.samples(drawn, subject, pairs.sample_ids, caption, _TABLE, "half")
        if len(pairs) > _MOST_RESIDUALS:
            return shown
        left = residuals(
            pairs.reference, pairs.model, first, title=f"Residuals, {subject}",
            x_title=x_title, y_title=f"Model − line, {unit_text(difference_unit(subject.unit))}",
        )  # fmt: skip
        beside = f"{subject}, n = {len(pairs)}: what is left beside the {first.label} line."
        return shown + figures.picture(left, beside, _TABLE, "half")


SECTION = Section(context={"regressions": Regressions}, measures=(DEMING, RANKS))
