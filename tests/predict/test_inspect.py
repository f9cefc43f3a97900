"""Every key of a card stands in what is recorded, what a resume asks for, and what is inspected."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.predict.material import store
from wbcval.commands._inspect import _say_file
from wbcval.predict.cards import Card, CardStage, Input
from wbcval.predict.run import File

INPUT = Input((8, 8), "RGB", "stretch", "bilinear", 255.0, (0.0,) * 3, (1.0,) * 3)
CARD = Card("m", "1", ("neutrophil", "lymphocyte"), "logits", INPUT)
OTHER: dict[str, Any] = {
    "size": (8, 9), "color": "BGR", "resize": "crop-to-fill", "interpolation": "bicubic",
    "scale": 255.00001, "mean": (0.0, 0.0, 1e-9), "std": (1.0, 1.0, 1.000001), "pad": (0, 0, 1),
    "planes": ("a", "b"), "combine": "mean", "batch": 31, "shorter_side": 9, "crop": (8, 8),
    "resizer": "torch", "layout": "NHWC", "dtype": "float16",
}  # fmt: skip
OF_CARD: dict[str, Any] = {
    "classes": ("lymphocyte", "neutrophil"), "output": "scores", "abstain_below": 0.600001,
    "output_name": "1", "model_sha256": "0" * 64, "remarks": ("said",),
}  # fmt: skip
SAID_ABOVE = {"name", "version", "input"}  # in the first line, and key by key


def said(card: Card, path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    data, beside = path.read_bytes(), (path.with_name("m.toml"), "2" * 64)
    file = File(path, data, "1" * 64, card, "beside", False, beside)
    _say_file(file, CardStage("model", "differentiation", card.classes, {"": "m.pt"}))
    return capsys.readouterr().out


def test_no_key_of_a_card_is_left_out(tmp_path, capsys):
    path = store(torch.nn.Flatten(), tmp_path / "m.pt", None)
    assert {f.name for f in fields(Input)} == OTHER.keys()
    assert {f.name for f in fields(Card)} == OF_CARD.keys() | SAID_ABOVE
    cards = {key: replace(CARD, input=replace(INPUT, **{key: v})) for key, v in OTHER.items()}
    cards["combine"] = replace(CARD, input=replace(INPUT, planes=("a", "b"), combine="stack"))
    cards |= {key: replace(CARD, **{key: value}) for key, value in OF_CARD.items()}

    told = {key: said(card, path, capsys) for key, card in cards.items()}

    plain = said(CARD, path, capsys)
    assert [key for key, text in told.items() if text == plain] == []
    assert len({*told.values()}) == len(told)
    # what the record holds, and by what an unfinished run is known again
    assert [key for key, card in cards.items() if asdict(card) == asdict(CARD)] == []
