"""No record vanishes: each row of a file is kept, or named in the log (LAB.md §7)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wbcval.cli import main
from wbcval.door.tables import ReadOptions, read
from wbcval.predict.images import listed
from wbcval.values.findings import LogEntry, Severity

FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
Rows = list[list[str]]

MODEL = [5 + i / 10 for i in range(61)]
# the reference of the case: 2 % above the model, but for four samples far above it
REFERENCE = [round(1.02 * m, 2) for m in MODEL]
for at, far in ((0, 11.2), (7, 8.55), (20, 10.5), (40, 13.5)):
    REFERENCE[at] = far


def save(path: Path, rows: Rows) -> Path:
    """As text, or as a workbook of text cells."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)  # type: ignore[union-attr]
        book.save(path)
    elif path.suffix == ".parquet":
        header, *records = rows
        pd.DataFrame(records, columns=header).to_parquet(path, index=False)
    else:
        lines = [",".join(f'"{c}"' if "," in c else c for c in row) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("form", "first"),
    [("long", "11.2 H"), ("wide", "11.2 H"), ("xlsx", "11.2 H"), ("wide", "11.20*"),
     ("wide", "@11.2"), ("wide", "11.2 ▲"), ("wide", "+11.2")],
)  # fmt: skip
def test_a_first_result_with_a_mark_is_a_result(
    form: str, first: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = [first, *map(str, REFERENCE[1:])]
    ids = [f"S{i:02d}" for i in range(61)]
    save(tmp_path / "p.csv", [["sample_id", "WBC(10^9/L)"], *(
        [i, f"{m:.2f}"] for i, m in zip(ids, MODEL, strict=True))])  # fmt: skip
    if form == "wide":
        reference = [["Sample ID", "WBC(10^9/L)"], *map(list, zip(ids, values, strict=True))]
    else:
        reference = [["Sample ID", "Test Name", "Result", "Unit"], *(
            [i, "WBC", v, "10^9/L"] for i, v in zip(ids, values, strict=True))]  # fmt: skip
    path = save(tmp_path / ("q.xlsx" if form == "xlsx" else "q.csv"), reference)

    code = main(["report", "--predictions", str(tmp_path / "p.csv"), "--reference", str(path),
                 "--mode", "different-aliquot", "--out", str(tmp_path / "out")])  # fmt: skip

    assert code == 1
    assert "WBC: 57 of 61 samples (93.4 %) within 10 %" in capsys.readouterr().out
    samples = pd.read_csv(tmp_path / "out" / "samples.csv").set_index("sample_id")
    assert samples.loc["S00", "reference"] == 11.2


@pytest.mark.parametrize("letter", ["N", "L", "n"])
def test_a_first_label_of_one_letter_is_a_label(letter: str, tmp_path: Path) -> None:
    rows = [["sample_id", "cell_id", "true_class", "predicted_class"], *(
        [f"S{i % 4}", str(i), letter, letter] for i in range(20))]  # fmt: skip
    path = save(tmp_path / "cells.csv", rows)

    checked = read(path, "predictions", ReadOptions(class_map={letter: "neutrophil"}))

    assert (checked.rows, checked.findings) == (20, ())


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("sample_id,cell_id,predicted_class,unit", ",,,%"),  # cells
        ("sample_id,site", ",%"),  # samples: no column that has a unit
        ("sample_id,WBC,NEUT%", "S0,10^9/L,%"),  # an id
        ("sample_id,WBC,NEUT%,date", ",10^9/L,%,2026-01-01"),  # a date
        ("sample_id,WBC,NEUT%", ",10^9/L,<0.1"),  # a value beside it
        ("sample_id,parameter,value,unit", ",,,10^9/L"),  # long
    ],
)
def test_units_stand_under_measurands_and_nothing_else(
    header: str, first: str, tmp_path: Path
) -> None:
    names = header.split(",")
    rows = [
        names,
        first.split(","),
        ["S1", *("WBC" if n == "parameter" else "5" for n in names[1:])],
    ]
    if "predicted_class" in names:
        rows[2][2] = "neutrophil"
    role = "samples" if header == "sample_id,site" else "predictions"

    checked = read(save(tmp_path / "t.csv", rows), role)

    assert "units-row" not in {f.rule for f in checked.findings}
    assert not any(e.reason.startswith("units") for e in checked.log)


def test_a_row_of_units_is_quoted(tmp_path: Path) -> None:
    rows = [["Report of Mr Testperson", "", ""], ["sample_id", "WBC", "NEUT"],
            ["", "10^3/uL", "%"], ["S1", "5", "60"], ["", "", ""], ["SD", "1", "2"]]  # fmt: skip

    checked = read(save(tmp_path / "q.xlsx", rows), "reference")

    said = {f.rule: f.got for f in checked.findings}
    assert checked.units == {"WBC": "10^3/uL", "NEUT%": "%"}
    assert said["units-row"] == "10^3/uL | %"
    assert said["header-row"] == "records begin below row 3; not read: row 1 R…"
    assert said["not-a-sample"] == "blank record, a summary below the table ('SD')"
    assert [(e.row, e.action, e.reason) for e in checked.log] == [
        ("1", "ignored", "above the column names: R…"),
        ("3", "ignored", "units of the columns: 10^3/uL | %"),
        ("4", "kept", ""),
        ("5", "ignored", "blank record"),
        ("6", "ignored", "a summary below the table"),
    ]


