"""Arrow at closer quarters: batches of another size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa


def rebatched(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int | None
) -> Iterator[pa.Table]:
    """Tables of at least so many rows, but for the last; ``None``: all as one table.

    One table at least, be it empty.
    """
    waiting: list[pa.RecordBatch] = []
    came = False
    for batch in batches:
        waiting.append(batch)
        if rows is not None and sum(b.num_rows for b in waiting) >= rows:
            yield pa.Table.from_batches(waiting)
            waiting, came = [], True
    if waiting or not came:
        yield pa.Table.from_batches(waiting, schema=None if waiting else schema)
