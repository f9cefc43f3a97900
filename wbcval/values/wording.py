"""How a number is written: as precisely as its interval supports, never against its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wbcval.values.estimate import Estimate

PASSED, FAILED, OPEN = "✓", "✗", "?"  # the symbols of a status
MINUS, DASH, INFINITE = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{INFINITY}"
_MOST = 6  # decimals
_DIGITS = 17  # a double has no more: what differs from a bound can be told from it
_EDGE = 1e-9  # as for the criterion itself (STATISTICS.md §2)
_NOISE = 1e-12  # a sum that should cancel leaves no more, in any unit


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number of the results is written: as it is or in percent, and in which unit.

    Attributes:
        percent: a fraction that people read as a percentage (or points): written times 100.
        unit: of what is written, as ``results.json`` spells units; ``1``: a pure number.
    """

    percent: bool = False
    unit: str = "1"

    @property
    def factor(self) -> float:
        """What a number is multiplied by to be written."""
        return 100.0 if self.percent else 1.0

    @property
    def stored(self) -> str:
        """Unit of the number itself, in ``results.json``."""
        return "1" if self.percent else self.unit

    @property
    def words(self) -> str:
        """The unit as readers write it; "" for a pure number."""
        return unit_text(self.unit)


def fixed(value: float | None, places: int) -> str:
    """A number with that many decimals, or a sign for what is no number.

    >>> fixed(-1.25, 1), fixed(-0.001, 1), fixed(None, 1), fixed(math.inf, 1)
    ('−1.2', '0.0', '–', '∞')
    """
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return INFINITE if value > 0 else MINUS + INFINITE
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def places_of(*values: float | None, significant: int = 3) -> int:
    """Decimals that give the largest of the values so many significant digits.

    >>> places_of(0.0123), places_of(12.3), places_of(1234.5), places_of(None)
    (4, 1, 0, 0)
    """
    sizes = [abs(v) for v in values if v is not None and v != 0 and math.isfinite(v)]
    if not sizes:
        return 0
    return min(max(significant - 1 - math.floor(math.log10(max(sizes))), 0), _MOST)


def places(estimate: Estimate, scale: float = 1.0, least: int = 0) -> int:
    """Decimals its interval supports: the last one stands for at most a sixth of its width.

    >>> places(Estimate(0.95, 0.92, 0.97)), places(Estimate(0.95, 0.92, 0.97), scale=100)
    (3, 1)
    >>> places(Estimate(12.0, 0.0, 43.0)), places(Estimate(-3.1, -7.3, -1.0))
    (0, 0)
    """
    low, high, value = estimate.low, estimate.high, estimate.value
    if low is None or high is None or not math.isfinite(high - low) or high == low:
        return max(places_of(None if value is None else scale * value), least)
    return min(max(math.ceil(-math.log10(scale * (high - low) / 6)), least), _MOST)


def places_against(value: float | None, bound: float | None, start: int) -> int:
    """Decimals, at least ``start``, at which the written value lies where the value does.

    >>> places_against(9.96, 10, 1), places_against(10.0004, 10, 1), places_against(7.0, 10, 1)
    (2, 4, 1)
    >>> places_against(10.0000001, 10, 1), places_against(-1e-16, 0, 2)
    (7, 2)
    """
    if value is None or bound is None or not math.isfinite(value):
        return start
    side = _side(value, bound)
    for count in range(start, _DIGITS):
        if _side(float(f"{value:.{count}f}"), bound) == side:
            return count
    return start


def places_apart(one: float, other: float, start: int) -> int:
    """Decimals, at least ``start``, at which two numbers that differ are written differently.

    >>> places_apart(0.0012, 0.0009, 2), places_apart(1.0, 1.0, 2)
    (4, 2)
    """
    if abs(one - other) <= max(_EDGE * max(abs(one), abs(other)), _NOISE):
        return start
    written = (d for d in range(start, _DIGITS) if fixed(one, d) != fixed(other, d))
    return next(written, _DIGITS)


