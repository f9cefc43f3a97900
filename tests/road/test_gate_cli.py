"""The gate's command line: exit codes, words, what is refused, and that it is quick to say no."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from tests.build.commands import wbcval
from tests.compare.make_sides import cells, spoilt

ROOT = Path(__file__).resolve().parents[2]
EPOCH = {"SOURCE_DATE_EPOCH": "1800000000"}
TABLE = cells(250, 40, wrong=0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundles of an accepted model, of one with a broken class, and the tables of both."""
    found = tmp_path_factory.mktemp("gate")
    for name, table in (("accepted", TABLE), ("broken", spoilt(TABLE, "monocyte", 0.5))):
        table.to_csv(found / f"{name}.csv", index=False)
        done = wbcval("report", "--predictions", f"{name}.csv", "--mode", "same-cells",
                      "--out", name, cwd=found, **EPOCH)  # fmt: skip
        assert done.returncode in (0, 1, 3), done.stderr
    return found


def test_an_identical_candidate_ends_with_0_whatever_its_format(folder: Path) -> None:
    TABLE.sample(frac=1, random_state=1).to_parquet(folder / "again.parquet", index=False)
    results = []
    for out, candidate in (("o1", "accepted"), ("o2", "again.parquet")):
        done = wbcval("gate", candidate, "--baseline", "accepted", "--mode", "same-cells",
                      "--out", out, cwd=folder, **EPOCH)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "identical: monocyte: sensitivity" in done.stdout
        assert done.stdout.splitlines()[-2].startswith("ACCEPTED for neutrophil, ")
        results.append(json.loads((folder / out / "results.json").read_text(encoding="utf-8")))
    for entry in results:
        entry["provenance"]["inputs"] = [{**i, "file": "", "sha256": "", "dialect": ""}
                                         for i in entry["provenance"]["inputs"]]  # fmt: skip
    names = [entry["provenance"]["sides"]["candidate"].pop("name") for entry in results]
    assert names == ["accepted", "again.parquet"]
    for entry in results:  # a table is judged when the gate runs
        entry["provenance"]["sides"]["candidate"].pop("created")
    assert results[0] == results[1]


def test_a_broken_class_ends_with_1_and_is_named_with_samples(folder: Path) -> None:
    done = wbcval("gate", "broken", "--baseline", "accepted", "--out", "o3", cwd=folder, **EPOCH)
    assert done.returncode == 1
    reason = next(line for line in done.stdout.splitlines() if line.startswith("REJECTED: "))
    assert "monocyte: sensitivity" in reason
    results = json.loads((folder / "o3" / "results.json").read_text(encoding="utf-8"))
    worst = next(o for o in results["outcomes"] if o["criterion"] == "monocyte sensitivity")
    assert worst["word"] == "worse"
    assert worst["moved"][0]["sample_id"] in reason
    schema = json.loads((ROOT / "schemas/results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(results, schema)
    assert wbcval("verify", "o3", cwd=folder).returncode == 0


@pytest.mark.further
def test_few_samples_end_with_3(tmp_path: Path) -> None:
    table = cells(15, 40)
    table.to_csv(tmp_path / "a.csv", index=False)
    spoilt(table, "neutrophil", 0.01).to_csv(tmp_path / "b.csv", index=False)
    done = wbcval("gate", "b.csv", "--baseline", "a.csv", "--mode", "same-cells", cwd=tmp_path)
    assert done.returncode == 3
    assert (tmp_path / "wbcval-gate" / "results.json").exists()


def refused(folder: Path, *args: object) -> str:
    done = wbcval("gate", *args, cwd=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    return done.stderr


def test_another_reference_is_refused_and_unpaired_is_a_choice(folder: Path) -> None:
    other = TABLE.copy()
    other.loc[other.index[:3], "true_class"] = "basophil"
    other.to_csv(folder / "other.csv", index=False)
    args = ("other.csv", "--baseline", "accepted", "--mode", "same-cells", "--out", "o4")
    said = refused(folder, *args)
    assert "not comparable: reference" in said
    assert "S000" in said
    assert not (folder / "o4").exists()
    done = wbcval("gate", *args, "--unpaired", cwd=folder)
    assert done.returncode in (0, 1, 3)
    assert "let pass: reference" in done.stdout
    results = json.loads((folder / "o4" / "results.json").read_text(encoding="utf-8"))
    assert results["comparison"]["paired"] is False
    assert results["comparison"]["waived"]


def test_an_altered_bundle_is_refused(folder: Path) -> None:
    shutil.copytree(folder / "accepted", folder / "altered")
    with (folder / "altered" / "confusion.csv").open("a", encoding="utf-8") as file:
        file.write("S000,monocyte,monocyte,5\n")
    said = refused(folder, "broken", "--baseline", "altered")
    assert "confusion.csv was altered" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("accepted", "--baseline", "nowhere"), "is not there"),
        (("accepted.csv", "--baseline", "accepted"), "--mode"),
        (("accepted",), "--baseline"),
        (("accepted", "--baseline", "accepted", "--allow", "reference"), "protocol"),
        (("accepted", "--baseline", "accepted", "--out", "accepted.csv"), "not overwritten"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why(
    folder: Path, args: tuple[str, ...], said: str
) -> None:
    done = wbcval("gate", *args, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_result_of_the_gate_is_no_side_of_another(folder: Path) -> None:
    wbcval("gate", "accepted", "--baseline", "accepted", "--out", "o5", cwd=folder)
    assert "is missing" in refused(folder, "o5", "--baseline", "accepted")
    done = wbcval("verify", "o5", "--rerun", cwd=folder)
    assert done.returncode == 2
    assert "gate" in done.stderr
