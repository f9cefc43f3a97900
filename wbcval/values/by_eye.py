"""Names as the eye reads them: what only a machine tells apart is one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

# Cyrillic and Greek letters that print as Latin ones, after folding of case
_LOOK_ALIKES = str.maketrans("авекмнорстухіјѕԛԝανορτυχικ", "abekmhopctyxijsqwavoptuxik")
_JOINED = re.compile(  # a point joins no digits: 1.01 is a number
    r"(?<=[^\W_])[-\u2010-\u2015_/]+(?=[^\W_])|(?<=[^\W\d_])\.+(?=[^\W_])|\.+(?=[^\W\d_])"
)
_WHOLE = re.compile(r"\d+\.0+")


def folded(text: str) -> str:
    """An id as the eye reads it: without case, spaces, leading zeros and look-alike letters.

    A space between two digits parts numbers: rack 1, place 11 is not rack 11, place 1.

    >>> folded("S 007") == folded("s7"), folded("1 11") == folded("11 1")
    (True, False)
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LOOK_ALIKES)
    kinds = {"Zs": " ", "Cf": ""}
    plain = "".join(kinds.get(unicodedata.category(c), c) for c in plain)
    plain = re.sub(r"(?<!\d) +| +(?!\d)", "", re.sub(" +", " ", plain))
    return re.sub(r"(?<![\d])(?<!\d[.,])0+(?=\d)", "", plain)  # of a number, not of its decimals


def folded_level(text: str) -> str:
    """A level of a column, likewise; joined by whatever sign, and a whole number without ``.0``.

    >>> folded_level("Clinic-C") == folded_level("clinic  c"), folded_level("3.0")
    (True, '3')
    >>> folded_level("18-40") == folded_level("1840"), folded_level("A+") == folded_level("A-")
    (False, False)
    >>> folded_level("1.01") == folded_level("1.1"), folded_level("Lot.03") == folded_level("lot 3")
    (False, True)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain.split(".")[0] if _WHOLE.fullmatch(plain) else plain
    return folded(_JOINED.sub(" ", plain)) or text


def one_spelling(levels: Iterable[str]) -> dict[str, str]:
    """Levels in several spellings, each to the one that stands most often (then the first).

    Args:
        levels: one per row.

    Returns:
        Spelling → the one that is taken; what has one spelling alone is not in it.
    """
    groups: dict[str, Counter[str]] = {}
    for level in levels:
        groups.setdefault(folded_level(level), Counter())[level] += 1
    several = (found for found in groups.values() if len(found) > 1)
    return {
        level: min(found, key=lambda name: (-found[name], name))
        for found in several
        for level in found
    }
