"""The hash that is stated is that of the bytes that were read, whatever happens to the file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.mutants.material import PROTOCOL, write_study
from wbcval.door.importers import Request, open_table
from wbcval.door.tables import CellTables, ReadOptions, open_predictions
from wbcval.machine import input_files
from wbcval.protocol.protocol_file import load
from wbcval.study.inputs import read_inputs
from wbcval.values.errors import InputError

ROWS = 400_000
_TEXT = "sample_id,predicted_class\n" + "S1,neutrophil\n" * ROWS


def _csv(path: Path) -> None:
    path.write_text(_TEXT, encoding="utf-8")


def _parquet(path: Path) -> None:
    table = pa.table({"sample_id": ["S1"] * 40, "predicted_class": ["neutrophil"] * 40})
    pq.write_table(table, path, row_group_size=10)


def _longer(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"S2,lymphocyte\n")


def _other_at_the_same_size_and_time(path: Path) -> None:
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _another_in_its_place(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


CHANGES = [_longer, _other_at_the_same_size_and_time, _another_in_its_place, Path.unlink]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("write", [_csv, _parquet])
def test_a_table_that_changes_while_it_is_read_is_an_error(
    write: Callable[[Path], None], change: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "cells.dat"
    write(path)
    batches = open_table(path, Request(batch_rows=10))
    first = next(batches)
    assert first.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    change(path)

    with pytest.raises(InputError, match=r"changed while it was read|no such file"):
        list(batches)


def test_a_table_that_stays_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    _csv(path)

    assert sum(raw.table.num_rows for raw in open_table(path, Request(batch_rows=10))) == ROWS


def test_a_write_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    before = input_files.state(path)
    assert before.recent
    digest = hashlib.sha256(b"0").hexdigest()  # what was read before, at the same times

    with pytest.raises(InputError, match="changed"):
        input_files.check_same(path, before, digest)


def test_a_table_exchanged_after_its_record_was_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(tmp_path)
    protocol = load(tmp_path / "protocol.toml")
    path = tmp_path / "counts.csv"

    def exchanged(_: object) -> None:
        _another_in_its_place(path)

    monkeypatch.setattr("wbcval.study.inputs.read_origin", exchanged)

    with pytest.raises(InputError, match="changed while it was read"):
        read_inputs(protocol)


@pytest.mark.parametrize("change", [_longer, _another_in_its_place])
def test_a_file_that_is_read_whole_is_of_one_moment(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"weights")
    read = Path.read_bytes

    def slowly(self: Path) -> bytes:
        data = read(self)
        monkeypatch.setattr(Path, "read_bytes", read)
        change(self)
        return data

    monkeypatch.setattr(Path, "read_bytes", slowly)

    with pytest.raises(InputError, match="changed"):
        input_files.read(path)


@pytest.mark.parametrize(
    "data",
    [
        PROTOCOL.encode(),
        PROTOCOL.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PROTOCOL.encode(),
    ],
)
def test_the_hash_of_a_protocol_is_that_of_its_bytes(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_bytes(data)

    assert load(path).source.encode() == data


def test_a_flipped_bit_in_a_parquet_with_check_sums_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    table = pa.table({"sample_id": ["S1", "S2"], "WBC(10^9/L)": [5.125, 6.25]})
    pq.write_table(
        table,
        path,
        compression="none",
        write_page_checksum=True,
        use_dictionary=False,
        write_statistics=False,
    )
    whole = path.read_bytes()
    at = whole.index(np.float64(5.125).tobytes())
    assert next(open_table(path, Request())).table.num_rows == 2

    path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])

    with pytest.raises(InputError, match="CRC"):
        next(open_table(path, Request()))


def test_cells_that_change_before_duplicates_are_named_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    text = "sample_id,cell_id,predicted_class\nS1,c1,neutrophil\nS1,c1,neutrophil\n"
    path.write_text(text, encoding="utf-8")
    tables = CellTables(ReadOptions())
    list(tables.batches(open_predictions(path, ReadOptions())))

    path.write_text(text.replace("S1,c1,n", "S1,c2,n", 1), encoding="utf-8")

    with pytest.raises(InputError, match="changed"):
        tables.checked()


def test_a_folder_that_changed_since_it_was_verified_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b"{}")

    with pytest.raises(InputError, match="changed"):
        input_files.read_known(tmp_path, {"results.json": "0" * 64}, ["results.json", "other"])
