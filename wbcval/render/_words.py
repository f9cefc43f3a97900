"""What codes mean, in words a reader signs under."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from wbcval.judge.outcomes import Decision, Status
from wbcval.measure.results import statistic_of
from wbcval.protocol.types import Product, Signer
from wbcval.render._numbers import whole
from wbcval.stats.statistic_name import COVERING_ERROR, N_OUTSIDE, SHARE_WITHIN, StatisticName
from wbcval.values import told
from wbcval.values.wording import DASH, FAILED, OPEN, PASSED, all_of, fixed, in_percent, places_of

MODES: Mapping[str, tuple[str, str]] = {
    "same-cells": (
        "the very same cells, labelled on both sides",
        "No counting noise separates the two sides: every difference is a difference of "
        "classification.",
    ),
    "same-slide": (
        "the same slide, counted again",
        "The two sides may have seen different cells of one slide: part of every difference is "
        "chance in which cells were counted, and how far the cells overlap is unknown.",
    ),
    "different-aliquot": (
        "another aliquot, counted by an analyzer",
        "The two sides saw different cells. Every difference holds the counting noise of the "
        "model’s cells and the analyzer’s own imprecision, besides any error of classification.",
    ),
}
DEFAULTS = told.DEFAULTS
DECISIONS: Mapping[Decision, tuple[str, str]] = {
    decision: (decision.symbol, decision.value.capitalize()) for decision in Decision
}
_ATTAINABLE: Mapping[str | None, tuple[str, str, str]] = {
    "yes": ("pass", PASSED, "yes"),
    "marginal": ("inconclusive", OPEN, "marginal"),
    "no": ("fail", FAILED, "no"),
    None: ("none", DASH, ""),
}
SIGNERS = (
    Signer("prepared", meaning="I prepared this report from the inputs named in it."),
    Signer("reviewed", meaning="I reviewed the data, the exclusions and the conclusion."),
    Signer("approved", meaning="I approve the conclusion for the stated intended use."),
)


def opening(text: str) -> str:
    """A sentence's first letter as a capital, the others as they are."""
    return text[:1].upper() + text[1:]


def badge(kind: str, symbol: str, word: str) -> Markup:
    return Markup('<span class="status {}"><span aria-hidden="true">{}</span> {}</span>').format(
        kind, symbol, word
    )


def status(found: Status) -> Markup:
    """A status as symbol, word and class of colour."""
    return badge(found.value, found.symbol, found.word)


def attainable(found: str | None) -> Markup:
    """Whether a perfect classifier could meet a criterion, likewise."""
    return badge(*_ATTAINABLE[found])


def statistic(name: StatisticName, measure: str = "error") -> str:
    """A statistic's name with its parameter, in words."""
    base = name.base
    if base == SHARE_WITHIN:
        return f"samples within {name.parameter} %" + (" or in noise" if name.or_noise else "")
    if base == "bias" and name.or_noise:
        return "bias"
    if base == N_OUTSIDE:
        return f"samples outside {name.parameter} %"
    if base == COVERING_ERROR:
        share = name.number or 0.0
        return f"error that covers {fixed(100 * share, places_of(share, significant=1))} %"
    about = statistic_of(measure, name)
    said = (about.brief if about else "") or base.replace("_", " ")
    return f"{said} {name.rest.replace(':', ' ')}" if name.rest else said


def product(found: Product, absent: str) -> str:
    """Name and version of the model or the analyzer, or that neither was given."""
    return " ".join(part for part in (found.name, found.version) if part) or absent


def plural(count: int, one: str, many: str = "") -> str:
    """``1 sample``, ``2 samples``."""
    return f"{whole(count)} {one if count == 1 else many or one + 's'}"


def signer_meaning(signer: Signer) -> str:
    """What a signature means: as the protocol says, else the usual meaning of the role."""
    usual = {s.role: s.meaning for s in SIGNERS}
    return signer.meaning or usual.get(signer.role, "")


def listing(names: Sequence[str], most: int = 8) -> str:
    """Names joined by commas and "and"; beyond ``most`` the rest is counted."""
    if len(names) > most:
        return ", ".join(names[:most]) + f" and {len(names) - most} more"
    if not names:
        return "none"
    return all_of(names)


def chance(part: float | None) -> str:
    """A chance in percent, never rounded to certainty."""
    return DASH if part is None else in_percent(part, brief=True)


def prose(text: str) -> str:
    """A sentence with its negative numbers set with a minus sign."""
    return re.sub(r"(?<=[\s(])-(?=\d)", "\N{MINUS SIGN}", text)


def sentences(text: str) -> str:
    """Clauses joined by full stops, as sentences."""
    parts = [part[:1].upper() + part[1:] for part in prose(text).rstrip(". ").split(". ")]
    return ". ".join(parts) + "." if text else DASH


FILTERS: dict[str, Callable[..., Any]] = {
    "status": status,
    "attainable": attainable,
    "statistic": statistic,
    "plural": plural,
    "listing": listing,
    "chance": chance,
    "prose": prose,
    "sentences": sentences,
    "opening": opening,
}
