"""Parquet files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wbcval.errors import InputError
from wbcval.importers._types import Importer, Raw, Request

_ALL = 1 << 31


def _batches(path: Path, request: Request) -> Iterator[Raw]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        file = pq.ParquetFile(path)
        flat = [f.name for f in file.schema_arrow if not pa.types.is_nested(f.type)]
        row = 1
        if not file.metadata.num_rows:
            yield _raw(path.name, digest, file.schema_arrow.empty_table().select(flat), row)
        for batch in file.iter_batches(batch_size=request.batch_rows or _ALL, columns=flat):
            yield _raw(path.name, digest, pa.Table.from_batches([batch]), row)
            row += batch.num_rows
    except pa.ArrowException as error:
        raise InputError(
            path.name,
            f"cannot be read as Parquet ({str(error).splitlines()[0][:80]})",
            "write it again",
        ) from None


def _raw(name: str, digest: str, table: pa.Table, row: int) -> Raw:
    rows = np.arange(row, row + table.num_rows, dtype=np.int64)
    return Raw(name, digest, "parquet", tuple(table.column_names), table, rows)


IMPORTER = Importer("parquet", lambda _path, head: head.startswith(b"PAR1"), _batches, order=10)
