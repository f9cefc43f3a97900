"""Tables of measurands: the model's sample counts and the reference, one row per sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wbcval import classes, units
from wbcval.importers import Raw
from wbcval.tables import _numbers, _text
from wbcval.tables._bind import Binding
from wbcval.tables._ledger import Ledger
from wbcval.tables._types import ReadOptions

_REASON = {
    "missing": "no value",
    "masked": "masked by the analyzer",
    "censored": "outside the reported range",
    "not-a-number": "not a number",
    "infinite": "infinite",
}


@dataclass
class Measured:
    """A typed frame of measurands, and what is known of its columns.

    Attributes:
        frame: ``sample_id``, measurands in canonical units, ``n_cells``, ``flags``, ``row``.
        units: as stated, per measurand.
        resolution: step of the printed values in the canonical unit, per measurand.
    """

    frame: pd.DataFrame
    units: dict[str, str] = field(default_factory=dict)
    resolution: dict[str, float] = field(default_factory=dict)


def build(raw: Raw, bound: Binding, options: ReadOptions, ledger: Ledger) -> Measured:
    """Read every measurand of the table into its canonical unit."""
    sample_id = _text.ids(raw, bound.fields["sample_id"], ledger).to_pandas()
    measured = Measured(pd.DataFrame({"sample_id": sample_id, "flags": "", "row": raw.rows}))
    for measurand in classes.MEASURANDS:
        if measurand in bound.measurands:
            _add(measured, measurand, raw, bound, options, ledger)
    if "n_cells" in bound.fields:
        measured.frame["n_cells"] = _numbers.parse(raw.table.column(bound.fields["n_cells"])).values
    return measured


def _add(
    measured: Measured,
    measurand: str,
    raw: Raw,
    bound: Binding,
    options: ReadOptions,
    ledger: Ledger,
) -> None:
    position = bound.measurands[measurand]
    unit = unit_of(measurand, position, raw, bound, options.units, ledger)
    if unit is None:
        return
    numbers = _numbers.parse(raw.table.column(position))
    frame = measured.frame
    frame[measurand] = scale(numbers.values, unit.factor)
    measured.units[measurand] = unit.text
    if numbers.decimals is not None and numbers.decimals < _numbers.COMPUTED_DECIMALS:
        measured.resolution[measurand] = float(f"{unit.factor * 10.0**-numbers.decimals:.6g}")
    ids = frame["sample_id"].tolist()
    for i, odd in numbers.odd.items():
        if odd.rule == "mark":
            add_flag(frame, i, measurand, odd.mark)
            reason = f"marked {odd.mark}"
        else:
            reason = _REASON[odd.rule] + (f" ({odd.text})" if odd.text else "")
        ledger.value(odd.rule, int(raw.rows[i]), ids[i], measurand, odd.text, reason)


def unit_of(
    measurand: str,
    position: int,
    raw: Raw,
    bound: Binding,
    stated: Mapping[str, str],
    ledger: Ledger,
) -> units.Unit | None:
    """The unit of a column: the header's and the protocol's, which may not contradict."""
    header = raw.header[position]
    canonical = units.parse(classes.UNITS[measurand])
    assert canonical is not None  # noqa: S101
    texts = [t for t in (stated.get(measurand, stated.get(header, "")), bound.units[position]) if t]
    found = [(text, units.parse(text)) for text in texts]
    for text, unit in found:
        if unit is None:
            ledger.say("unknown-unit", repr(text), column=measurand)
            return None
        if unit.dimension is not canonical.dimension:
            ledger.say("unit-contradiction", f"{measurand} in {text}", column=measurand)
            return None
    if not found:
        if measurand.endswith("%"):
            return units.Unit("", canonical.dimension, 1.0)
        ledger.say("unit-unstated", f"read as {canonical.text}", column=measurand)
        return units.Unit("", canonical.dimension, 1.0)
    unit = found[0][1]
    if len(found) == 2 and found[1][1] is not None and unit is not None:
        if found[1][1].factor != unit.factor:
            got = f"the protocol says {texts[0]}, the file {texts[1]}"
            ledger.say("unit-contradiction", got, column=measurand)
            return None
    return unit


def scale(values: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Values times a power of ten, without the digits that binary multiplication invents."""
    if factor == 1.0:
        return values
    return values / (1 / factor) if factor < 1 else values * factor


def add_flag(frame: pd.DataFrame, position: int, measurand: str, mark: str) -> None:
    """Add ``NEUT#:*`` to the flags of a row."""
    column = frame.columns.get_loc("flags")
    earlier = frame.iat[position, column]
    frame.iat[position, column] = f"{earlier};{measurand}:{mark}".strip(";")
