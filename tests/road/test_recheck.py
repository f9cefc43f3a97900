"""recheck.R: base R recomputes the figures of a bundle, and names what differs."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wbcval
from tests.render.make_study import make_study, measured, within
from wbcval.bundle import evidence
from wbcval.bundle.recheck import recheck
from wbcval.bundle.tables import confusion_csv, figures_csv, samples_csv, strata_csv
from wbcval.protocol.types import Criterion

RSCRIPT = shutil.which("Rscript")
needs_r = pytest.mark.skipif(
    RSCRIPT is None and os.environ.get("WBCVAL_REQUIRE_R") != "1",
    reason="Rscript is not installed (r-base-core)",
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def run(folder: Path) -> tuple[int, str]:
    assert RSCRIPT is not None, "WBCVAL_REQUIRE_R=1, but there is no Rscript on the path"
    command = [RSCRIPT, "--vanilla", str(folder / "recheck.R")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@needs_r
def test_the_sample_bundle_is_recomputed_whole(sample_bundle: Path) -> None:
    code, said = run(sample_bundle)

    assert code == 0, said
    assert "all to 1e-9 but 0" in said
    assert "criterion not recomputed" not in said
    count = int(said.split(" ", 1)[0])
    figures = rows_of(sample_bundle / "figures.csv")
    assert count > 0.5 * sum(row["value"] != "" for row in figures)


STUDIES = {
    "same cells": {"mode": "same-cells", "sites": 3},
    "some lost": {"lost": 3, "zero_reference": True, "sites": 2},
    "abstained": {"abstained": True},
    "absolute counts": {"absolute": True},
    "repeated patients": {"patients": 25, "sites": 2},
    "repeated patients, of unlike numbers": {"patients": 7, "lost": 2},
}


def written(folder: Path, *, patients: int = 0, **options: object) -> Path:
    criteria = [
        *(within(name) for name in ("WBC", "NEUT%", "BASO%")),
        Criterion("floor", "error", "BASO%", "share_within:10", max=None, min=0.5, or_within=0.5),
        Criterion("cover", "error", "NEUT%", "covering_error:0.9", max=20),
        Criterion("sens", "classification", "neutrophil", "sensitivity", min=0.8),
        Criterion("kappa", "classification", "all", "kappa", min=0.8),
        Criterion("slope", "deming", "NEUT%", "slope", min=0.5, max=2),
        Criterion("at", "deming", "NEUT%", "bias_at:60", min=-5, max=5),
        Criterion("pb", "passing_bablok", "NEUT%", "bias_at:60", min=-5, max=5),
        Criterion("missed", "attribution", "basophil", "explained", min=-5, max=5),
    ]
    study = make_study(**({"criteria": criteria} | options))
    if patients:
        cluster = np.arange(len(study.sample_ids)) ** 2 % patients
        study = replace(study, cluster=cluster, patients_known=True)
    results, verdict = measured(study)
    for name, text in {
        "figures.csv": figures_csv(results.measurements, verdict.outcomes),
        "samples.csv": samples_csv(study, results, verdict),
        "confusion.csv": confusion_csv(study),
        "strata.csv": strata_csv(study),
        "recheck.R": recheck(),
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.mark.representatives(2)
@needs_r
@pytest.mark.parametrize("name", STUDIES)
def test_any_study_is_recomputed(name: str, tmp_path: Path) -> None:
    code, said = run(written(tmp_path, **STUDIES[name]))
    assert code == 0, said


@pytest.mark.representatives(1)
@needs_r
@pytest.mark.parametrize(
    ("file", "column", "row"), [("samples.csv", "model", 3), ("confusion.csv", "n", 0)]
)
def test_an_edited_table_is_named(file: str, column: str, row: int, tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / file
    rows = rows_of(path)
    rows[row][column] = str(float(rows[row][column]) * 2)
    with path.open("w", encoding="utf-8", newline="") as out:
        sheet = csv.DictWriter(out, rows[0].keys())
        sheet.writeheader()
        sheet.writerows(rows)

    code, said = run(tmp_path)

    assert code == 1
    assert "DIFFERS" in said


@needs_r
def test_a_criterion_that_the_script_does_not_know_is_no_success(tmp_path: Path) -> None:
    asked = Criterion("noise", "counting_noise", "EO%", "share_within_noise", min=0.5)
    code, said = run(written(tmp_path, criteria=[asked]))

    assert code == 1
    assert "criterion not recomputed: noise counting_noise | EO% | all | share" in said


@pytest.mark.representatives(1)
@needs_r
@pytest.mark.parametrize(
    ("measure", "statistic"),
    [("deming", "slope"), ("deming", "error_ratio"), ("attribution", "explained"),
     ("attribution", "remainder"), ("bland_altman", "upper:exact")],
)  # fmt: skip
def test_an_edited_figure_is_named(measure: str, statistic: str, tmp_path: Path) -> None:
    path = written(tmp_path) / "figures.csv"
    rows = rows_of(path)
    row = next(r for r in rows if (r["measure"], r["statistic"]) == (measure, statistic))
    row["value"] = repr(float(row["value"]) * (1 + (0.1 if statistic == "error_ratio" else 3e-9)))
    with path.open("w", encoding="utf-8", newline="") as out:
        sheet = csv.DictWriter(out, rows[0].keys())
        sheet.writeheader()
        sheet.writerows(rows)

    code, said = run(tmp_path)

    assert code == 1
    # of another error ratio the lines differ
    named = "slope" if statistic == "error_ratio" else statistic
    assert f"DIFFERS {measure} | {row['subject']} | {row['stratum']} | {named}" in said


def test_figures_hold_every_number_of_the_results(sample_bundle: Path) -> None:
    told = json.loads((sample_bundle / "results.json").read_text(encoding="utf-8"))
    rows = rows_of(sample_bundle / "figures.csv")

    assert len(rows) == len(told["measurements"])
    for row, m in zip(rows, told["measurements"], strict=True):
        assert [row[k] for k in ("measure", "subject", "stratum", "statistic")] == [
            m[k] for k in ("measure", "subject", "stratum", "statistic")
        ]
        if isinstance(m["value"], float | int):
            assert float(row["value"]) == m["value"]
    judged = {name for row in rows for name in row["criteria"].split()}
    assert judged == {o["criterion"] for o in told["outcomes"]}


@pytest.mark.parametrize("file", ["figures.csv", "recheck.R"])
def test_what_was_edited_and_sealed_again_is_a_contradiction(
    file: str, sample_made: wbcval.Report, tmp_path: Path
) -> None:
    text = sample_made.files[file].replace(b"0.9", b"0.8").replace(b"TOLERANCE <- 1e-9", b"T <- 1")
    files = dict(sample_made.files) | {file: text}
    outputs = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    evidence.write(tmp_path / "b", files, dict(sample_made.manifest) | {"outputs": outputs})

    (difference,) = wbcval.verify(tmp_path / "b")

    assert difference.name == file
