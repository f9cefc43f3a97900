"""Strata: does a site, an analyzer, a group stand apart from all samples?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wbcval.render._numbers import interval, value
from wbcval.render._scope import Scope
from wbcval.render._verifications import Verifications
from wbcval.render._words import listing
from wbcval.render._words import statistic as statistic_words
from wbcval.results import Measurement
from wbcval.stats._error import LIMIT
from wbcval.stats._metric import Better


@dataclass(frozen=True, slots=True)
class Apart:
    """A stratum whose interval does not hold the figure of all samples."""

    stratum: str
    what: str
    part: Measurement
    whole: Measurement

    @property
    def worse(self) -> bool:
        """Whether the stratum lies on the bad side of all samples."""
        part, whole = self.part.estimate.value or 0.0, self.whole.estimate.value or 0.0
        if self.part.better is Better.ZERO:
            return abs(part) > abs(whole)
        return part < whole


@dataclass(frozen=True)
class Strata:
    """Selections and sentences on the strata."""

    scope: Scope
    limits: Verifications

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        return self.scope.strata

    def share_statistic(self, subject: str, names: Sequence[str]) -> str:
        """The share within that the first criterion asks for, where the strata have it too."""
        keys = [v.key for v in self.limits.all if v.subject == subject] + [f"{LIMIT:g}"]
        statistics = [f"share_within:{key}" for key in keys]
        have = (s for s in statistics if self.scope.get("error", subject, s, names[0]))
        return next(have, statistics[-1])

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
        """Every figure of a stratum that stands apart from all samples; worse ones first."""
        found = []
        for stratum, asked in self._asked():
            for measure, subject, statistic, what in asked:
                pair = self._apart(measure, subject, statistic, stratum)
                if pair is not None:
                    found.append(Apart(stratum, what, *pair))
        return sorted(found, key=lambda a: not a.worse)

    def _asked(self) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
        """Each stratum, and the figures compared: measure, subject, statistic, in words."""
        for names in self.columns.values():
            asked = []
            for m in self.scope.judged:
                share = self.share_statistic(m, names)
                asked.append(("error", m, share, f"share of {statistic_words(share)} for {m}"))
                asked.append(("bland_altman", m, "bias", f"bias of {m}"))
            asked.append(("classification", "all", "accuracy", "accuracy of the cells"))
            yield from ((name, asked) for name in names)

    @cached_property
    def worse(self) -> list[str]:
        """Strata that are worse than all samples in anything compared."""
        return list(dict.fromkeys(a.stratum for a in self.apart if a.worse))

    @property
    def sentence(self) -> str:
        """Which strata are worse than all samples, in what, and which are better."""
        if not self.columns:
            return "The study names no strata, so nothing is said of single sites or groups."
        if not self.apart:
            return "No stratum stands apart: each interval holds the figure of all samples."
        worse = self.worse
        better = [s for s in dict.fromkeys(a.stratum for a in self.apart) if s not in worse]
        first = self.apart[0]
        said = f"Worse than all samples: {listing(worse)}. " if worse else ""
        said += f"Better: {listing(better)}. " if better else ""
        return said + (
            f"In {first.stratum} the {first.what} is {_shown(first.part, interval)}, against "
            f"{_shown(first.whole)} in all."
        )


def _shown(found: Measurement, write: Callable[..., str] = value) -> str:
    return write(found)
