"""Columns named after a class alone (NEU, LYM …): counts, percent, or cells?

The protocol says so under ``[units]``; otherwise only what the five add up to may decide, and it
is said. The size of a single value never decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _parts
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._numbers import Numbers
from wbcval.door.tables._readings import Floats, Sums, readings
from wbcval.values import classes, units

_MOST = 0.8  # of the rows have to add up
_COUNT_TOLERANCE = 0.10  # of WBC: other classes are counted in it too
_SIGN = {units.Dimension.COUNT: "#", units.Dimension.SHARE: "%", units.Dimension.CELLS: "cells"}


def decide(
    raw: Raw,
    bound: Binding,
    stated: Mapping[str, str],
    numbers: Mapping[int, Numbers],
    factors: Mapping[int, float],
    ledger: TableLog,
) -> str:
    """``#``, ``%`` or ``cells`` for the bare columns; "" where there are none or none decides."""
    bare = {n: at for n, at in _parts.columns(bound, _parts.CELLS).items() if _compared(n, bound)}
    if not bare:
        return ""
    said = {_stated(raw, at, name, bound, stated) for name, at in bare.items()}
    said.discard("")
    spelt = ", ".join(raw.header[position] for position in bare.values())
    if len(said) == 1:
        return said.pop()
    if said:
        ledger.say("unit-contradiction", f"different units stated for {spelt}", column=spelt)
        return ""
    evidence = _evidence(bound, numbers, factors)
    if len(evidence) == 1:
        (sign, why), = evidence.items()  # fmt: skip
        ledger.say("class-columns-read", f"read as {sign}: {why}", column=spelt)
        return sign
    why = " and ".join(evidence.values()) or "the five add up to neither WBC, nor 100, nor a total"
    ledger.say("class-columns", why, column=spelt)
    return ""


def _compared(name: str, bound: Binding) -> bool:
    """Blasts alone, say, make no measurand."""
    return name in bound.bare or any(name in family for family in classes.FAMILIES)


def _stated(raw: Raw, position: int, name: str, bound: Binding, stated: Mapping[str, str]) -> str:
    """The sign a bare column is given: by the protocol, for its name or ours, or by the file."""
    short = classes.SHORT.get(name, name)
    texts = [stated.get(key) for key in (raw.header[position], f"{short}#", f"{short}%")]
    for text in (*texts, bound.units.get(position)):
        if text and (unit := units.parse(text)) is not None:
            return _SIGN[unit.dimension]
    return ""


def _evidence(
    bound: Binding, numbers: Mapping[int, Numbers], factors: Mapping[int, float]
) -> dict[str, str]:
    """What the classes add up to, by the sign it speaks for."""
    found: dict[str, str] = {}
    places = _parts.columns(bound, _parts.CELLS)
    of_cells = _parts.sums(places, _parts.CELLS, numbers, bound, factors)
    share = _best(of_cells, 0.0)
    if share >= _MOST and all(numbers[position].decimals == 0 for position in places.values()):
        why = f"whole numbers, the five add up to the total in {share:.0%} of rows"
        return {_parts.CELLS: why}
    of_percent = _parts.sums(_parts.with_bare(bound, "%"), "%", numbers, bound, factors)
    if (share := _best(of_percent, 0.5 + _rounding(bound, "%", numbers))) >= _MOST:
        found["%"] = f"the five add up to 100 in {share:.0%} of rows"
    of_counts = _parts.sums(_parts.with_bare(bound, "#"), "#", numbers, bound, factors)
    if of_counts.target is not None:
        near = _COUNT_TOLERANCE * of_counts.target + _rounding(bound, "#", numbers)
        if (share := _best(of_counts, near)) >= _MOST:
            found["#"] = f"the five add up to WBC within 10 % in {share:.0%} of rows"
    return found


def _rounding(bound: Binding, sign: str, numbers: Mapping[int, Numbers]) -> float:
    columns = [numbers[at] for at in _parts.with_bare(bound, sign).values()]
    return sum(0.5 * 10.0 ** -(column.decimals or 0) for column in columns)


def _best(sums: Sums, tolerance: float | Floats) -> float:
    """The largest share of rows that add up, over the ways in which the columns may."""
    found = [
        _share(sums.holds(reading, tolerance), sums.total(reading) + sums.target)
        for reading in readings(sums)
        if sums.target is not None
    ]
    return max(found, default=0.0)


def _share(holds: NDArray[np.bool_], needed: NDArray[np.float64]) -> float:
    known = np.isfinite(needed)
    return float(holds[known].mean()) if known.any() else 0.0
