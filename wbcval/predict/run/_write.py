"""The finished files of a run, from its shards: written whole, in one pass each."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from wbcval import origin
from wbcval.machine import csv_text as _csv_text
from wbcval.machine import folders
from wbcval.origin import Failure, Record
from wbcval.predict.run._decide import ABSTAINED, DECIMALS
from wbcval.predict.run._shards import Part
from wbcval.predict.run._work import CELL, EMPTY, FAILED
from wbcval.values.digests import Hashes
from wbcval.values.errors import InputError

FAILURES, FIELDS = "failures.csv", "fields.csv"
_COUNTS = ("sample_id", "image", "leukocytes")  # and a column a class
_NAMED = 100  # failures that the record of origin names one by one
_ROWS = 65_536  # of a row group
_FAILURE = ("sample_id", "cell_id", "image", "reason", "detail")


@dataclass
class Summary:
    """What a run came to.

    Attributes:
        cells: that were classified.
        failed: items, or cells, that were not; by reason, and by sample.
        true_classes: of the failed of each sample, those of a stated true class.
        fields: of the failed of each sample, the whole fields.
        first: of the failed, in order.
        images_sha256: over the lines ``sha256  image`` of every file read, as ``sha256sum``
            prints them.
        repeated: items with the bytes of one before; ``alike``: the first such, and that one.
    """

    cells: int = 0
    abstained: int = 0
    empty_fields: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)
    true_classes: dict[str, Counter[str]] = field(default_factory=dict)
    fields: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    first: list[Failure] = field(default_factory=list)
    images_sha256: str = ""
    repeated: int = 0
    alike: tuple[str, str] = ("", "")

    @property
    def failed(self) -> int:
        """How many could not be classified."""
        return self.reasons.total()


def summarise(part: Part) -> Summary:
    """Count what the shards hold."""
    found, digest, read = Summary(), hashlib.sha256(), []
    for table in part.tables():
        lines = [*filter(None, table["digests"].to_pylist())]
        digest.update("".join(lines).encode())
        read.append(np.fromiter(map(_bytes_of, lines), np.uint64, len(lines)))
        for remarks in filter(None, table["remarks"].to_pylist()):
            found.remarks.update(remarks.split("\n"))
        kinds = Counter(table["kind"].to_pylist())
        found.cells += kinds[CELL]
        found.empty_fields += kinds[EMPTY]
        found.classes.update(filter(None, table["predicted_class"].to_pylist()))
        of_fields = ["x_min"] if "x_min" in table.column_names else []
        for row in _only(table, FAILED).select([*_FAILURE, "true_class", *of_fields]).to_pylist():
            found.reasons[row["reason"]] += 1
            found.samples[row["sample_id"]] += 1
            if of_fields and row["x_min"] is None:  # the field, and not a cell of it
                found.fields[row["sample_id"]] += 1
            if row["true_class"]:
                found.true_classes.setdefault(row["sample_id"], Counter())[row["true_class"]] += 1
            if len(found.first) < _NAMED:
                named = {name: row[name] or "" for name in _FAILURE}
                found.first.append(cast("Failure", named))
    found.abstained = found.classes[ABSTAINED]
    found.images_sha256 = digest.hexdigest()
    _find_repeated(np.concatenate([np.empty(0, np.uint64), *read]), part, found)
    return found


def _bytes_of(lines: str) -> int:
    """64 bits of what an item's files hold: of one file, of its digest; of several, of all."""
    digests = [line[:64] for line in lines.splitlines()]
    if len(digests) > 1:
        digests = [hashlib.sha256("".join(digests).encode()).hexdigest()]
    return int(digests[0][:16], 16)


def _find_repeated(read: Hashes, part: Part, found: Summary) -> None:
    """Items that hold the very bytes of another: one image under two names is one image."""
    _, first, place = np.unique(read, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[place] != np.arange(len(read)))
    found.repeated = len(again)
    if not len(again):
        return
    sought = {int(again[0]), int(first[place[again[0]]])}
    at, names = 0, []
    for table in part.tables():
        for row in table.select(["digests", "image"]).to_pylist():
            if row["digests"]:
                names += [row["image"] or ""] if at in sought else []
                at += 1
    found.alike = (names[1], names[0])


def check_owned(out: Path, *, fields: bool) -> None:
    """Refuse, before the run, to overwrite what no run of ``predict`` wrote.

    Args:
        out: of the predictions.
        fields: whether fields are counted too.

    Raises:
        InputError: where such a file stands there, or ``out`` lies in a bundle or a baseline.
    """
    folders.check_file(out, _is_table)
    if out.suffix.lower() == ".csv" and not out.exists():
        folders.check_file(origin.sidecar_of(out), lambda _: _record_of(out) is not None)
    folders.check_file(out.with_name(FAILURES), lambda path: _begins(path, _FAILURE))
    if fields:
        folders.check_file(out.with_name(FIELDS), lambda path: _begins(path, _COUNTS))


def _record_of(table: Path) -> origin.Origin | None:
    try:
        return origin.read(table)
    except InputError:
        return None


