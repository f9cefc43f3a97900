"""What every section shares: study, results, verdict, and who stands under a criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from wbcval.judge.outcomes import Verdict
from wbcval.measure.parts import columns
from wbcval.measure.results import Measurement, Results
from wbcval.plots.pictures.cloud import GROUP_COLOURS, MOST_DOTS
from wbcval.render._numbers import Footnotes, cell
from wbcval.render._section import PageBasis
from wbcval.stats.metric import Better, Pairs
from wbcval.study.types import Study
from wbcval.values.measurands import Measurand

if TYPE_CHECKING:
    from wbcval.gating.compare.types import Comparison

Detail = TypeVar("Detail")
MOST_LISTED = 50
_IDEALS = {Better.ZERO: 0.0, Better.ONE: 1.0}


@dataclass(frozen=True)
class Basis(PageBasis):
    """The three things a report is made of, and the selections all sections use."""

    study: Study
    results: Results
    verdict: Verdict

    @property
    def by_default(self) -> bool:
        """Whether no protocol stated the criteria."""
        return not (self.study.protocol.source or self.study.protocol.criteria)

    @cached_property
    def judged(self) -> tuple[Measurand, ...]:
        """Measurands under a criterion, in the order of the study."""
        named = {o.criterion.subject for o in self.verdict.outcomes}
        return tuple(m for m in self.study.measurands if m in named)

    def get(
        self, measure: str, subject: str, statistic: str, stratum: str = "all"
    ) -> Measurement | None:
        """See :meth:`wbcval.measure.results.Results.get`."""
        return self.results.get(measure, subject, statistic, stratum)

    def cell(
        self,
        notes: Footnotes,
        measure: str,
        subject: str,
        statistic: str,
        stratum: str = "all",
        *,
        units: bool = False,
    ) -> Markup:
        """One measurement as a table cell, on the right side of whatever it is judged against.

        ``units``: with its unit, where the table's header has none.
        """
        found = self.get(measure, subject, statistic, stratum)
        if found is None:
            return cell(None, notes)
        unit = found.scale.unit if units else "1"
        return cell(found, notes, found.scale.percent, *self._bounds(found), unit=unit)

    def _bounds(self, found: Measurement) -> Iterator[float]:
        """Bounds of the criteria on a measurement; zero or one where the distance matters."""
        if found.better in _IDEALS:
            yield _IDEALS[found.better]
        for c in (o.criterion for o in self.verdict.outcomes):
            if (c.measure, c.subject, c.stratum) != found.key[:3]:
                continue
            if found.statistic == c.measured_as:
                yield from (b for b in (c.min, c.max) if b is not None)
            elif found.statistic in c.companions and not c.allowance:  # the covering error
                yield c.statistic.limit or 0.0

    @cached_property
    def strata(self) -> Mapping[str, tuple[str, ...]]:
        """Column of the samples table → its strata, in the order of the results."""
        return columns(self.results.strata)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.study.sample_ids)}

    def groups(self, pairs: Pairs, stratum: str = "all") -> dict[str, NDArray[np.bool_]]:
        """Masks over the pairs of the strata to colour: the first column with few enough."""
        if stratum != "all" or len(pairs) > MOST_DOTS:
            return {}
        for names in self.strata.values():
            if len(names) <= len(GROUP_COLOURS):
                rows = [self._place[i] for i in pairs.sample_ids]
                return {name: self.study.strata[name][rows] for name in names}
        return {}


@dataclass(frozen=True)
class Selections:
    """What a section of a report selects, and its sentences; a section's own derive from it."""

    basis: Basis


class DetailSelections(Selections, Generic[Detail]):
    """Of one measure, by what it found of all cells together."""

    measure: ClassVar[str]

    @cached_property
    def found(self) -> Detail | None:
        """What was measured; ``None`` where nothing was."""
        found: Detail | None = self.basis.results.detail(self.measure, "all")
        return found


@dataclass(frozen=True)
class ComparisonBasis(PageBasis):
    """What the page of a comparison is made of."""

    comparison: Comparison


@dataclass(frozen=True)
class SelftestBasis(PageBasis):
    """What the page of a self-test is made of: its record, as ``selftest.json`` holds it."""

    record: Mapping[str, Any]
