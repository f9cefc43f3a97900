"""A model is tried on noise before any image: what contradicts its card is refused."""

from __future__ import annotations

import pytest
import torch

from tests.models.made import asked, net, opened, script
from wbcval.cards import Card, Input
from wbcval.errors import InputError
from wbcval.models import dry_run

INPUT = Input((8, 8), "RGB", "stretch", "bilinear", 255.0, (0.0,) * 3, (1.0,) * 3, batch=4)


def card(classes: int = 3, output: str = "logits") -> Card:
    return Card("m", "1", tuple(f"c{i}" for i in range(classes)), output, INPUT)


def tried(path, stated: Card) -> None:
    dry_run(opened(path), asked(path), stated)


def test_a_model_that_does_what_its_card_says_passes(tmp_path):
    tried(script(tmp_path / "m.pt", net()), card())


class BatchStatistics(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean((2, 3))
        return (mean - mean.mean(0)) / mean.std(0)


class Drawn(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) + torch.rand(3)


class NotFinite(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) / 0.0


class Place(torch.nn.Module):
    """The output of an image depends on its place in the batch."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) + torch.arange(x.shape[0])[:, None]


class Flat(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((1, 2, 3))


@pytest.mark.parametrize(
    ("module", "stated", "says"),
    [
        (net(classes=5), card(), r"shape \(4, 5\).*names 3 classes"),
        (Flat(), card(), r"shape \(4,\)"),
        (BatchStatistics(), card(), "depend on the other images"),
        (Place(), card(), "depend on the other images"),
        (Drawn(), card(), "other outputs for the same batch"),
        (NotFinite(), card(), "not finite"),
        (net(), card(output="probabilities"), "are no probabilities"),
    ],
)
def test_what_contradicts_the_card_is_refused(tmp_path, module, stated, says):
    path = script(tmp_path / "m.pt", module)

    with pytest.raises(InputError, match=says):
        tried(path, stated)


def test_a_module_saved_in_training_mode_is_put_right_where_it_can_be(tmp_path):
    path = script(tmp_path / "m.pt", net().train())

    tried(path, card())
