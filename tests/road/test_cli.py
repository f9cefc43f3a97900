"""The command line as a person meets it: real files in, exit codes and words out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.build.commands import wbcval
from tests.build.protocols import protocol, within
from tests.conftest import ROOT, SAMPLE_DAY


def process(
    loaded: Path, *args: object, cwd: Path | None = None, **env: str
) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """A command in a process of its own, and the modules that it imported."""
    code = (
        "import pathlib, sys, wbcval.cli; code = wbcval.cli.main(sys.argv[2:])\n"
        "pathlib.Path(sys.argv[1]).write_text(' '.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, loaded, *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=os.environ | {"PYTHONUTF8": "1"} | env,
        check=False,
    )
    return done, {*loaded.read_text(encoding="utf-8").split()}


def counts(values: list[object]) -> str:
    return "sample_id,WBC(10^9/L)\n" + "".join(f"S{i},{v}\n" for i, v in enumerate(values, 1))


@pytest.fixture
def judge_wbc(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Judge model WBC against reference WBC; returns the run and results.json."""

    def run(reference: list[object], model: list[object], criterion: str = ""):  # type: ignore[no-untyped-def]
        (tmp_path / "ref.csv").write_text(counts(reference), encoding="utf-8")
        (tmp_path / "model.csv").write_text(counts(model), encoding="utf-8")
        args: list[object] = ["--predictions", tmp_path / "model.csv", "--reference",
                              tmp_path / "ref.csv", "--mode", "different-aliquot"]  # fmt: skip
        if criterion:
            asked = within(name="wbc") + criterion
            text = protocol(asked, predictions=["model.csv"], reference="ref.csv")
            (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")
            args = [tmp_path / "protocol.toml"]
        out = tmp_path / "out"
        args = ["report", *args, "--out", out, "--replace"]
        done = wbcval(*args)
        path = out / "results.json"
        return done, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    return run


def levels(n: int, times: float = 1.0) -> list[object]:
    """Totals of 4, 4.5, … and those of a model that is so many times as high.

    They differ: where all samples are alike, a constant agrees with them and nothing is shown. Two
    thirds of the model's are 0.3 or 0.6 % lower than that: on one line with the reference they were
    a copy.
    """
    return [f"{(times - 0.003 * (i % 3) * (times > 1)) * (4 + i / 2):.4f}" for i in range(n)]


def published() -> tuple[list[object], list[object]]:
    """60 samples, 58 within 10 %, covering error 9.2 % (the published verification plot)."""
    errors = [0.15 * i for i in range(1, 57)] + [9.2, 9.6, 14.0, 21.0]
    return levels(60), [f"{(1 + e / 100) * (4 + i / 2):.4f}" for i, e in enumerate(errors)]


@pytest.mark.parametrize(
    ("rule", "code", "word"),
    [('rule = "observed"', 0, "ACCEPTED"), ('rule = "demonstrated"', 3, "INCONCLUSIVE")],
)
def test_published_example(judge_wbc, rule: str, code: int, word: str) -> None:  # type: ignore[no-untyped-def]
    done, found = judge_wbc(*published(), rule)
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith(word)
    assert "58 of 60 samples (96.7 %) within 10 %" in done.stdout
    covering = [m for m in found["measurements"] if m["statistic"] == "covering_error:0.95"]
    assert covering[0]["value"] == pytest.approx(9.2)


@pytest.mark.parametrize(
    ("outside", "n", "code"), [(1, 20, 0), (2, 20, 1), (0, 19, 3), (0, 20, 0), (19, 19, 3)]
)
def test_edges_of_the_count(judge_wbc, outside: int, n: int, code: int) -> None:  # type: ignore[no-untyped-def]
    model = levels(n, 1.3)[:outside] + levels(n, 1.01)[outside:]
    done, _ = judge_wbc(levels(n), model)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_tenth_more_than_one_is_within(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    done, _ = judge_wbc(levels(20), levels(20, 1.1))
    assert done.returncode == 0


def test_reference_zero_with_model_one_is_outside(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    done, found = judge_wbc(["0.0", *levels(19)], ["1.0", *levels(19, 1.01)])
    assert done.returncode == 0
    assert "19 of 20" in done.stdout
    mean = next(m for m in found["measurements"] if m["statistic"] == "mean")
    assert "infinite" in mean["reason"]


def test_an_absolute_floor(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    reference, model = ["0.1"] * 2 + ["10.0"] * 18, ["0.2"] * 2 + ["10.1"] * 18
    assert judge_wbc(reference, model, 'rule = "observed"')[0].returncode == 1
    assert judge_wbc(reference, model, "or_within = 0.1")[0].returncode == 0


def test_a_reference_sample_without_a_model_result_is_outside(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    done, _ = judge_wbc(levels(21), levels(19, 1.01))
    assert done.returncode == 1
    assert "19 of 21" in done.stdout
    done, _ = judge_wbc(levels(21), levels(20, 1.01))
    assert (done.returncode, "20 of 21" in done.stdout) == (0, True)


def test_every_reference_value_masked_is_inconclusive(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    done, found = judge_wbc(["----"] * 30, ["10.0"] * 30)
    assert done.returncode == 3, done.stderr
    assert len(found["exclusions"]) == 30
    assert found["outcomes"][0]["status"] == "not_estimable"


def test_a_class_that_occurs_nowhere_does_not_pass(tmp_path: Path) -> None:
    others = ("lymphocyte", "monocyte", "eosinophil")
    rows = [f"S{i},{n},neutrophil,{others[i % 3] if n == i else 'neutrophil'}"
            for i in range(30) for n in range(40)]  # fmt: skip
    cells = tmp_path / "cells.csv"
    cells.write_text("sample_id,cell_id,true_class,predicted_class\n" + "\n".join(rows), "utf-8")
    done = wbcval("report", "--predictions", cells, "--mode", "same-cells",
                  "--out", tmp_path / "out")  # fmt: skip
    found = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    outcomes = {o["subject"]: o for o in found["outcomes"]}
    assert outcomes["basophil"]["status"] == "not_estimable"
    assert "no true basophil cell" in outcomes["basophil"]["message"]
    assert outcomes["BASO%"]["status"] == "not_estimable"
    assert "0 on both sides" in outcomes["BASO%"]["message"]
    assert outcomes["neutrophil"]["status"] == "pass"
    assert done.returncode == 3  # four of the five classes were not there to be found


def test_equal_totals_are_not_accepted(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    values = [f"{4 + 0.1 * i:.1f}" for i in range(60)]
    done, found = judge_wbc(values, values)
    assert done.returncode == 3
    assert "proves nothing" in done.stdout
    assert "identical" in found["measurements"][0]["flags"]


def test_no_mode_is_a_usage_error(tmp_path: Path) -> None:
    done = wbcval("report", "--predictions", "x.csv")
    assert done.returncode == 2
    assert "--mode" in done.stderr
    assert "different-aliquot" in done.stderr


def test_a_broken_row_is_three_lines_without_traceback(judge_wbc) -> None:  # type: ignore[no-untyped-def]
    done, _ = judge_wbc(["10.0"] * 19 + ["10.0,7,8,9"], ["10.0"] * 20)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert 1 <= len(done.stderr.strip().splitlines()) <= 3
    assert "ref.csv" in done.stderr


def test_a_crash_is_not_a_rejection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbcval.verbs.road.report", None)
    (tmp_path / "x.csv").write_text(counts([5.1]), encoding="utf-8")
    done = wbcval("report", "--predictions", tmp_path / "x.csv", "--mode", "same-cells",
                  "--out", tmp_path / "out")  # fmt: skip
    assert done.returncode == 70
    assert "internal error: TypeError" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sample_report_finds_both_planted_faults(sample_bundle: Path) -> None:
    found = json.loads((sample_bundle / "results.json").read_text(encoding="utf-8"))
    values = {(m["measure"], m["subject"], m["stratum"], m["statistic"]): m
              for m in found["measurements"]}  # fmt: skip
    biases = [values["error", "WBC", f"site={s}", "mean"]["value"] for s in "ABC"]
    assert abs(biases[0]) < 2
    assert abs(biases[1]) < 2
    assert 8 < biases[2] < 12  # one site with a 10 % volume error
    monocytes = values["attribution", "monocyte", "all", "explained"]
    assert monocytes["low"] > 1  # lymphocytes called monocyte
    html = (sample_bundle / "report.html").read_text(encoding="utf-8")
    assert "lymphocytes called monocyte" in html


def test_results_follow_their_schema(sample_bundle: Path) -> None:
    schema = json.loads((ROOT / "schemas/results.schema.json").read_text(encoding="utf-8"))
    found = json.loads((sample_bundle / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    names = [(m["measure"], m["subject"], m["stratum"], m["statistic"])
             for m in found["measurements"]]  # fmt: skip
    assert len(set(names)) == len(names)


def test_another_process_gives_the_same_bytes_prints_the_result_and_imports_what_it_needs(
    sample_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "elsewhere" / "again"
    done, found = process(
        tmp_path / "loaded", "report", ROOT / "sample_data/protocol.toml", "--out", out,
        cwd=tmp_path, SOURCE_DATE_EPOCH=SAMPLE_DAY,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    verdict, where = done.stdout.strip().splitlines()
    assert verdict.startswith("REJECTED: ")
    assert where.startswith("report: ")
    for name in ("report.html", "results.json", "samples.csv", "confusion.csv"):
        assert (out / name).read_bytes() == (sample_bundle / name).read_bytes(), name
    assert {"pandera", "scipy.special"} <= found
    heavy = {"scipy.stats", "scipy.optimize", "pyarrow.parquet", "tqdm", "matplotlib"}
    assert found & {*heavy, "sklearn", "wbcval.gating", "wbcval.predict"} == set()


def test_verify_sees_one_changed_byte(sample_bundle: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(sample_bundle, tmp_path / "bundle"))
    assert wbcval("verify", out, "--rerun").returncode == 0
    text = (out / "samples.csv").read_bytes()
    (out / "samples.csv").write_bytes(text.replace(b"yes", b"no ", 1))
    done = wbcval("verify", out)
    assert (done.returncode, "samples.csv was altered" in done.stdout) == (1, True)
    assert wbcval("verify", tmp_path).returncode == 2


def test_a_rewritten_manifest_does_not_hide_a_forged_report(
    sample_bundle: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(sample_bundle, tmp_path / "bundle"))
    page = (out / "report.html").read_bytes().replace(b"<h1>", b"<h1>Approved: ")
    about = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    about["outputs"]["report.html"] = hashlib.sha256(page).hexdigest()
    (out / "report.html").write_bytes(page)
    (out / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    again = wbcval("verify", out)
    assert (again.returncode, again.stdout) == (1, "report.html is not what study.json gives\n")
    done = wbcval("verify", out, "--rerun")
    assert (done.returncode, "report.html is not what these inputs give" in done.stdout) == (
        1,
        True,
    )


def test_a_bundle_made_from_options_comes_out_again(tmp_path: Path) -> None:
    data = ROOT / "sample_data"
    wbcval("report", "--predictions", data / "counts.csv", "--reference", data / "xn_export.csv",
           "--samples", data / "samples.csv", "--mode", "different-aliquot",
           "--out", tmp_path / "bundle")  # fmt: skip
    done = wbcval("verify", tmp_path / "bundle", "--rerun")
    assert done.returncode == 0, done.stdout + done.stderr


def test_validate_lists_what_would_be_left_out(tmp_path: Path) -> None:
    done = wbcval("validate", ROOT / "sample_data/protocol.toml", "--out", tmp_path / "check")
    assert done.returncode == 0, done.stderr
    assert "left out: S017 NEUT%" in done.stdout
    log = (tmp_path / "check" / "import-log.csv").read_text(encoding="utf-8")
    assert log.startswith("file,row,sample_id,column,rule,action,value,reason\n")
    assert "QC-60810421" in log


def test_validate_finds_what_would_stop_the_report_and_prints_twenty(tmp_path: Path) -> None:
    (tmp_path / "ref.csv").write_text(counts(["----"] * 25), encoding="utf-8")
    (tmp_path / "model.csv").write_text(counts([5.1] * 25), encoding="utf-8")
    (tmp_path / "other.csv").write_text(counts([5.1] * 25).replace("\nS", "\nX"), encoding="utf-8")
    files = ["--reference", tmp_path / "ref.csv", "--mode", "different-aliquot"]
    done = wbcval("validate", "--predictions", tmp_path / "model.csv", *files)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("left out: ") == 20
    assert "… and 5 more left out" in done.stdout
    done = wbcval("validate", "--predictions", tmp_path / "other.csv", *files)
    assert done.returncode == 2
    assert "no id in common" in done.stderr
    assert "1 errors" in done.stdout


def test_a_folder_that_is_not_a_bundle_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine", encoding="utf-8")
    done = wbcval("report", ROOT / "sample_data/protocol.toml", "--out", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "keep.txt").read_text(encoding="utf-8") == "mine"


def test_a_gate_of_two_bundles_imports_nothing_that_reads_tables(
    sample_bundle: Path, tmp_path: Path
) -> None:
    sides = [sample_bundle, "--baseline", sample_bundle]
    _, found = process(tmp_path / "loaded", "gate", *sides, "--out", tmp_path / "gate")
    assert "wbcval.gating.compare" in found
    heavy = {"pandas", "pandera", "scipy.stats", "scipy.optimize", "pyarrow.parquet", "tqdm"}
    assert found & {*heavy, "matplotlib", "wbcval.door.tables"} == set()


def test_help_imports_no_scientific_package() -> None:
    code = (
        "import sys, wbcval.cli\n"
        "try: wbcval.cli.main(['report', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'matplotlib', 'pandera', 'sklearn', 'jinja2'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
