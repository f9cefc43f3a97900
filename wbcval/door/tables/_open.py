"""A file of the model's, opened: what it holds is told by its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from wbcval.door.importers import Raw, Request, dialect_of, open_table
from wbcval.door.tables import _cells, _long, _missing
from wbcval.door.tables._bind import Binding, bind
from wbcval.door.tables._ledger import TableLog
from wbcval.door.tables._types import ReadOptions
from wbcval.machine.progress import Extent
from wbcval.protocol.roles import REPLICATES
from wbcval.values.measurands import Measurand

_BY_CATEGORY = ("sample_id", "predicted_class", "true_class", "stage")


class Opened:
    """A file whose first batch is read.

    Args:
        path: the file.
        options: what the protocol says about it.
        batch_rows: about how many rows a batch holds; ``None``: one batch.
        table: whose vocabulary of columns is understood.

    Attributes:
        path: as given.
        file: base name.
        kind: ``cells``, ``counts``, ``reference`` or ``samples``, by its columns. A recognised
            analyzer export is a ``reference``; any other table of measurands ``counts``.
        bound: which column is which.
        extent: how far the file is read, where its format can tell.

    Raises:
        InputError: for a file that cannot be read as a table.
    """

    def __init__(
        self, path: Path, options: ReadOptions, batch_rows: int | None, table: str = "counts"
    ) -> None:
        self.path, self._request = path, request(options, batch_rows)
        self._raws = open_table(path, self._request)
        first = next(self._raws)
        self._raws = chain([first], self._raws)
        self.file = first.file
        self.extent: Extent | None = first.extent
        self.bound = bind(first, options, TableLog(table, first.file))
        self.kind = kind_of(first, self.bound)

    def raws(self) -> Iterator[Raw]:
        """The batches, once."""
        for raw in self._raws:
            self.extent = raw.extent
            yield raw

    def again(self) -> Iterator[Raw]:
        """The batches, read anew."""
        return open_table(self.path, self._request)

    def whole(self) -> Raw:
        """All batches as one."""
        raws = list(self.raws())
        if len(raws) == 1:
            return raws[0]
        return replace(
            raws[0],
            table=pa.concat_tables([raw.table for raw in raws]),
            rows=np.concatenate([raw.rows for raw in raws]),
            numeric=frozenset().union(*(raw.numeric for raw in raws)),
            notes=tuple(note for raw in raws for note in raw.notes),
        )


def request(options: ReadOptions, batch_rows: int | None) -> Request:
    """How the protocol wants a file read."""
    categories = {theirs for ours, theirs in options.columns.items() if ours in _BY_CATEGORY}
    known = frozenset(options.columns.values())
    return Request(known, options.sheet, batch_rows, frozenset(categories), options.read_elsewhere)


def kind_of(raw: Raw, bound: Binding) -> str:
    """``cells``, ``counts``, ``reference`` or ``samples``."""
    measurands = _measures(bound)
    of_cells = {"predicted_class", "true_class", "cell_id", "image"} & bound.fields.keys()
    if "predicted_class" in of_cells or (of_cells and not measurands):
        return "cells"
    if dialect_of(raw) is not None:
        return "reference"
    return "counts" if measurands else "samples"


def _measures(bound: Binding) -> bool:
    signed = any(Measurand(name).quantity for name in bound.parts)
    return bool(bound.measurands or bound.bare or signed or _long.is_long(bound))


def say_notes(raw: Raw, ledger: TableLog) -> None:
    """What was met while reading, as findings."""
    for note in raw.notes:
        ledger.say(note.rule, note.got, column=note.column, row=note.row, rows=note.rows)
    for skipped in raw.skipped:
        shown = f": {skipped.got}" if skipped.got else ", blank"
        ledger.above(skipped.row, skipped.reason + shown)
    for reason, rows in raw.between.items():
        ledger.between(rows, reason)


def complete(raw: Raw, bound: Binding, ledger: TableLog) -> bool:
    """Whether the columns needed are there; says which are not."""
    if ledger.has_errors:
        return False
    if ledger.table == "cells":
        labelled = "true_class" in bound.fields and "predicted_class" not in bound.fields
        if labelled and not _missing.alike(raw, bound, "predicted_class"):
            spelt = raw.header[bound.fields["true_class"]]
            ledger.say("labels-alone", f"{spelt!r} and no predicted class", column=spelt)
            return False
        for name in _cells.COLUMNS:
            if name not in bound.fields and not (name == "cell_id" and "image" in bound.fields):
                _missing.say(raw, bound, name, ledger)
    elif "sample_id" not in bound.fields:
        _missing.say(raw, bound, "sample_id", ledger)
    measurands = _measures(bound)
    if ledger.table in ("counts", "reference", REPLICATES) and not measurands:
        _missing.say_measurands(raw, bound, ledger)
    if not raw.table.num_rows:
        ledger.say("no-rows", "column names and no records")
    return not ledger.has_errors
