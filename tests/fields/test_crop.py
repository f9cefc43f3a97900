"""What is handed to a classifier: the crop, cut as the cell images of the same set were."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from wbcval.predict.fields import Box, crop

FIELD = np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_a_crop_is_wider_than_the_box_by_eight_per_cent_and_two_pixels():
    box = Box(20, 10, 45, 30, area=300, touches_edge=False)  # longer side 25: 2 + 2

    assert np.array_equal(crop(FIELD, box), FIELD[6:34, 16:49])


def test_another_margin():
    box = Box(20, 10, 45, 30, area=300, touches_edge=False)

    assert np.array_equal(crop(FIELD, box, margin=0), FIELD[8:32, 18:47])


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((0, 0, 20, 20), slice(0, 23), slice(0, 23)),
        ((60, 40, 80, 60), slice(37, 60), slice(57, 80)),
        ((0, 0, 80, 60), slice(0, 60), slice(0, 80)),
    ],
)
def test_a_crop_ends_at_the_border(box, rows, columns):
    found = crop(FIELD, Box(*box, area=1, touches_edge=True))

    assert np.array_equal(found, FIELD[rows, columns])


def test_a_crop_is_a_copy():
    found = crop(FIELD, Box(20, 10, 45, 30, area=300, touches_edge=False))

    assert not np.shares_memory(found, FIELD)
    assert found.flags.c_contiguous


def test_the_cells_of_the_trial_data_were_cut_so(shared: Path):
    boxes: dict[str, list[tuple[int, ...]]] = {}
    with (shared / "data/fields/annotations.csv").open() as file:
        for row in csv.DictReader(file):
            if row["object"] == "WBC":
                box = tuple(int(row[k]) for k in ("xmin", "ymin", "xmax", "ymax"))
                boxes.setdefault(row["field_id"], []).append(box)
    where = np.stack(np.mgrid[:480, :640][::-1], axis=2)  # each pixel holds its x and y
    where = np.concatenate([where // 4, where.sum(axis=2, keepdims=True) % 4], axis=2)
    compared = 0
    with (shared / "data/cells/manifest.csv").open() as file:
        for row in csv.DictReader(file):
            if len(boxes.get(row["field_id"], ())) == 1:
                x_min, y_min, x_max, y_max = map(int, row["origin"].split("#")[1].split(","))
                box = Box(*boxes[row["field_id"]][0], area=1, touches_edge=False)
                theirs = where[y_min:y_max, x_min:x_max].astype(np.uint8)
                assert np.array_equal(crop(where.astype(np.uint8), box), theirs), row["field_id"]
                compared += 1
    assert compared == 30
