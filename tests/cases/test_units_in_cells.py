"""A value with its unit in the cell is read with it, or the column and the reason are named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from wbcval.cli import main
from wbcval.door.tables import Checked, read


def table(folder: Path, columns: dict[str, list[str]]) -> Checked:
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame({"sample_id": [f"S{i}" for i in range(rows)], **columns})
    frame.to_csv(folder / "t.csv", index=False)
    return read(folder / "t.csv", "reference")


def long(
    folder: Path, names: list[str], values: list[str], units: list[str] | None = None
) -> Checked:
    columns = {"Biomarker Name": names, "Value": values}
    return table(folder, columns | ({"Unit": units} if units else {}))


def test_cells_per_microlitre_in_a_long_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [f"S{i:02d}" for i in range(30)]
    model = [f"{(4 + i / 3) * (0.97 + 0.01 * (i % 5)):.2f}" for i in range(30)]
    pd.DataFrame({"sample_id": ids, "WBC(10^9/L)": model}).to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame({
        "Biomarker Name": "White Blood Cells",
        "Value": [f"{round(1000 * (4 + i / 3)):,} cells/uL" for i in range(30)],
        "Sample ID": ids,
    }).to_csv(tmp_path / "q.csv", index=False)  # fmt: skip

    code = main(["report", "--predictions", str(tmp_path / "p.csv"), "--reference",
                 str(tmp_path / "q.csv"), "--mode", "different-aliquot",
                 "--out", str(tmp_path / "out")])  # fmt: skip

    said = capsys.readouterr()
    assert code == 0
    assert "WBC: 30 of 30 samples (100.0 %) within 10 %" in said.out
    assert "q.csv column Value · cell-unit · cells/uL stands in the cells of Value" in said.err
    samples = pd.read_csv(tmp_path / "out" / "samples.csv")
    assert samples["reference"].tolist() == [round(4 + i / 3, 3) for i in range(30)]


@pytest.mark.parametrize(
    ("header", "cells", "measurand", "values"),
    [
        ("WBC", ["7,000 cells/uL", "70 cells/uL"], "WBC", [7.0, 0.07]),
        ("WBC", ["7.1 10^9/L", "11.2 H 10^9/L"], "WBC", [7.1, 11.2]),
        ("WBC", ["7.1x10^9/L", "4.0 x10^9/L L"], "WBC", [7.1, 4.0]),
        ("WBC(/uL)", ["7,100", "6,500"], "WBC", [7.1, 6.5]),
        ("Neutrophils", ["55.1 %", "60%"], "NEUT%", [55.1, 60.0]),
        ("NEUT%", ["55,1 %", "60,2 %"], "NEUT%", [55.1, 60.2]),
        ("Basophils", ["70 cells/uL", "3,490 cells/uL"], "BASO#", [0.07, 3.49]),
    ],
)
def test_units_in_the_cells_of_a_column(
    header: str, cells: list[str], measurand: str, values: list[float], tmp_path: Path
) -> None:
    checked = table(tmp_path, {header: cells})

    assert [f.text() for f in checked.findings if f.severity == "error"] == []
    assert checked.frame[measurand].tolist() == pytest.approx(values)


@pytest.mark.parametrize(
    ("header", "cells", "rule", "got"),
    [
        ("WBC", ["7.1 10^9/L", "7100 cells/uL"], "unit-contradiction",
         "cells in 10^9/L and cells/uL"),
        ("WBC", ["7100 cells/uL", "7.1"], "unit-contradiction", "cells in cells/uL and no unit"),
        ("WBC(10^9/L)", ["7100 /uL", "6500 /uL"], "unit-contradiction",
         "cells in /uL and 10^9/L"),
        ("NEUT%", ["3490 cells/uL", "70 cells/uL"], "unit-contradiction", "NEUT% in cells/uL"),
        ("WBC(10^9/L)", ["7,000", "6,500"], "ambiguous-number",
         "'7,000': a comma that may be decimal or part thousands"),
    ],
)  # fmt: skip
def test_a_contradiction_names_the_column_and_the_reason(
    header: str, cells: list[str], rule: str, got: str, tmp_path: Path
) -> None:
    checked = table(tmp_path, {header: cells})

    said = [(f.rule, f.column, f.got) for f in checked.findings if f.severity == "error"]
    assert said == [(rule, header, got)]


def test_lines_of_a_long_table_state_one_unit(tmp_path: Path) -> None:
    both = long(tmp_path, ["WBC"] * 3, ["7000 /uL"] * 3, ["/uL"] * 3)
    apart = long(tmp_path, ["WBC"] * 3, ["7000 /uL"] * 3, ["10^9/L"] * 3)

    assert both.frame["WBC"].tolist() == [7.0] * 3
    assert ("unit-contradiction", "Value", "10^9/L and /uL in one line") in {
        (f.rule, f.column, f.got) for f in apart.findings
    }
