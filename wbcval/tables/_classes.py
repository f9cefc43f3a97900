"""Columns named after a class alone (NEU, LYM …): counts, percent, or cells?

The protocol says so under ``[units]``; otherwise only what the five add up to may decide, and it
is said. The size of a single value never decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval import classes, units
from wbcval.importers import Raw
from wbcval.tables._bind import Binding
from wbcval.tables._ledger import Ledger
from wbcval.tables._numbers import Numbers

_MOST = 0.8  # of the rows have to add up
_COUNT_TOLERANCE = 0.10  # of WBC: other classes are counted in it too
_SIGN = {units.Dimension.COUNT: "#", units.Dimension.SHARE: "%", units.Dimension.CELLS: "cells"}


def decide(
    raw: Raw,
    bound: Binding,
    stated: Mapping[str, str],
    numbers: Mapping[int, Numbers],
    ledger: Ledger,
) -> str:
    """``#``, ``%`` or ``cells`` for the bare columns; "" where there are none or none decides."""
    if not bound.bare:
        return ""
    said = {_stated(raw, bound, name, stated) for name in bound.bare}
    said.discard("")
    spelt = ", ".join(raw.header[position] for position in bound.bare.values())
    if len(said) == 1:
        return said.pop()
    if said:
        ledger.say("unit-contradiction", f"different units stated for {spelt}", column=spelt)
        return ""
    evidence = _evidence(bound, numbers)
    if len(evidence) == 1:
        (sign, why), = evidence.items()  # fmt: skip
        ledger.say("class-columns-read", f"read as {sign}: {why}", column=spelt)
        return sign
    why = " and ".join(evidence.values()) or "the five add up to neither WBC, nor 100, nor a total"
    ledger.say("class-columns", why, column=spelt)
    return ""


def _stated(raw: Raw, bound: Binding, name: str, stated: Mapping[str, str]) -> str:
    """The sign a bare column is given: by the protocol, for its name or ours, or by the file."""
    position, short = bound.bare[name], classes.SHORT[name]
    texts = [stated.get(key) for key in (raw.header[position], f"{short}#", f"{short}%")]
    for text in (*texts, bound.units.get(position)):
        if text and (unit := units.parse(text)) is not None:
            return _SIGN[unit.dimension]
    return ""


def _evidence(bound: Binding, numbers: Mapping[int, Numbers]) -> dict[str, str]:
    """What the five add up to, by the sign it speaks for."""
    found: dict[str, str] = {}
    if "total" in bound.fields and (columns := _five(bound, numbers, "")):
        total = np.sum([column.values for column in columns], axis=0)
        share = _share(total == numbers[bound.fields["total"]].values, total)
        if share >= _MOST and all(column.decimals == 0 for column in columns):
            return {"cells": f"whole numbers, the five add up to the total in {share:.0%} of rows"}
    if columns := _five(bound, numbers, "%"):
        total = np.sum([column.values for column in columns], axis=0)
        share = _share(np.abs(total - 100) <= 0.5 + _rounding(columns), total)
        if share >= _MOST:
            found["%"] = f"the five add up to 100 in {share:.0%} of rows"
    if "WBC" in bound.measurands and (columns := _five(bound, numbers, "#")):
        total = np.sum([column.values for column in columns], axis=0)
        wbc = numbers[bound.measurands["WBC"]].values
        near = np.abs(total - wbc) <= _COUNT_TOLERANCE * wbc + _rounding(columns)
        if (share := _share(near, total + wbc)) >= _MOST:
            found["#"] = f"the five add up to WBC within 10 % in {share:.0%} of rows"
    return found


def _five(bound: Binding, numbers: Mapping[int, Numbers], sign: str) -> list[Numbers]:
    """The columns of the five, bare or already of this sign; none if one is lacking."""
    positions = [
        bound.bare.get(name, bound.measurands.get(classes.SHORT[name] + sign))
        for name in classes.FIVE
    ]
    if None in positions:
        return []
    return [numbers[position] for position in positions if position is not None]


def _rounding(columns: list[Numbers]) -> float:
    return sum(0.5 * 10.0 ** -(column.decimals or 0) for column in columns)


def _share(holds: NDArray[np.bool_], needed: NDArray[np.float64]) -> float:
    known = np.isfinite(needed)
    return float(holds[known].mean()) if known.any() else 0.0
