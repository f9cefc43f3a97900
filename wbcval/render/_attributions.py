"""Why the counts are off: what was mistaken for what, and what the cells never showed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from wbcval._format import fixed, places
from wbcval.estimate import Estimate
from wbcval.render._numbers import numerals
from wbcval.render._scope import Scope
from wbcval.results import Measurement
from wbcval.stats._attribution import Attribution

_NAMED = 3
PARTS = {
    "observed": "observed",
    "explained": "by misclassification",
    "remainder": "remainder",
}


@dataclass(frozen=True)
class Attributions:
    """Selections and sentences on the attribution of the mean errors of the shares."""

    scope: Scope

    @cached_property
    def all(self) -> list[Attribution]:
        """One for each class, in the order of the classes."""
        results = self.scope.results
        subjects = dict.fromkeys(m.subject for m in results.of("attribution"))
        found = (results.detail("attribution", subject) for subject in subjects)
        return [a for a in found if a is not None]

    @property
    def rows(self) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of the figure: each part of each class."""
        return [
            (
                f"{a.label}: {said}" if part == "observed" else said,
                self.scope.get("attribution", a.label, part),
                False,
            )
            for a in self.all
            for part, said in PARTS.items()
            if a.remainder is not None or part == "observed"  # same cells: all is explained
        ]

    @property
    def said(self) -> dict[str, str]:
        """Class → the misclassifications that move its share most; none that rounds to zero."""
        said = {}
        for a in self.all:
            found = [s for s in a.sentences if not re.search(r"[+−]0\.0 points$", s)]
            more = [f"and {len(found) - _NAMED} smaller"] if len(found) > _NAMED else []
            if found:
                said[a.label] = "; ".join([*found[:_NAMED], *more])
        return said

    @property
    def sentence(self) -> str:
        """The class whose share is off most, and what explains it."""
        if not self.all:
            return (
                "Not estimable: no cell carries a true class, so an error of the model cannot be "
                "told from a difference of the samples."
            )
        off = [a for a in self.all if _excludes_zero(a.observed)]
        if not off:
            return "No class has a mean share that is shown to be off."
        worst = max(off, key=lambda a: abs(a.observed.value or 0.0))
        number, low, high = numerals(worst.observed, False, 0.0)
        way = "high" if (worst.observed.value or 0.0) > 0 else "low"
        explained = fixed(worst.explained.value, places(worst.observed))
        text = (
            f"The share of {worst.label} reads too {way}: {number} points on average "
            f"({low} to {high}), of which {explained} by misclassification"
        )
        return text + (f": {worst.sentences[0]}." if worst.sentences else ".")


def _excludes_zero(e: Estimate) -> bool:
    if e.low is None or e.high is None or e.low == e.high:
        return False
    return e.low > 0 or e.high < 0