VALUES = st.sampled_from(
    ["5.1", "7", "11.2 H", "5.00*", "<0.1", ".99", "----", "", "N", "10^9/L", "%", "spoilt"]
)
LABELS = st.sampled_from(["neutrophil", "lymphocyte", "artefact", "Eos", ""])
PARAMETERS = st.sampled_from(["WBC", "NEUT%", "HGB", "LYMPH%"])
IDS = ["S1", "S2", "S3", "QC-1", "Mean", "SD", "min", "N", "1", ""]


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, Rows, int]:
    """Kind, suffix, all rows of a file, and the 1-based row of its column names."""
    kind = draw(st.sampled_from(["cells", "counts", "long", "reference", "samples"]))
    ids = draw(st.permutations(IDS))[: draw(st.integers(2, len(IDS)))]
    units = ["", "10^9/L", "%"] if draw(st.booleans()) else None
    if kind == "cells":
        header = ["sample_id", "cell_id", "predicted_class", "true_class"]
        body = [[i, f"c{n}", draw(LABELS), draw(LABELS)] for n, i in enumerate(ids)]
    elif kind == "long":
        header = ["sample_id", "parameter", "value", "unit"]
        body = [
            [i, p, draw(VALUES), "" if p.endswith("%") else "10^9/L"]
            for i in ids
            for p in draw(st.lists(PARAMETERS, min_size=1, unique=True))
        ]
    elif kind == "samples":
        header = ["sample_id", "patient_id", "site"]
        body = [[i, "P1", draw(st.sampled_from(["A", "", "%"]))] for i in ids]
    else:
        header = ["sample_id", "WBC", "NEUT%"]
        body = [[i, draw(VALUES), draw(VALUES)] for i in ids]
    body.insert(draw(st.integers(0, len(body))), [""] * len(header))
    suffix = draw(st.sampled_from([".csv", ".xlsx", ".parquet"]))
    above: Rows = []
    if suffix != ".parquet":
        above = [["Report"] + [""] * (len(header) - 1)] * draw(st.integers(0, 2))
        if units and len(header) == 3 and kind != "samples":
            body.insert(0, units)
    return kind, suffix, [*above, header, *body], len(above) + 1


def named(log: Iterable[LogEntry]) -> list[int]:
    """Every row that the log says was kept or left out, as often as it says so."""
    rows: list[int] = []
    for entry in log:
        whole = entry.action in ("kept", "ignored") or (
            entry.action == "excluded" and not entry.column.startswith(("WBC", "NEUT", "LYMPH"))
        )
        if whole and entry.row:
            first, _, last = entry.row.partition("-")
            rows += range(int(first), int(last or first) + 1)
    return rows


@FEW
@given(tables())
def test_every_row_is_kept_or_named(tmp_path: Path, table: tuple[str, str, Rows, int]) -> None:
    kind, suffix, rows, header = table
    while suffix == ".xlsx" and not any(rows[-1]):
        rows = rows[:-1]  # a workbook does not hold empty rows at its end
    path = save(tmp_path / f"t{suffix}", rows if suffix != ".parquet" else rows[header - 1 :])
    role = {"cells": "predictions", "counts": "predictions", "long": "reference"}.get(kind, kind)

    checked = read(path, role, ReadOptions(duplicates="last"))

    if any(f.severity is Severity.ERROR for f in checked.findings):
        return  # nothing of it is compared, and the finding says why
    n = len(rows) - header if suffix == ".parquet" else len(rows)
    expected = set(range(1, n + 1)) - ({header} if suffix != ".parquet" else set())
    assert set(named(checked.log)) == expected
    if kind == "long":
        return  # a record is several rows
    assert len(named(e for e in checked.log if e.action == "kept")) == checked.rows


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_manifest_names_each_row_it_passes_over(suffix: str, tmp_path: Path) -> None:
    rows = [["image", "sample_id", "note"], ["N", "N", ""], ["", "", "%"], ["b.png", "S1", ""]]

    listing = listed(save(tmp_path / f"m{suffix}", rows))

    row = 2 if suffix == ".parquet" else 3
    assert len(listing) == 2
    assert any(f"row {row} names no image" in said for said in listing.remarks)


def test_a_record_without_an_id_is_named_with_all_its_lines(tmp_path: Path) -> None:
    rows = [
        ["sample_id", "parameter", "value", "unit"],
        ["S1", "WBC", "5.1", "10^9/L"],
        ["", "WBC", "5.2", "10^9/L"],
        ["", "NEUT%", "50", "%"],
        ["S2", "WBC", "5.3", "10^9/L"],
    ]
    checked = read(save(tmp_path / "t.csv", rows), "reference", ReadOptions(duplicates="last"))
    assert set(named(checked.log)) == {2, 3, 4, 5}