def _is_table(path: Path) -> bool:
    """Whether a table is a run's, and a CSV still as the run left it."""
    found = _record_of(path)
    if found is None or found.rows is not None:
        return found is not None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == found.record["file_sha256"]


def _begins(path: Path, header: tuple[str, ...]) -> bool:
    head = _csv_text.line(header).strip().encode()
    with path.open("rb") as stream:
        return stream.read(len(head)) == head


def write_failures(part: Part, out: Path) -> None:
    """Write ``failures.csv`` beside the predictions: a row for each cell that has none."""
    rows = (
        [row[name] or "" for name in _FAILURE]
        for table in part.tables()
        for row in _only(table, FAILED).select(list(_FAILURE)).to_pylist()
    )
    _write_csv(part, out.with_name(FAILURES), _FAILURE, rows)


def write_fields(part: Part, out: Path, classes: tuple[str, ...]) -> None:
    """Write ``fields.csv``: what was found in each field, also where that is nothing.

    A field that could not be looked at has no row: it stands in ``failures.csv``.
    """
    _write_csv(part, out.with_name(FIELDS), (*_COUNTS, *classes), _field_rows(part, classes))


def _field_rows(part: Part, classes: tuple[str, ...]) -> Iterator[list[object]]:
    for table in part.tables():
        counts: dict[tuple[str, str], Counter[str]] = {}
        names = ["kind", "sample_id", "image", "predicted_class", "x_min"]
        for row in table.select(names).to_pylist():
            if row["kind"] == FAILED and row["x_min"] is None:  # the field, and not a cell of it
                continue
            of_field = counts.setdefault((row["sample_id"], row["image"]), Counter())
            if row["kind"] == CELL:
                of_field[row["predicted_class"]] += 1
        for (sample_id, image), counted in counts.items():
            yield [sample_id, image, counted.total(), *(counted[name] for name in classes)]


def content(part: Part, columns: list[str]) -> origin.Content:
    """The digest of what the table of predictions will say."""
    return origin.content_of(_chunks(part, columns), columns)


def write_predictions(part: Part, out: Path, record: Record, columns: list[str]) -> None:
    """Write the table of predictions, with the record of its origin.

    Args:
        columns: in order; those of the shards that the table holds.
    """
    fresh = part.scratch(out.name)
    if out.suffix.lower() == ".parquet":
        _parquet(part, fresh, record, columns)
    else:
        _csv(part, fresh, columns)
        with fresh.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        beside = origin.sidecar_of(out)
        about = part.scratch(beside.name)
        about.write_text(origin.text_of(record, sha256), encoding="utf-8")
        about.replace(beside)
    fresh.replace(out)


def _parquet(part: Part, path: Path, record: Record, columns: list[str]) -> None:
    tables = _chunks(part, columns)
    first = next(tables)
    schema = first.schema.with_metadata({origin.KEY: origin.text_of(record).encode()})
    with path.open("wb") as stream:
        with pq.ParquetWriter(
            stream, schema, compression="zstd", write_page_checksum=True
        ) as writer:
            for table in itertools.chain([first], tables):
                writer.write_table(table.cast(schema), row_group_size=_ROWS)
        _to_disk(stream)


def _csv(part: Part, path: Path, columns: list[str]) -> None:
    tables = map(_printed, _chunks(part, columns))
    first = next(tables)
    with path.open("wb") as stream:
        with pcsv.CSVWriter(stream, first.schema) as writer:
            for table in itertools.chain([first], tables):
                writer.write_table(table)
        _to_disk(stream)


def _printed(table: pa.Table) -> pa.Table:
    """With texts that no spreadsheet runs, and numbers of so many decimals."""
    for i, kind in enumerate(table.schema.types):
        if pa.types.is_string(kind):
            table = table.set_column(i, table.schema[i], _csv_text.guarded_array(table[i]))
    return table.cast(pa.schema([
        pa.field(f.name, pa.decimal128(DECIMALS + 1, DECIMALS)) if f.type == pa.float64() else f
        for f in table.schema
    ]))  # fmt: skip


def _to_disk(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _chunks(part: Part, columns: list[str]) -> Iterator[pa.Table]:
    """The classified cells in tables of the same size, wherever the shards end; at least one."""
    held: list[pa.Table] = []
    count, first = 0, True
    for table in part.tables():
        held.append(_only(table, CELL).select(columns))
        count += held[-1].num_rows
        while count >= _ROWS:
            whole = pa.concat_tables(held).combine_chunks()
            yield whole.slice(0, _ROWS)
            held, count, first = [whole.slice(_ROWS)], count - _ROWS, False
    if count or first:
        yield pa.concat_tables(held).combine_chunks()


def _only(table: pa.Table, kind: str) -> pa.Table:
    return table.filter(pc.equal(table["kind"], kind))


def _write_csv(part: Part, path: Path, header: tuple[str, ...], rows: Iterator[list[Any]]) -> None:
    fresh = part.scratch(path.name)
    with fresh.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(map(_csv_text.line, (header, *rows)))
    fresh.replace(path)
