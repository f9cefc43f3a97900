"""The numbers of a change as every output writes them: none contradicts the word beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wbcval.gating.compare.types import Change
from wbcval.values.estimate import Estimate
from wbcval.values.wording import (
    DASH,
    decimals,
    fixed,
    numerals,
    places,
    places_against,
    places_of,
    with_unit,
)


@dataclass(frozen=True, slots=True)
class ChangeNumbers:
    """Numbers of a change as written, each on its side of zero and of the margin.

    ``number`` is the change without its unit.
    """

    before: str
    after: str
    change: str
    number: str
    interval: str
    direction: str


def unit_of(change: Change) -> str:
    """Unit of the change as it is written: points for shares and percentages."""
    return change.difference.words


def shown(change: Change, margin: float | None = None) -> ChangeNumbers:
    """A change and both values, as precise as the interval of the change supports.

    Both values have the decimals of the change, so that one that moved is not written as one that
    did not.
    """
    scale = change.difference.factor
    e = scaled(change.change, scale)
    bounds = (0.0,) if margin is None else (0.0, -scale * margin)
    written, low, high = numerals(e, False, *bounds)
    sides = [None if v is None else scale * v for v in (change.before, change.after)]
    digits = places_of(*sides) if e.value is None else decimals(e, False, *bounds)
    if change.scale.percent:  # as shares are written; neither none nor all by rounding
        digits = max(1, *(places_against(v, end, digits) for v in sides for end in (0.0, 100.0)))
    before, after = (with_unit(fixed(v, digits), change.scale.unit) for v in sides)
    if e.value is None:
        return ChangeNumbers(before, after, DASH, DASH, "", "")
    known = e.low is not None or e.high is not None
    number = f"+{written}" if e.value > 0 else written
    return ChangeNumbers(
        before,
        after,
        with_unit(number, unit_of(change)),
        number,
        f"{low} to {high}" if known else "",
        "no change" if e.value == 0 else "better" if e.value > 0 else "worse",
    )


def size(change: Change, value: float, significant: int = 2) -> str:
    """A size in the unit of the change, such as that of a loss that could have been seen."""
    scaled_up = change.difference.factor * value
    return with_unit(fixed(scaled_up, places_of(scaled_up, significant=significant)),
                     unit_of(change))  # fmt: skip


@dataclass(frozen=True, slots=True)
class LowerBounds:
    """Both lower bounds of a change as written, without a unit, and the share of samples unseen."""

    spread: str
    whole: str
    unseen: str


def lower_bounds(change: Change, margin: float) -> LowerBounds | None:
    """What the loss could still be, by how losses strike; ``None`` where it cannot be said."""
    found = change.bounds
    if found is None:
        return None
    scale = change.difference.factor
    each = (found.spread, found.whole)
    digits = max(
        places_against(scale * bound, limit, places(change.change, scale))
        for bound in each
        for limit in (0.0, -scale * margin)
    )
    spread, whole = (fixed(scale * bound, digits) for bound in each)
    return LowerBounds(spread, whole, f"{100 * found.unseen:.2g}")


def bounds_said(change: Change, margin: float) -> str:
    """Both lower bounds in words; "" where there are none.

    ``lower bound −1.3 points if losses are spread, −6.1 if whole samples fail; 6 % of all samples
    could have failed unseen``
    """
    told = lower_bounds(change, margin)
    if told is None:
        return ""
    said = f"lower bound {told.spread} {unit_of(change)} if losses are spread"
    if told.spread == told.whole:
        said += " or if whole samples fail"
    else:
        said += f", {told.whole} if whole samples fail"
    return f"{said}; {told.unseen} % of all samples could have failed unseen"


def exactly(change: Change, value: float) -> str:
    """A size as it was asked for: a margin."""
    return with_unit(f"{change.difference.factor * value:.10g}", unit_of(change))


def scaled(e: Estimate, scale: float) -> Estimate:
    """The estimate in another unit."""
    value, low, high = (None if v is None else scale * v for v in (e.value, e.low, e.high))
    return replace(e, value=value, low=low, high=high)


def plain(text: str) -> str:
    """With plain spaces, for outputs that are no page."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
