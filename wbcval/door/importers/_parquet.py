"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from wbcval.door.importers import names
from wbcval.door.importers._arrow import rebatched
from wbcval.door.importers._types import Importer, Raw, Request
from wbcval.machine import input_files
from wbcval.machine.progress import Extent

_ALL = 1 << 31
_BUFFER = 1 << 20  # bytes of a column read at once, however large its row group
_FEW = ("sample_id", "predicted_class", "true_class", "stage")  # few texts, many times each


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    import pyarrow.parquet as pq  # with its file systems and TLS; every importer is asked first

    digest = input_files.sha256_of(path)
    with input_files.border(path.name, "Parquet", "write it again"):
        schema = pq.read_schema(path)
        flat = [f.name for f in schema if not pa.types.is_nested(f.type)]
        few = [n for n in flat if n in request.categories or names.meaning(n).kind in _FEW]
        # text that the file holds as codes stays codes: looked up once each, not once a row
        with pq.ParquetFile(
            path, read_dictionary=few, buffer_size=_BUFFER, page_checksum_verification=True
        ) as file:
            row, total = 1, file.metadata.num_rows
            size = request.batch_rows or _ALL
            schema = pa.schema([file.schema_arrow.field(name) for name in flat])
            batches = file.iter_batches(batch_size=size, columns=flat)
            # a batch ends where a row group does, and these may be small
            for table in rebatched(batches, schema, request.batch_rows):
                table.validate(full=True)  # text that is no UTF-8 would fail later, and unnamed
                yield _raw(path.name, digest, table, row, total)
                row += table.num_rows


def _raw(name: str, digest: str, table: pa.Table, row: int, total: int) -> Raw:
    rows = np.arange(row, row + table.num_rows, dtype=np.int64)
    extent = Extent(row - 1 + table.num_rows, total, "rows")
    header = tuple(table.column_names)
    return Raw(name, digest, "parquet", header, table, rows, extent=extent)


IMPORTER = Importer("parquet", lambda _path, head: head.startswith(b"PAR1"), _batches, order=10)
