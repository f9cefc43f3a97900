"""The apostrophe by which a spreadsheet keeps a text from being a formula, taken off and said."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from wbcval import _csv
from wbcval.importers._types import Note


def without_marks(table: pa.Table, header: Sequence[str]) -> tuple[pa.Table, tuple[Note, ...]]:
    """A table of text columns without the marks of :mod:`wbcval._csv`, and a note a column."""
    notes = []
    for i, name in enumerate(header):
        texts, count = _csv.unguarded_array(table.column(i))
        if count:
            table = table.set_column(i, table.schema[i], texts)
            got = f"an apostrophe before {_csv.FIRST}: read without it"
            notes.append(Note("text-mark", got, column=name, rows=count))
    return table, tuple(notes)
