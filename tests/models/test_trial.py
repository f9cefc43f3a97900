"""A model is tried on noise before any image: what contradicts its card is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.models.made import asked, net, opened, script
from wbcval.predict.cards import Card, Input
from wbcval.predict.images import normalise
from wbcval.predict.models import dry_run, open_model
from wbcval.values.errors import InputError

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


class Peak(torch.nn.Module):
    """What one image has most of decides over all: the brightest, or the darkest, of the batch."""

    def __init__(self, sign: float) -> None:
        super().__init__()
        self.sign = sign

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = self.sign * x.mean((2, 3))
        return torch.round(mean / mean.max() * 127) * mean.max() / 127


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
        (Peak(1.0), card(), "depend on the other images"),
        (Peak(-1.0), card(), "depend on the other images"),
        (Drawn(), card(), "other outputs for the same batch"),
        (NotFinite(), card(), "not finite"),
        (net(), card(output="probabilities"), "are no probabilities"),
    ],
)
def test_what_contradicts_the_card_is_refused(tmp_path, module, stated, says):
    path = script(tmp_path / "m.pt", module)

    with pytest.raises(InputError, match=says):
        tried(path, stated)


@pytest.mark.parametrize(("scale", "channels"), [(255.0, 3), (1.0, 3), (127.5, 6)])
def test_the_trial_passes_what_images_pass(tmp_path, scale, channels):
    path = script(tmp_path / "m.pt", net())
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    numbers = {"scale": scale, "mean": mean, "std": std}
    planes = {"planes": ("a", "b"), "combine": "stack"} if channels == 6 else {}
    spec = Input((5, 7), "RGB", "stretch", "bilinear", **numbers, **planes)

    trial = asked(path, shape=(channels, 5, 7), **numbers).trial()

    moments = (np.resize(v, channels).reshape(1, -1, 1, 1) for v in (std, mean))
    pixels = np.rint((trial * next(moments) + next(moments)) * scale).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
    assert trial.tobytes() == normalise(pixels, spec).tobytes()
    assert pixels[0].max() > 200
    assert pixels[-1].max() < 128  # what a batch shares, as a range, is seen to move
    assert trial.dtype == np.float32
    assert trial.strides == normalise(pixels, spec).strides


def test_the_advice_names_the_numbers_that_were_used(tmp_path):
    class Root(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.amin((2, 3)).sqrt()

    path = script(tmp_path / "m.pt", Root())
    given = {"scale": 255.0, "mean": (0.5,) * 3, "std": (0.25,) * 3}

    with pytest.raises(InputError, match=r"\(x / 255 − \[0\.5, 0\.5, 0\.5\]\) / \[0\.25"):
        dry_run(opened(path, **given), asked(path, **given), card())
    tried(path, card())  # without a mean the roots are there


def test_a_module_saved_in_training_mode_is_put_right_where_it_can_be(tmp_path):
    path = script(tmp_path / "m.pt", net().train())

    tried(path, card())


class Ended(torch.nn.Module):
    """A net with something at its end, as people save it."""

    def __init__(self, end: str, classes: int = 3) -> None:
        super().__init__()
        self.net, self.end = net(classes=classes), end

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.net(x)
        if self.end == "softmax":
            out = out.softmax(1)
        elif self.end == "percent":
            out = 100 * out.softmax(1)
        elif self.end == "log_softmax":
            out = out.log_softmax(1)
        elif self.end == "sigmoid":
            out = out.sigmoid()
        return out


RIGHT = {"": "logits", "softmax": "probabilities", "log_softmax": "logits", "sigmoid": "scores"}


@pytest.mark.representatives(5)
@pytest.mark.parametrize("stated", ["logits", "probabilities", "scores"])
@pytest.mark.parametrize("end", ["", "softmax", "log_softmax", "sigmoid", "percent"])
def test_outputs_taken_for_others_are_refused_and_the_advice_is_right(tmp_path, end, stated):
    path = script(tmp_path / "m.pt", Ended(end))
    if stated == RIGHT.get(end):
        assert dry_run(opened(path), asked(path), card(output=stated)) == ()
        return
    if (end, stated) == ("sigmoid", "logits"):  # logits may lie within 0 and 1: said, not refused
        (said,) = dry_run(opened(path), asked(path), card(output=stated))
        assert 'output = "scores"' in said
        return

    with pytest.raises(InputError) as caught:
        dry_run(opened(path), asked(path), card(output=stated))

    if end in RIGHT:  # what to write instead is named
        assert f'output = "{RIGHT[end]}"' in caught.value.advice
    else:
        assert "divide by 100" in caught.value.advice


def test_of_one_class_a_sigmoid_inside_is_said(tmp_path):
    path = script(tmp_path / "m.pt", Ended("sigmoid", 1))

    (said,) = dry_run(opened(path), asked(path), card(1))

    assert 'output = "probabilities"' in said
    assert dry_run(opened(path), asked(path), card(1, "probabilities")) == ()


class Flat01(torch.nn.Module):
    """Logits that happen to lie within 0 and 1 for noise."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) * torch.tensor([0.1, 0.2, 0.4])


def test_logits_that_happen_to_lie_within_0_and_1_are_not_doubted(tmp_path):
    path = script(tmp_path / "m.pt", Flat01())

    assert dry_run(opened(path), asked(path), card()) == ()


def test_a_model_that_takes_no_other_range_is_doubted_all_the_same(tmp_path):
    class Checked(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if bool((x > 2).any()):
                raise RuntimeError("out of range")
            return x.mean((2, 3)).sigmoid()

    path = script(tmp_path / "m.pt", Checked())

    (said,) = dry_run(opened(path), asked(path), card())

    assert 'output = "scores"' in said


class Sigmoid(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x.float().mean((2, 3)) - 1)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float64"])
def test_a_sigmoid_is_doubted_whatever_the_type_of_the_input(tmp_path, dtype):
    path = script(tmp_path / "m.pt", Sigmoid())
    wanted = asked(path, dtype=dtype, scale=1.0)

    (said,) = dry_run(open_model(wanted), wanted, card())

    assert "if a sigmoid stands at its end" in said
