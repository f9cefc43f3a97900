"""What lies in a workbook of XML parts, looked at before its reader: sizes, and where cells are.

The reader makes a full grid from the first cell to the last, and puts a cell that stands out of
order where there is none. So rows and cells must stand in order, and the grid must be of a size
that a table has.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from wbcval.door.importers import _grid
from wbcval.door.importers._hidden import Hidden
from wbcval.values.errors import InputError

MOST_CELLS = 2_000_000  # of a sheet's grid: some 300 MB while it is read
_GAP = 10_000  # empty rows in a table
_MOST_XML = 1 << 28  # bytes of all parts, unpacked
_CHUNK = 1 << 16
_COLUMNS, _ROWS = 16_384, 1_048_576  # of a sheet
_SAVE = "save the table as CSV"
_XML = re.compile(r"(?!docProps/|customXml/).*\.(?:xml|rels)", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|#[A-Z/0]+[!?]')  # text, and errors, in a formula
_OTHER_TABLE = re.compile(r"\[\$?[^.\]]+\.")  # of an OpenDocument: [$Sheet1.B2], not [.B2]
_LOOKED_INTO = ("worksheet", "document-content", "sst")  # elements at the top


def check(file: str, data: bytes) -> dict[str, Hidden]:
    """Refuse a workbook that its reader would not survive, or not read whole.

    Args:
        file: for messages.
        data: the workbook, a zip archive.

    Returns:
        What is hidden, by part of an Office workbook, by sheet of an OpenDocument.

    Raises:
        InputError: for parts that are too large, no XML, or hold cells far away or out of order.
    """
    left, hidden = _MOST_XML, dict[str, Hidden]()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist()]
        if len({name.lower() for name in names}) < len(names):
            raise InputError(file, "holds a part twice", _SAVE)
        for entry in archive.infolist():
            if entry.flag_bits & 1:
                raise InputError(file, "needs a password", "save it without one")
            grid = _Grid(file, entry.filename, hidden)
            parser = _parser(file, grid) if _XML.fullmatch(entry.filename) else None
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
                grid.computed()
    return hidden


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _parser(file: str, grid: _Grid) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def no_entity(*_: object) -> None:
        raise InputError(file, "holds XML entities, which no workbook needs", _SAVE)

    def top(tag: str, attributes: dict[str, str]) -> None:
        looked_into = tag.rpartition(":")[2] in _LOOKED_INTO
        parser.StartElementHandler = grid.start if looked_into else None
        grid.start(tag, attributes)

    def listen(to: Callable[[str], None] | None) -> None:
        parser.CharacterDataHandler = to

    grid.listen = listen
    parser.EntityDeclHandler = no_entity
    parser.StartElementHandler = top
    return parser


Attributes = Mapping[str, str]


class _Grid:
    """Where the cells of one sheet are, in either format. Millions pass, so little is done."""

    def __init__(self, file: str, part: str, hidden: dict[str, Hidden]) -> None:
        self._file, self._hidden = file, hidden
        self._sheet = hidden.setdefault(part, Hidden())
        self._next = 0  # column of an OpenDocument that is said next
        self._row = self._column = -1  # from 0, of the last row and cell
        self._digits = ""  # of the row, as they end the name of each of its cells
        self._columns = dict[str, int]()  # by their letters
        self._valued = False  # the cell holds a value so far
        self._formula = False  # the cell holds one, and no value so far
        self.listen: Callable[[Callable[[str], None] | None], None] = lambda _: None  # to text
        self._text: list[str] = []  # of the formula
        self._shared = dict[str, bool]()  # number of a formula of many cells: of another sheet
        self._number_of = ""  # the number of this one
        self._repeat = 1  # rows that the row stands for
        self._last = self._right = -1  # row and column of a cell that is filled
        self._known = {
            "c": self._cell, "v": self._value, "is": self._value, "f": self._new_formula,
            "row": self._new_row, "col": self._columns_said, "table-column": self._repeated_column,
            "table-row": self._repeated_row, "table-cell": self._repeated_cell,
            "covered-table-cell": self._repeated_cell, "table": self._new_table, "sst": self._texts,
        }  # fmt: skip
        self._spelt = dict[str, Callable[[Attributes], None]]()  # with their prefix

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins."""
        if tag not in self._spelt:
            self._spelt[tag] = self._known.get(tag.rpartition(":")[2], lambda _: None)
        self._spelt[tag](attributes)

    def _new_row(self, attributes: Attributes) -> None:
        given = attributes.get("r")
        row = self._row + 1 if given is None else self._number(given) - 1
        if row <= self._row:
            raise InputError(self._file, f"its row {row + 1} stands out of order", _SAVE)
        self._row, self._column, self._digits = row, -1, str(row + 1)
        self._sheet.row(row, 1, attributes)

    def _columns_said(self, attributes: Attributes) -> None:
        first, last = (self._number(attributes.get(key, "1")) - 1 for key in ("min", "max"))
        self._sheet.column(first, last, attributes)

    def _cell(self, attributes: Attributes) -> None:
        if self._formula:
            self.computed()
        self._valued = False
        given = attributes.get("r")
        if given is None:
            column = self._column + 1
        else:
            letters = given.removesuffix(self._digits)
            column = self._columns.get(letters, -1)
            if column < 0:
                column = self._columns[letters] = self._column_of(letters, given)
        if column <= self._column:
            raise InputError(self._file, f"its cell {given} stands out of order", _SAVE)
        self._column = column

    def _column_of(self, letters: str, given: str) -> int:
        if not re.fullmatch(r"[A-Z]{1,3}", letters):
            raise InputError(
                self._file, f"has a cell at {given[:20]!r} in row {self._digits}", _SAVE
            )
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        return column - 1

    def _new_formula(self, attributes: Attributes) -> None:
        self._formula, self._text = True, []
        self._number_of = attributes.get("si", "")
        self.listen(self._text.append)

    def _end_formula(self) -> None:
        """Note a cell that is computed from what stands in another sheet or workbook."""
        self.listen(None)
        elsewhere = "!" in _LITERAL.sub("", "".join(self._text))
        if self._number_of:  # the first of the cells has the text
            elsewhere = self._shared.setdefault(self._number_of, elsewhere)
        if elsewhere:
            self._sheet.formulas.append((self._row, self._column))

    def computed(self) -> None:
        """Refuse a formula without a value: the reader takes its cell for an empty one."""
        if self._formula:
            raise InputError(
                self._file,
                f"holds a formula in row {self._digits} that no program has computed yet",
                "open it in a spreadsheet program and save it, or save the table as CSV",
            )

    def _value(self, _: Attributes) -> None:  # a cell without is none to the reader
        if self._valued:  # the reader would take the last of them, another one the first
            raise InputError(self._file, f"has two values in one cell of row {self._digits}", _SAVE)
        if self._formula:
            self._end_formula()
        self._formula, self._valued = False, True
        if self._row > self._last or self._column > self._right:
            self._fill(self._row, self._column)

    def _new_table(self, attributes: Attributes) -> None:
        self._sheet = self._hidden.setdefault(attributes.get("table:name", ""), Hidden())
        self._row, self._repeat, self._next = -1, 1, 0
        self._last = self._right = -1

    def _repeated_row(self, attributes: Attributes) -> None:
        self._row += self._repeat
        self._repeat = self._number(attributes.get("table:number-rows-repeated", "1"))
        self._column = -1
        self._sheet.row(self._row, self._repeat, attributes)

    def _repeated_column(self, attributes: Attributes) -> None:
        times = self._number(attributes.get("table:number-columns-repeated", "1"))
        self._sheet.column(self._next, self._next + times - 1, attributes)
        self._next += times

    def _repeated_cell(self, attributes: Attributes) -> None:
        times = self._number(attributes.get("table:number-columns-repeated", "1"))
        if _OTHER_TABLE.search(_LITERAL.sub("", attributes.get("table:formula", ""))):
            self._sheet.formulas.append((self._row, self._column + 1))
        if "office:value-type" in attributes:
            self._fill(self._row, self._column + 1)
            self._fill(self._row + self._repeat - 1, self._column + times)
        self._column += times

    def _texts(self, attributes: Attributes) -> None:
        self._number(attributes.get("uniqueCount", "1"))  # so much room is made beforehand

    def _fill(self, row: int, column: int) -> None:
        if not (0 <= row < _ROWS and 0 <= column < _COLUMNS):
            raise InputError(self._file, "has a cell outside any sheet", _SAVE)
        gap = row - self._last - 1 if self._last >= 0 else 0
        self._last, self._right = max(self._last, row), max(self._right, column)
        # the grid of the reader begins at the first cell, that of a table at the corner
        far = ""
        if gap > _GAP:
            far = f"after {gap:,} empty rows"
        elif self._right >= _grid.MOST_COLUMNS:
            far = f"more than {_grid.MOST_COLUMNS:,} columns"
        elif (self._last + 1) * (self._right + 1) > MOST_CELLS:
            far = f"a grid of more than {MOST_CELLS:,} cells"
        if far:
            raise InputError(
                self._file,
                f"its cells reach to row {self._last + 1}, column {self._right + 1}: {far}",
                "delete the cells far from the table, or save the table alone as CSV",
            )

    def _number(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,7}", text):
            raise InputError(self._file, f"has {text[:20]!r} where a number belongs", _SAVE)
        return int(text)
