"""Workbooks (xlsx, xlsm, xls, xlsb, ods): the sheet that holds a table, wherever its header is."""

from __future__ import annotations

import datetime as dt
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from wbcval.errors import InputError
from wbcval.importers import _grid
from wbcval.importers._marks import without_marks
from wbcval.importers._types import Importer, Raw, Request

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")

Cell = str | int | float | bool | dt.date | dt.time | dt.timedelta


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
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = _sheet(path.name, book, request)
        rows: list[list[Cell]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise InputError(
            path.name, f"cannot be read as a workbook ({str(error)[:80]})", "save it as CSV"
        ) from None
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    head = [[_text(cell) for cell in row] for row in rows[: _grid.TITLE_ROWS + 2]]
    found = _grid.head_of(head, request.known)
    if found is None:
        raise InputError(path.name, f"sheet {sheet!r} is empty", "name another under [sheets]")
    header, at = found.header, found.at
    records = rows[at + 1 :]
    columns = [[row[i] for row in records] for i in range(len(header))]
    table = pa.table([pa.array([_text(c) for c in column], pa.string()) for column in columns],
                     names=[str(i) for i in range(len(header))])  # fmt: skip
    table, marked = without_marks(table, header)
    numeric = frozenset(i for i, column in enumerate(columns) if any(map(_is_number, column)))
    source_rows = np.arange(at + 2, at + 2 + len(records), dtype=np.int64)
    yield Raw(path.name, digest, "excel", tuple(header), table, source_rows, numeric,
              found.notes + marked, found.skipped)  # fmt: skip


def _sheet(file: str, book: CalamineWorkbook, request: Request) -> str:
    """The sheet asked for, or the only one that holds a table."""
    names: list[str] = book.sheet_names
    if request.sheet is not None:
        if request.sheet not in names:
            raise InputError(file, f"has no sheet {request.sheet!r}", f"choose of {names}")
        return request.sheet
    holding = [name for name in names if _holds_table(book, name, request.known)]
    if len(holding) > 1:
        raise InputError(file, f"has several tables: sheets {holding}", "name one under [sheets]")
    return (holding or names)[0]


def _holds_table(book: CalamineWorkbook, name: str, known: frozenset[str]) -> bool:
    rows: Sequence[Sequence[Cell]] = book.get_sheet_by_name(name).to_python(
        skip_empty_area=False, nrows=_grid.TITLE_ROWS
    )
    found = _grid.head_of([[_text(cell) for cell in row] for row in rows], known)
    return found is not None and found.found


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _text(cell: Cell) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, float):
        # 12 digits: a workbook stores 4.76 as 4.7600000000000001 when it was once computed
        return str(int(cell)) if cell.is_integer() else f"{cell:.12g}"
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


IMPORTER = Importer("excel", _accepts, _batches, order=10)
