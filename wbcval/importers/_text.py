"""Tables of delimited text: CSV, TSV, semicolons; the header row is found, not assumed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from wbcval.errors import InputError
from wbcval.importers import _encoding, names
from wbcval.importers._types import Importer, Note, Raw, Request

_HEAD = 1 << 20  # bytes in which the header row must lie
_BLOCK = 1 << 24  # bytes parsed at once: the longest record a file may hold
_DELIMITERS = ",;\t|"
_TITLE_ROWS = 40  # a header row lies below at most so many


@dataclass(frozen=True, slots=True)
class _Layout:
    header: tuple[str, ...]
    row: int  # 1-based row of the header
    delimiter: str
    offset: int  # byte at which the records begin


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    source = _encoding.open_utf8(path)
    layout = _layout(path.name, source.head(_HEAD), request.known)
    notes = source.notes
    if layout.row > 1:
        notes += (Note("header-row", f"column names in row {layout.row}", row=layout.row),)
    row = layout.row + 1
    with source.open(layout.offset) as stream:
        for table in _tables(path.name, stream, layout, request.batch_rows):
            rows = np.arange(row, row + table.num_rows, dtype=np.int64)
            row += table.num_rows
            yield Raw(path.name, source.sha256, "csv", layout.header, table, rows, notes)
            notes = ()


def _layout(file: str, head: str, known: frozenset[str]) -> _Layout:
    """Where the header row is and what separates its cells."""
    best: _Layout | None = None
    for delimiter in _DELIMITERS:
        layout = _layout_with(file, head, delimiter, known)
        if best is None or len(layout.header) > len(best.header):
            best = layout
    assert best is not None  # noqa: S101  (there are delimiters)
    return best


def _layout_with(file: str, head: str, delimiter: str, known: frozenset[str]) -> _Layout:
    records = list(_head_records(file, head, delimiter))
    found = next((i for i, r in enumerate(records) if names.is_header(r[0], known)), None)
    if found is None:
        found = next(i for i, r in enumerate(records) if any(cell.strip() for cell in r[0]))
    cells, row, offset = records[found]
    header = [cell.strip() for cell in cells]
    width = len(records[found + 1][0]) if found + 1 < len(records) else len(header)
    while len(header) > max(width, 1) and not header[-1]:
        header.pop()  # a trailing delimiter in the header alone
    if width == len(header) + 1 and not records[found + 1][0][-1].strip():
        header.append("")  # a trailing delimiter in the records alone
    return _Layout(tuple(header), row, delimiter, offset)


def _head_records(file: str, head: str, delimiter: str) -> Iterator[tuple[list[str], int, int]]:
    """The first records: cells, 1-based row, and the byte after them."""
    lines = list(io.StringIO(head, newline=""))
    reader = csv.reader(lines, delimiter=delimiter)
    taken, offset = 0, 0
    for row in range(1, _TITLE_ROWS + 2):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(file, f"row {row} is not readable: {error}", _SAVE) from None
        offset += sum(len(line.encode()) for line in lines[taken : reader.line_num])
        taken = reader.line_num
        yield cells, row, offset


_SAVE = "save the table as CSV, one record a line"


def _tables(
    file: str, stream: BinaryIO, layout: _Layout, batch_rows: int | None
) -> Iterator[pa.Table]:
    """The records below the header as text columns named by position."""
    columns = [str(i) for i in range(len(layout.header))]
    try:
        reader = arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(column_names=columns, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={column: pa.string() for column in columns}, strings_can_be_null=False
            ),
        )
        yield from _rebatch(reader, batch_rows)
    except pa.ArrowInvalid as error:
        raise _broken(file, str(error), layout) from None


def _rebatch(reader: arrow_csv.CSVStreamingReader, batch_rows: int | None) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in reader:
        waiting.append(batch)
        if batch_rows is not None and sum(b.num_rows for b in waiting) >= batch_rows:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting or batch_rows is None:
        yield pa.Table.from_batches(waiting, schema=reader.schema)


def _broken(file: str, message: str, layout: _Layout) -> InputError:
    if fields := re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message):
        row, want, got = (int(text) for text in fields.groups())
        return InputError(
            f"{file} row {row + layout.row}",
            f"has {got} cells where the header has {want}",
            "quote cells that hold the delimiter (a decimal comma does), or save with another",
        )
    if "Empty CSV file" in message:
        return InputError(file, "has column names and no records", "export it again")
    return InputError(file, message.splitlines()[0][:200], _SAVE)


IMPORTER = Importer("csv", lambda path, head: True, _batches, order=100)
