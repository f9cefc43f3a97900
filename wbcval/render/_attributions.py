"""Why the counts are off: what was mistaken for what, and what the cells never showed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from wbcval._format import MINUS, fixed, numerals, places
from wbcval.estimate import Estimate
from wbcval.render._scope import Scope
from wbcval.render._words import listing
from wbcval.results import Measurement
from wbcval.stats._attribution import Attribution

_NAMED = 3
_MOST = 0.85  # of an error, from which a cause is nearly all of it
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
        worst = self._worst
        if worst is None:
            return "No class has a mean share that is shown to be off."
        number, low, high = numerals(worst.observed, False, 0.0)
        way = "over"
        if (worst.observed.value or 0.0) < 0:  # the word says the sign
            way, low, high = "under", high, low
        return (
            f"The model {way}-counts {_plural(worst.label)} by {_size(number)} points "
            f"({_size(low)} to {_size(high)}) on average, {_cause(worst)}."
        )

    @property
    def shown(self) -> bool:
        """Whether any share is shown to be off."""
        return self._worst is not None

    @cached_property
    def _worst(self) -> Attribution | None:
        off = [a for a in self.all if _excludes_zero(a.observed)]
        return max(off, key=lambda a: abs(a.observed.value or 0.0), default=None)


def _cause(found: Attribution) -> str:
    """What explains a mean error, as far as its figures allow to say.

    "Almost all": 85 to 115 % of it, so that neither a rest nor an excess is passed over in silence.
    """
    whole = found.observed.value or 0.0
    alike = [
        pair
        for pair in found.pairs
        if _excludes_zero(pair.points) and (pair.points.value or 0.0) * whole > 0
    ]
    for named in (alike[:1], alike[:2]):
        part = sum(pair.points.value or 0.0 for pair in named) / whole
        if named and _MOST <= part <= 2 - _MOST:
            texts = [pair.sentence.rpartition(",")[0] for pair in named]
            return f"almost all of it {listing(texts)}"
    explained = fixed(found.explained.value, places(found.observed))
    if not _excludes_zero(found.explained) or (found.explained.value or 0.0) * whole < 0:
        return f"which misclassification does not explain ({explained} points are by it)"
    first = f", first of all {alike[0].sentence}" if alike else ""
    return f"{_size(explained)} points of it by misclassification{first}"


def _size(number: str) -> str:
    return number.lstrip(MINUS)


def _plural(label: str) -> str:
    return "other cells" if label == "other" else f"{label}s"


def _excludes_zero(e: Estimate) -> bool:
    if e.low is None or e.high is None or e.low == e.high:
        return False
    return e.low > 0 or e.high < 0
