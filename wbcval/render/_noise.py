"""Counting noise: how many samples chance alone explains, beside how many it should."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wbcval.render._numbers import interval, value
from wbcval.render._scope import Scope
from wbcval.render._words import listing
from wbcval.results import Measurement


@dataclass(frozen=True, slots=True)
class Inside:
    """Samples of one measurand inside counting noise, and how many chance would put there."""

    subject: str
    share: Measurement
    expected: Measurement | None
    note: str

    @property
    def beyond(self) -> bool:
        """Fewer lie inside than chance alone would leave there."""
        high = self.share.estimate.high
        expected = self.expected.estimate.value if self.expected else None
        return high is not None and expected is not None and high < expected


@dataclass(frozen=True)
class Noise:
    """Selections and sentences on counting noise."""

    scope: Scope

    @cached_property
    def rows(self) -> list[Inside]:
        get, detail = self.scope.get, self.scope.results.detail
        return [
            Inside(
                m.subject,
                m,
                get("counting_noise", m.subject, "expected_share_within_noise"),
                found.note if (found := detail("counting_noise", m.subject)) else "",
            )
            for m in self.scope.results.of("counting_noise")
            if m.statistic == "share_within_noise"
        ]

    @property
    def sentence(self) -> str:
        """Whether chance alone explains the differences, and for which measurand least."""
        if self.scope.study.mode == "same-cells":
            return (
                "Not applicable: both sides labelled the very same cells, so no counting noise "
                "lies between them."
            )
        if not any(r.share.estimate.value is not None for r in self.rows):
            return (
                "Not estimable: without cell counts, the noise of counting cannot be told from "
                "an error of the model."
            )
        beyond = [r for r in self.rows if r.beyond]
        if not beyond:
            return (
                "The differences are no larger than counting noise alone explains: no measurand "
                "has fewer samples inside the noise than chance would put there."
            )
        worst = min(beyond, key=lambda r: r.share.estimate.value or 0.0)
        return (
            f"For {listing([r.subject for r in beyond])} the differences exceed what counting "
            f"noise explains; {worst.subject}: {interval(worst.share, True)} of the samples lie "
            f"inside it, where chance alone would put {value(worst.expected, True)}."
        )
