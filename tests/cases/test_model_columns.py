"""A column of the predictions that says of which model they are: as a record of origin would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.conftest import Report
from tests.cases.test_states import GOOD, IDS, PROTOCOL, WBC, table
from wbcval.protocol.types import Product, Protocol
from wbcval.study.inputs import read_inputs

COUNTS = "sample_id,WBC(10^9/L),{}\n"
OURS = Product("LeukoNet", "2.0")
RULES = ("two-models", "other-model", "other-version", "extra-column")
CELLS = "sample_id,cell_id,predicted_class,true_class,{}\n"


def found(folder: Path, text: str, *more: str, model: Product = OURS):
    paths = []
    for i, content in enumerate((text, *more)):
        paths.append(folder / f"p{i}.csv")
        paths[-1].write_text(content, encoding="utf-8")
    reference = folder / "r.csv"
    reference.write_text("sample_id,WBC(10^9/L)\nS1,5.0\nS2,6.0\nS3,7.0\n", encoding="utf-8")
    inputs = {"predictions": tuple(paths)}
    mode = "same-cells" if "cell_id" in text else "different-aliquot"
    if mode != "same-cells":
        inputs["reference"] = (reference,)
    protocol = Protocol(mode, inputs=inputs, model=model)
    findings = read_inputs(protocol).findings
    return {f.rule: f for f in findings if f.rule in RULES}


def counts(column: str, *values: str) -> str:
    return COUNTS.format(column) + "".join(f"S{i},6.{i},{v}\n" for i, v in enumerate(values, 1))


def cells(column: str, *values: str) -> str:
    rows = (f"S{i},{i},neutrophil,neutrophil,{v}\n" for i, v in enumerate(values, 1))
    return CELLS.format(column) + "".join(rows)


@pytest.mark.parametrize("table", [counts, cells])
@pytest.mark.parametrize("column", ["model_version", "Model", "version"])
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


def test_a_product_that_was_renewed_is_said_and_judged(tmp_path: Path) -> None:
    """Its number need not be the model's: refused, an honest study would be lost."""
    said = found(tmp_path, counts("software_version", "7.1", "7.2", "7.1"))
    assert {rule: f.got for rule, f in said.items()} == {
        "other-version": "software_version '7.1', '7.2'"
    }
    assert str(said["other-version"].severity) == "warn"


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("columns", "values", "model", "rule", "got"),
    [
        ("version,algorithm_version", "1,2", Product(), "other-version",
         "version '1', a version '2' in another column"),
        ("algorithm_version,version", "2.0,1", OURS, "other-version",
         "version '1', a version '2.0' in another column"),
        ("version", "1", OURS, "other-version", "version '1', LeukoNet 2.0 judged"),
        ("model_version,ai_version", "1,2", Product(), "two-models", "'1', '2'"),
        ("version,algorithm_version", "v2,2.0", OURS, "", ""),
        ("version", "7", Product(), "", ""),
        ("software_version,model_version", "7.1,2.0", OURS, "", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", [counts, cells])
def test_columns_that_name_two_versions_are_said_or_refused(
    tmp_path: Path, columns: str, values: str, model: Product, rule: str, got: str, table
) -> None:
    said = found(tmp_path, table(columns, values, values, values), model=model)
    assert {r: f.got for r, f in said.items()} == ({rule: got} if rule else {})


def test_two_files_may_say_it_in_two_columns(tmp_path: Path) -> None:
    one = cells("model_version", "1", "1", "1")
    other = cells("algorithm_version", "2", "2", "2").replace("S1,1", "S2,9")
    assert found(tmp_path, one, other, model=Product())["two-models"].got == "'1', '2'"


def test_two_builds_stand_beside_the_verdict(report: Report) -> None:
    found = report(
        p_csv=table(GOOD, "software_version", ["7.1" if i % 2 else "7.2" for i in range(len(IDS))]),
        r_csv=table(WBC), protocol_toml=PROTOCOL,
    )  # fmt: skip
    assert found.code == 0
    assert any("software_version '7.2', '7.1'" in said
               for said in found.results["scope"]["seen"])  # fmt: skip
