"""``wbcval init`` as a person meets it: from files to a protocol that decides."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.build.commands import wbcval

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_data"
NASTY = 'a "quoted" \\n name\'s #1 = [x]'


def choose(protocol: Path, mode: str) -> None:
    text = protocol.read_text(encoding="utf-8")
    assert f'\n#mode = "{mode}"' in text
    protocol.write_text(text.replace(f'\n#mode = "{mode}"', f'\nmode = "{mode}"'), encoding="utf-8")


def judged(protocol: Path, out: Path) -> subprocess.CompletedProcess[str]:
    assert wbcval("validate", protocol).returncode == 0
    done = wbcval("report", protocol, "--out", out)
    assert done.returncode in (0, 1, 3), done.stderr
    return done


@pytest.mark.further
def test_from_files_to_verdict_as_the_how_to_says(tmp_path: Path) -> None:
    text = (ROOT / "docs/how-to/start-a-protocol.md").read_text(encoding="utf-8")
    shutil.copytree(SAMPLE, tmp_path / "sample_data")
    commands = re.findall(r"(?m)^wbcval (.+)$", "".join(re.findall(r"```sh\n(.*?)```", text, re.S)))
    init, validate, report = (line.split() for line in commands)
    protocol = tmp_path / "protocol.toml"

    done = wbcval(*init, cwd=tmp_path)
    assert (init[0], done.returncode) == ("init", 0), done.stderr
    assert "reference: xn_export.csv, sysmex-xn, 100 rows" in done.stdout  # as validate says it
    assert "left out: S017 NEUT%" in done.stdout
    assert "superseded" in done.stderr
    assert "wbcval validate protocol.toml" in done.stdout
    assert "rejected" not in done.stdout.lower()
    found = tomllib.loads(protocol.read_text(encoding="utf-8"))
    assert (found["rollup"], found["strata"]) == ("xn5", ["site", "sex"])
    assert "mode" not in found

    refused = wbcval("report", protocol, "--out", tmp_path / "early")
    assert refused.returncode == 2
    assert "'mode': is missing" in refused.stderr
    assert "same-cells, same-slide, different-aliquot" in refused.stderr
    assert not (tmp_path / "early").exists()

    choose(protocol, "different-aliquot")
    assert (validate[0], wbcval(*validate, cwd=tmp_path).returncode) == ("validate", 0)
    done = wbcval(*report, cwd=tmp_path)
    assert (report[0], done.returncode) == ("report", 1)  # the planted 10 % of one site
    assert done.stdout.startswith("REJECTED: WBC: 87 of 100")


def test_a_protocol_is_never_overwritten(tmp_path: Path) -> None:
    protocol = tmp_path / "protocol.toml"
    protocol.write_text("signed", encoding="utf-8")
    done = wbcval("init", "--predictions", SAMPLE / "cells.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "protocol.toml: is there already, and is never overwritten" in done.stderr
    assert protocol.read_text(encoding="utf-8") == "signed"


def test_without_files_or_with_a_missing_one(tmp_path: Path) -> None:
    assert wbcval("init", cwd=tmp_path).returncode == 2
    done = wbcval("init", "--predictions", "gone.csv", "--reference", "gone.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "gone.csv" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.further
def test_same_cells_of_the_trial(shared: Path, tmp_path: Path) -> None:
    cells = shared / "data" / "predictions" / "tiny_wbc_oof.csv"
    protocol = tmp_path / "protocol.toml"
    assert wbcval("init", "--predictions", cells, "--out", protocol).returncode == 0
    choose(protocol, "same-cells")
    done = judged(protocol, tmp_path / "out")
    assert done.returncode == 1  # accuracy 0.8: no class within 10 % on the same cells
    given = tmp_path / "given.toml"
    done = wbcval("init", "--predictions", cells, "--mode", "same-cells", "--out", given)
    assert (done.returncode, "the mode, " in done.stdout) == (0, False)
    on = tomllib.loads(given.read_text(encoding="utf-8"))
    assert on["mode"] == "same-cells"
    assert (
        len([c for c in on["criterion"] if not c.get("optional")]) == 6
    )  # accuracy, and each class


def test_trial_reference_with_columns_and_units_taken_up(shared: Path, tmp_path: Path) -> None:
    drawn = pd.read_csv(shared / "data" / "trial" / "trial_cells.csv")
    drawn["cell_id"] = drawn.groupby("trial_sample_id").cumcount() + 1
    drawn = drawn.rename(columns={"trial_sample_id": "sample_id", "true_label": "predicted_class"})
    drawn[["sample_id", "cell_id", "predicted_class"]].to_csv(tmp_path / "c.csv", index=False)
    protocol = tmp_path / "protocol.toml"
    done = wbcval("init", "--predictions", tmp_path / "c.csv", "--reference",
                  shared / "data" / "trial" / "trial_reference_cbc.csv", "--mode",
                  "different-aliquot", "--out", protocol)  # fmt: skip
    assert done.returncode == 2  # its column ID is taken for the sample's, and no id is in common
    assert "no id in common" in done.stderr
    text = protocol.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#(?=WBC|NEU|LYM|MONO|EOS|BASO)", "", text)
    text = text.replace("[columns.reference]", '[columns.reference]\nsample_id = "trial_sample_id"')
    block = re.search(r'(?m)^#\[\[criterion\]\]\n#id = "NEUT%.*\n(?:#\S.*\n)+', text)
    assert block is not None
    text = text.replace(block[0], re.sub(r"(?m)^#", "", block[0]))
    protocol.write_text(text, encoding="utf-8")
    judged(protocol, tmp_path / "out")


def test_counts_alone_in_a_workbook(tmp_path: Path) -> None:
    rows = [(f"S{i:02}", 5 + i / 10, 40 + 0.8 * i, 2000) for i in range(40)]
    for name, off in (("model.xlsx", 1.02), ("ref.xlsx", 1.0)):
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["sample_id", "WBC(10^9/L)", "NEUT%", "n_cells"])
        for sample, wbc, share, n in rows:
            again = off + 0.01 * (int(sample[1:]) % 3 - 1) * (off > 1)  # no copy on a line
            sheet.append([sample, round(wbc * again, 3), round(20 * share * again) / 20, n])
        book.save(tmp_path / name)
    done = wbcval("init", "--predictions", "model.xlsx", "--reference", "ref.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    choose(tmp_path / "protocol.toml", "different-aliquot")
    assert judged(tmp_path / "protocol.toml", tmp_path / "out").returncode == 0


def test_hostile_names_of_files_columns_and_levels(tmp_path: Path) -> None:
    folder = tmp_path / NASTY
    folder.mkdir()
    for name in ("cells.csv", "xn_export.csv"):
        shutil.copy(SAMPLE / name, folder / f"{NASTY} {name}")
    evil = 'x\n[[criterion]]\nid = "planted"\n# "\\'
    with (SAMPLE / "samples.csv").open(encoding="utf-8", newline="") as file:
        samples = list(csv.reader(file))
    with (folder / "s.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*samples[0], evil, "\x1b[31m\x7f", "Ward"])
        for i, row in enumerate(samples[1:]):
            level = (evil, 'b"\\', "\x1b[31m\x7f")[i % 3]
            writer.writerow([*row, level, i % 3, level])
    out = tmp_path / "else where" / 'it\'s "it".toml'
    done = wbcval("init", "--predictions", folder / f"{NASTY} cells.csv", "--reference",
                  folder / f"{NASTY} xn_export.csv", "--samples", folder / "s.csv",
                  "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = tomllib.loads(out.read_text(encoding="utf-8"))
    assert "planted" not in {c["id"] for c in found.get("criterion", [])}
    assert found["strata"] == ["site", "sex", "ward"]
    assert (out.parent / found["inputs"]["reference"]).is_file()
    assert not {c for c in out.read_text(encoding="utf-8") if ord(c) < 32} - {"\n"}
    choose(out, "same-cells")
    judged(out, tmp_path / "out")
