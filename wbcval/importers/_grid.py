"""Where the column names stand in a grid of cells: below titles, above units, beside nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wbcval import units
from wbcval.importers import names

TITLE_ROWS = 40  # a header row lies below at most so many
_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)?$")


def header_at(records: Sequence[Sequence[str]], known: frozenset[str]) -> int | None:
    """Position of the first record that reads as column names."""
    return next((i for i, cells in enumerate(records) if names.is_header(cells, known)), None)


def first_filled(records: Sequence[Sequence[str]]) -> int | None:
    """Position of the first record that is not blank."""
    return next((i for i, cells in enumerate(records) if any(c.strip() for c in cells)), None)


def is_units_row(cells: Sequence[str]) -> bool:
    """Whether a record under the header holds units: some known, and no number at all."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    measured = [cell for cell in filled if cell not in ("1", "n") and units.parse(cell)]
    return bool(measured) and not any(_NUMBER.match(cell) for cell in filled)


def with_units(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Column names with the units of the row below, where a name states none itself."""
    merged = []
    for i, name in enumerate(header):
        unit = cells[i].strip() if i < len(cells) else ""
        states = names.meaning(name)
        bare = states.kind in ("measurand", "class") and not states.unit
        merged.append(f"{name}({unit})" if bare and units.parse(unit) else name)
    return merged
