"""A card against another pipeline: it agrees, the cause is named, or none is."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageEnhance, ImageFilter

from tests.build.cards import composition
from tests.cardcheck import pipelines
from wbcval import cli
from wbcval.commands._card_check import said as printed
from wbcval.machine.progress import silent
from wbcval.predict.cardcheck import CardOutcome, check

FAULTS: dict[str, dict[str, Any]] = {
    "colours": {"color": "BGR"},
    "OpenCV's filter": {"filter": "opencv linear"},
    "shorter side": {"resize": "shorter-side", "side": 18},
    "plus or minus one": {"scale": 127.5, "mean": (1, 1, 1), "std": (1, 1, 1)},
    "order": {"order": (1, 2, 0, 4, 3)},
    "grey, imagenet": {"color": "grey", "mean": (0.485, 0.456, 0.406),
                       "std": (0.229, 0.224, 0.225)},
    "colours, order, bars": {"color": "BGR", "order": (4, 1, 2, 3, 0), "resize": "pad"},
    "zero to 255, filling, filter": {"scale": 1, "mean": (0, 0, 0), "std": (255, 255, 255),
                                     "resize": "fill", "filter": "lanczos"},
}  # fmt: skip


LONG = {"shorter side", "plus or minus one", "zero to 255, filling, filter"}


def run(model: Path, cells: Path, against: Path, *more: str) -> int:
    return cli.main(
        ["model", "check", str(model), "--images", str(cells), "--against", str(against), *more]
    )


def tell(model: Path, cells: Path, against: Path) -> Any:
    return check(model, None, cells, against, silent)


def test_a_card_that_says_what_the_pipeline_did_agrees(
    model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = model.read_bytes()
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, cells))
    assert run(model, cells, table) == 0
    said = capsys.readouterr().out
    assert "\nagrees\n" in said
    assert "do not tell" not in said  # images of many sizes and colours
    assert model.read_bytes() == before
    assert [p.name for p in model.parent.iterdir()] == [model.name]


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    "fault",
    [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in FAULTS],
)
def test_the_lines_that_are_named_make_the_card_agree(
    fault: str, model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = pipelines.answers(model, cells, **FAULTS[fault])
    table = pipelines.write(tmp_path / "mine.csv", found)
    assert run(model, cells, table) == 1
    said = capsys.readouterr().out
    assert "\nexplained (" in said
    card = tmp_path / "card.toml"
    card.write_text(followed(pipelines.CARD, said))
    assert run(model, cells, table, "--card", str(card)) == 0


def followed(card: str, said: str) -> str:
    """The card with the lines written that are printed."""
    for line, now in re.findall(r"^    (\w+ = .*)  # instead of (.*)$", said, re.MULTILINE):
        key = line.partition(" ")[0]
        card, n = re.subn(rf"(?m)^{key} = .*$", line, card)
        if not n:  # [input] is the last table
            assert now in ("none", '"pillow"')
            card += f"{line}\n"
    return card


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(lambda image: ImageEnhance.Contrast(image).enhance(1.4), id="contrast"),
        pytest.param(
            lambda image: image.crop((3, 2, image.width - 2, image.height - 3)),
            id="crop",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_no_cause_is_named_for_a_step_that_no_card_says(
    before: Any, model: Path, cells: Path, tmp_path: Path
) -> None:
    found = pipelines.answers(model, cells, before=before)
    checked = tell(model, cells, pipelines.write(tmp_path / "mine.csv", found))
    assert checked.outcome is CardOutcome.NOT_EXPLAINED
    assert not checked.found


@pytest.mark.further
def test_beside_a_step_that_no_card_says_the_true_fault_alone_is_named(
    model: Path, cells: Path, tmp_path: Path
) -> None:
    """A smoothing filter would come nearer to the blur, and is not what the card has wrong."""
    found = pipelines.answers(
        model, cells, color="BGR", order=(1, 2, 3, 4, 0),
        before=lambda image: image.filter(ImageFilter.GaussianBlur(0.4)),
    )  # fmt: skip
    checked = tell(model, cells, pipelines.write(tmp_path / "mine.csv", found))
    assert checked.outcome is CardOutcome.PROBABLY
    (one,) = checked.found
    true = checked.file.card
    assert one.card.input == replace(true.input, color="BGR")
    assert one.card.classes == (true.classes[-1], *true.classes[:-1])
    assert "what is left is of other weights, or of a step" in "\n".join(printed(checked))


@pytest.mark.further
def test_no_cause_is_named_for_other_weights(
    model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = pipelines.save(tmp_path / "other.pt", seed=3)
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(other, cells))
    assert run(model, cells, table) == 1
    said = capsys.readouterr().out
    assert "\nnot explained: other weights, or a step outside the card" in said
    assert "instead of" not in said


def test_cards_that_explain_equally_well_are_all_named(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = pipelines.draw(tmp_path / "small", size=(8, 8))  # made twice as large: box is nearest
    found = pipelines.answers(model, small, filter="nearest")
    assert run(model, small, pipelines.write(tmp_path / "mine.csv", found)) == 1
    said = capsys.readouterr().out
    # OpenCV's nearest and area, and PyTorch's nearest, are the same there too
    assert "\nexplained equally well by 5 cards" in said
    assert 'interpolation = "nearest"' in said
    assert 'interpolation = "box"' in said
    assert "do not tell resize stretch from " in said  # square images


def test_images_that_cannot_tell_are_said_where_the_card_agrees(
    model: Path, tmp_path: Path
) -> None:
    exact = pipelines.draw(tmp_path / "exact", size=(16, 16))
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, exact))
    checked = tell(model, exact, table)
    assert checked.outcome is CardOutcome.AGREES
    assert {axis for axis, _ in checked.untold} == {"resize", "crop", "interpolation"}


def test_a_model_that_answers_the_same_whatever_it_sees_checks_nothing(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 5))
    with torch.no_grad():
        net[1].weight.zero_()
    model = pipelines.store(net, tmp_path / "dull.pt", pipelines.CARD)
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, cells))
    assert run(model, cells, table) == 1
    assert "nothing was checked" in capsys.readouterr().out


@pytest.mark.further
def test_two_decimals_explain_nothing_for_sure(model: Path, cells: Path, tmp_path: Path) -> None:
    found = pipelines.answers(model, cells, color="BGR")
    checked = tell(model, cells, pipelines.write(tmp_path / "two.csv", found, form="{:.2f}"))
    assert checked.outcome is CardOutcome.PROBABLY
    assert checked.found[0].card.input.color == "BGR"
    checked = tell(model, cells, pipelines.write(tmp_path / "three.csv", found, form="{:.3f}"))
    assert checked.outcome is CardOutcome.EXPLAINED
    assert checked.found[0].difference.largest > 1e-4  # within the rounding alone


@pytest.mark.further
def test_labels_alone_explain_nothing_for_sure(
    model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for code, how in ((0, {}), (1, {"color": "BGR"})):
        found = pipelines.answers(model, cells, **how)
        labels = [f"{image},{pipelines.FIVE[p.argmax()]}" for image, p in found.items()]
        table = tmp_path / "labels.csv"
        table.write_text("\n".join(["image,label", *labels]))
        assert run(model, cells, table) == code
        said = capsys.readouterr().out
        assert "\nexplained (" not in said
        assert ("agrees in the labels alone" in said) == (code == 0)


def test_outputs_taken_for_others_are_named(cells: Path, tmp_path: Path) -> None:
    text = pipelines.CARD.replace('"logits"', '"probabilities"')
    model = pipelines.save(tmp_path / "m.pt", text=text)
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, cells))
    checked = tell(model, cells, table)
    assert "no probabilities" in checked.refused
    assert checked.outcome is CardOutcome.EXPLAINED
    assert checked.found[0].card.output == "logits"


def test_height_and_width_that_changed_places_are_named(cells: Path, tmp_path: Path) -> None:
    text = pipelines.CARD.replace("[16, 16]", "[24, 16]")
    model = pipelines.save(tmp_path / "m.pt", text=text)
    found = pipelines.answers(model, cells, size=(16, 24), color="BGR")
    checked = tell(model, cells, pipelines.write(tmp_path / "mine.csv", found))
    assert checked.outcome is CardOutcome.EXPLAINED
    assert checked.found[0].card.input.size == (16, 24)
    assert checked.found[0].card.input.color == "BGR"


def test_a_graph_of_one_batch_size_is_checked_too(cells: Path, tmp_path: Path) -> None:
    import torch

    class Fixed(torch.nn.Module):
        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x.reshape([1, 3, 16, 16]))

    plain = pipelines.save(tmp_path / "plain.pt")
    model = pipelines.store(Fixed(pipelines.load(plain)), tmp_path / "m.pt",
                            pipelines.CARD + "batch = 1\n")  # fmt: skip
    found = pipelines.answers(plain, cells, color="BGR")
    checked = tell(model, cells, pipelines.write(tmp_path / "mine.csv", found))
    assert checked.outcome is CardOutcome.EXPLAINED


def test_what_cannot_be_checked_is_refused(
    model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, cells))
    composed = tmp_path / "two.toml"
    shutil.copy(model, tmp_path / "small.pt")
    composed.write_text(composition({"model": "small.pt"}))
    assert run(composed, cells, table) == 2
    assert "check each of its models by itself" in capsys.readouterr().err
    planes = tmp_path / "planes.toml"
    planes.write_text(pipelines.CARD + 'planes = ["a", "b"]\ncombine = "mean"\n')
    assert run(model, cells, table, "--card", str(planes)) == 2
    assert "planes" in capsys.readouterr().err


def test_what_predict_wrote_itself_is_no_other_pipeline(
    model: Path, cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.csv"
    assert (
        cli.main(["predict", "--model", str(model), "--images", str(cells), "--out", str(own)]) == 0
    )
    assert run(model, cells, own) == 2
    assert "was written by wbcval predict" in capsys.readouterr().err


def test_a_damaged_image_is_named(model: Path, cells: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(cells, tmp_path / "copy")
    table = pipelines.write(tmp_path / "mine.csv", pipelines.answers(model, cells))
    first = min(copy.iterdir())
    first.write_bytes(first.read_bytes()[:100])
    with pytest.raises(Exception, match=first.name):
        tell(model, copy, table)


def test_the_least_change_is_named(model: Path, cells: Path, tmp_path: Path) -> None:
    """Of the lines that explain nothing none is changed."""
    found = pipelines.answers(model, cells, color="BGR")
    checked = tell(model, cells, pipelines.write(tmp_path / "mine.csv", found))
    (one,) = checked.found
    assert one.card.input.color == "BGR"
    assert np.isclose(one.difference.largest, 0, atol=1e-6)
    same = checked.file.card
    assert (one.card.input.mean, one.card.classes) == (same.input.mean, same.classes)


@pytest.mark.parametrize(
    ("never", "order", "code"), [((1, 2, 4), (0, 4, 1, 3, 2), 1), ((1,), (0, 1, 2, 3, 4), 0)]
)
def test_the_order_of_classes_that_no_image_shows_is_not_shown(
    never: tuple[int, ...], order: tuple[int, ...], code: int, cells: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Of one class the place is what the others leave."""
    unsure = pipelines.save(tmp_path / "small.pt", never=never)
    found = pipelines.answers(unsure, cells, order=order)
    table = pipelines.write(tmp_path / "mine.csv", found)

    assert run(unsure, cells, table) == code

    said = capsys.readouterr().out
    assert "\nagrees\n" in said
    assert ("the order of eosinophil, basophil and monocyte is not shown" in said) == bool(code)
    listed = ["--model", str(unsure), "--images", str(cells), "--check", str(table)]
    more = ["--check-images", str(cells), "--out", str(tmp_path / "p.csv")]
    assert cli.main(["predict", *listed, *more]) == (2 if code else 0)
    assert ("from one another" in capsys.readouterr().err) == bool(code)
