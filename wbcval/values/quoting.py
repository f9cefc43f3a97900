"""A cell as it may be quoted back: whole where it is a number or a unit, else cut and masked.

Into a cell of numbers somebody may have typed a name or a birth date; findings, log, messages and
report show its first character and no more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from wbcval.values import units

_LONGEST = 24  # characters of a number with its unit
_SHOWN = 6  # cells of a row
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d+(?:[.,]\d+)?|[.,]\d+)"
# what an analyzer puts around a number: below or above, marks, flags
_VALUE = re.compile(
    rf"^(?:[<>≤≥＜＞]\s*=?)?\s*[*@!]*\s*[+-]?{_NUMBER}(?:[eE][+-]?\d{{1,3}})?\s*"
    r"(?:[*@!+-]{1,4}|[HL]{1,2}|[ANW]|[▲▼↑↓]{1,2}|)\s*(?P<unit>.*)$"
)
# a number in a shape that is read as none: in brackets, behind an apostrophe, of other digits
_SHAPED = re.compile(rf"^\(\s*{_NUMBER}\s*\)$|^'?[+-]?(?:{_NUMBER}|\d{{1,3}}(?:['’]\d{{3}})+)$")
_SIGNS = re.compile(r"^[-+*@!#.,?<>▲▼↑↓]{1,8}$")
_WORDS = frozenset(
    ("error", "discrete", "na", "n/a", "nan", "null", "none", "n.a.", "<na>", "#n/a", "inf",
     "infinity", "h", "hh", "l", "ll", "n", "a", "w", "high", "low", "normal", "abnormal")
)  # fmt: skip


def quoted(text: str) -> str:
    r"""A cell of numbers as it may be shown.

    >>> quoted("11.2 H"), quoted("7,000 cells/uL"), quoted("Testperson"), quoted("01.03.1940")
    ('11.2 H', '7,000 cells/uL', 'T…', '0…')
    >>> quoted("(4.66)"), quoted("\u22124.66")
    ('(4.66)', '−4.66 (U+2212)')
    """
    tight = text.strip()
    if len(tight) <= _LONGEST and _SHAPED.match(_plain(tight)):
        odd = dict.fromkeys(f"U+{ord(c):04X}" for c in tight if not c.isascii())
        return f"{tight} ({' '.join(odd)})" if odd else tight
    return tight if not tight or _is_harmless(tight) else f"{tight[0]}…"


def quoted_row(cells: Iterable[str]) -> str:
    """The filled cells of a row, each as :func:`quoted`."""
    shown = [quoted(cell) for cell in cells if cell.strip()]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return " | ".join(shown[:_SHOWN]) + more


def _plain(text: str) -> str:
    """Full-width and other digits and signs as those of a keyboard."""
    folded = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    digits = ((c, unicodedata.decimal(c, None)) for c in folded)
    return "".join(c if n is None else str(n) for c, n in digits)


def _is_harmless(text: str) -> bool:
    if text.casefold() in _WORDS or _SIGNS.match(text):
        return True
    if len(text) > _LONGEST:
        return False
    value = _VALUE.match(text)
    found = [text] if value is None else [value["unit"], text]
    return "" in found or any(units.parse(each) is not None for each in found)
