"""What the model is held against: an analyzer's or expert's values, or labels of the cells."""

from __future__ import annotations

from pathlib import Path

from wbcval.door.importers import Raw
from wbcval.door.tables._labels import Labels, are_labels
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._open import Opened
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.door.tables._whole import measured, whole


def open_labels(path: Path, options: ReadOptions) -> Labels | None:
    """The labels of cells that a file holds; ``None`` for a file that holds something else.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, options.batch_rows)
    return Labels(opened, options) if are_labels(opened) else None


def read(path: Path, options: ReadOptions) -> Checked:
    """A table of one row per sample.

    Raises:
        InputError: for a file that cannot be read as a table.
    """
    opened = Opened(path, options, batch_rows=None)
    return whole(opened, "reference", options, measured, _swapped)


def _swapped(raw: Raw, opened: Opened, ledger: TableLog) -> None:
    if are_labels(opened):
        ledger.say("labels-of-cells", "a table of labelled cells given as the reference")
    elif opened.kind == "cells":
        spelt = raw.header[opened.bound.fields["predicted_class"]]
        got = "a table of predicted cells given as the reference; are they the truth, then "
        ledger.say("swapped-files", f'{got}true_class = "{spelt}" under [columns.reference]')
