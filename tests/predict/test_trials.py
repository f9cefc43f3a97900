"""The trial model on real images: against a plain loop, and on to a report."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests.build.cards import FIVE
from tests.build.commands import wbcval
from tests.predict.material import load
from wbcval.predict.run import Job, predict

PROBABILITIES = [f"probability_{name}" for name in FIVE]


def plain_loop(model: Path, folder: Path, images: list[str]) -> np.ndarray:
    """As a user would write it: Pillow, one image after the other, nothing frozen."""
    net, found = load(model), []
    with torch.no_grad():
        for image in images:
            with Image.open(folder / image) as opened:
                small = opened.convert("RGB").resize((64, 64), Image.Resampling.BILINEAR)
            pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1)[None].float() / 255
            found.append(net(pixels).softmax(1)[0].numpy())
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "every"),
    [pytest.param("cells", 1, marks=pytest.mark.slow), ("cells", 8), ("cells_other", 1)],
)
def test_probabilities_are_those_of_a_plain_loop(shared, tmp_path, name, every):
    model, whole = shared / "data/model/tiny_wbc.pt", shared / "data" / name / "img"
    folder = tmp_path / "img"
    folder.mkdir()
    images = sorted(whole.iterdir())[::every]
    for image in images:
        shutil.copyfile(image, folder / image.name)

    predict(Job(model, folder, tmp_path / "p.parquet"))

    table = pd.read_parquet(tmp_path / "p.parquet")
    assert len(table) == len(images)
    expected = plain_loop(model, folder, table["image"].tolist())
    # both to six decimals: at most one in the last, where the nets differ by less than 1e-6
    gap = np.abs(table[PROBABILITIES].to_numpy() - expected.astype(np.float64).round(6))
    assert gap.max() < 1.000001e-6
    assert table["predicted_class"].tolist() == [FIVE[i] for i in expected.argmax(axis=1)]


@pytest.mark.slow
def test_from_images_of_sixty_samples_to_a_report(shared, tmp_path):
    data = shared / "data"
    cells = pd.read_csv(data / "trial/trial_cells.csv")
    # a picture may be drawn twice for one sample: each drawing is a cell
    listed = pd.DataFrame(
        {
            "sample_id": cells["trial_sample_id"],
            "cell_id": cells.groupby("trial_sample_id").cumcount() + 1,
            "image": [os.path.relpath(data / "cells" / p, tmp_path) for p in cells["image_path"]],
            "true_class": cells["true_label"],
        }
    )
    listed.to_csv(tmp_path / "manifest.csv", index=False)

    done = wbcval("predict", "--model", data / "model/tiny_wbc.pt", "--images",
                  tmp_path / "manifest.csv", "--out", tmp_path / "p.parquet")  # fmt: skip
    judged = wbcval("report", "--predictions", tmp_path / "p.parquet", "--mode", "same-cells",
                    "--out", tmp_path / "report")  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert judged.returncode in (0, 1), judged.stderr
    table = pd.read_parquet(tmp_path / "p.parquet")
    found = json.loads((tmp_path / "report/results.json").read_text(encoding="utf-8"))
    accuracy = [
        m for m in found["measurements"]
        if (m["measure"], m["subject"], m["stratum"], m["statistic"])
        == ("classification", "all", "all", "accuracy")
    ]  # fmt: skip
    right = (table["predicted_class"] == table["true_class"]).mean()
    assert accuracy[0]["value"] == pytest.approx(right)
    assert accuracy[0]["n"] == len(table) == len(cells)
    # the record of origin has come along
    (origin,) = found["provenance"]["predicted_by"]
    assert origin["model"]["name"] == "tiny-wbc"
