"""What one verification plot shows, and the words for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbcval._format import with_unit
from wbcval.classes import UNITS
from wbcval.estimate import Estimate
from wbcval.render._numbers import numerals, whole
from wbcval.stats._error import Acceptance, Error


@dataclass(frozen=True, slots=True)
class Outside:
    """One sample outside the limit; a technical failure has no model value and no error."""

    sample_id: str
    reference: float
    model: float | None
    error: float | None
    cells: float | None
    flags: str


@dataclass(frozen=True)
class Verification:
    """What one verification plot and its table show.

    Attributes:
        key: parameters of the share within (``10``, ``10:or_within=0.1``).
        share: the required share P, of the covering error.
        outside: worst first, technical failures before; those listed.
    """

    subject: str
    stratum: str
    key: str
    error: Error
    acceptance: Acceptance
    share: float
    covering: Estimate | None
    outside: tuple[Outside, ...]

    @property
    def unit(self) -> str:
        return UNITS[self.subject]

    @property
    def where(self) -> str:
        """The measurand, with its stratum unless that is all."""
        return self.subject if self.stratum == "all" else f"{self.subject} in {self.stratum}"

    @property
    def n_outside(self) -> int:
        """Samples outside, technical failures among them where they count."""
        return self.acceptance.n - self.acceptance.k

    @property
    def limit(self) -> str:
        return f"±{self.acceptance.limit:g}\N{NO-BREAK SPACE}%"

    @property
    def score(self) -> str:
        found = self.acceptance
        return f"{whole(found.k)} of {whole(found.n)} samples within {self.limit} for {self.where}"

    @property
    def covered(self) -> str:
        """What error covers the required share of the samples; "" where that is not estimable."""
        if self.covering is None or self.covering.value is None:
            return ""
        if math.isinf(self.covering.value):
            return f"no finite error covers {100 * self.share:g} % of the samples for {self.where}"
        shown, *_ = numerals(self.covering, False, self.acceptance.limit)
        return f"{100 * self.share:g} % of the samples lie within ±{shown} % for {self.where}"

    @property
    def lines(self) -> str:
        """What the red and the blue line of the plot are."""
        limit, floor = f"Dashed red: the limit, {self.limit}", self.acceptance.floor
        if floor:
            step = with_unit(f"{floor:g}", "pp" if self.unit == "%" else self.unit)
            limit += f" or {step}, whichever allows more"
        if self.covering is None or self.covering.value is None:
            return f"{limit}."
        if math.isinf(self.covering.value):
            return (
                f"{limit}. No finite error covers {100 * self.share:g} % of the samples, so no "
                "blue line."
            )
        return f"{limit}. Dotted blue: the error that covers {100 * self.share:g} % of the samples."
