"""The unit of a column: what the header and the protocol say, which may not contradict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval.door.importers import Raw
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.values import units
from wbcval.values.measurands import Measurand


def unit_of(
    measurand: Measurand,
    position: int,
    raw: Raw,
    bound: Binding,
    stated: Mapping[str, str],
    ledger: TableLog,
) -> units.Unit | None:
    """The unit, or ``None`` with an error in the ledger.

    Args:
        measurand: whose column it is.
        position: of the column.
        raw: the table.
        bound: its units as the header states them.
        stated: the protocol's, by measurand or by the file's own name.
        ledger: gets ``unit-unstated``, ``unknown-unit`` or ``unit-contradiction``.
    """
    dimension = measurand.dimension
    said = (stated.get(measurand, stated.get(raw.header[position], "")), bound.units[position])
    found: list[units.Unit] = []
    for text in filter(None, said):
        unit = units.parse(text)
        if unit is None:
            ledger.say("unknown-unit", repr(text), column=measurand)
            return None
        if unit.dimension is not dimension:
            ledger.say("unit-contradiction", f"{measurand} in {text}", column=measurand)
            return None
        found.append(unit)
    if not found:
        ledger.say("unit-unstated", f"read as {units.CANONICAL[dimension]}", column=measurand)
        return units.Unit("", dimension, 1.0)
    if found[0].factor != found[-1].factor:
        got = f"the protocol says {found[0].text}, the file {found[-1].text}"
        ledger.say("unit-contradiction", got, column=measurand)
        return None
    if found[-1].spelt_as_share and dimension is units.Dimension.COUNT:
        ledger.say("unit-spelling", f"{found[-1].text} read as a count", column=measurand)
    return found[0]


def scale(values: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Values times a power of ten, as the nearest double of the decimal number.

    >>> scale(np.array([806.0]), 0.01).tolist()
    [8.06]
    """
    return values / round(1 / factor) if factor < 1 else np.round(values * factor, 10)
