"""Smear fields end to end: pictures of fields to a table of cells, its counts and its pictures."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.build.commands import wbcval
from tests.predict.material import interrupted, origin_of
from wbcval.predict import fields
from wbcval.predict.run import Job, predict
from wbcval.values.errors import InputError

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
MODEL = SAMPLE / "models" / "five_classes.pt"
BOX = ["x_min", "y_min", "x_max", "y_max"]
FILES = ("p.parquet", "fields.csv", "failures.csv")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample fields; one that shows no leukocyte, one damaged, one without red cells."""
    folder = tmp_path_factory.mktemp("fields") / "slides"
    shutil.copytree(SAMPLE / "fields", folder)
    whole = Image.open(folder / "S01/F01.png")
    whole.crop((160, 0, 320, 110)).save(folder / "S01/F09.png")  # red cells and platelets
    data = (folder / "S05/F02.png").read_bytes()
    (folder / "S05/F08.png").write_bytes(data[: len(data) // 2])
    nothing = np.full((120, 160, 3), 240, np.uint8)
    nothing[30:80, 40:90] = (110, 70, 170)
    Image.fromarray(nothing).save(folder / "S08/F07.png")
    return folder


@pytest.fixture(scope="module")
def made(listed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "p.parquet"
    predict(Job(MODEL, listed, out, fields=True, threads=1, failure_limit=0.5))
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_leukocyte_is_a_row_with_its_box_and_class(made):
    table = pd.read_parquet(made)

    assert list(table.columns[:4]) == ["sample_id", "cell_id", "image", "predicted_class"]
    assert list(table.columns[4:8]) == BOX
    assert list(table["cell_id"][:3]) == [f"S01/F01.png#{n}" for n in (1, 2, 3)]
    truth = pd.read_csv(SAMPLE / "fields.csv")
    assert len(table) == len(truth) == 9
    for true in truth.to_dict("records"):
        x, y = (true["x_min"] + true["x_max"]) / 2, (true["y_min"] + true["y_max"]) / 2
        there = table[
            (f"fields/{true['sample_id']}/" + table["image"].str[4:] == true["image"])
            & (table["x_min"] <= x) & (x < table["x_max"])
            & (table["y_min"] <= y) & (y < table["y_max"])
        ]  # fmt: skip
        assert list(there["predicted_class"]) == [true["true_class"]]


def test_fields_are_counted_where_nothing_was_found_and_not_where_nobody_could_look(made):
    counted = {row["image"]: row for row in rows(made.with_name("fields.csv"))}

    # a zero for the damaged field, or the one without red cells, would be a number nobody measured
    assert list(counted) == ["S01/F01.png", "S01/F09.png", "S05/F02.png", "S08/F03.png"]
    assert [row["leukocytes"] for row in counted.values()] == ["3", "0", "2", "4"]
    assert counted["S08/F03.png"]["neutrophil"] == "2"
    assert sum(int(row["eosinophil"]) for row in counted.values()) == 1


def test_fields_that_cannot_be_used_are_failures_by_name(made):
    failed = {row["image"]: row["reason"] for row in rows(made.with_name("failures.csv"))}

    assert set(failed) == {"S05/F08.png", "S08/F07.png"}
    assert failed["S08/F07.png"] == "no red cells"
    assert origin_of(made)["failures"]["samples"] == {"S05": 1, "S08": 1}
    assert origin_of(made)["failures"]["fields"] == {"S05": 1, "S08": 1}
    assert origin_of(made)["images"]["kind"] == "fields"
    assert origin_of(made)["versions"]["opencv"] == fields.versions()["opencv"]


def test_every_field_that_could_be_read_is_drawn(made, listed):
    folder = made.with_name("p.overlays")

    drawn = sorted(folder.iterdir())

    assert [path.name for path in drawn] == [
        "000001-F01.jpg", "000002-F09.jpg", "000003-F02.jpg", "000005-F03.jpg",
    ]  # fmt: skip
    plain = np.asarray(Image.open(listed / "S01/F01.png")).astype(int)
    seen = np.asarray(Image.open(drawn[0])).astype(int)
    assert seen.shape == plain.shape
    box = pd.read_parquet(made).loc[0, BOX]
    edge = np.abs(seen - plain)[box["y_min"], box["x_min"] + 5 : box["x_max"] - 5]
    assert edge.mean() > 80  # a black line where the pale ground was


def test_threads_and_a_resumed_run_give_the_same_bytes(made, listed, tmp_path, monkeypatch):
    from wbcval.predict.run import _run, _units

    monkeypatch.setattr(_run, "FIELDS", 1)
    monkeypatch.setattr(_units, "_SECONDS", 0.0)
    job = Job(MODEL, listed, tmp_path / "p.parquet", fields=True, threads=3, failure_limit=0.5)
    interrupted(job, monkeypatch)

    again = predict(replace(job, resume=True))

    assert 0 < again.fresh < 6
    for name in FILES:
        assert (tmp_path / name).read_bytes() == made.with_name(name).read_bytes()
    drawn, before = (path.with_name("p.overlays") for path in (tmp_path / "p.parquet", made))
    assert {p.name: p.read_bytes() for p in drawn.iterdir()} == {
        p.name: p.read_bytes() for p in before.iterdir()
    }


def test_what_was_found_is_what_a_crop_of_the_file_holds(made, listed):
    table = pd.read_parquet(made)
    pixels = np.asarray(Image.open(listed / "S08/F03.png"))

    boxes = fields.find(pixels)

    here = table[table["image"] == "S08/F03.png"]
    assert [tuple(row) for row in here[BOX].to_numpy()] == [
        (b.x_min, b.y_min, b.x_max, b.y_max) for b in boxes
    ]
    assert pq.read_schema(made).field("x_min").type == "int32"


def test_the_report_reads_the_table(made, tmp_path):
    reference = tmp_path / "analyzer.csv"
    reference.write_text(
        "sample_id,NEUT%,LYMPH%,MONO%,EO%,BASO%\n"
        "S01,35,33,30,1,1\nS05,50,5,3,40,2\nS08,50,24,2,1,23\n",
        encoding="utf-8",
    )

    done = wbcval("report", "--predictions", made, "--reference", reference,
                  "--mode", "different-aliquot", "--out", tmp_path / "report")  # fmt: skip

    assert done.returncode in (0, 1, 3), done.stderr
    results = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))
    (origin,) = results["provenance"]["predicted_by"]
    assert origin["model"]["name"] == "five-classes"
    assert origin["failures"]["reasons"]["no red cells"] == 1


def test_without_opencv_it_says_what_to_install(listed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)

    done = wbcval("predict", "--model", MODEL, "--images", listed, "--fields",
                  "--out", tmp_path / "p.csv")  # fmt: skip

    assert done.returncode == 2, done.stderr
    assert "OpenCV, which finds the cells, is not installed" in done.stderr
    assert "pip install '.[fields]'" in done.stderr


def test_grey_fields_are_failures(tmp_path, listed):
    folder = tmp_path / "slides" / "S01"
    folder.mkdir(parents=True)
    Image.open(listed / "S01/F01.png").convert("L").save(folder / "grey.png")

    predict(Job(MODEL, folder.parent, tmp_path / "p.csv", fields=True, failure_limit=1.0))

    assert [row["reason"] for row in rows(tmp_path / "failures.csv")] == ["grey field"]


def test_a_manifest_called_as_the_counts_are_is_not_overwritten(listed, tmp_path):
    manifest = tmp_path / "fields.csv"
    manifest.write_text(f"image,sample_id\n{listed}/S01/F01.png,S01\n", encoding="utf-8")

    with pytest.raises(InputError, match="would overwrite its manifest"):
        predict(Job(MODEL, manifest, tmp_path / "p.parquet", fields=True))

    assert manifest.read_text(encoding="utf-8").startswith("image,sample_id\n")
