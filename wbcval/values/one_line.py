"""Text that comes from data, made fit for one line of any output."""

from __future__ import annotations

import re

MOST_QUOTED = 200  # characters of a sentence of somebody else's
MOST = 300  # characters of one name or sentence part; longer ones are cut, and say so
_REPLACED = "\N{REPLACEMENT CHARACTER}"
# C1 controls, direction overrides (they reorder what is read), surrogates, noncharacters
_UNFIT = re.compile(
    "[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    "\ufffe\uffff]"
)
_CONTROL = re.compile("[\x00-\x1f]")
_QUOTES = re.compile(
    '["\u00ab\u00bb\u201c-\u201f\u2033\u2036\u2039\u203a\u300c-\u300f\u301d-\u301f\uff02]'
)
_PICTURES = 0x2400  # of the control characters, in their order: ␊ for a line feed


def one_line(text: str, most: int = MOST) -> str:
    r"""Text without a line break or any character that XML 1.0 forbids; controls stay visible.

    >>> one_line("S1\n::error::x"), one_line("abcdef", most=4)
    ('S1␊::error::x', 'abc…')
    """
    text = _CONTROL.sub(lambda m: chr(_PICTURES + ord(m[0])), text)
    text = _UNFIT.sub(_REPLACED, text)
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(text: str) -> str:
    r"""Somebody's own words, in quotation marks that they cannot close, on one line and bounded.

    What a verdict is printed with is read as its own words, unless it is seen where others end.

    >>> quoted('known. "Judged: all\u201d.\n\nNothing else').encode("ascii", "replace")
    b"?known. 'Judged: all'. Nothing else?"
    """
    line = one_line(" ".join(_QUOTES.sub("'", text).split()), MOST_QUOTED)
    return f"\N{LEFT DOUBLE QUOTATION MARK}{line}\N{RIGHT DOUBLE QUOTATION MARK}"
