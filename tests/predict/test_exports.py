"""The table of docs/explanation/exports.md, in small: each row is made, run, and followed anew."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from tests.simulated import SLOW_SHARE

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = ("onnxscript", "skl2onnx", "keras", "safetensors")  # not among what the tests need


@pytest.fixture(scope="module")
def exports() -> ModuleType:
    return importlib.import_module("experiments.exports")  # with libraries that import for seconds


def documented() -> dict[str, list[str]]:
    text = (ROOT / "docs/explanation/exports.md").read_text(encoding="utf-8")
    cells = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells[2:]}


def test_every_row_is_documented(exports):
    made = [row[0] for row in (*exports.TORCH, *exports.ONNX, *exports.PIPELINES)]

    assert list(documented()) == made
    assert len(made) == len(set(made)) > 40
    assert all(float(cells[2]) <= 1e-5 for cells in documented().values())


@pytest.mark.slow
def test_a_card_that_is_a_little_wrong_would_be_seen(exports, tmp_path):
    """OpenCV's pipeline, run by Pillow's filter of the same name."""
    make = next(row[1] for row in exports.PIPELINES if row[0] == "OpenCV: INTER_LINEAR")
    found, images = make(tmp_path), exports.drawn(tmp_path / "images", 8)

    right = exports.gap(found, {**exports.CARD, **found.card}, images, tmp_path)
    wrong = exports.gap(found, exports.CARD, images, tmp_path)

    assert right <= 1e-5 < 1e-3 < wrong


@pytest.mark.slow
def test_what_is_documented_is_so(exports):
    found, absent = exports.rows(number=8, share=SLOW_SHARE)

    assert all(line.endswith(tuple(f": {name}" for name in ELSEWHERE)) for line in absent)
    assert len(found) > 40 * min(SLOW_SHARE, 1)
    for row in found:
        first, followed, _ = documented()[row.name]
        assert row.gap is not None, row
        assert row.gap <= 1e-5, row
        assert bool(row.refused) == (first != "runs"), row
        assert ", ".join(row.took) == followed, row
