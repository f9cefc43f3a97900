"""Arrow at closer quarters: batches of another size, the bytes behind an array of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


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


def content_of(texts: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The bytes of all texts on end, and where each begins and the last one ends.

    Args:
        texts: of type string.

    Returns:
        Views into the array: uint8 of shape (bytes,); int32 of shape (texts + 1,), whose first
        number stands for the first byte.
    """
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int32)
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8)[ends[0] : ends[-1]], ends
