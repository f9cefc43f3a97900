"""One file of predictions, read and reduced by itself: here, or in another process.

What a process needs for it travels as a few words, and what it found comes back as counts: no open
file, and no cell. Parts are merged in the order of the files, whichever is done first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wbcval.door.tables import (
    CellTables,
    Checked,
    Labels,
    ReadOptions,
    counts_of,
    open_predictions,
)
from wbcval.machine.progress import Extent
from wbcval.stats.metric import Stage
from wbcval.study.reduce import CellReducer


@dataclass(frozen=True)
class PredictionsFile:
    """What reading a file of predictions needs; it can be sent to another process.

    Attributes:
        path: of the file.
        options: what the protocol says about it.
        rollup: by which cells are counted.
        stages: of :func:`wbcval.study.reduce.stages_of`, or ``None``.
        recorded: a record of origin stands beside it.
    """

    path: Path
    options: ReadOptions
    rollup: str
    stages: tuple[Stage, ...] | None = None
    recorded: bool = False


@dataclass
class CellParts:
    """Cells of one or several files: their tables without rows, and their counts."""

    tables: CellTables
    reducer: CellReducer

    def merge(self, later: CellParts) -> None:
        """Go on with cells of further files, in the order of the files."""
        self.tables.merge(later.tables)
        self.reducer.merge(later.reducer)


def read_part(
    file: PredictionsFile,
    labels: Labels | None = None,
    tell: Callable[[Extent | None], None] = lambda _: None,
) -> Checked | CellParts:
    """A table of the model's counts per sample, or the reduced cells of a file.

    Args:
        file: which, and how.
        labels: true classes to be joined; they know what they met, and stay in their process.
        tell: told after each batch how far the file is read.

    Raises:
        InputError: for a file that cannot be read as a table, or that the labels do not fit.
    """
    opened = open_predictions(file.path, file.options)
    if opened.kind != "cells":
        return counts_of(opened, file.options)
    found = CellParts(CellTables(file.options, labels), CellReducer(file.rollup, file.stages))
    for batch in found.tables.batches(opened, recorded=file.recorded):
        found.reducer.add(batch)
        tell(opened.extent)
    return found
