"""Classes beside the five that a side before holds and the candidate does not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wbcval.bundle.read import Side
from wbcval.gating.compare.types import Change
from wbcval.judge.outcomes import SAME_PREDICTIONS
from wbcval.protocol.types import CLASS_MEASURES
from wbcval.study.ledger import UNCOMPARED
from wbcval.study.uncompared import Beside
from wbcval.values.wording import all_of, fixed


def uncounted_said(candidate: Side, other: Side, against: str) -> Iterator[str]:
    """What the other side counts and the candidate does not, or far less right, in sentences.

    Args:
        candidate: that is judged.
        other: baseline or anchor; a class may have gone with the one, or long before.
        against: which of them it is.
    """
    gone = _gone(candidate, other)
    if ours := [f"{c.label} {fixed(c.model, 1)} %" for c in gone if c.model]:
        yield f"The {against} counts {all_of(ours)} of its leukocytes, the candidate none."
    mine = _beside(candidate)
    # what stands in the candidate's own tables its scope tells
    if theirs := [f"{c.label} {fixed(c.reference, 1)} %" for c in gone
                  if not c.model and c.label not in mine]:  # fmt: skip
        yield (
            f"The {against}'s reference counts {all_of(theirs)} of its leukocytes, the candidate's "
            "none."
        )
    for label, before in _beside(other).items():
        after = mine.get(label)
        if after and after.model and before.model and after.apart > before.apart:
            yield (
                f"Of {label} one side has less than half of the other's in {after.apart} of "
                f"{after.samples} samples, by the {against} in {before.apart} of {before.samples}."
            )


def with_uncounted(change: Change, candidate: Side, other: Side) -> Change:
    """The change, marked where the reference has much of a class that the candidate lacks.

    A candidate judged beside a reference without that column would not be told otherwise.
    """
    of_samples = change.measure not in CLASS_MEASURES and change.subject != "WBC"
    if not of_samples or SAME_PREDICTIONS in change.change.flags:
        return change
    if not any(c.reference is not None and c.much_of_it for c in _gone(candidate, other)):
        return change
    return replace(change, change=change.change.with_flags(UNCOMPARED))


def _gone(candidate: Side, other: Side) -> list[Beside]:
    """Of the other side's classes those of which the candidate counts nothing."""
    mine = _beside(candidate)
    counted = {label for label, c in mine.items() if c.model}
    return [c for label, c in _beside(other).items() if c.some and label not in counted]


def _beside(side: Side) -> dict[str, Beside]:
    return {c.label: c for c in side.study.ledger.uncompared.beside}
