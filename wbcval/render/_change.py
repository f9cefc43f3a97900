"""One change in words and numbers, wherever the comparison page names it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wbcval._format import (
    DASH,
    difference_unit,
    fixed,
    numerals,
    places_against,
    places_of,
    unit_text,
    with_unit,
)
from wbcval.classes import UNITS
from wbcval.compare._types import ANCHOR, Change
from wbcval.estimate import Estimate
from wbcval.render._words import listing, statistic


@dataclass(frozen=True, slots=True)
class Shown:
    """Numbers of a change as written, each on its side of zero and of the margin."""

    before: str
    after: str
    change: str
    interval: str
    direction: str


def subject(change: Change) -> str:
    """The class or measurand: ``all classes`` for the accuracy over them."""
    return "all classes" if change.subject == "all" else change.subject


def where(change: Change) -> str:
    return "all samples" if change.stratum == "all" else change.stratum


def measured(change: Change) -> str:
    """The statistic in words, an absolute floor included."""
    floor = change.statistic.partition(":or_within=")[2].partition(":")[0]
    if not floor:
        return statistic(change.statistic)
    unit = unit_text(difference_unit(UNITS[change.subject]))
    return f"{statistic(change.statistic)} or {floor} {unit}"


def name(change: Change) -> str:
    """A change in a sentence: ``monocyte sensitivity in site=B``."""
    place = "" if change.stratum == "all" else f" in {change.stratum}"
    return f"{subject(change)} {measured(change)}{place}"


def unit_of(change: Change) -> str:
    """Unit of the change as it is written: points for shares and percentages."""
    return change.difference.words


def shown(change: Change, margin: float | None = None) -> Shown:
    """A change and both values, as precise as the interval of the change supports."""
    scale = change.difference.factor
    e = scaled(change.change, scale)
    bounds = (0.0,) if margin is None else (0.0, -scale * margin)
    written, low, high = numerals(e, False, *bounds)
    sides = [None if v is None else scale * v for v in (change.before, change.after)]
    digits = places_of(*sides) if e.value is None else len(written.partition(".")[2])
    if change.scale.percent:  # as shares are written; neither none nor all by rounding
        digits = max(1, *(places_against(v, end, digits) for v in sides for end in (0.0, 100.0)))
    before, after = (with_unit(fixed(v, digits), change.scale.unit) for v in sides)
    if e.value is None:
        return Shown(before, after, DASH, "", "")
    known = e.low is not None or e.high is not None
    return Shown(
        before,
        after,
        with_unit(f"+{written}" if e.value > 0 else written, unit_of(change)),
        f"{low} to {high}" if known else "",
        "no change" if e.value == 0 else "better" if e.value > 0 else "worse",
    )


def scaled(e: Estimate, scale: float) -> Estimate:
    value, low, high = (None if v is None else scale * v for v in (e.value, e.low, e.high))
    return replace(e, value=value, low=low, high=high)


def named(found: Iterable[Change]) -> str:
    """Changes in a sentence, each statistic once: ``sensitivity of monocyte and basophil``."""
    groups: dict[str, list[str]] = {}
    for c in found:
        place = "" if c.stratum == "all" else f" in {c.stratum}"
        side = " (against the anchor)" if c.against == ANCHOR else ""
        groups.setdefault(measured(c), []).append(f"{subject(c)}{place}{side}")
    return "; ".join(f"{what} of {listing(of)}" for what, of in groups.items())
