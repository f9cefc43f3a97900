"""Delimited text: delimiters, header rows, encodings, broken records."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from wbcval.door.importers import Raw, Request, open_table
from wbcval.values.errors import InputError


def raw_of(path: Path, content: str | bytes, request: Request | None = None) -> Raw:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    return next(open_table(path, request or Request()))


def columns(raw: Raw) -> dict[str, list[str]]:
    pairs = zip(raw.header, raw.table.columns, strict=True)
    return {name: column.to_pylist() for name, column in pairs}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(path: Path, delimiter: str, newline: str) -> None:
    lines = [delimiter.join(cells) for cells in (["sample_id", "WBC"], ["01", "5.1"])]

    raw = raw_of(path, newline.join(lines) + newline)

    assert columns(raw) == {"sample_id": ["01"], "WBC": ["5.1"]}
    assert raw.rows.tolist() == [2]
    assert raw.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_header_below_titles_and_controls(path: Path) -> None:
    text = "Report, July\n\nQC-1,B,6.9\nsample_id,mode,WBC\nS1,WB,5\n"

    raw = raw_of(path, text)

    assert columns(raw)["WBC"] == ["5"]
    assert raw.rows.tolist() == [5]
    assert [note.rule for note in raw.notes] == ["header-row"]


def test_units_below_the_header(path: Path) -> None:
    raw = raw_of(path, "sample_id,WBC,NEUT\n,10^9/L,%\nS1,5,60\n")

    assert raw.header == ("sample_id", "WBC(10^9/L)", "NEUT(%)")
    assert raw.rows.tolist() == [3]


@pytest.mark.parametrize("text", ["sample_id,WBC,\nS1,5\n", "sample_id,WBC\nS1,5,\n"])
def test_trailing_delimiter(path: Path, text: str) -> None:
    raw = raw_of(path, text)

    assert columns(raw)["WBC"] == ["5"]


@pytest.mark.parametrize(
    ("encoding", "header", "said"),
    [
        ("utf-8", "WBC(10^3/µL)", None),
        ("utf-8-sig", "WBC(10^3/µL)", None),
        ("utf-16", "WBC(10^3/µL)", "utf-16"),
        ("utf-16-le", "WBC(10^3/µL)", "utf-16-le"),
        ("cp1252", "WBC(10^3/µL)", "cp1252"),
        ("gbk", "WBC(10^3/μL),白细胞", "gbk"),
        ("cp1251", "WBC(10^3/uL),паличкоядерні", "cp1251"),
    ],
)
def test_encodings(path: Path, encoding: str, header: str, said: str | None) -> None:
    more = ",1" * header.count(",")

    raw = raw_of(path, f"sample_id,{header}\nS1,5{more}\n".encode(encoding))

    assert ",".join(raw.header) == f"sample_id,{header}"
    assert [note.got for note in raw.notes] == ([f"read as {said}"] if said else [])


def test_rows_keep_their_numbers_across_blank_lines_and_line_breaks(path: Path) -> None:
    raw = raw_of(path, 'sample_id,WBC,note\nS1,5,\n\nS2,6,"a\nb"\nS3,7,\n')

    assert columns(raw)["sample_id"] == ["S1", "", "S2", "S3"]
    assert raw.rows.tolist() == [2, 3, 4, 5]
    assert [note.rule for note in raw.notes] == ["multi-line-cell"]


def test_batches_hold_all_rows(path: Path) -> None:
    lines = [f"S{i},{i}" for i in range(1000)]
    path.write_text("sample_id,WBC\n" + "\n".join(lines), encoding="utf-8")

    batches = list(open_table(path, Request(batch_rows=10)))

    assert [row for raw in batches for row in raw.rows.tolist()] == list(range(2, 1002))


@pytest.mark.parametrize(
    ("text", "where", "got"),
    [
        ("sample_id,WBC\nS1,5\nS2,90,3\n", "row 3", "3 cells where the header has 2"),
        ("sample_id,WBC\nS1,5\nS2\n", "row 3", "1 cells where the header has 2"),
        ('sample_id,WBC\nS1,"5\nS2,6\nS3,7\n', "row 2", "a quote is opened"),
        ("", "table.csv", "empty"),
        ("\n\n  \n", "table.csv", "empty"),
        (b"\x00\x01\x02\x00binary\x00", "table.csv", "NUL"),
    ],
)
def test_broken_files_are_named_in_three_lines(
    path: Path, text: str | bytes, where: str, got: str
) -> None:
    with pytest.raises(InputError) as error:
        raw_of(path, text)

    assert where in error.value.where
    assert got in error.value.got
    assert len(str(error.value).splitlines()) <= 3


def test_a_broken_record_is_not_quoted_back(path: Path) -> None:
    with pytest.raises(InputError) as error:
        raw_of(path, "sample_id,Patient Name\nS1,Xaviera Quux,7\nS2,b\n")

    assert "Quux" not in str(error.value)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match=r"no such file|is a folder"):
            next(open_table(path, Request()))


def test_a_huge_cell_is_read(path: Path) -> None:
    filler = "".join(f"S{i},5,\n" for i in range(60))

    raw = raw_of(path, f"sample_id,WBC,note\n{filler}S99,6,{'x' * 1_000_000}\n")

    assert raw.table.num_rows == 61


def test_a_record_longer_than_a_block_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wbcval.door.importers._text._BLOCK", 1 << 10)
    path = tmp_path / "cells.csv"
    path.write_text('sample_id,cell_id,predicted_class\nS1,"a' + "x" * 5000 + '",EO\n')

    with pytest.raises(InputError, match="more than 1024 bytes") as error:
        list(open_table(path, Request(batch_rows=10)))

    assert error.value.advice == "close or remove the quote"
