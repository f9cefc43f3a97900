"""Workbooks (xlsx, xlsm, xls, xlsb, ods): the sheet that holds a table, wherever its header is."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from wbcval.door.importers import _apart, _grid, _others, _parts
from wbcval.door.importers._hidden import Hidden, part_of
from wbcval.door.importers._marks import without_marks
from wbcval.door.importers._types import Importer, Note, Raw, Request
from wbcval.machine import input_files
from wbcval.values.errors import InputError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MOST = 1 << 26  # bytes of a file: two million cells have a third
_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def _accepts(path: Path, head: bytes) -> bool:
    if head.startswith(_OLE):
        return True
    if not head.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(part in archive.namelist() for part in _PARTS)
    except zipfile.BadZipFile:
        return False


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    data = input_files.read(path, "save the table as CSV", _MOST)
    hidden: dict[str, Hidden] = {}
    if data.startswith(_ZIP):
        with input_files.border(path.name, "a workbook", "save the table as CSV"):
            hidden = _parts.check(path.name, data)
    chosen: list[_apart.Sheet] = []

    def choose(sheets: Sequence[_apart.Sheet]) -> list[int]:
        at = _chosen(path.name, sheets, request)
        others = [
            i for i, sheet in enumerate(sheets) if i != at and _others.is_told(sheet, request)
        ]
        asked = [at, *others[: _others.MOST]]
        chosen.extend(sheets[i] for i in asked)
        return asked

    rows, *others = _apart.sheets_of(
        path.name, data, choose, _grid.TITLE_ROWS + 2, _parts.MOST_CELLS
    )
    head = _grid.plain(rows[: _grid.TITLE_ROWS + 2])
    found = _grid.head_of(head, request.known)
    if found is None:
        raise InputError(
            path.name, f"sheet {chosen[0].name!r} is empty", "name another under [sheets]"
        )
    header, at = found.header, found.at
    records = rows[at + 1 :]
    columns = [[row[i] for row in records] for i in range(len(header))]
    table = pa.table([pa.array([cell[1:] for cell in column], pa.string()) for column in columns],
                     names=[str(i) for i in range(len(header))])  # fmt: skip
    table, marked = without_marks(table, header)
    numeric = frozenset(i for i, column in enumerate(columns) if any(map(_is_number, column)))
    source_rows = np.arange(at + 2, at + 2 + len(records), dtype=np.int64)
    sheet = chosen[0]
    unseen = _hidden(data, hidden, sheet.name).notes(header, _grid.plain(records), at + 1)
    unseen += _others.notes(header, records, zip(chosen[1:], others, strict=True), request)
    if sheet.hidden:
        unseen = (Note("hidden-sheet", f"the sheet {sheet.name!r} is hidden, and read"), *unseen)
    digest = hashlib.sha256(data).hexdigest()
    yield Raw(path.name, digest, "excel", tuple(header), table, source_rows, numeric,
              found.notes + unseen + marked, found.skipped)  # fmt: skip


def _hidden(data: bytes, hidden: Mapping[str, Hidden], sheet: str) -> Hidden:
    """What is hidden in a sheet, as far as the format was looked into."""
    if sheet in hidden or not hidden:
        return hidden.get(sheet, Hidden())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return hidden.get(part_of(archive, sheet), Hidden())


def _chosen(file: str, sheets: Sequence[_apart.Sheet], request: Request) -> int:
    """Position of the sheet asked for, or of the only one that holds a table."""
    names = [sheet.name for sheet in sheets]
    if not names:
        raise InputError(file, "holds no sheet", "save the table as CSV")
    if request.sheet is not None:
        if request.sheet not in names:
            raise InputError(file, f"has no sheet {request.sheet!r}", f"choose of {names}")
        return names.index(request.sheet)
    holding = [sheet.name for sheet in sheets if _holds_table(sheet.rows, request.known)]
    if len(holding) > 1:
        raise InputError(file, f"has several tables: sheets {holding}", "name one under [sheets]")
    return names.index((holding or names)[0])


def _holds_table(rows: _apart.Rows, known: frozenset[str]) -> bool:
    found = _grid.head_of(_grid.plain(rows[: _grid.TITLE_ROWS]), known)
    return found is not None and found.found


def _is_number(cell: str) -> bool:
    return cell.startswith("n")


IMPORTER = Importer("excel", _accepts, _batches, order=10)
