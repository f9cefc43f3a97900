"""Strata: does a site, an analyzer, a group stand apart from all samples?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wbcval.render._numbers import interval, value
from wbcval.render._scope import Scope
from wbcval.render._verifications import Verifications
from wbcval.render._words import listing
from wbcval.results import Measurement
from wbcval.stats._error import LIMIT


@dataclass(frozen=True, slots=True)
class Apart:
    """A stratum whose interval does not hold the figure of all samples."""

    stratum: str
    what: str
    part: Measurement
    whole: Measurement


@dataclass(frozen=True)
class Strata:
    """Selections and sentences on the strata."""

    scope: Scope
    limits: Verifications

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        return self.scope.strata

    def share_statistic(self, subject: str, stratum: str) -> str:
        """The share within that the first criterion asks for, where the stratum has it."""
        keys = [v.key for v in self.limits.all if v.subject == subject] + [f"{LIMIT:g}"]
        names = [f"share_within:{key}" for key in keys]
        found = (name for name in names if self.scope.get("error", subject, name, stratum))
        return next(found, names[-1])

    def _apart(
        self, measure: str, subject: str, statistic: str, stratum: str
    ) -> tuple[Measurement, Measurement] | None:
        part = self.scope.get(measure, subject, statistic, stratum)
        whole = self.scope.get(measure, subject, statistic)
        if part is None or whole is None or whole.estimate.value is None:
            return None
        low, high = part.estimate.low, part.estimate.high
        if low is None or high is None or low <= whole.estimate.value <= high:
            return None
        return part, whole

    def is_apart(self, measure: str, subject: str, statistic: str, stratum: str) -> bool:
        """Whether the interval of a stratum lies wholly off the value of all samples."""
        return self._apart(measure, subject, statistic, stratum) is not None

    def rows(
        self, subject: str, statistic: str, names: Sequence[str]
    ) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of a figure: each stratum, its share within, and whether it stands apart."""
        return [
            (
                name,
                self.scope.get("error", subject, statistic, name),
                self.is_apart("error", subject, statistic, name),
            )
            for name in names
        ]

    @cached_property
    def apart(self) -> list[Apart]:
        """Every figure of a stratum that stands apart: shares, biases, accuracy."""
        found = []
        for stratum in (name for names in self.columns.values() for name in names):
            asked = [("classification", "all", "accuracy", "accuracy of the cells")]
            for m in self.scope.judged:
                asked.append(("bland_altman", m, "bias", f"bias of {m}"))
                name = self.share_statistic(m, stratum)
                asked.append(("error", m, name, f"share of samples within the limit for {m}"))
            for measure, subject, statistic, what in reversed(asked):
                pair = self._apart(measure, subject, statistic, stratum)
                if pair is not None:
                    found.append(Apart(stratum, what, *pair))
        return found

    @property
    def sentence(self) -> str:
        """Which strata stand apart from all samples."""
        if not self.columns:
            return "The study names no strata, so nothing is said of single sites or groups."
        if not self.apart:
            return "No stratum stands apart: each interval holds the figure of all samples."
        first = self.apart[0]
        percent = first.part.unit == "1"
        names, more = dict.fromkeys(a.stratum for a in self.apart), len(self.apart) - 1
        return (
            f"Standing apart from all samples: {listing([*names])}. "
            f"In {first.stratum} the {first.what} is {interval(first.part, percent)}, against "
            f"{value(first.whole, percent)} in all"
            + (f" (and {more} more such figures below)." if more else ".")
        )
