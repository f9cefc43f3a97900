"""A process of its own that reads one workbook, for :mod:`wbcval.door.importers._apart`.

It imports the reader and nothing of this package. On stdin: eight bytes with a length, the
workbook, and later a line with the numbers of sheets. On stdout: a line of JSON with the name, the
first rows and whether it is hidden, of each sheet, and then a line for each row of the sheets asked
for, with ``null`` behind the last of each. A cell is its text behind ``n`` where it is a number,
behind ``t`` where it is anything else. A line that is one text says why there is nothing more.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

_MEMORY = 3 << 28  # bytes of address space: what a damaged workbook may ask for


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, bool):
        return f"t{cell}"
    if isinstance(cell, float):
        # 12 digits: a workbook stores 4.76 as 4.7600000000000001 when it was once computed
        return f"n{int(cell)}" if cell.is_integer() else f"n{cell:.12g}"
    if isinstance(cell, int):
        return f"n{cell}"
    if isinstance(cell, (dt.date, dt.time)):
        return f"t{cell.isoformat()}"
    return f"t{cell}"


def _rows(book: Any, name: str, cells: int, most: int | None) -> Iterator[list[str]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > cells:
        raise ValueError(f"a grid of more than {cells:,} cells: delete those far from the table")
    for row in sheet.to_python(skip_empty_area=False, nrows=most):
        yield [_text(cell) for cell in row]


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def main(head: int, cells: int) -> None:
    """Read what stdin brings, and answer.

    Args:
        head: rows that are shown of each sheet.
        cells: that the grid of a sheet may have.
    """
    try:
        import resource
    except ImportError:  # Windows
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    size = int.from_bytes(sys.stdin.buffer.read(8), "big")
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read(size)))
    names = book.sheet_names
    about = {sheet.name: sheet.visible for sheet in book.sheets_metadata}
    shown = SheetVisibleEnum.Visible
    _say(
        [
            [name, list(_rows(book, name, cells, head)), about.get(name, shown) != shown]
            for name in names
        ]
    )
    sys.stdout.flush()
    for asked in sys.stdin.buffer.readline().split():
        for row in _rows(book, names[int(asked)], cells, None):
            _say(row)
        _say(None)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except BaseException as why:  # a panic of the reader is no Exception
        _say(f"{type(why).__name__}: {why}"[:200])
