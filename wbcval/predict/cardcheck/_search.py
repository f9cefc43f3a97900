"""The search for cards under which a model gives what another pipeline wrote.

Coordinate descent: the numbers (colours, scale, axes) at one geometry all together, then the
geometry and the filter at the best numbers, and again, from other geometries too where that ends
without an answer. What the outputs mean and the order of the classes cost no pass of the
model, and are tried with every card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbcval.machine.progress import Progress
from wbcval.predict.cardcheck import _axes
from wbcval.predict.cardcheck._runs import ModelOutputs, Outputs
from wbcval.predict.cards import Card, Input
from wbcval.predict.run import ProbabilityDifference, Reference, chances, difference

_KEPT = 2  # cards that are followed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card, and how far it is from the reference."""

    card: Card
    difference: ProbabilityDifference

    @property
    def rank(self) -> tuple[bool, float]:
        """The smaller, the nearer."""
        within = self.difference.within
        return not within, 0.0 if within else self.difference.mean


class Search:
    """Cards that were tried on some images.

    Args:
        runs: of the model on these images.
        given: the card as it stands.
        reference: of these images.
        meanings: of the outputs that the model's trial lets pass.
    """

    def __init__(
        self,
        runs: ModelOutputs,
        given: Card,
        reference: Reference,
        meanings: Sequence[str],
        progress: Progress,
    ) -> None:
        self._runs, self._given, self._reference = runs, given, reference
        self._meanings, self._progress = meanings, progress
        self._tried: dict[Input, Candidate | None] = {}

    @property
    def passes(self) -> int:
        """Of all images through the model."""
        return self._runs.passes

    @property
    def tried(self) -> tuple[Candidate, ...]:
        """Every card that could be run, the best first; of equal ones the least changed."""
        found = [one for one in self._tried.values() if one is not None]
        return tuple(sorted(found, key=lambda one: (*one.rank, len(self.changed(one)))))

    def changed(self, one: Candidate) -> tuple[str, ...]:
        """The axes in which a card differs from the one given."""
        return _axes.changed(self._given, one.card)

    def run(self) -> Candidate | None:
        """The nearest card that was found; ``None`` where no card can be run."""
        front = [self._given.input]
        best: Candidate | None = None
        for starts in ([], [*_axes.starts(self._given.input)], [], []):
            found = self._round([*front, *starts])
            if not found:
                return best
            if found[0].difference.within:
                return self.simplest(found[0], lambda one: one.difference.within)
            if best is not None and best.rank <= found[0].rank and not starts:
                return best
            best = min(best or found[0], found[0], key=lambda one: one.rank)
            front = [one.card.input for one in found]
        return best

    def around(self, found: Candidate) -> tuple[list[Candidate], list[Candidate]]:
        """Every card that differs from one in a single axis, and those that explain as well."""
        spec = found.card.input
        near = [
            one
            for one in _axes.numbers(spec, self._given.input)
            if len(_axes.changed(found.card, replace(found.card, input=one))) == 1
        ]
        tried = self._all(dict.fromkeys((*near, *_axes.shapes(spec), *_axes.filters(spec))))
        tried = [one for one in tried if one.card.input != spec]
        return tried, [one for one in tried if one.difference.within]

    @property
    def alike(self) -> list[Candidate]:
        """All cards tried that explain these images."""
        return [one for one in self.tried if one.difference.within]

    def _round(self, front: Iterable[Input]) -> list[Candidate]:
        """The nearest cards after every number, then geometry, then filter; or the first right."""
        found = self._all(x for s in front for x in _axes.numbers(s, self._given.input))
        found = self._nearest(found, _KEPT)
        if not found or found[0].difference.within:
            return found
        first = found[0].card.input
        shaped = self._all(x for one in found for x in _axes.shapes(one.card.input))
        shaped += self._all(x for s in _axes.unlike(first) for x in _axes.shapes(s))
        shaped = self._of_each_way((*found, *shaped))
        if shaped[0].difference.within:
            return shaped
        found = self._all(x for one in shaped for x in _axes.filters(one.card.input))
        return self._nearest((*found, *shaped), _KEPT)

    def _nearest(self, found: Iterable[Candidate], most: int | None = None) -> list[Candidate]:
        ordered = sorted(found, key=lambda c: (*c.rank, len(self.changed(c))))
        unlike: dict[object, Candidate] = {}
        for one in ordered:  # of cards that give the same the least changed
            same = one.card.input if one.difference.within else round(one.difference.mean, 9)
            unlike.setdefault(same, one)
        return [*unlike.values()][:most]

    def _of_each_way(self, found: Iterable[Candidate]) -> list[Candidate]:
        """The nearest card of each way to a size: a wrong filter hides which is right."""
        best: dict[tuple[str, bool], Candidate] = {}
        for one in self._nearest(found):
            best.setdefault((one.card.input.resize, one.card.input.crop is None), one)
        return [*best.values()]

    def simplest(self, found: Candidate, holds: Callable[[Candidate], bool]) -> Candidate:
        """With every axis put back without which it holds as well: no false one is named."""
        for axis in self.changed(found):
            one = self._exactly(_axes.put_back(found.card, self._given, axis))
            if one is not None and holds(one):
                found = one
        return found

    def _exactly(self, card: Card) -> Candidate | None:
        """A card as it stands: no other meaning of the outputs, no other order."""
        stands = _axes.stands(card.input) and card.output in self._meanings
        outputs = self._runs.outputs(card.input) if stands else None
        return None if outputs is None else exactly(outputs, card, self._reference)

    def _all(self, specs: Iterable[Input]) -> list[Candidate]:
        return [one for spec in specs if (one := self._at(spec)) is not None]

    def _at(self, spec: Input) -> Candidate | None:
        if spec not in self._tried:
            outputs = self._runs.outputs(spec) if _axes.stands(spec) else None
            self._progress(f"card {len(self._tried) + 1}")
            self._tried[spec] = None
            if outputs is not None:
                card = replace(self._given, input=spec)
                self._tried[spec] = _nearest(outputs, card, self._reference, self._meanings)
        return self._tried[spec]


