"""Counting noise: how many samples chance alone explains, beside how many it should."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wbcval.measure.results import Measurement
from wbcval.render._basis import Selections
from wbcval.render._numbers import interval, value
from wbcval.render._section import Section
from wbcval.render._words import listing
from wbcval.stats.functions.holm import holm

_ALPHA = 0.025  # one-sided, of all measurands together


@dataclass(frozen=True, slots=True)
class Inside:
    """Samples of one measurand inside counting noise, and how many chance would put there."""

    subject: str
    share: Measurement
    expected: Measurement | None
    note: str
    p_fewer: float


class Noise(Selections):
    """Selections and sentences on counting noise."""

    @cached_property
    def rows(self) -> list[Inside]:
        """Each measurand of which counting noise is known."""
        get, detail = self.basis.get, self.basis.results.detail
        return [
            Inside(
                m.subject,
                m,
                get("counting_noise", m.subject, "expected_share_within_noise"),
                found.note if (found := detail("counting_noise", m.subject)) else "",
                found.p_fewer if found else 1.0,
            )
            for m in self.basis.results.of("counting_noise")
            if m.statistic == "share_within_noise"
        ]

    @cached_property
    def beyond(self) -> list[Inside]:
        """Fewer lie inside than chance alone would leave there, for having looked at all."""
        told = holm([r.p_fewer for r in self.rows], _ALPHA)
        return [r for r, beyond in zip(self.rows, told, strict=True) if beyond]

    @property
    def sentence(self) -> str:
        """Whether chance alone explains the differences."""
        if self.basis.study.mode == "same-cells":
            return (
                "Not applicable: both sides labelled the very same cells, so no counting noise "
                "lies between them."
            )
        if not any(r.share.estimate.value is not None for r in self.rows):
            return (
                "Not estimable: without cell counts, the noise of counting cannot be told from "
                "an error of the model."
            )
        if not self.beyond:
            return (
                "The differences are not shown to be larger than counting noise alone explains: of "
                "no measurand are fewer samples inside the noise than chance would put there."
            )
        inside = [
            f"{r.subject} {interval(r.share)}, where chance alone would put {value(r.expected)}"
            for r in self.beyond
        ]
        return (
            f"For {listing([r.subject for r in self.beyond])} the differences exceed what counting "
            f"noise explains. Samples inside it: {'; '.join(inside)}."
        )


SECTION = Section(context={"noise": Noise}, measures=("counting_noise",))
