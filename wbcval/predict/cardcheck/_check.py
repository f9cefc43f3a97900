"""Whether a card says what another pipeline did, and if not, which card would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from wbcval.machine.progress import Progress
from wbcval.predict import images, models
from wbcval.predict.cardcheck import _axes
from wbcval.predict.cardcheck import _lines as lines
from wbcval.predict.cardcheck._runs import ModelOutputs
from wbcval.predict.cardcheck._search import Candidate, Search, exactly
from wbcval.predict.cards import OUTPUTS, RESIZERS, Card
from wbcval.predict.run import (
    File,
    ProbabilityDifference,
    Reference,
    asked_of,
    pictures_of,
    read_reference,
    resolve,
    spread,
)
from wbcval.values.errors import InputError

_SEARCHED = 8  # images that every card is tried on; all are for those that are found
_TENFOLD = 10
_NAMED = 6  # cards that explain equally


class CardOutcome(StrEnum):
    """What a check came to."""

    AGREES = "agrees"
    TELLS_NOTHING = "tells nothing"  # it agrees, and so would every other card
    EXPLAINED = "explained"
    AMBIGUOUS = "explained by several cards"
    PROBABLY = "probably"
    NOT_EXPLAINED = "not explained"


@dataclass(frozen=True, slots=True)
class CheckedCard:
    """A card, checked.

    Attributes:
        given: difference of the card as it stands.
        found: cards that explain it, the least changed; of ``AGREES`` the card itself.
        nearest: the nearest of all cards, where none explains it.
        untold: axes, with what else they might be, which these images do not tell.
        refused: why the model's trial refuses the card as it stands; "" where it does not.
        passes: of the images through the model.
        untried: resizers that are not installed.
    """

    file: File
    reference: Reference
    outcome: CardOutcome
    given: ProbabilityDifference
    found: tuple[Candidate, ...] = ()
    nearest: Candidate | None = None
    untold: tuple[tuple[str, tuple[str, ...]], ...] = ()
    refused: str = ""
    passes: int = 0
    untried: tuple[str, ...] = ()


def check(
    model: Path, card: Path | None, folder: Path, against: Path, progress: Progress
) -> CheckedCard:
    """Compare a model under its card with what another pipeline wrote, and search for the cause.

    Args:
        model: a model's file. Loading it runs its code.
        card: of the model, before any other.
        folder: of the images: a folder, a manifest or a zip.
        against: the table of the other pipeline.

    Raises:
        InputError: where model, card, images or table cannot be used.
    """
    found = resolve(model, card)
    if not found.plain:
        raise InputError(str(model), "is a composition", "check each of its models by itself")
    (file,) = found.files[found.stages[0].name].values()
    if file.card.input.planes:
        raise InputError(
            str(model), "takes several planes of a cell", "cards of one image can be checked"
        )
    listing = images.listed(folder)
    reference = read_reference(against, listing, file.card.classes)
    pictures = pictures_of(reference, listing)
    progress(f"loading {file.path.name}")
    meanings, refused = _trial(file)
    whole = _Whole(ModelOutputs(file, pictures, file.card.input.batch), reference)
    given = whole.of(file.card)
    if given is None:
        raise InputError(
            str(model), "fails on images that could be read", "wbcval model inspect --run"
        )
    rows = spread(reference, len(pictures) if reference.labelled else _SEARCHED)
    runs = ModelOutputs(file, [pictures[i] for i in rows], min(file.card.input.batch, len(rows)))
    search = Search(runs, file.card, reference.of(rows), meanings, progress)
    start = CheckedCard(
        file, reference, CardOutcome.NOT_EXPLAINED, given.difference,
        refused=refused, untried=_untried(file.card),
    )  # fmt: skip
    ended = _agreed(start, given, search, whole) or _explained(start, search, whole)
    return replace(ended, passes=runs.passes + whole.runs.passes)


def _trial(file: File) -> tuple[list[str], str]:
    """What the outputs of a model may be by its trial, and why that refuses the card, or "".

    Raises:
        InputError: where it is refused whatever its outputs mean.
    """
    asked = asked_of(file, "cpu", "fp32")
    model = models.open_model(asked)
    refused: dict[str, InputError] = {}
    meanings = dict.fromkeys((file.card.output, *OUTPUTS))
    for meant in meanings:
        try:
            models.dry_run(model, asked, replace(file.card, output=meant))
        except InputError as why:
            refused[meant] = why
    if len(refused) == len(meanings):
        raise refused[file.card.output]
    own = refused.get(file.card.output)
    return [meant for meant in meanings if meant not in refused], own.got if own else ""


def _untried(card: Card) -> tuple[str, ...]:
    found = []
    for resizer in RESIZERS:
        try:
            images.versions(replace(card.input, resizer=resizer))
        except InputError:
            found.append(resizer)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Whole:
    """All images of a reference, for the cards that a search found on some."""

    runs: ModelOutputs
    reference: Reference

    def of(self, card: Card) -> Candidate | None:
        outputs = self.runs.outputs(card.input)
        return None if outputs is None else exactly(outputs, card, self.reference)

    def within(self, found: Iterable[Candidate]) -> list[Candidate]:
        """Those that explain all images."""
        every = (self.of(one.card) for one in found)
        return [one for one in every if one is not None and one.difference.within]


def _agreed(
    start: CheckedCard, given: Candidate, search: Search, whole: _Whole
) -> CheckedCard | None:
    if not given.difference.within or start.refused:
        return None
    tried, alike = search.around(given)
    if len(alike) == len(tried):
        return replace(start, outcome=CardOutcome.TELLS_NOTHING)
    untold = _untold((given,), whole.within(alike))
    return replace(start, outcome=CardOutcome.AGREES, found=(given,), untold=untold)


def _explained(start: CheckedCard, search: Search, whole: _Whole) -> CheckedCard:
    best = search.run()
    if best is None:
        return start
    if best.difference.within:
        alike = {one.card: one for one in (best, *search.around(best)[1], *search.alike)}
        within = whole.within(alike.values())
        if within:
            least = min(len(search.changed(one)) for one in within)
            found = tuple(one for one in within if len(search.changed(one)) == least)
            outcome = CardOutcome.PROBABLY if start.reference.coarse else CardOutcome.EXPLAINED
            if len(found) > 1:
                outcome = CardOutcome.AMBIGUOUS
            return replace(start, outcome=outcome, found=found, untold=_untold(found, within))
    return _nearly(start, best, search, whole)


def _nearly(start: CheckedCard, best: Candidate, search: Search, whole: _Whole) -> CheckedCard:
    """Tenfold nearer in the mean and the largest difference, and not there.

    Named are the axes alone that it takes for that: what is left has a cause that no card says,
    and a filter or a crop would follow it.
    """
    near = whole.of(best.card)

    def holds(one: Candidate) -> bool:
        return _tenfold(start.given, one.difference)

    if near is None or start.reference.labelled or not holds(near):
        return replace(start, nearest=near)
    best = search.simplest(best, holds)
    axes, most = search.changed(best), 2 * best.difference.mean
    rivals = [o for o in search.tried if search.changed(o) == axes and o.difference.mean < most]
    cards = dict.fromkeys(one.card for one in (best, *rivals[:_NAMED]))
    every = (whole.of(card) for card in cards)
    found = tuple(one for one in every if one is not None and holds(one))
    outcome = CardOutcome.PROBABLY if found else CardOutcome.NOT_EXPLAINED
    return replace(start, outcome=outcome, found=found, nearest=near)


def _tenfold(given: ProbabilityDifference, found: ProbabilityDifference) -> bool:
    return found.mean * _TENFOLD <= given.mean and found.largest * _TENFOLD <= given.largest


def _untold(
    found: tuple[Candidate, ...], within: Iterable[Candidate]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What else each axis of a card might be: of the cards that differ from it in one alone."""
    others: dict[str, dict[str, None]] = {}
    named = [one.card for one in found]
    for one in within:
        axes = _axes.changed(found[0].card, one.card)
        if len(axes) == 1 and one.card not in named:
            others.setdefault(axes[0], {})[lines.worded(one.card, axes[0])] = None
    return tuple((axis, tuple(values)) for axis, values in others.items())
