"""Numbers as table cells and in sentences: value, interval, and why either is missing."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

from wbcval.measure.results import Measurement
from wbcval.values.estimate import Estimate
from wbcval.values.wording import DASH, Scale, fixed, numerals, places_against, places_of, with_unit


class Footnotes:
    """Reasons under a table, each once, with a letter where they apply."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def __call__(self, reason: str) -> Markup:
        """The letter of a reason, as a superscript; nothing for no reason."""
        if not reason:
            return Markup("")
        if reason not in self._reasons:
            self._reasons.append(reason)
        return Markup("<sup>{}</sup>").format(_letter(self._reasons.index(reason)))

    def items(self) -> Iterable[tuple[str, str]]:
        """Letter and reason, in the order of appearance."""
        return [(_letter(i), reason) for i, reason in enumerate(self._reasons)]


def _letter(index: int) -> str:
    first, second = divmod(index, 26)
    return (string.ascii_lowercase[first - 1] if first else "") + string.ascii_lowercase[second]


def _estimate(found: Measurement | Estimate) -> Estimate:
    return found.estimate if isinstance(found, Measurement) else found


def cell(
    found: Measurement | Estimate | None,
    notes: Footnotes,
    percent: bool = False,
    *bounds: float,
    unit: str = "1",
) -> Markup:
    """A table cell: the value, its interval smaller, the reason as a footnote.

    Args:
        found: what was measured; ``None`` where it was not.
        notes: of the table.
        percent: write a fraction as percent.
        bounds: see :func:`numerals`.
        unit: written behind the value, where the table's header has none.
    """
    if found is None:
        return Markup('<td class="num">–{}</td>').format(notes("not measured"))
    e = _estimate(found)
    if e.value is None:
        return Markup('<td class="num">–{}</td>').format(notes(e.reason or "not estimable"))
    number, low, high = numerals(e, percent, *bounds)
    mark, number = notes(e.reason), with_unit(number, unit)
    if e.low is None and e.high is None:
        return Markup('<td class="num">{}{}</td>').format(number, mark)
    return Markup('<td class="num">{}{} <span class="ci">{}&nbsp;to&nbsp;{}</span></td>').format(
        number, mark, low, high
    )


def written(e: Estimate, percent: bool = False, *bounds: float, with_interval: bool = False) -> str:
    """An estimate without its unit, for a figure whose axis has it; see :func:`numerals`."""
    if e.value is None:
        return "not estimable"
    number, low, high = numerals(e, percent, *bounds)
    known = with_interval and (e.low is not None or e.high is not None)
    return f"{number} ({low} to {high})" if known else number


def _scale(found: Measurement | Estimate, percent: bool) -> Scale:
    if isinstance(found, Measurement):
        return found.scale
    return Scale(percent, "%" if percent else "1")


def value(found: Measurement | Estimate | None, percent: bool = False) -> str:
    """The value alone, in a sentence; ``percent``: a bare estimate is a share."""
    if found is None:
        return DASH
    scale = _scale(found, percent)
    return with_unit(numerals(_estimate(found), scale.percent)[0], scale.unit)


def interval(found: Measurement | Estimate | None, percent: bool = False) -> str:
    """Value and interval, in a sentence: ``95.0 % (91.2 to 97.6)``."""
    text = value(found, percent)
    e = None if found is None else _estimate(found)
    if found is None or e is None or (e.low is None and e.high is None):
        return text
    _, low, high = numerals(e, _scale(found, percent).percent)
    return f"{text} ({low} to {high})"


def plain(number: float | None, significant: int = 3) -> str:
    """A bare number to so many significant digits."""
    return fixed(number, places_of(number, significant=significant))


def error_text(error: float, *limits: float) -> str:
    """A signed error in percent, on the right side of the limits."""
    if math.isinf(error):
        return fixed(error, 0)
    digits = 1 if abs(error) < 100 else 0
    text = fixed(error, max(places_against(error, b, digits) for x in limits for b in (x, -x)))
    return f"+{text}" if error > 0 else text


def aligned(numbers: Sequence[float | None], most: int = 2) -> list[str]:
    """Numbers of one column with as many decimals as the most precise needs, up to ``most``."""
    known = [n for n in numbers if n is not None and math.isfinite(n)]
    digits = next(
        (d for d in range(most) if all(math.isclose(n, round(n, d), abs_tol=1e-9) for n in known)),
        most,
    )
    return [fixed(n, digits) for n in numbers]


def whole(number: float | None) -> str:
    """A count, with thin spaces between thousands."""
    if number is None or math.isnan(number):
        return DASH
    return f"{int(number):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(part: float | None) -> str:
    """A part of a whole as percent with one decimal; neither none nor all by rounding."""
    if part is None:
        return DASH
    if 0 < part < 0.0005:
        return "<0.1\N{NO-BREAK SPACE}%"
    if 0.9995 < part < 1:
        return ">99.9\N{NO-BREAK SPACE}%"
    return f"{100 * part:.1f}\N{NO-BREAK SPACE}%"


def heat(part: float | None) -> str:
    """The class of a field shaded by a share, 0 to 1, in ten steps."""
    return "" if part is None else f"heat-{round(10 * part)}"


def quoted(text: str) -> Markup:
    """An id or a name exactly as given, set apart from prose."""
    return Markup("<code>{}</code>").format(escape(text))


def listed(text: str) -> Markup:
    """A sample under study in a list of names; the page's script marks it there too."""
    return Markup('<code data-sample="{0}">{0}</code>').format(text)


FILTERS: dict[str, Callable[..., Any]] = {
    "cell": cell,
    "plain": plain,
    "error_text": error_text,
    "aligned": aligned,
    "whole": whole,
    "share": share,
    "heat": heat,
    "quoted": quoted,
    "listed": listed,
}
