"""What an equal model needs, as a table: told of the baseline alone."""

from __future__ import annotations

from dataclasses import dataclass

from wbcval.gating.compare.needs import Asked, name_of, needs_said
from wbcval.render._basis import ComparisonBasis
from wbcval.render._numbers import whole
from wbcval.values.wording import DASH, in_percent


@dataclass(frozen=True, slots=True)
class Planned:
    """A row of the table of what an equal model needs.

    Attributes:
        name: what is compared. margin: Δ, in the statistic's own unit.
        samples: that hold it. chances, needed: one text for each share that differs.
    """

    name: str
    margin: str
    samples: int
    chances: list[str]
    needed: list[str]


class Plan:
    """The rows, and one sentence on them."""

    def __init__(self, basis: ComparisonBasis) -> None:
        self.asked = basis.comparison.needs

    @property
    def sentence(self) -> str:
        """Whether these samples are enough for an equal model."""
        return needs_said(self.asked)

    @property
    def rows(self) -> list[Planned]:
        """What each comparison asks for, the one with most samples first."""
        return [
            Planned(
                name_of(a.row),
                f"{a.row.margin:g}",
                a.usual.samples,
                [DASH if n.power is None else in_percent(n.power) for n in a.needs],
                ["none is enough" if n.needed is None else whole(n.needed) for n in a.needs],
            )
            for a in sorted(self.asked, key=_most_needed)
        ]


def _most_needed(asked: Asked) -> tuple[bool, float]:
    needed = asked.usual.needed
    return asked.row.optional, -(float("inf") if needed is None else needed)
