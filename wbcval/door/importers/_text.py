"""Tables of delimited text: CSV, TSV, semicolons; the header row is found, not assumed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from wbcval.door.importers import _grid
from wbcval.door.importers._arrow import rebatched
from wbcval.door.importers._encoding import Source, open_utf8
from wbcval.door.importers._marks import without_marks
from wbcval.door.importers._types import Importer, Note, Raw, Request
from wbcval.machine.progress import Extent
from wbcval.values.errors import InputError
from wbcval.values.hashes import content_of

_HEAD = 1 << 20  # bytes in which the header row must lie
_BLOCK = 1 << 21  # bytes parsed at once: the longest record a file may hold
_DELIMITERS = ",;\t|"
_SAVE = "save the table as CSV, one record a line"


@dataclass(frozen=True, slots=True)
class _Layout:
    header: tuple[str, ...]
    head: _grid.Head
    row: int  # 1-based row of the header, or of the units below it
    delimiter: str
    offset: int  # byte at which the records begin


@dataclass(frozen=True, slots=True)
class _Record:
    cells: list[str]
    end: int  # byte after it


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    source = open_utf8(path)
    head = source.head(_HEAD)
    layouts = [_layout(path.name, head, delimiter, request.known) for delimiter in _DELIMITERS]
    layout = max(layouts, key=lambda one: (one.head.found, len(one.header)))
    notes, skipped = (*source.notes, *layout.head.notes), layout.head.skipped
    row = layout.row + 1
    for table, extent in _tables(source, layout, request.batch_rows):
        rows = np.arange(row, row + table.num_rows, dtype=np.int64)
        notes += _multi_line(path.name, table, row, layout.delimiter)
        row += table.num_rows
        table, marked = without_marks(table, layout.header)
        notes += marked
        yield Raw(
            path.name, source.sha256, "csv", layout.header, table, rows,
            notes=notes, skipped=skipped, extent=extent,
        )  # fmt: skip
        notes, skipped = (), ()


def _layout(file: str, head: str, delimiter: str, known: frozenset[str]) -> _Layout:
    """The header row, if cells are parted by this delimiter."""
    records = _head_records(file, head, delimiter)
    cells = [record.cells for record in records]
    head_rows = _grid.head_of(cells, known)
    if head_rows is None:
        raise InputError(file, f"has no header in its first {_grid.TITLE_ROWS} rows", _SAVE)
    header, at = list(head_rows.header), head_rows.at
    below = cells[at + 1] if at + 1 < len(cells) else header
    while len(header) > max(len(below), 1) and not header[-1]:
        header.pop()  # a trailing delimiter in the header alone
    if len(below) == len(header) + 1 and not below[-1].strip():
        header.append("")  # a trailing delimiter in the records alone
    return _Layout(tuple(header), head_rows, at + 1, delimiter, records[at].end)


def _head_records(file: str, head: str, delimiter: str) -> list[_Record]:
    lines = list(io.StringIO(head, newline=""))
    reader = csv.reader(lines, delimiter=delimiter)
    records: list[_Record] = []
    taken, end = 0, 0
    try:
        for cells in reader:
            end += sum(len(line.encode()) for line in lines[taken : reader.line_num])
            taken = reader.line_num
            records.append(_Record(cells, end))
            if len(records) > _grid.TITLE_ROWS:
                break
    except csv.Error as error:
        raise InputError(
            f"{file} row {len(records) + 1}", f"cannot be read: {error}", _SAVE
        ) from None
    return records


def _tables(
    source: Source, layout: _Layout, batch_rows: int | None
) -> Iterator[tuple[pa.Table, Extent]]:
    """The records below the header as text columns named by position."""
    columns = [str(i) for i in range(len(layout.header))]
    schema = pa.schema([(column, pa.string()) for column in columns])
    with source.open_arrow(layout.offset) as stream:
        try:
            reader = arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(column_names=columns, block_size=_BLOCK),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=layout.delimiter, newlines_in_values=True, ignore_empty_lines=False
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=schema, strings_can_be_null=False
                ),
            )
            for table in rebatched(reader, schema, batch_rows):
                yield table, Extent(min(stream.tell(), source.size), source.size, "bytes")
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                raise _broken(source, layout, str(error)) from None
            yield schema.empty_table(), Extent(source.size, source.size, "bytes")


def _broken(source: Source, layout: _Layout, message: str) -> InputError:
    """Which record does not fit. Its text is not quoted: it may hold a name."""
    file, want = source.path.name, len(layout.header)
    if "straddling" in message:
        what = f"holds a record of more than {_BLOCK} bytes: a quote is opened and not closed?"
        return InputError(file, what, "close or remove the quote")
    with source.open(layout.offset) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        try:
            for i, cells in enumerate(csv.reader(text, delimiter=layout.delimiter)):
                if cells and len(cells) != want:
                    return InputError(
                        f"{file} row {layout.row + 1 + i}",
                        f"has {len(cells)} cells where the header has {want}",
                        "quote cells that hold the delimiter, as a decimal comma does",
                    )
        except csv.Error:
            pass
    short = re.sub(r"[:(].*", "", message.splitlines()[0])
    return InputError(file, f"cannot be read as a table ({short})", _SAVE)


def _multi_line(file: str, table: pa.Table, first_row: int, delimiter: str) -> tuple[Note, ...]:
    """Cells that run over several lines: a comment, or a quote that swallows records.

    Raises:
        InputError: where such a cell holds lines of as many cells as the table.
    """
    notes: tuple[Note, ...] = ()
    for column in table.columns:
        if not any((content_of(chunk)[0] == ord("\n")).any() for chunk in column.chunks):
            continue
        has_break = pc.match_substring(column, "\n").to_numpy()
        for i in np.flatnonzero(has_break).tolist():
            lines = column[i].as_py().splitlines()
            if max(line.count(delimiter) for line in lines) >= max(table.num_columns - 2, 1):
                raise InputError(
                    f"{file} row {first_row + i}",
                    f"a quote is opened and swallows {len(lines) - 1} lines",
                    "close or remove the quote",
                )
            notes = notes or (Note("multi-line-cell", "holds a line break", row=first_row + i),)
    return notes


IMPORTER = Importer("csv", lambda _path, _head: True, _batches, order=100)
