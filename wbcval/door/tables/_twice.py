"""Two columns of one meaning: do they say the same?"""

from __future__ import annotations

import math
from statistics import median

from wbcval.door.importers import Raw
from wbcval.door.importers import names as header_names
from wbcval.door.tables import _text
from wbcval.values.classes import canonical

_UNITS = 6  # powers of ten that two units of one measurand may lie apart
_EDGE = 1e-9


def differ(raw: Raw, first: int, second: int) -> bool:
    """Whether two columns hold different texts, or numbers, in any row in which both hold one.

    Args:
        first, second: positions of the columns.
    """
    return any(a != b and _same(a) != _same(b) for a, b in _pairs(raw, first, second))


def contradict(raw: Raw, first: int, second: int) -> bool:
    """Whether two columns of measured values or of classes say different things of any row.

    Numbers are the same where they are equal within their rounding, in whichever units: 7.5 and
    7480. Names are where they mean one class. A cell that is empty, or no number beside a number,
    says nothing.

    Args:
        first, second: positions of the columns.
    """
    pairs = _pairs(raw, first, second)
    told = [(number(a), number(b)) for a, b in pairs]
    numbers = [(a, b) for a, b in told if a and b]
    if numbers:
        return _apart(numbers)
    names = [pair for pair, (a, b) in zip(pairs, told, strict=True) if a is b is None]
    return any(_name(a) != _name(b) for a, b in names)


def _pairs(raw: Raw, first: int, second: int) -> list[tuple[str, str]]:
    """What two columns hold in the rows in which neither is empty."""
    ours, theirs = (_text.text(raw, i).to_pylist() for i in (first, second))
    return [(a.strip(), b.strip()) for a, b in zip(ours, theirs, strict=True) if a and b]


def _apart(numbers: list[tuple[tuple[float, float], tuple[float, float]]]) -> bool:
    """Whether numbers differ by more than their rounding, or by no power of ten."""
    ratios = [b / a for (a, _), (b, _) in numbers if a > 0 and b > 0]
    power = round(math.log10(median(ratios))) if ratios else 0
    unit = 10.0 ** max(-_UNITS, min(_UNITS, power))
    return any(
        abs(a * unit - b) > (step * unit + other) / 2 * (1 + _EDGE) + _EDGE * abs(b)
        for (a, step), (b, other) in numbers
    )


def number(text: str) -> tuple[float, float] | None:
    """A number and its last printed step; ``None`` where it is none."""
    text = text.replace(",", ".")
    try:
        found = float(text)
    except ValueError:
        return None
    if not math.isfinite(found):
        return None
    digits = text.lower().partition("e")[0].partition(".")[2]
    return found, 10.0 ** -len(digits)


def _same(text: str) -> float | str:
    """A number, or the text: 100 and 100.0 are one."""
    found = number(text)
    return text if found is None else found[0]


def _name(text: str) -> str:
    return canonical(text) or header_names.fold(text)
