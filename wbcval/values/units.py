r"""Units of leukocyte counts: from the many spellings in the field to 10⁹/L and percent.

Spellings: analyzer headers (``10/uL``, ``10^(-1)%``), HL7 and ASTM (``10*3/uL``, ``10\S\3/µl``),
information systems (``G/L``, ``K/uL``, ``/nl``, ``cells/mm3``). A unit never comes from the
size of a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Dimension(StrEnum):
    """What a unit measures."""

    COUNT = "count"  # cells per volume; canonical 10*9/L
    SHARE = "share"  # part of the leukocytes; canonical percent
    CELLS = "cells"  # cells seen, no volume: a differential counted by hand or by a model


CANONICAL = {Dimension.COUNT: "10*9/L", Dimension.SHARE: "%", Dimension.CELLS: "cells"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as stated, with the factor to the canonical unit of its dimension."""

    text: str
    dimension: Dimension
    factor: float

    @property
    def spelt_as_share(self) -> bool:
        """Whether its text ends as a percentage does, whatever it measures."""
        return self.text.endswith("%")


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_LOOKALIKES = str.maketrans({"µ": "u", "μ": "u", "×": "x", "·": "*", "∗": "*", "−": "-"})
_WORDS = {
    "k": 3, "thou": 3, "thousand": 3, "tsd": 3, "tys": 3,
    "g": 9, "giga": 9, "gpt": 9,
    "": 0, "cells": 0, "cell": 0, "#": 0,
}  # fmt: skip
_LITRES = {
    "l": 0, "liter": 0, "litre": 0, "dl": -1, "ml": -3, "ul": -6, "mcl": -6, "mm3": -6, "mm^3": -6,
    "cmm": -6, "nl": -9,
}  # fmt: skip
_POWER = re.compile(r"^[x*]?10(?:(?:\^|\*\*?|e)\(?(\d+)\)?|\((\d+)\)|([39]))?(?:cells?)?$")
_SHARE_POWER = re.compile(r"^[x*]?10(?:\^|\*\*?|e)\(?(-\d+)\)?%$")
_SHARES = {"%": 1.0, "percent": 1.0, "pct": 1.0, "prozent": 1.0}
_FRACTIONS = {"1", "fraction", "ratio", "proportion", "{fraction}"}
_CELLS = {"cells", "cell", "ncells", "counts", "count", "n"}


@cache
def parse(text: str) -> Unit | None:
    """The unit a text states, or ``None`` for a text that states none known.

    >>> parse("10/uL").factor, parse("x10^9/L").factor, parse("10^(-1)%").factor
    (0.01, 1.0, 0.1)
    """
    folded = _fold(text)
    if folded in _SHARES:
        return Unit(text, Dimension.SHARE, _SHARES[folded])
    if folded in _FRACTIONS:
        return Unit(text, Dimension.SHARE, 100.0)
    if folded in _CELLS:
        return Unit(text, Dimension.CELLS, 1.0)
    if scaled := _SHARE_POWER.match(folded):
        return Unit(text, Dimension.SHARE, _power_of_ten(int(scaled[1])))
    return _count(text, folded)


def _count(text: str, folded: str) -> Unit | None:
    # "IG#(10/uL%)" is a typing error of the analyzer's own software, seen in the field
    number, slash, volume = folded.removesuffix("%").partition("/")
    litres = _LITRES.get(volume)
    if not slash or litres is None or (number == "g" and volume == "dl"):
        return None  # g/dL is grams of haemoglobin; G/L is giga per litre
    if number in _WORDS:
        exponent = _WORDS[number]
    elif (power := _POWER.match(number)) is not None:
        exponent = int(power[1] or power[2] or power[3] or 1)
    else:
        return None
    return Unit(text, Dimension.COUNT, _power_of_ten(exponent - litres - 9))


def _fold(text: str) -> str:
    superscript = re.sub(r"([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", r"^\1", text).translate(_SUPERSCRIPTS)
    escaped = superscript.replace("\\S\\", "^").translate(_LOOKALIKES)
    return re.sub(r"\s+", "", escaped).casefold()


def _power_of_ten(exponent: int) -> float:
    return float(f"1e{exponent}")  # 10.0 ** -1 and friends are not always the nearest double
