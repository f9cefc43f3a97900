"""What no reader of cells can do without: batches from pyarrow, codes, one bincount.

``python bare_loop.py FILE FEW [COLUMN …]``: all columns, or those named; FEW is read first, so that
only what a file costs is timed. The fair reference of ``read_cells.py``: it checks nothing, strips
nothing, knows no class and finds no duplicate.
"""

import json
import sys
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

TEXT = dict.fromkeys(("sample_id", "cell_id", "true_class", "predicted_class"), pa.string())


def batches(path: str, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
    """The batches of a file, as pyarrow gives them."""
    if path.endswith(".parquet"):
        yield from pq.ParquetFile(path).iter_batches(batch_size=250_000, columns=columns)
    else:
        convert = arrow_csv.ConvertOptions(column_types=TEXT, include_columns=columns)
        yield from arrow_csv.open_csv(path, convert_options=convert)


def codes(batch: pa.RecordBatch, name: str, known: dict[str, int]) -> np.ndarray:
    """Numbers of the texts of one column."""
    column = batch.column(name).dictionary_encode()
    place = [known.setdefault(text, len(known)) for text in column.dictionary.to_pylist()]
    return np.array(place)[column.indices.to_numpy()]


def count(path: str, columns: list[str] | None) -> np.ndarray:
    """Cells by sample, true and predicted class."""
    samples: dict[str, int] = {}
    labels: dict[str, int] = {}
    counts = np.zeros((0, 25), dtype=np.int64)
    for batch in batches(path, columns):
        sample = codes(batch, "sample_id", samples)
        true, called = (codes(batch, name, labels) for name in ("true_class", "predicted_class"))
        if len(samples) > len(counts):
            more = np.zeros((len(samples) - len(counts), 25), dtype=np.int64)
            counts = np.concatenate([counts, more])
        flat = (sample * 5 + true) * 5 + called
        counts += np.bincount(flat, minlength=counts.size).reshape(counts.shape)
    return counts


count(sys.argv[2], None)
start, cpu = time.perf_counter(), time.process_time()
found = count(sys.argv[1], sys.argv[3:] or None)
print(json.dumps({"cells": int(found.sum()), "samples": len(found),
                  "wall": time.perf_counter() - start,
                  "cpu": time.process_time() - cpu}))  # fmt: skip
