"""The finished files of a run, from its shards: written whole, in one pass each."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from wbcval import origin
from wbcval.origin import Failure, Record
from wbcval.predict._decide import ABSTAINED, DECIMALS
from wbcval.predict._shards import Part
from wbcval.predict._work import CELL, EMPTY, FAILED

FAILURES, FIELDS = "failures.csv", "fields.csv"
_NAMED = 100  # failures that the record of origin names one by one
_ROWS = 65_536  # of a row group
_FAILURE = ("sample_id", "cell_id", "image", "reason", "detail")


@dataclass
class Summary:
    """What a run came to.

    Attributes:
        cells: that were classified.
        failed: items, or cells, that were not; by reason, and by sample.
        first: of the failed, in order.
        images_sha256: over the lines ``sha256  image`` of every file read, as ``sha256sum``
            prints them.
    """

    cells: int = 0
    abstained: int = 0
    empty_fields: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    first: list[Failure] = field(default_factory=list)
    images_sha256: str = ""

    @property
    def failed(self) -> int:
        """How many could not be classified."""
        return self.reasons.total()


def summarise(part: Part) -> Summary:
    """Count what the shards hold."""
    found, digest = Summary(), hashlib.sha256()
    for table in part.tables():
        digest.update("".join(filter(None, table["digests"].to_pylist())).encode())
        for remarks in filter(None, table["remarks"].to_pylist()):
            found.remarks.update(remarks.split("\n"))
        kinds = Counter(table["kind"].to_pylist())
        found.cells += kinds[CELL]
        found.empty_fields += kinds[EMPTY]
        found.classes.update(filter(None, table["predicted_class"].to_pylist()))
        for row in _only(table, FAILED).select(list(_FAILURE)).to_pylist():
            found.reasons[row["reason"]] += 1
            found.samples[row["sample_id"]] += 1
            if len(found.first) < _NAMED:
                named = {name: row[name] or "" for name in _FAILURE}
                found.first.append(cast("Failure", named))
    found.abstained = found.classes[ABSTAINED]
    found.images_sha256 = digest.hexdigest()
    return found


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
    header = ("sample_id", "image", "leukocytes", *classes)
    _write_csv(part, out.with_name(FIELDS), header, _field_rows(part, classes))


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
    schema = None
    with path.open("wb") as stream:
        writer = None
        for table in _chunks(part, columns):
            if writer is None:
                text = origin.text_of(record)
                schema = table.schema.with_metadata({origin.KEY: text.encode()})
                writer = pq.ParquetWriter(
                    stream, schema, compression="zstd", write_page_checksum=True
                )
            writer.write_table(table.cast(schema), row_group_size=_ROWS)
        if writer is not None:
            writer.close()
        stream.flush()
        os.fsync(stream.fileno())


def _csv(part: Part, path: Path, columns: list[str]) -> None:
    with path.open("wb") as stream:
        writer = None
        for table in _chunks(part, columns):
            fixed = pa.schema([
                pa.field(f.name, pa.decimal128(DECIMALS + 1, DECIMALS))
                if f.type == pa.float64() else f for f in table.schema
            ])  # fmt: skip
            if writer is None:
                writer = pcsv.CSVWriter(stream, fixed)
            writer.write_table(table.cast(fixed))
        if writer is not None:
            writer.close()
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
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    fresh.replace(path)