def exactly(outputs: Outputs, card: Card, reference: Reference) -> Candidate:
    """A card, and how far what it makes of the outputs is from a reference."""
    places = [card.classes.index(name) for name in reference.classes]
    return Candidate(card, difference(chances(outputs, card)[:, places], reference))


def _nearest(
    outputs: Outputs, card: Card, reference: Reference, meanings: Sequence[str]
) -> Candidate:
    """Of all meanings of the outputs and orders of the classes the nearest one.

    Equally near, it is the card's own.
    """
    found = []
    for meant in meanings:
        one = replace(card, output=meant)
        for order in _orders(chances(outputs, one), reference):
            named = replace(one, classes=tuple(card.classes[i] for i in order))
            found.append(exactly(outputs, named, reference))
    return min(found, key=lambda candidate: candidate.rank)


def _orders(shares: NDArray[np.float64], reference: Reference) -> Iterator[NDArray[np.int_]]:
    """Classes of the outputs, as places in the card: as they stand, then the nearest order.

    Of the nearest order every circle of classes is put back that need not be turned.
    """
    from scipy.optimize import linear_sum_assignment

    n = shares.shape[1]
    yield np.arange(n)
    if not np.isfinite(shares).all():
        return
    cost = np.abs(shares[:, :, None] - reference.shares[:, None, :]).mean(axis=0)
    if (cost.argmin(axis=1) == np.arange(n)).all():
        return
    order = np.asarray(linear_sum_assignment(cost)[1])
    for circle in _circles(order):
        back = order.copy()
        back[circle] = circle
        if difference(shares[:, np.argsort(back)], reference).within or (
            cost[circle, circle].sum() <= cost[circle, order[circle]].sum()
        ):
            order = back
    if (order != np.arange(n)).any():
        yield order


def _circles(order: NDArray[np.int_]) -> list[list[int]]:
    """The classes that change places with each other."""
    left, found = set(range(len(order))), []
    while left:
        circle = [min(left)]
        while (following := int(order[circle[-1]])) != circle[0]:
            circle.append(following)
        left -= set(circle)
        if len(circle) > 1:
            found.append(circle)
    return found
