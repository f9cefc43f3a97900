"""What one verification plot shows, and the words for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wbcval.render._numbers import whole
from wbcval.stats.functions.error import Acceptance, Error
from wbcval.stats.statistic_name import StatisticName
from wbcval.values.estimate import Estimate
from wbcval.values.measurands import Measurand
from wbcval.values.wording import difference_unit, numerals, with_unit


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
        statistic: the share within this limit.
        share: the required share P, of the covering error.
        covering_name: statistic of the covering error.
        outside: worst first, technical failures before; those listed.
    """

    subject: Measurand
    stratum: str
    statistic: StatisticName
    error: Error
    acceptance: Acceptance
    share: float
    covering_name: StatisticName
    covering: Estimate | None
    outside: tuple[Outside, ...]

    @property
    def unit(self) -> str:
        return self.subject.unit

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
    def asked(self) -> str:
        """The limit, and that counting noise will do where it does."""
        return self.limit + (" or counting noise" if self.acceptance.noise is not None else "")

    @property
    def hits(self) -> str:
        found = self.acceptance
        return f"{whole(found.k)} of {whole(found.n)} samples within {self.asked}"

    @property
    def score(self) -> str:
        return f"{self.hits} for {self.where}"

    @property
    def limit_words(self) -> str:
        """The limit, with its floor where there is one, or with counting noise."""
        if self.acceptance.noise is not None:
            return f"{self.limit} or inside counting noise"
        floor = self.acceptance.floor
        if not floor:
            return self.limit
        return f"{self.limit} or {with_unit(f'{floor:g}', difference_unit(self.unit))}"

    @property
    def covered(self) -> str:
        """The error that covers the required share; "" where it is infinite or not estimable."""
        if self.covering is None or self.covering.value is None or math.isinf(self.covering.value):
            return ""
        shown, *_ = numerals(self.covering, False, self.acceptance.limit)
        return f"±{shown} % for {self.where}"

    @property
    def uncovered(self) -> bool:
        """Whether no finite error covers the required share."""
        found = self.covering.value if self.covering else None
        return found is not None and math.isinf(found)

    @property
    def lines(self) -> str:
        """What the red and the blue line of the plot are."""
        noise = self.acceptance.noise
        if noise is not None:
            beyond = int((noise & (self.acceptance.errors > self.acceptance.limit)).sum())
            return (
                f"Dashed red: the limit, {self.limit}. {whole(beyond)} samples beyond it lie "
                "inside the 99.7 % limits of counting noise (of at most 200 cells), which counts "
                "as within: they have no ring."
            )
        limit = f"Dashed red: the limit, {self.limit_words}"
        if self.acceptance.floor:
            limit += ", whichever allows more"
        if self.covering is None or self.covering.value is None:
            return f"{limit}."
        if math.isinf(self.covering.value):
            return (
                f"{limit}. No finite error covers {100 * self.share:g} % of the samples, so no "
                "blue line."
            )
        return f"{limit}. Dotted blue: the error that covers {100 * self.share:g} % of the samples."
