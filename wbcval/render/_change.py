"""One change in words and numbers, wherever the comparison page names it."""

from __future__ import annotations

from collections.abc import Iterable

from wbcval.gating.compare.types import ANCHOR, Change
from wbcval.gating.compare.written import shown as shown  # for the templates
from wbcval.render._words import listing, statistic
from wbcval.values.measurands import subject_unit
from wbcval.values.wording import difference_unit, unit_text


def subject(change: Change) -> str:
    """The class or measurand: ``all classes`` for the accuracy over them."""
    return "all classes" if change.subject == "all" else change.subject


def where(change: Change) -> str:
    return "all samples" if change.stratum == "all" else change.stratum


def measured(change: Change) -> str:
    """The statistic in words, an absolute floor included."""
    floor = change.statistic.floor
    if not floor:
        return statistic(change.statistic, change.measure)
    unit = unit_text(difference_unit(subject_unit(change.subject)))
    return f"{statistic(change.statistic, change.measure)} or {floor:.15g} {unit}"


def name(change: Change) -> str:
    """A change in a sentence: ``monocyte sensitivity in site=B``."""
    place = "" if change.stratum == "all" else f" in {change.stratum}"
    return f"{subject(change)} {measured(change)}{place}"


def named(found: Iterable[Change]) -> str:
    """Changes in a sentence, each statistic once: ``sensitivity of monocyte and basophil``."""
    groups: dict[str, list[str]] = {}
    for c in found:
        place = "" if c.stratum == "all" else f" in {c.stratum}"
        side = " (against the anchor)" if c.against == ANCHOR else ""
        groups.setdefault(measured(c), []).append(f"{subject(c)}{place}{side}")
    return "; ".join(f"{what} of {listing(of)}" for what, of in groups.items())
