"""Lower precision is used only where it gives the labels of full precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tests.build.cards import FIVE, card
from tests.predict.material import origin_of, store
from wbcval.predict.run import Job, predict
from wbcval.values.errors import InputError


class Brightness(torch.nn.Module):
    """Two classes by brightness; ``slope`` says how sharply they part, ``edge`` where."""

    def __init__(self, slope: float, edge: float) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[slope] * 3, [-slope] * 3]))
            self.layer.bias.copy_(torch.tensor([-slope * edge, slope * edge]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.mean((2, 3)))


def saved(folder, slope: float, edge: float):
    return store(Brightness(slope, edge), folder / "m.pt", card(FIVE[:2]))


def test_where_labels_agree_it_is_used_and_the_comparison_is_recorded(cells, tmp_path):
    path = saved(tmp_path, 1.0, 0.5)

    predict(Job(path, cells, tmp_path / "p.parquet", precision="bf16"))

    found = origin_of(tmp_path / "p.parquet")
    assert found["precision"] == "bf16"
    assert found["agreement"]["cells"] == 21
    assert found["agreement"]["labels_differing"] == 0
    assert 0 < found["agreement"]["largest_difference"] < 0.05


class Shifted(torch.nn.Module):
    """Large sums that bf16 rounds away: 40 is added and taken off again."""

    def __init__(self, shift: float, edge: float) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)
        self.edge = edge + shift
        with torch.no_grad():
            self.layer.weight.fill_(1.0)
            self.layer.bias.fill_(shift)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gap = self.layer(x.mean((2, 3))) - self.edge
        return torch.cat([gap, -gap], 1)


def test_where_labels_differ_it_is_refused(tmp_path):
    folder = tmp_path / "cells/S"
    folder.mkdir(parents=True)
    for grey in range(127, 131):
        Image.fromarray(np.full((16, 16, 3), grey, np.uint8)).save(folder / f"{grey}.png")
    between = sum(3 * (grey / 255 - 0.5) / 0.25 for grey in (128, 129)) / 2
    path = store(Shifted(40.0, between), tmp_path / "m.pt", card(FIVE[:2]))

    with pytest.raises(InputError, match=r"labels differ from fp32's.*\n.*fp32"):
        predict(Job(path, tmp_path / "cells", tmp_path / "p.csv", precision="bf16"))

    assert not (tmp_path / "p.csv").exists()
