"""What is kept of a bundle: all that the gate needs of a side, in files that diff well.

The tables are written anew from what was read, not copied, so that the same side gives the same
bytes whichever program wrote the bundle. Cells stand a sample a line and not a pair of classes a
line, which takes a fifth of the room, and a tenth where all classes are mixed up.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from wbcval.bundle import tables
from wbcval.bundle.read import Side, side_of
from wbcval.machine import csv_text
from wbcval.study.types import Study
from wbcval.values.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

RESULTS, PROTOCOL, SAMPLES = "results.json", "protocol.toml", "samples.csv"
CELLS, STRATA = "cells.csv", "strata.csv"
FILES = (RESULTS, PROTOCOL, SAMPLES, CELLS, STRATA)
_BECAME = ">"  # between true and called class in a column's name


def kept(side: Side, bundle: Mapping[str, bytes]) -> dict[str, bytes]:
    """The content of each of ``FILES``.

    Args:
        side: read from the bundle.
        bundle: name → content of its files; ``results.json`` is kept but for its measurements,
            ``protocol.toml`` as it is.
    """
    results = json.loads(bundle[RESULTS]) | {"measurements": []}
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    samples = side.study.to_frame().sort_values("sample_id", kind="stable")  # measurands in order
    return {
        RESULTS: (text + "\n").encode(),
        PROTOCOL: bundle[PROTOCOL],
        SAMPLES: csv_text.text_of([*map(str, samples)], _rows(samples)).encode(),
        CELLS: _cells(side.study).encode(),
        STRATA: tables.strata_csv(side.study).encode(),
    }


def kept_side(name: str, files: Mapping[str, bytes]) -> Side:
    """The side again.

    Raises:
        InputError: where a file is missing or cannot be understood.
    """
    try:
        confusion = _confusion(files[CELLS])
    except (KeyError, ValueError, csv.Error) as why:
        raise InputError(f"{name}/{CELLS}", f"is missing or is no table of cells ({why})",
                         "take the folder from the history again") from None  # fmt: skip
    return side_of(name, {**files, "confusion.csv": confusion})


def _cells(study: Study) -> str:
    """A line per sample, a column per pair of true and called class that occurs."""
    if study.counts is None:
        return csv_text.text_of(["sample_id"], ())
    labels, confusion = study.counts.labels, study.counts.confusion
    pairs = np.argwhere(confusion.any(axis=0))
    header = ["sample_id", *(f"{labels[t]}{_BECAME}{labels[p]}" for t, p in pairs)]
    rows = zip(study.sample_ids, confusion, strict=True)
    return csv_text.text_of(header, ([s, *n[pairs[:, 0], pairs[:, 1]].tolist()] for s, n in rows))


def _confusion(cells: bytes) -> bytes:
    """``confusion.csv`` of a bundle, from our table of cells."""
    header, *rows = csv.reader(io.StringIO(cells.decode(), newline=""))
    pairs = [name.split(_BECAME) for name in header[1:]]
    cells_of = (
        (csv_text.unguarded(sample), *pair, n)
        for sample, *counts in rows
        for pair, n in zip(pairs, counts, strict=True)
        if n != "0"
    )
    return csv_text.text_of(("sample_id", "true", "predicted", "n"), cells_of).encode()


def _rows(frame: pd.DataFrame) -> Iterator[list[object]]:
    """The rows of a table; a value that is not there is an empty field."""
    for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None):
        yield [*row]
