"""What lies in a workbook of XML parts, looked at before its reader: sizes, and where cells are.

The reader makes a full grid from the first cell to the last, and puts a cell that stands out of
order where there is none. So rows and cells must stand in order, and the grid must be of a size
that a table has.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from wbcval.errors import InputError

MOST_CELLS = 2_000_000  # of a sheet's grid: some 300 MB while it is read
_MOST_XML = 1 << 28  # bytes of all parts, unpacked
_CHUNK = 1 << 16
_COLUMNS, _ROWS = 16_384, 1_048_576  # of a sheet
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_SAVE = "save the table as CSV"
_XML = re.compile(r"(?!docProps/|customXml/).*\.(?:xml|rels)", re.IGNORECASE)
_LOOKED_INTO = ("worksheet", "document-content", "sst")  # elements at the top


def check(file: str, data: bytes) -> None:
    """Refuse a workbook that its reader would not survive, or not read whole.

    Args:
        file: for messages.
        data: the workbook, a zip archive.

    Raises:
        InputError: for parts that are too large, no XML, or hold cells far away or out of order.
    """
    left = _MOST_XML
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist()]
        if len({name.lower() for name in names}) < len(names):
            raise InputError(file, "holds a part twice", _SAVE)
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                raise InputError(file, "needs a password", "save it without one")
            parser = _parser(file) if _XML.fullmatch(entry.filename) else None
            for chunk in _unpacked(archive, entry):
                left -= len(chunk)
                if left < 0:
                    raise InputError(
                        file, f"holds more than {_MOST_XML >> 20} MB when unpacked", _SAVE
                    )
                if parser is not None:
                    parser.Parse(chunk, False)
            if parser is not None:
                parser.Parse(b"", True)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _parser(file: str) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    grid = _Grid(file)

    def no_entity(*_: object) -> None:
        raise InputError(file, "holds XML entities, which no workbook needs", _SAVE)

    def top(tag: str, attributes: dict[str, str]) -> None:
        looked_into = tag.rpartition(" ")[2] in _LOOKED_INTO
        parser.StartElementHandler = grid.start if looked_into else None
        grid.start(tag, attributes)

    parser.EntityDeclHandler = no_entity
    parser.StartElementHandler = top
    return parser


class _Grid:
    """Where the cells of one sheet are, in either format."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._row = self._column = -1  # from 0, of the last row and cell
        self._repeat = 1  # rows that the row stands for
        self._first, self._last = _ROWS, -1  # rows with cells
        self._left, self._right = _COLUMNS, -1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._cell(attributes.get("r"))
        elif name == "row":
            self._new_row(attributes.get("r"))
        elif name == "table-row":
            given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            self._row += self._repeat
            self._repeat = self._number(given.get("number-rows-repeated", "1"))
            self._column = -1
        elif name in ("table-cell", "covered-table-cell"):
            given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            times = self._number(given.get("number-columns-repeated", "1"))
            if "value-type" in given:
                self._fill(self._row, self._column + 1)
                self._fill(self._row + self._repeat - 1, self._column + times)
            self._column += times
        elif name == "table":
            self._row, self._repeat = -1, 1
            self._first, self._last, self._left, self._right = _ROWS, -1, _COLUMNS, -1
        elif name == "sst":
            self._number(attributes.get("uniqueCount", "1"))

    def _new_row(self, given: str | None) -> None:
        row = self._row + 1 if given is None else self._number(given) - 1
        if row <= self._row:
            raise InputError(self._file, f"its row {row + 1} stands out of order", _SAVE)
        self._row, self._column = row, -1

    def _cell(self, given: str | None) -> None:
        if given is None:
            row, column = self._row, self._column + 1
        else:
            found = _REFERENCE.fullmatch(given)
            if found is None:
                raise InputError(self._file, f"has a cell at {given[:20]!r}", _SAVE)
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            row, column = int(found[2]) - 1, column - 1
        if row != self._row or column <= self._column:
            raise InputError(self._file, f"its cell {given} stands out of order", _SAVE)
        self._column = column
        self._fill(row, column)

    def _fill(self, row: int, column: int) -> None:
        if not (0 <= row < _ROWS and column < _COLUMNS):
            raise InputError(self._file, "has a cell outside any sheet", _SAVE)
        self._first, self._last = min(self._first, row), max(self._last, row)
        self._left, self._right = min(self._left, column), max(self._right, column)
        # the reader's grid begins at the first cell, ours at the corner
        if (self._last + 1) * (self._right + 1) > MOST_CELLS:
            raise InputError(
                self._file,
                f"its cells reach to row {self._last + 1}, column {self._right + 1}: a grid of "
                f"more than {MOST_CELLS:,} cells",
                "delete the cells far from the table, or save the table alone as CSV",
            )

    def _number(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,7}", text):
            raise InputError(self._file, f"has {text[:20]!r} where a number belongs", _SAVE)
        return int(text)
