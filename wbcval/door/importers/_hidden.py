"""What nobody sees who opens a workbook: hidden rows and columns, values computed elsewhere.

Noted while :mod:`wbcval.door.importers._parts` looks at the XML; binary formats (.xls, .xlsb) say
it elsewhere, and are not looked at.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from wbcval.door.importers._types import Note

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ODS = ("collapse", "filter")
_MOST = 16_384  # columns of a sheet
_SHOWN = 4  # columns that are named


@dataclass
class Hidden:
    """Of one sheet: first and last of runs of rows and of columns, from 0.

    Attributes:
        formulas: row and column of cells that are computed from another sheet or workbook.
    """

    rows: list[tuple[int, int]] = field(default_factory=list)
    columns: list[tuple[int, int]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)

    def row(self, at: int, times: int, attributes: Mapping[str, str]) -> None:
        """A row begins, which stands for so many."""
        if _is_hidden(attributes, "ht"):
            self.rows.append((at, at + times - 1))

    def column(self, first: int, last: int, attributes: Mapping[str, str]) -> None:
        """What is said of some columns."""
        known = self.columns[-1][1] if self.columns else -1
        if known < first < _MOST and _is_hidden(attributes, "width"):
            self.columns.append((first, min(last, _MOST)))

    def notes(
        self, header: Sequence[str], records: Sequence[Sequence[str]], first: int
    ) -> tuple[Note, ...]:
        """What is read although it is hidden.

        Args:
            header: the column names.
            records: the rows below, as text; ``first``: place of the first, from 0.
        """
        end = first + len(records)
        places = [i for run in self.rows for i in range(max(run[0], first), min(run[1] + 1, end))
                  if any(records[i - first])]  # fmt: skip
        names = [header[i] for run in self.columns
                 for i in range(run[0], min(run[1] + 1, len(header))) if header[i]]  # fmt: skip
        found = []
        if places:
            which = "rows are" if len(places) > 1 else "row is"
            got = f"{len(places)} {which} hidden or filtered out in the sheet, and read like others"
            found.append(Note("hidden-rows", got, row=places[0] + 1, rows=len(places)))
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            got = f"hidden in the sheet, and read like others: {', '.join(names[:_SHOWN])}{more}"
            found.append(Note("hidden-columns", got, column=names[0]))
        made = [(i, at) for i, at in self.formulas if first <= i < end and at < len(header)]
        if made:
            names = [*dict.fromkeys(header[at] for _, at in made)]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            got = f"{len(made)} cells of {', '.join(names[:_SHOWN])}{more} are formulas on another "
            got += "sheet or workbook"
            found.append(Note("formula-elsewhere", got, row=made[0][0] + 1, rows=len(made)))
        return tuple(found)


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    if attributes.get("hidden", "0") in ("1", "true"):
        return True
    if attributes.get("table:visibility") in _ODS:
        return True
    return attributes.get(size) in ("0", "0.0")


def part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part that holds a sheet of an Office workbook; "" where none is named so."""
    if not {_WORKBOOK, _RELATIONS} <= {*archive.namelist()}:
        return ""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "sheet":
            own = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            sheets[attributes.get("name", "")] = own
        elif kind == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    for name in (_WORKBOOK, _RELATIONS):
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.Parse(archive.read(name), True)
    target = targets.get(sheets.get(sheet, ""), "")
    return posixpath.normpath(posixpath.join("/xl", target))[1:] if target else ""
