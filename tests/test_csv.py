"""Any text goes through a CSV as it is, and none of it is a formula to a spreadsheet."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.simulated import repeats
from wbcval.bundle.read import _table
from wbcval.door.tables import read
from wbcval.machine import csv_text

FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "-x",
    "=cmd|' /C calc'!A0",
]
AS_THEY_ARE = [
    "S1",
    "-2.5",
    "-1e-5",
    "-.5",
    "-5",
    "'quoted'",
    "1+1",
    "007",
    "NA",
    "a\rb",
    'a"b',
    "",
]
_TEXTS = st.text(
    st.sampled_from([*"=+-@'\t\r\n \",;01.e", "＝", "A"]) | st.characters(codec="utf-8"), max_size=8
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_a_mark_and_loses_it_again(text: str) -> None:
    assert csv_text.guarded(text) == f"'{text}"
    assert csv_text.guarded(f"'{text}") == f"''{text}"
    assert csv_text.unguarded(f"'{text}") == text


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_numbers_and_plain_texts_stay(text: str) -> None:
    assert csv_text.guarded(text) == text
    assert csv_text.unguarded(text) == text


@given(st.lists(_TEXTS, max_size=6))
@example(["'-5", "''=", "'", "-5\n", "'-5\n"])
def test_every_text_comes_back(texts: list[str]) -> None:
    written = csv_text.text_of(["x", "y"], ([text, 1] for text in texts))
    read_back = [row[0] for row in csv.reader(io.StringIO(written, newline=""))][1:]

    assert [csv_text.unguarded(text) for text in read_back] == texts
    assert not any(text[:1] in "=+@\t\r\n" for text in read_back if text)


@given(st.lists(_TEXTS, max_size=6))
def test_arrays_are_guarded_as_texts_are(texts: list[str]) -> None:
    array = pa.array([*texts, None], pa.string())
    guarded = csv_text.guarded_array(array)

    assert guarded.to_pylist() == [*map(csv_text.guarded, texts), None]
    assert csv_text.unguarded_array(guarded)[0].to_pylist() == [*texts, None]
    assert csv_text.unguarded_array(array)[0].to_pylist() == [*map(csv_text.unguarded, texts), None]


@given(st.lists(_TEXTS, max_size=6, unique=True), _TEXTS.filter(bool))
def test_a_bundles_table_is_read_as_it_was_written(texts: list[str], column: str) -> None:
    written = csv_text.text_of(["sample_id", f"{column}x"], ([text, "=A"] for text in texts))
    found = _table({"strata.csv": written.encode()}, "strata.csv")

    assert list(found) == ["sample_id", f"{column}x"]
    assert found["sample_id"] == texts
    assert found[f"{column}x"] == ["=A"] * len(texts)


def _passes_the_door(text: str) -> bool:
    """No blank, no binary file, and no cell over several lines that may hold records."""
    return bool(text) and "\0" not in text and not (text.splitlines()[1:] and "," in text)


@pytest.mark.drawn
@settings(max_examples=repeats(100, 30))
@given(st.lists(_TEXTS.map(str.strip).filter(_passes_the_door), max_size=6, unique=True))
def test_the_door_reads_the_ids_that_were_written(found_ids: list[str]) -> None:
    ids = ["S-0", *found_ids]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.csv"
        rows = ([name, f"={i % 2}"] for i, name in enumerate(ids))
        path.write_text(csv_text.text_of(["sample_id", "site"], rows), encoding="utf-8", newline="")
        found = read(path, "samples")

    assert found.frame["sample_id"].tolist() == ids
    assert set(found.frame["site"]) <= {"=0", "=1"}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_cells_are_read_without_the_mark_and_it_is_said(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cells{suffix}"
    rows = [["sample_id", "cell_id", "predicted_class"], ["'=1", "'@c", "monocyte"]]
    if suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)

    found = read(path, "predictions")

    assert found.frame[["sample_id", "cell_id"]].astype(str).to_numpy().tolist() == [["=1", "@c"]]
    assert [f.column for f in found.findings if f.rule == "text-mark"] == ["sample_id, cell_id"]


def test_parquet_holds_texts_as_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame({"sample_id": ["'=1"], "cell_id": ["1"], "predicted_class": ["monocyte"]})
    frame.to_parquet(tmp_path / "cells.parquet", index=False)
    assert read(tmp_path / "cells.parquet", "predictions").frame["sample_id"].tolist() == ["'=1"]
