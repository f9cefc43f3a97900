"""Why the counts are off: what was mistaken for what, and what the cells never showed."""

from __future__ import annotations

import math
from functools import cached_property

from wbcval.measure.results import Measurement
from wbcval.render._basis import Selections
from wbcval.render._figures import Figures
from wbcval.render._section import Section
from wbcval.render._words import listing
from wbcval.stats.functions.attribution import Attribution
from wbcval.values.estimate import Estimate
from wbcval.values.wording import MINUS, fixed, numerals, places, places_against

_IN_FULL = 2  # classes in the sentence
_MOST = 0.85  # of an error, from which a cause is nearly all of it
PARTS = {
    "observed": "observed",
    "explained": "by misclassification",
    "remainder": "remainder",
}


class Attributions(Selections):
    """Selections and sentences on the attribution of the mean errors of the shares."""

    @cached_property
    def all(self) -> list[Attribution]:
        """One for each class, in the order of the classes."""
        results = self.basis.results
        subjects = dict.fromkeys(m.subject for m in results.of("attribution"))
        found = (results.detail("attribution", subject) for subject in subjects)
        return [a for a in found if a is not None]

    @property
    def rows(self) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of the figure: each part of each class."""
        return [
            (
                f"{a.label}: {said}" if part == "observed" else said,
                self.basis.get("attribution", a.label, part),
                False,
            )
            for a in self.all
            for part, said in PARTS.items()
            if a.remainder is not None or part == "observed"  # same cells: all is explained
        ]

    @cached_property
    def off(self) -> list[Attribution]:
        """Classes whose mean share is shown to be off, the largest first."""
        found = [a for a in self.all if a.off]
        return sorted(found, key=lambda a: -abs(a.observed.value or 0.0))

    @property
    def said(self) -> dict[str, str]:
        """Each class that is off, by how much, and what explains it."""
        return {a.label: f"{_way(a)}-counted by {_size(a)}, {_cause(a)}" for a in self.off}

    @property
    def sentence(self) -> str:
        """Which classes' shares are off, and what explains it."""
        if not self.all:
            return (
                "Not estimable: no cell carries a true class, so an error of the model cannot be "
                "told from a difference of the samples."
            )
        if not self.off:
            return "No class has a mean share that is shown to be off."
        said = [
            f"{_way(a)}-counts {_plural(a.label)} by {_size(a)} on average, {_cause(a)}"
            for a in self.off[:_IN_FULL]
        ]
        rest = [a.label for a in self.off[_IN_FULL:]]
        more = f" Also off: {listing(rest)}." if rest else ""
        return f"The model {'; it '.join(said)}.{more}"

    @property
    def shown(self) -> bool:
        """Whether any share is shown to be off."""
        return bool(self.off)

    @cached_property
    def moved(self) -> list[tuple[str, list[Estimate | None]]]:
        """Points that cells of each true class add to each called one; ``None`` where none do."""
        labels = [a.label for a in self.all]
        points = {
            (pair.true, a.label): pair.points
            for a in self.all
            for pair in a.pairs
            if pair.predicted == a.label
        }
        return [(true, [points.get((true, called)) for called in labels]) for true in labels]


def _way(found: Attribution) -> str:
    return "under" if (found.observed.value or 0.0) < 0 else "over"


def _size(found: Attribution) -> str:
    """The size of a mean error with its interval; the word before it says the sign."""
    number, low, high = numerals(found.observed, False, 0.0)
    if (found.observed.value or 0.0) < 0:
        low, high = high, low
    return f"{_unsigned(number)} points ({_unsigned(low)} to {_unsigned(high)})"


def _cause(found: Attribution) -> str:
    """What explains a mean error, as far as its figures allow to say.

    "Almost all": 85 to 115 % of it, so that neither a rest nor an excess is passed over in silence.
    """
    whole, by = found.observed.value or 0.0, found.explained.value
    for named in (found.named[:1], found.named):
        part = sum(pair.points.value or 0.0 for pair in named) / whole
        if named and not found.unexplained and _MOST <= part <= 2 - _MOST:
            return f"almost all of it {listing([pair.called for pair in named])}"
    digits = places_against(whole, 0.0, places(found.observed))
    along = None if by is None else math.copysign(1.0, whole) * by
    share = f"{fixed(along, digits)} of {fixed(abs(whole), digits)} points"
    if found.unexplained:
        return f"which misclassification does not explain ({share} are by it)"
    first = f": {'; '.join(found.sentences)}" if found.named else ""
    return f"of which misclassification explains {share}{first}"


def _unsigned(number: str) -> str:
    return number.lstrip(MINUS)


def _plural(label: str) -> str:
    return "other cells" if label == "other" else f"{label}s"


SECTION = Section(
    context={"attributions": Attributions, "figures": Figures}, measures=("attribution",)
)
