"""What an importer hands over: the table as the file holds it, and what was met on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wbcval.machine.progress import Extent


@dataclass(frozen=True, slots=True)
class Note:
    """Something met while reading; ``tables`` makes it a finding, with severity and advice."""

    rule: str
    got: str
    row: int | None = None
    column: str = ""
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row at the head of a file that is no record: a title above the names, units below.

    Attributes:
        row: 1-based, in the file.
        reason: what it was taken for.
        got: its cells, as they may be quoted; "" for a blank row.
        cells: as they are, to be looked at and never shown.
    """

    row: int
    reason: str
    got: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """How to read a file.

    Attributes:
        known: column names of the file that the protocol uses; they tell the header row.
        sheet: the sheet of a workbook, where it has several.
        read_elsewhere: sheets of the same workbook that are read as something else.
        batch_rows: about how many rows a batch holds; ``None``: the whole file at once.
        categories: column names of the file under which few texts stand many times, beside
            those the vocabulary knows; a format that has them encoded may hand them over so.
    """

    known: frozenset[str] = frozenset()
    sheet: str | None = None
    batch_rows: int | None = None
    categories: frozenset[str] = frozenset()
    read_elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Raw:
    """One batch of a table as the file holds it.

    Attributes:
        file: base name.
        sha256: of the whole file.
        dialect: ``csv``, ``excel``, ``sysmex-xn`` …
        header: the column names as spelt.
        table: one column per name, by position, of text, plain or dictionary-encoded (numbers
            where the format has types).
        rows: the 1-based row in the file of each record.
        numeric: positions of text columns in which some cells were numbers in the file.
        notes: what was met.
        skipped: rows above the first record, the names aside; of the first batch.
        between: what rows between the records are → these rows.
        extent: how far the file is read with this batch, where the format can tell.
    """

    file: str
    sha256: str
    dialect: str
    header: tuple[str, ...]
    table: pa.Table
    rows: NDArray[np.int64]
    numeric: frozenset[int] = frozenset()
    notes: tuple[Note, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    between: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    extent: Extent | None = None


@dataclass(frozen=True, slots=True)
class Importer:
    """A file format.

    Attributes:
        name: the format's short name.
        accepts: whether a file with this path and these first bytes is of the format.
        batches: reads it.
        order: importers are asked in this order; the plain-text table comes last.
    """

    name: str
    accepts: Callable[[Path, bytes], bool]
    batches: Callable[[Path, Request], Iterator[Raw]]
    order: int = 50


@dataclass(frozen=True, slots=True)
class Dialect:
    """An analyzer's export, recognised by its column names whatever the file format.

    Attributes:
        name: ``sysmex-xn`` …
        recognises: whether these column names are its own.
        duplicates: which of several analyses of a sample counts when the protocol does not say.
        not_patients: a regular expression for sample ids that are no patient's.
        rollup: how classes are grouped when the protocol does not say.
        of_analyzer: whether only an analyzer writes so; a model's results may come in messages.
    """

    name: str
    recognises: Callable[[frozenset[str]], bool]
    duplicates: str
    not_patients: str
    rollup: str
    of_analyzer: bool = True
