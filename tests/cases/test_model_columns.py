"""A column of the predictions that says of which model they are: as a record of origin would."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbcval.protocol.types import Product, Protocol
from wbcval.study.inputs import read_inputs

COUNTS = "sample_id,WBC(10^9/L),{}\n"
OURS = Product("LeukoNet", "2.0")
CELLS = "sample_id,cell_id,predicted_class,true_class,{}\n"


def found(folder: Path, text: str, *more: str, model: Product = OURS):
    paths = []
    for i, table in enumerate((text, *more)):
        paths.append(folder / f"p{i}.csv")
        paths[-1].write_text(table, encoding="utf-8")
    reference = folder / "r.csv"
    reference.write_text("sample_id,WBC(10^9/L)\nS1,5.0\nS2,6.0\nS3,7.0\n", encoding="utf-8")
    inputs = {"predictions": tuple(paths)}
    mode = "same-cells" if "cell_id" in text else "different-aliquot"
    if mode != "same-cells":
        inputs["reference"] = (reference,)
    protocol = Protocol(mode, inputs=inputs, model=model)
    findings = read_inputs(protocol).findings
    return {f.rule: f for f in findings if f.rule in ("two-models", "other-model", "extra-column")}


def counts(column: str, *values: str) -> str:
    return COUNTS.format(column) + "".join(f"S{i},6.{i},{v}\n" for i, v in enumerate(values, 1))


def cells(column: str, *values: str) -> str:
    rows = (f"S{i},{i},neutrophil,neutrophil,{v}\n" for i, v in enumerate(values, 1))
    return CELLS.format(column) + "".join(rows)


@pytest.mark.parametrize("table", [counts, cells])
@pytest.mark.parametrize("column", ["model_version", "Model", "software version"])
def test_predictions_of_two_models_are_refused(tmp_path: Path, table, column: str) -> None:
    said = found(tmp_path, table(column, "1.0", "2.0", "2.0"))["two-models"]

    assert str(said.severity) == "error"
    assert said.got == "'1.0', '2.0'"
    assert found(tmp_path, table(column, "2.0", "2.0", "2.0")).keys() == set()  # as advised


@pytest.mark.parametrize("value", ["1.0", "v1", "LeukoNet 1.0"])
def test_so_are_those_of_another_version_than_the_protocol_s(tmp_path: Path, value: str) -> None:
    said = found(tmp_path, counts("model_version", value, value, value))["other-model"]

    assert said.got == f"{value!r}, and the protocol is for LeukoNet 2.0"
    assert found(tmp_path, counts("model_version", value, value, value), model=Product()) == {}


@pytest.mark.parametrize("values", [
    ("2.0", "v2.0", "2"), ("LeukoNet", "LeukoNet", ""), ("leukonet-2.0", "LeukoNet 2", ""),
])  # fmt: skip
def test_one_version_in_several_spellings_is_one(tmp_path: Path, values) -> None:
    assert found(tmp_path, counts("model_version", *values)) == {}


def test_files_of_two_models_are_refused(tmp_path: Path) -> None:
    one, other = (cells("model", v) for v in ("A", "B"))
    assert found(tmp_path, one, other.replace("S1,1", "S2,2"))["two-models"].file == "p1.csv"


def test_the_number_of_a_product_need_not_be_the_model_s(tmp_path: Path) -> None:
    assert found(tmp_path, counts("software_version", "7.1", "7.1", "7.1")) == {}
