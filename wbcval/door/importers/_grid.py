"""Where the column names stand in a grid of cells: below titles, above units, beside nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wbcval.door.importers import names
from wbcval.door.importers._types import Note, Skipped
from wbcval.machine import csv_text
from wbcval.values import units
from wbcval.values.quoting import quoted_row

MOST_COLUMNS = 2000  # of a table; the widest export met has 200
TITLE_ROWS = 40  # a header row lies below at most so many
# a table with one of these has a record a cell, an image or a value: no row of it holds units
_NO_UNITS = frozenset(
    ("predicted_class", "true_class", "cell_id", "image", "parameter", "value", "probability")
)
_COUNTED = frozenset(("n_cells", "total"))  # may have the unit "cells"


@dataclass(frozen=True, slots=True)
class Head:
    """The rows of a file above its first record.

    Attributes:
        header: the column names, with units of the row below.
        at: position of the last of these rows.
        found: whether the names were understood.
        skipped: the others.
    """

    header: list[str]
    at: int
    found: bool
    skipped: tuple[Skipped, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        """Which rows were taken for no records, and what stands in them."""
        above = [s for s in self.skipped if s.reason == _ABOVE]
        below = [s for s in self.skipped if s.reason != _ABOVE]
        notes = []
        if above:
            got = f"records begin below row {self.at + 1}; not read: "
            got += "; ".join(f"row {s.row} {s.got or 'blank'}" for s in above[:_SHOWN])
            more = f" and {len(above) - _SHOWN} more" if len(above) > _SHOWN else ""
            notes.append(Note("header-row", got + more))
        notes += [Note("units-row", s.got, row=s.row) for s in below]
        return tuple(notes)


_ABOVE, _UNITS = "above the column names", "units of the columns"
_SHOWN = 3


def head_of(records: Sequence[Sequence[str]], known: frozenset[str]) -> Head | None:
    """What stands above the first record; ``None`` where every row is blank.

    Args:
        records: the first rows of a file.
        known: column names that the protocol uses.
    """
    found = next((i for i, cells in enumerate(records) if names.is_header(cells, known)), None)
    filled = (i for i, cells in enumerate(records) if any(c.strip() for c in cells))
    at = next(filled, None) if found is None else found
    if at is None:
        return None
    skipped = [Skipped(i + 1, _ABOVE, quoted_row(records[i]), tuple(records[i])) for i in range(at)]
    header = [csv_text.unguarded(cell.strip()) for cell in records[at]]
    if at + 1 < len(records) and is_units_row(header, records[at + 1]):
        header = with_units(header, records[at + 1])
        at += 1
        skipped.append(Skipped(at + 1, _UNITS, quoted_row(records[at])))
    return Head(header, at, found is not None, tuple(skipped))


def plain(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Cells of a workbook without the letter that says whether each is a number."""
    return [[cell[1:] for cell in row] for row in rows]


def is_units_row(header: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether the row below the names holds units: under every measurand it fills, and no id.

    Only a table of measurands has such a row. A first result such as ``11.2 H`` or ``<0.1`` is
    none, and neither is a row with anything under an id, a date or another field of ours.
    """
    meanings = [names.meaning(name) for name in header]
    if any(said.kind in _NO_UNITS for said in meanings):
        return False
    measured = False
    for i, (said, text) in enumerate(zip(meanings, (cell.strip() for cell in cells), strict=False)):
        if not text:
            continue
        if said.kind in ("measurand", "class") or said.kind in _COUNTED:
            if text in _FLAGS or units.parse(text) is None:
                return False
            measured = measured or said.kind not in _COUNTED
        elif said.kind not in ("", "mark") or i == 0 or names.fold(header[i]) == "id":
            return False
    return measured


_FLAGS = frozenset(("1", "n", "N"))  # each the spelling of a unit, too


def with_units(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Column names with the units of the row below, where a name states none itself."""
    merged = []
    for i, name in enumerate(header):
        unit = cells[i].strip() if i < len(cells) else ""
        states = names.meaning(name)
        bare = states.kind in ("measurand", "class") and not states.unit
        merged.append(f"{name}({unit})" if bare and units.parse(unit) else name)
    return merged
