"""Real smear fields, and those of the sample data: floors on what is found, missed and false."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT
from wbcval.predict.fields import Box, find


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pixels(path: Path, zoom: float = 1.0) -> np.ndarray:
    image = Image.open(path).convert("RGB")
    size = (round(image.width * zoom), round(image.height * zoom))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def inside(box: Box, row: dict[str, str], names: tuple[str, str, str, str]) -> bool:
    x, y = (box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2
    x_min, y_min, x_max, y_max = (int(row[name]) for name in names)
    return x_min <= x <= x_max and y_min <= y <= y_max


@pytest.fixture(scope="module")
def real(shared: Path) -> list[tuple[dict[str, str], tuple[Box, ...]]]:
    folder = shared / "data/fields"
    rows = read(folder / "fields.csv")
    return [(row, find(pixels(folder / row["image_path"]))) for row in rows]


def test_the_number_found_in_real_fields_is_that_reviewed(real):
    missed = sum(max(0, int(row["n_wbc_reviewed"]) - len(boxes)) for row, boxes in real)
    false = sum(max(0, len(boxes) - int(row["n_wbc_reviewed"])) for row, boxes in real)

    assert len(real) == 42
    assert missed <= 1  # none when this was written; another OpenCV may round otherwise
    assert false <= 1


def test_what_is_found_lies_in_the_annotated_boxes(real, shared):
    names = ("xmin", "ymin", "xmax", "ymax")
    theirs = [r for r in read(shared / "data/fields/annotations.csv") if r["object"] == "WBC"]
    of = {row["field_id"]: boxes for row, boxes in real}

    missed = [r for r in theirs if not any(inside(b, r, names) for b in of[r["field_id"]])]

    assert len(theirs) == 48
    assert len(missed) <= 1


@pytest.mark.parametrize("zoom", [0.5, 2.0])
def test_at_another_magnification_few_are_lost(shared, zoom):
    folder = shared / "data/fields"
    rows = read(folder / "fields.csv")[::3]

    found = [len(find(pixels(folder / row["image_path"], zoom))) for row in rows]

    off = [abs(n - int(row["n_wbc_reviewed"])) for n, row in zip(found, rows, strict=True)]
    assert sum(off) <= 2


def test_each_leukocyte_of_the_sample_fields_is_found_and_nothing_else():
    names = ("x_min", "y_min", "x_max", "y_max")
    rows = read(ROOT / "sample_data/fields.csv")
    for image in sorted({row["image"] for row in rows}):
        boxes = find(pixels(ROOT / "sample_data" / image))
        truth = [row for row in rows if row["image"] == image]
        assert len(boxes) == len(truth), image
        assert all(any(inside(box, row, names) for box in boxes) for row in truth), image
