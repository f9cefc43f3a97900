"""Columns named after a class alone (NEU, LYM …): counts, percent, or cells?

The protocol says so under ``[units]``; otherwise only what the five add up to may decide, and it
is said. The size of a single value never decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables import _leftover, _parts
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._numbers import Numbers
from wbcval.door.tables._readings import Floats, Sums, readings
from wbcval.values import classes, units
from wbcval.values.measurands import Measurand

Rows = NDArray[np.bool_] | slice

_ALL = 100.0  # percent
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
    every = _parts.columns(bound, _parts.CELLS)
    bare = {n: at for n, at in every.items() if _compared(n, bound)} or every
    if not bare:
        return ""
    spelt = ", ".join(raw.header[position] for position in bare.values())
    said = {_stated(raw, at, name, bound, stated) for name, at in bare.items()}
    said.discard("")
    if said == {_parts.CELLS} and not bound.bare and not {"total", "n_cells"} & bound.fields.keys():
        ledger.say("class-columns", "cells, and no column says of how many", column=spelt)
        return ""
    if len(said) == 1:
        return said.pop()
    if said:
        ledger.say("unit-contradiction", f"different units stated for {spelt}", column=spelt)
        return ""
    if any(_compared(name, bound) for name in bare):
        evidence = _evidence(bound, numbers, factors, slice(None))
    elif signs := _beside(bound):
        evidence = _of_beside(bare, signs, bound, numbers, factors)
    else:
        for name in bare:
            del bound.parts[name]
        _leftover.say_unread(raw, list(bare.values()), ledger)
        return ""
    if len(evidence) == 1:
        (sign, why), = evidence.items()  # fmt: skip
        ledger.say("class-columns-read", f"read as {sign}: {why}", column=spelt)
        return sign
    why = " and ".join(evidence.values()) or "the five add up to neither WBC, nor 100, nor a total"
    ledger.say("class-columns", why, column=spelt)
    return ""


def _compared(name: str, bound: Binding) -> bool:
    """Whether one of the five may count it; blasts, say, stand beside them."""
    return name in bound.bare or any(name in family for family in classes.FAMILIES)


def _beside(bound: Binding) -> list[str]:
    """The signs of the measurands that the header names."""
    found = {Measurand(name).quantity for name in bound.measurands}
    return [sign for sign in "%#" if sign in found]


def _of_beside(
    bare: Mapping[str, int],
    signs: list[str],
    bound: Binding,
    numbers: Mapping[int, Numbers],
    factors: Mapping[int, float],
) -> dict[str, str]:
    """As :func:`_evidence`, for blasts and others: rows that have none of them tell nothing."""
    some = np.any([np.nan_to_num(numbers[at].values) != 0 for at in bare.values()], axis=0)
    if not some.any():
        return {signs[0]: "0 in every row"}
    # where percent and counts add up without them, only what adds up with them tells
    found = _evidence(bound, numbers, factors, some, held=len(signs) == 1)
    if any((numbers[at].values > _ALL).any() for at in bare.values()):
        found.pop("%", None)  # such as the score of a flag
    return {sign: why for sign, why in found.items() if sign in signs}


def _stated(raw: Raw, position: int, name: str, bound: Binding, stated: Mapping[str, str]) -> str:
    """The sign a bare column is given: by the protocol, for its name or ours, or by the file."""
    short = classes.SHORT.get(name, name)
    texts = [stated.get(key) for key in (raw.header[position], f"{short}#", f"{short}%")]
    for text in (*texts, bound.units.get(position)):
        if text and (unit := units.parse(text)) is not None:
            return _SIGN[unit.dimension]
    return ""


def _evidence(
    bound: Binding,
    numbers: Mapping[int, Numbers],
    factors: Mapping[int, float],
    rows: Rows,
    *,
    held: bool = True,
) -> dict[str, str]:
    """What the classes add up to in some rows, by the sign it speaks for.

    ``held``: others may hold some of the columns.
    """
    found: dict[str, str] = {}
    places = _parts.columns(bound, _parts.CELLS)
    of_cells = _parts.sums(places, _parts.CELLS, numbers, bound, factors)
    share = _best(of_cells, 0.0, rows, held)
    if share >= _MOST and all(numbers[position].decimals == 0 for position in places.values()):
        why = f"whole numbers, the five add up to the total in {share:.0%} of rows"
        return {_parts.CELLS: why}
    of_percent = _parts.sums(_parts.with_bare(bound, "%"), "%", numbers, bound, factors)
    near_100 = 0.5 + _rounding(bound, "%", numbers)
    if (share := _best(of_percent, near_100, rows, held)) >= _MOST:
        found["%"] = f"the five add up to 100 in {share:.0%} of rows"
    of_counts = _parts.sums(_parts.with_bare(bound, "#"), "#", numbers, bound, factors)
    if of_counts.target is not None:
        near = _COUNT_TOLERANCE * of_counts.target + _rounding(bound, "#", numbers)
        if (share := _best(of_counts, near, rows, held)) >= _MOST:
            found["#"] = f"the five add up to WBC within 10 % in {share:.0%} of rows"
    return found


def _rounding(bound: Binding, sign: str, numbers: Mapping[int, Numbers]) -> float:
    columns = [numbers[at] for at in _parts.with_bare(bound, sign).values()]
    return sum(0.5 * 10.0 ** -(column.decimals or 0) for column in columns)


def _best(sums: Sums, tolerance: float | Floats, rows: Rows, held: bool) -> float:
    """The largest share of rows that add up, over the ways in which the columns may."""
    found = [
        _share(sums.holds(reading, tolerance)[rows], (sums.total(reading) + sums.target)[rows])
        for reading in (readings(sums) if held else [frozenset[str]()])
        if sums.target is not None
    ]
    return max(found, default=0.0)


def _share(holds: NDArray[np.bool_], needed: NDArray[np.float64]) -> float:
    known = np.isfinite(needed)
    return float(holds[known].mean()) if known.any() else 0.0
