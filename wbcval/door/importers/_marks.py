"""The apostrophe by which a spreadsheet keeps a text from being a formula, taken off and said."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from wbcval.door.importers._types import Note
from wbcval.machine import csv_text


def without_marks(table: pa.Table, header: Sequence[str]) -> tuple[pa.Table, tuple[Note, ...]]:
    """A table of text columns without the marks of ``csv_text``, and a note a column."""
    notes = []
    for i, name in enumerate(header):
        texts, count = csv_text.unguarded_array(table.column(i))
        if count:
            table = table.set_column(i, table.schema[i], texts)
            got = f"an apostrophe before {csv_text.FIRST}: read without it"
            notes.append(Note("text-mark", got, column=name, rows=count))
    return table, tuple(notes)
