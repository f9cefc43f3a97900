"""Seeded tables for the benchmarks: ``python draw.py KIND FOLDER ROWS``; runs in a child."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
SHORT = ("NEUT", "LYMPH", "MONO", "EO", "BASO")
SHARES = (0.58, 0.29, 0.08, 0.036, 0.014)
COLUMNS = ("sample_id", "cell_id", "true_class", "predicted_class")
_AT_ONCE = 1_000_000
_PER_SAMPLE = 400


def cells(folder: Path, rows: int) -> None:
    """``cells-0.parquet`` and ``cells-0.csv``: 400 cells a sample, ids such as ``S000123-7``."""
    _cells(folder / "cells-0", range(rows), text=True)


def more(folder: Path, rows: int) -> None:
    """``cells-1.parquet`` and ``cells-2.parquet``: as many further cells in each."""
    for i in (1, 2):
        _cells(folder / f"cells-{i}", range(i * rows, (i + 1) * rows), text=False)


def _cells(path: Path, numbers: range, *, text: bool) -> None:
    rng = np.random.default_rng(numbers.start)
    names = pa.array(CLASSES)
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    with ExitStack() as files:
        writers = [files.enter_context(pq.ParquetWriter(path.with_suffix(".parquet"), schema))]
        if text:
            writers.append(files.enter_context(
                arrow_csv.CSVWriter(path.with_suffix(".csv"), schema)))  # fmt: skip
        for start in numbers[::_AT_ONCE]:
            at = np.arange(start, min(start + _AT_ONCE, numbers.stop))
            true = rng.choice(5, len(at), p=SHARES)
            called = np.where(rng.random(len(at)) < 0.05, rng.integers(0, 5, len(at)), true)
            different, place = np.unique(at // _PER_SAMPLE, return_inverse=True)
            sample = pa.array([f"S{i:06d}" for i in different]).take(pa.array(place))
            number = pc.cast(pa.array(at % _PER_SAMPLE), pa.string())
            cell = pc.binary_join_element_wise(sample, number, "-")
            columns = [sample, cell, names.take(pa.array(true)), names.take(pa.array(called))]
            for writer in writers:
                writer.write_table(pa.table(columns, schema=schema))


def probabilities(folder: Path, rows: int) -> None:
    """``probabilities.csv``: cells with a probability for each of five classes, 200 a sample."""
    rng = np.random.default_rng(2)
    true = rng.choice(5, rows, p=SHARES)
    score = rng.dirichlet(np.ones(5), rows) + 2.5 * np.eye(5)[true]
    score = np.round(score / score.sum(axis=1, keepdims=True), 6)
    names = np.array(CLASSES)
    columns = {
        "sample_id": [f"S{i // 200:05d}" for i in range(rows)],
        "cell_id": [str(i) for i in range(rows)],
        "true_class": names[true],
        "predicted_class": names[score.argmax(axis=1)],
        **{f"probability_{name}": score[:, i] for i, name in enumerate(CLASSES)},
    }
    arrow_csv.write_csv(pa.table(columns), folder / "probabilities.csv")


def samples(folder: Path, rows: int) -> None:
    """A fair model against a fair analyzer: ``sample_cells.csv``, ``counts.csv``, ``xn.csv``."""
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(100 * np.array(SHARES), rows)
    wbc = rng.lognormal(2, 0.4, rows)
    with (folder / "sample_cells.csv").open("w", encoding="utf-8") as file:
        file.write("sample_id,cell_id,true_class,predicted_class\n")
        for i in range(rows):
            truth = rng.choice(5, 200, p=shares[i])
            called = np.where(rng.random(200) < 0.05, rng.integers(0, 5, 200), truth)
            file.writelines(
                f"S{i:04d},{n},{CLASSES[t]},{CLASSES[c]}\n"
                for n, (t, c) in enumerate(zip(truth, called, strict=True))
            )
    with (folder / "counts.csv").open("w", encoding="utf-8") as file:
        file.write("sample_id,n_cells,WBC(10^9/L)\n")
        model = wbc * (1 + 0.03 * rng.standard_normal(rows))
        file.writelines(f"S{i:04d},{int(400 * w)},{w:.2f}\n" for i, w in enumerate(model))
    header = ["WBC(10^9/L)", *(f"{s}#(10^9/L)" for s in SHORT), *(f"{s}%(%)" for s in SHORT)]
    with (folder / "xn.csv").open("w", encoding="utf-8") as file:
        file.write(",".join(["sample_id", *header]) + "\n")
        for i in range(rows):
            values = [wbc[i], *(wbc[i] * shares[i])]
            row = [f"{v:.2f}" for v in values] + [f"{100 * s:.1f}" for s in shares[i]]
            file.write(",".join([f"S{i:04d}", *row]) + "\n")


if __name__ == "__main__":
    draw = {"cells": cells, "more": more, "probabilities": probabilities, "samples": samples}
    draw[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
