"""From a path to a checked table: the thin whole."""

from __future__ import annotations

from pathlib import Path

from wbcval.door.tables import ReadOptions, kind_of, raise_on_errors, read

CELLS = """sample_id,cell_id,predicted_class,true_class,prob_neutrophil,prob_lymphocyte
007,a,NEUT,neutrophil,0.9,0.1
007,b,Lymph,,0.2,0.8
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_are_typed_and_canonical(tmp_path: Path) -> None:
    checked = read(write(tmp_path, "cells.csv", CELLS), "predictions")

    assert checked.name == "cells"
    assert checked.findings == ()
    assert checked.frame["sample_id"].tolist() == ["007", "007"]
    assert checked.frame["predicted_class"].tolist() == ["neutrophil", "lymphocyte"]
    assert checked.frame["true_class"].isna().tolist() == [False, True]
    assert checked.frame["probability_neutrophil"].tolist() == [0.9, 0.2]
    assert checked.frame["row"].tolist() == [2, 3]


def test_reference_is_in_canonical_units(tmp_path: Path) -> None:
    path = write(tmp_path, "r.csv", "Sample No.,WBC(10/uL),NEUT%(%)\n01,806,54.2\n")

    checked = read(path, "reference")

    raise_on_errors(checked.findings)
    assert checked.frame.to_dict("list") == {
        "sample_id": ["01"], "WBC": [8.06], "NEUT%": [54.2], "flags": [""],
    }  # fmt: skip
    assert checked.resolution == {"WBC": 0.01, "NEUT%": 0.1}
    assert checked.units == {"WBC": "10/uL", "NEUT%": "%"}


def test_samples_keep_strata_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, "s.csv", "sample_id,Patient ID,Site,Age,Patient Name\n1,P1,A,07,X\n")

    checked = read(path, "samples")

    assert kind_of(path, ReadOptions()) == "samples"
    assert checked.frame.to_dict("list") == {
        "sample_id": ["1"], "patient_id": ["P1"], "site": ["A"], "age": ["07"],
    }  # fmt: skip
