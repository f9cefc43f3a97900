"""Units inside the cells: ``3,490 cells/uL`` is the number 3,490 under the unit cells/uL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from wbcval.door.importers import Raw
from wbcval.door.tables import _text
from wbcval.door.tables._bind import Binding
from wbcval.door.tables._ledger import TableLog
from wbcval.values import units

_LIKELY = r"[0-9].*[/%]|[0-9]\s*[A-Za-z]{4,}"  # no mark, no exponent
_VALUE = re.compile(r"^((?:[<>≤≥＜＞]\s*=?\s*)?[*@!]*\s*[+-]?[\d.,]+)\s*(\S.*)$")
# beside a number; some are the spelling of a unit, too
_FLAGS = frozenset(("H", "HH", "L", "LL", "A", "N", "W", "n", "1", *"*@!+-▲▼↑↓"))


def parted(cell: str) -> tuple[str, str]:
    """A cell as its value, with flags, and its unit, "" where it states none.

    >>> parted("3,490 cells/uL"), parted("11.2 H"), parted("7.1 10^9/L L"), parted("<0.1 %")
    (('3,490', 'cells/uL'), ('11.2 H', ''), ('7.1 L', '10^9/L'), ('<0.1', '%'))
    """
    if (found := _VALUE.match(cell)) is None:
        return cell, ""
    words = found[2].split()
    unit = " ".join(word for word in words if word not in _FLAGS)
    if not unit or units.parse(unit) is None:
        return cell, ""
    flags = [word for word in words if word in _FLAGS]
    return " ".join([found[1], *flags]), unit


def holds_units(column: pa.Array) -> bool:
    """Whether any cell of a column of text may state a unit."""
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(column, _LIKELY)).as_py())


def take_out(raw: Raw, bound: Binding, positions: Sequence[int], ledger: TableLog) -> Raw:
    """The table with bare numbers in its number columns; the binding gets their units.

    Args:
        raw: the table.
        bound: its columns; ``units`` is completed.
        positions: of the number columns.
        ledger: gets ``cell-unit``, or ``unit-contradiction`` where cells or header disagree.
    """
    table = raw.table
    for position in positions:
        if not holds_units(table.column(position).combine_chunks()):
            continue
        pairs = [parted(cell) for cell in _text.text(raw, position).to_pylist()]
        stated = {unit for _, unit in pairs} - {""}
        if not stated:
            continue
        spelt = raw.header[position]
        bare = [value for value, unit in pairs if not unit and re.match(r"[+-]?[\d.]", value)]
        said = sorted(stated | {bound.units.get(position, "")} - {""})
        known = {units.parse(unit) for unit in said}
        if bare or len({unit and (unit.dimension, unit.factor) for unit in known}) > 1:
            others = [*said, "no unit"] if bare else said
            ledger.say("unit-contradiction", f"cells in {' and '.join(others)}", column=spelt)
            continue
        first = next(unit for _, unit in pairs if unit)
        bound.units[position] = bound.units.get(position) or first
        ledger.say("cell-unit", f"{first} stands in the cells of {spelt}", column=spelt)
        values = pa.array([value for value, _ in pairs], pa.string())
        table = table.set_column(position, table.schema.field(position).name, values)
    return replace(raw, table=table)
