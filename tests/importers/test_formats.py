"""Workbooks, Parquet, and what is refused."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.build.tables import workbook
from wbcval.door.importers import Request, open_table
from wbcval.values.errors import InputError

TABLE: list[list[object]] = [["sample_id", "WBC(10^9/L)"], [123, 5.25], ["007", "90,3"]]


def test_the_sheet_with_a_table_is_found(tmp_path: Path) -> None:
    sheets = {"Cover": [["Report"], ["2026"]], "Data": [["Lab"], *TABLE]}
    path = workbook(tmp_path / "lis.xlsx", sheets)

    raw = next(open_table(path, Request()))

    assert raw.dialect == "excel"
    assert raw.header == ("sample_id", "WBC(10^9/L)")
    assert raw.table.column(0).to_pylist() == ["123", "007"]
    assert raw.table.column(1).to_pylist() == ["5.25", "90,3"]
    assert raw.rows.tolist() == [3, 4]
    assert 0 in raw.numeric


def test_several_tables_need_a_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "lis.xlsx", {"A": TABLE, "B": TABLE})

    with pytest.raises(InputError, match="several tables"):
        next(open_table(path, Request()))
    with pytest.raises(InputError, match="no sheet 'C'"):
        next(open_table(path, Request(sheet="C")))
    assert next(open_table(path, Request(sheet="B"))).table.num_rows == 2


def test_a_broken_workbook_is_an_input_error(tmp_path: Path) -> None:
    path = workbook(tmp_path / "lis.xlsx", {"A": TABLE})
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(InputError):
        next(open_table(path, Request()))


def test_parquet_keeps_types_and_batches(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    pq.write_table(pa.table({"sample_id": [1, 2, 3], "x": [[1], [2], [3]]}), path)

    batches = list(open_table(path, Request(batch_rows=2)))

    assert [raw.rows.tolist() for raw in batches] == [[1, 2], [3]]
    assert batches[0].header == ("sample_id",)  # nested columns have no place in a table


def test_damaged_parquet_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    path.write_bytes(b"PAR1" + b"x" * 100)

    with pytest.raises(InputError, match="Parquet"):
        next(open_table(path, Request()))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"[\n  {}]", "JSON"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<html><table>", "web page"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (gzip.compress(b"sample_id,WBC\n", mtime=0), "compressed"),
    ],
)
def test_other_formats_are_refused_by_name(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "input.dat"
    path.write_bytes(content)

    with pytest.raises(InputError, match=what) as error:
        next(open_table(path, Request()))

    assert "not read" in error.value.got
    assert error.value.advice


def test_a_zip_is_not_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "input.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "sample_id,WBC\n")

    with pytest.raises(InputError, match="zip archive"):
        next(open_table(path, Request()))


def test_analyzers_are_recognised_by_their_columns(shared: Path) -> None:
    folder = shared / "data" / "analyzer_exports"
    dialects = {
        path.name: next(open_table(path, Request())).dialect
        for path in sorted(folder.glob("*.?sv"))
    }

    assert dialects == {
        "edan_3part_gbk.csv": "csv",
        "human_3part.tsv": "csv",
        "sysmex_XS-1000i_a.csv": "sysmex-xs",
        "sysmex_XS-1000i_b.csv": "sysmex-xs",
        "sysmex_XS-500i.csv": "sysmex-xs",
    }
    synthetic = shared / "lab" / "samples" / "xn_ipu_edgecases_SYNTHETIC.csv"
    assert next(open_table(synthetic, Request())).dialect == "sysmex-xn"
