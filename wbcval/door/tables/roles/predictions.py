"""The model's results: cells, batch by batch, or its counts per sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wbcval.door.importers import Raw, analyzer_of
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened
from wbcval.door.tables._stream import CellTables
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.door.tables._whole import measured, whole


def open_predictions(path: Path, options: ReadOptions) -> Opened:
    """A file of the model's, to be taken on by its kind: :class:`CellTables`, or :func:`counts_of`.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    return Opened(path, options, options.batch_rows)


def counts_of(opened: Opened, options: ReadOptions) -> Checked:
    """Check an opened table of the model's sample counts.

    Raises:
        InputError: where the rest of it cannot be read as a table.
    """
    return whole(opened, "counts", options, measured, _swapped)


def read(path: Path, options: ReadOptions) -> Checked:
    """All of a file at once.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, batch_rows=None)
    if opened.kind != "cells":
        return counts_of(opened, options)
    tables = CellTables(options)
    frames = list(tables.batches(opened))
    (checked,) = tables.checked()
    return replace(checked, frame=frames[0]) if frames else checked


def _swapped(raw: Raw, _: Opened, ledger: TableLog) -> None:
    if analyzer_of(raw) is not None:
        ledger.say("swapped-files", f"a {raw.dialect} export given as the model's predictions")