def places_within(size: float, most: float, start: int) -> int:
    """Decimals, at least ``start``, at which both written say whether the one exceeds the other.

    >>> places_within(2.943, 2.941, 2), places_within(0.5, 0.5, 2)
    (3, 2)
    """
    for count in range(start, _DIGITS):
        if (round(size, count) <= round(most, count)) == (size <= most):
            return count
    return start


def numerals(e: Estimate, percent: bool = False, *bounds: float) -> tuple[str, str, str]:
    """Value, low and high as text without a unit, each on its side of the bounds.

    Args:
        e: the estimate.
        percent: write a fraction as percent.
        bounds: in the unit of the estimate; a written number lies where the number does.

    >>> e = Estimate(0.9496, 0.92, 0.97)
    >>> numerals(e, True), numerals(e, True, 0.95)
    (('95.0', '92.0', '97.0'), ('94.96', '92.00', '97.00'))
    """
    scale, digits = 100.0 if percent else 1.0, decimals(e, percent, *bounds)
    value, low, high = (
        fixed(None if v is None else scale * v, digits) for v in (e.value, e.low, e.high)
    )
    return value, low, high


def decimals(e: Estimate, percent: bool = False, *bounds: float) -> int:
    """Decimals of :func:`numerals`.

    >>> e = Estimate(0.9496, 0.92, 0.97)
    >>> decimals(e, True), decimals(e, True, 0.95)
    (1, 2)
    """
    scale = 100.0 if percent else 1.0
    digits = places(e, scale, least=1 if percent else 0)
    for bound in bounds:
        digits = max(
            places_against(None if v is None else scale * v, scale * bound, digits)
            for v in (e.value, e.low, e.high)
        )
    return digits


def _side(value: float, bound: float) -> int:
    if abs(value - bound) <= max(_EDGE * abs(bound), _NOISE):
        return 0
    return 1 if value > bound else -1


def with_unit(text: str, unit: str) -> str:
    r"""The number with its unit, as readers write it; nothing after a dash.

    >>> with_unit("4.1", "10*9/L"), with_unit("–", "%")
    ('4.1\xa0×10⁹/L', '–')
    """
    shown = unit_text(unit)
    if not shown or text == DASH:
        return text
    return f"{text}\N{NO-BREAK SPACE}{shown}"


def in_percent(share: float, brief: bool = False) -> str:
    """A share or a chance as a whole percentage, never rounded to certainty.

    Args:
        share: 0 to 1.
        brief: for a cell of a table.

    >>> in_percent(0.137), in_percent(0.001), in_percent(0.999), in_percent(1.0)
    ('14 %', 'less than 1 %', 'more than 99 %', '100 %')
    >>> in_percent(0.001, brief=True)
    '<1 %'
    """
    if 0 < share < 0.005:
        return "<1 %" if brief else "less than 1 %"
    if 0.995 <= share < 1:
        return ">99 %" if brief else "more than 99 %"
    return f"{100 * share:.0f} %"


def all_of(names: Sequence[str]) -> str:
    """Names in one sentence.

    >>> all_of(["WBC"]), all_of(["WBC", "NEUT%", "EO%"])
    ('WBC', 'WBC, NEUT% and EO%')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def difference_unit(unit: str) -> str:
    """Unit of a difference: that of two percentages is percentage points, not percent.

    >>> difference_unit("%"), difference_unit("10*9/L")
    ('pp', '10*9/L')
    """
    return "pp" if unit == "%" else unit


def unit_text(unit: str) -> str:
    """A unit of the results as readers write it.

    >>> unit_text("10*9/L"), unit_text("pp"), unit_text("1"), unit_text("%/pp")
    ('×10⁹/L', 'points', '', '% per point')
    """
    return {
        "10*9/L": "×10⁹/L",
        "pp": "points",
        "1": "",
        "%/pp": "% per point",
        "%/10*9/L": "% per 10⁹/L",
    }.get(unit, unit)
