"""Strata: does a site, an analyzer, a group stand apart from the rest of the samples?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from wbcval.measure.parts import share_within
from wbcval.measure.results import Apart, Measurement
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render._words import listing
from wbcval.render._words import statistic as statistic_words
from wbcval.render.sections.classification import Classes
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.wording import decimals, fixed, numerals, places_apart, with_unit


class Strata(Selections):
    """Selections and sentences on the strata."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Column of the samples table → its strata."""
        return self.basis.strata

    def share_statistic(self, subject: str) -> StatisticName:
        """The share within that the first criterion asks for; it is the one compared."""
        return share_within([o.criterion for o in self.basis.verdict.outcomes], subject)

    def is_apart(self, measure: str, subject: str, statistic: str, stratum: str) -> bool:
        """Whether a stratum stands apart from the rest of the samples in a figure."""
        return (measure, subject, statistic, stratum) in self._apart

    @cached_property
    def _apart(self) -> set[tuple[str, str, str, str]]:
        found = self.basis.results.apart
        return {(a.measure, a.subject, a.statistic, a.stratum) for a in found}

    def rows(
        self, subject: str, statistic: str, names: Sequence[str]
    ) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of a figure: each stratum, its share within, and whether it stands apart."""
        return [
            (
                name,
                self.basis.get("error", subject, statistic, name),
                self.is_apart("error", subject, statistic, name),
            )
            for name in names
        ]

    @cached_property
    def worse(self) -> list[str]:
        """Strata that are worse than the rest in anything compared."""
        return list(dict.fromkeys(a.stratum for a in self.basis.results.apart if a.worse))

    @property
    def sentence(self) -> str:
        """Which strata are worse than the rest, in what, and which are better."""
        if not self.columns:
            return "The study names no strata, so nothing is said of single sites or groups."
        apart = self.basis.results.apart
        if not apart:
            return "No stratum is shown to stand apart from the rest of the samples."
        # where a stratum is worse, that others are better says the same once more
        side = "Worse" if self.worse else "Better"
        named = self.worse or list(dict.fromkeys(a.stratum for a in apart))
        return f"{side} than the rest of the samples: {listing(named)}. {self._figure(apart[0])}"

    def _figure(self, found: Apart) -> str:
        """The figure that stands apart most, in the stratum and in the rest."""
        row = self.basis.get(found.measure, found.subject, found.statistic, found.stratum)
        if row is None:
            return ""
        scale, e = row.scale, row.estimate
        _, low, high = numerals(e, scale.percent)
        digits = decimals(e, scale.percent)
        # written apart, as they are
        digits = places_apart(scale.factor * found.inside, scale.factor * found.outside, digits)
        inside, outside = (fixed(scale.factor * v, digits) for v in (found.inside, found.outside))
        known = "" if e.low is None and e.high is None else f" ({low} to {high})"
        return (
            f"In {found.stratum} the {_what(found)} is {with_unit(inside, scale.unit)}{known}, "
            f"against {with_unit(outside, scale.unit)} in the rest."
        )


def _what(found: Apart) -> str:
    if found.measure == "error":
        return f"share of {statistic_words(found.statistic)} for {found.subject}"
    if found.measure == "bland_altman":
        return f"bias of {found.subject}"
    return "accuracy of the cells"


SECTION = Section(context={"strata": Strata, "classes": Classes, "figures": Figures})
