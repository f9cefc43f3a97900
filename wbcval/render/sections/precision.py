"""Precision: how the model's repeated results scatter, and Westgard's total error and sigma."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from wbcval.measure.results import Measurement
from wbcval.plots import repeats
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render._words import plural
from wbcval.values.measurands import Measurand
from wbcval.values.wording import DASH, unit_text

_MEASURE, _TABLE = "precision", "table-precision"
_SIGMA = "sigma"
_COLUMNS = (
    "repeatability_sd",
    "repeatability_cv",
    "within_laboratory_sd",
    "within_laboratory_cv",
    "total_error",
)


@dataclass(frozen=True, slots=True)
class RepeatedAt:
    """What was measured of one measurand at one level.

    Attributes:
        level: as written; a dash where none was named.
        found: base name of the statistic → measurement.
    """

    subject: Measurand
    level: str
    found: Mapping[str, Measurement]

    @property
    def n(self) -> int:
        """Results at the level."""
        return max(m.n for m in self.found.values())

    @property
    def order(self) -> float:
        """The level as a number; a word stands first."""
        try:
            return float(self.level)
        except ValueError:
            return 0.0

    @property
    def names(self) -> list[str]:
        """The statistic of each column, by its full name."""
        at = f":{self.level}" if self.level != DASH else ""
        return [str(self.found[c].statistic) if c in self.found else c + at for c in _COLUMNS]


class Precisions(Selections):
    """Selections and sentences on repeated results."""

    @cached_property
    def _all(self) -> list[Measurement]:
        found = self.basis.results.of(_MEASURE)
        return [m for m in found if m.stratum == "all"]

    @cached_property
    def rows(self) -> list[RepeatedAt]:
        """One for each measurand and level."""
        places = {m: i for i, m in enumerate(self.basis.study.measurands)}
        by: dict[tuple[str, str], dict[str, Measurement]] = {}
        for m in self._all:
            if m.statistic.base != _SIGMA:
                at = (m.subject, m.statistic.parameter or DASH)
                by.setdefault(at, {})[m.statistic.base] = m
        rows = [RepeatedAt(Measurand(subject), level, of) for (subject, level), of in by.items()]
        return sorted(rows, key=lambda row: (places[row.subject], row.order))

    @property
    def sigmas(self) -> list[Measurement]:
        """Those that criteria ask for."""
        return [m for m in self._all if m.statistic.base == _SIGMA]

    @property
    def any(self) -> bool:
        """Whether anything was repeated, or asked for."""
        return bool(self._all)

    @property
    def sentence(self) -> str:
        """Of what, and how many results."""
        details = {m: self.basis.results.detail(_MEASURE, m) for m in self.basis.study.measurands}
        known = [f"{m} ({plural(len(d.means), 'sample')}, {plural(len(d.values), 'result')})"
                 for m, d in details.items() if d is not None]  # fmt: skip
        if not known:
            return "A criterion asks for the model’s imprecision, and nothing tells of it."
        return f"The model’s repeated results of {', '.join(known)}."

    @property
    def drawn(self) -> list[Measurand]:
        """Those under a criterion that were repeated, at means above 0."""
        details = ((m, self.basis.results.detail(_MEASURE, m)) for m in self.basis.judged)
        return [m for m, d in details if d is not None and (d.means > 0).any()]

    def figure(self, subject: Measurand) -> Markup:
        """The results of one measurand beside the means of their samples."""
        found = self.basis.results.detail(_MEASURE, subject)
        means = found.means[found.codes]
        some = means > 0
        unit = unit_text(subject.unit)
        scene = repeats(
            means[some], 100 * (found.values[some] / means[some] - 1),
            title=f"Repeated results, {subject}", x_title=f"Mean of the sample, {subject}, {unit}",
            y_title="Result − mean, % of the mean",
        )  # fmt: skip
        of = plural(int((found.means > 0).sum()), "sample")
        said = f"{subject}, n = {int(some.sum())} results of {of}."
        return self.basis.of(Figures).picture(scene, said, _TABLE, "half")


SECTION = Section(context={"precisions": Precisions}, measures=(_MEASURE,))
