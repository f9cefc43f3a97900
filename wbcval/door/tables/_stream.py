"""Tables of cells in batches, over one or many files: only hashes grow with the cells.

Findings and log are kept a file, so that they are the same whatever the batches. A cell that
stands twice is known at the end of all files; where there is any, they are read once more to say
which. What was read apart is merged: a table of tables holds no open file, and can be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from wbcval.door.importers import Raw
from wbcval.door.tables import _cells, _check, _leftover, _levels, _rows, _weights
from wbcval.door.tables._bind import Binding, bind
from wbcval.door.tables._labels import Labels
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._log import Room
from wbcval.door.tables._open import Opened, complete, say_notes
from wbcval.door.tables._seen import SeenCells
from wbcval.door.tables._types import Checked, ReadOptions
from wbcval.machine import input_files as _files
from wbcval.values.digests import Hashes
from wbcval.values.errors import InputError

LOG_LINES = 100_000  # of all tables of cells together; see docs/decisions/0014
_LOOKED_UP = 100_000  # cells met more than once that are named
_REPEATED = {"cell_id": "duplicate-cell", "image": "one-image-as-several-cells"}


@dataclass
class _File:
    path: Path
    ledger: TableLog
    rows: int = 0
    records: int | None = None  # None: its columns are wrong, and none was read
    is_read: bool = False
    sha256: str = ""
    dialect: str = ""

    def merge(self, later: _File) -> None:
        self.ledger.merge(later.ledger)
        self.rows += later.rows
        if later.records is not None:
            self.records = (self.records or 0) + later.records
        self.is_read = self.is_read or later.is_read
        self.sha256 = later.sha256 or self.sha256
        self.dialect = later.dialect or self.dialect

    def checked(self) -> Checked:
        if self.records == 0:
            self.ledger.say("no-rows", "no record of a sample")
        _weights.say(self.ledger)
        frame = pd.DataFrame(columns=[*_cells.COLUMNS, "row"])
        levels, groups = _levels.fit(self.ledger)
        return Checked(
            "cells", self.ledger.file, self.sha256, self.dialect, frame,
            self.ledger.findings(), self.ledger.log(), rows=self.rows,
            columns=dict(self.ledger.spelt), patients=self.ledger.patients_told(),
            training=frozenset(self.ledger.training), labels=dict(self.ledger.labels),
            levels=levels, groups=groups,
            versions=self.ledger.versions_told(), further=self.ledger.further,
        )  # fmt: skip


@dataclass
class CellTables:
    """The tables of cells of one run: a cell may stand once, whichever file it is in.

    Attributes:
        options: what the protocol says about reading them.
        labels: true classes from a file of their own.
    """

    options: ReadOptions = field(default_factory=ReadOptions)
    labels: Labels | None = None
    _files: list[_File] = field(default_factory=list)
    _seen: SeenCells = field(default_factory=SeenCells)
    _images: SeenCells = field(default_factory=SeenCells)
    _room: Room = field(default_factory=lambda: Room(LOG_LINES))

    def batches(self, opened: Opened, *, recorded: bool = False) -> Iterator[pd.DataFrame]:
        """The clean rows of one file, as :class:`Checked` describes them, batch by batch.

        Args:
            opened: the file.
            recorded: a record of origin says that `predict` wrote it.

        Raises:
            InputError: for a file that cannot be read as a table, or that the labels do not fit.
        """
        if self.labels is not None and "true_class" in opened.bound.fields:
            raise InputError(
                opened.file,
                f"has true classes, and so has {self.labels.opened.file}",
                "give the labels once: leave the reference out, or remove the column",
            )
        file = self._file(opened.path, opened.file, recorded=recorded)
        for i, raw in enumerate(opened.raws()):
            file.sha256, file.dialect = raw.sha256, raw.dialect
            file.ledger.next_batch()
            say_notes(raw, file.ledger)
            bind(raw, self.options, file.ledger)  # what the columns hold may differ by batch
            if i == 0 and not complete(raw, opened.bound, file.ledger):
                return  # the columns are wrong: no row of the file can be read
            file.records = file.records or 0
            raw = _rows.samples_only(raw, opened.bound, file.ledger)
            file.records += raw.table.num_rows
            if raw.table.num_rows:
                yield self._clean(raw, opened.bound, file)

    def merge(self, later: CellTables) -> None:
        """Go on with tables that were read apart, of rows that come after all of these.

        Args:
            later: of further files, or of the last one's further rows; read with the same options,
                and without labels. It is not to be used afterwards.
        """
        for file in later._files:
            if not self._files or self._files[-1].path != file.path:
                self._file(file.path, file.ledger.file, recorded=file.ledger.recorded)
            self._files[-1].merge(file)
        self._seen.merge(later._seen)
        self._images.merge(later._images)

    def _file(self, path: Path, name: str, *, recorded: bool) -> _File:
        ledger = TableLog("cells", name, room=self._room, recorded=recorded)
        self._files.append(_File(path, ledger))
        return self._files[-1]

    def _clean(self, raw: Raw, bound: Binding, file: _File) -> pd.DataFrame:
        file.is_read = True
        frame = _cells.build(raw, bound, self.options, file.ledger, self._seen, self._images)
        if self.labels is not None:
            codes = self.labels.codes(raw, bound)[frame.index]
            frame["true_class"] = pd.Categorical.from_codes(
                codes, dtype=pd.CategoricalDtype(self.labels.names)
            )
        frame = _check.screen(frame, file.ledger)
        file.rows += len(frame)
        return frame[[name for name in frame if name != "row"] + ["row"]]

    def checked(self) -> list[Checked]:
        """What there is to say of each file, once all their batches were taken.

        The frames are empty: the rows went by in batches.
        """
        pa.default_memory_pool().release_unused()  # what reading needed, sorting can use
        for seen, key in ((self._seen, "cell_id"), (self._images, "image")):
            hashes, cells = seen.repeated()
            if cells:
                self._say_repeated(hashes, cells, key)
        return [file.checked() for file in self._files]

    def _say_repeated(self, hashes: Hashes, cells: int, key: str) -> None:
        """Name the cells met before; two that only share a hash are not the same.

        Args:
            hashes: of all that were met more than once.
            cells: met before.
            key: by which cells are told apart: their id, or their image.
        """
        met: set[tuple[str, str]] = set()
        sought = hashes[:_LOOKED_UP]
        read = [file for file in self._files if file.is_read]
        for file in read:
            file.ledger.next_batch()
            opened = Opened(file.path, self.options, self.options.batch_rows)
            for raw in opened.raws():
                if raw.sha256 != file.sha256:
                    raise _files.changed(file.path)
                sample_id, keys = _cells.ids(raw, opened.bound, file.ledger)
                if key == "image":
                    keys = _cells.shown(raw, opened.bound)
                if keys is None:
                    break  # images of this file are no cells
                found = _cells.hashed(sample_id, keys)
                at = np.searchsorted(sought, found).clip(max=len(sought) - 1)
                for i in np.flatnonzero(sought[at] == found).tolist():
                    cell = (sample_id[i].as_py(), keys[i].as_py())
                    if cell in met:
                        _leftover.say_reviewers(file.ledger)
                        _say(file, int(raw.rows[i]), *cell, key)
                        cells -= 1
                    elif cell[1]:
                        met.add(cell)
        if len(hashes) > len(sought):
            rest = f"{cells} cells met before, not listed"
            read[-1].ledger.say(_REPEATED[key], rest, column=key, rows=cells)


def _say(file: _File, row: int, sample_id: str, text: str, key: str) -> None:
    if file.ledger.withdraw(row):
        file.rows -= 1
    file.ledger.value(_REPEATED[key], row, sample_id, key, text, "met before")
