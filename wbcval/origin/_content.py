"""A digest of what a table of predictions says, whatever the order of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wbcval.origin._types import Content, Origin
from wbcval.values import hashes
from wbcval.values.digests import NO_CELLS, Hashes, scrambled


def content_of(tables: Iterable[pa.Table | pa.RecordBatch], columns: Sequence[str]) -> Content:
    """The digest of the rows of these columns, in whatever order and batches they come.

    Rows that were changed, added or taken out are seen; a table that was sorted is the same. This
    finds differences, not forgers: who rewrites the record can say what he likes.
    """
    total = NO_CELLS
    for table in tables:
        rows = np.zeros(table.num_rows, dtype=np.uint64)
        for name in columns:
            for_column = table.column(name)
            whole = for_column.combine_chunks() if isinstance(table, pa.Table) else for_column
            rows = hashes.of_pairs(rows, _hashed(whole))
        total = total.with_hashes(scrambled(rows))
    return {"columns": [*columns], "digest": str(total)}


def with_content(path: Path, origin: Origin) -> Origin:
    """The origin of a Parquet file with the digest of what the file holds now.

    A CSV is held to its bytes, and a record without a digest to nothing.
    """
    stated = origin.record.get("content")
    if origin.rows is None or stated is None:
        return origin
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if missing := {*stated["columns"]} - {*file.schema_arrow.names}:
                return replace(origin, content=f"no column {min(missing)}")
            batches = file.iter_batches(columns=stated["columns"])
            return replace(origin, content=content_of(batches, stated["columns"])["digest"])
    except (pa.ArrowException, OSError):
        return origin  # whoever reads the table says so


def _hashed(values: pa.Array) -> Hashes:
    """64 bits of each value; a null is like no value of its type."""
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        to = pa.float64() if pa.types.is_floating(kind) else pa.int64()
        numbers = pc.fill_null(values.cast(to), 0).to_numpy(zero_copy_only=False)
        found = scrambled((numbers + 0).view(np.uint64))  # -0 is 0
    else:
        found = hashes.of_text(pc.fill_null(values.cast(pa.string()), ""))
    absent = values.is_null().to_numpy(zero_copy_only=False)
    return np.where(absent, ~found, found)
