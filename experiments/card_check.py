"""Scrambled cards and steps that no card says: what ``wbcval model check`` names.

Each model is run by a pipeline written here by hand (Pillow, OpenCV, PyTorch and numpy, nothing of
the package), whose geometry is drawn. *Scrambled*: the card given to the check differs from that
pipeline on one, two or three axes. *Controls*: the pipeline does what no card says (other weights,
CLAHE, colour jitter, a crop off the centre …), and every other card has a fault besides.

``python -m experiments.card_check [N]`` prints the tables of
docs/explanation/card-check.md.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from wbcval.predict.cardcheck import CardOutcome, CheckedCard, check
from wbcval.predict.cardcheck._axes import changed
from wbcval.predict.cards import Card, Input
from wbcval.predict.run import resolve

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WBCVAL_SHARED", ROOT.parent / "shared"))
IMAGES = 20
Pixels = np.ndarray
Step = Callable[[Image.Image], Image.Image]
CV = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA,
      "cubic": cv2.INTER_CUBIC, "lanczos4": cv2.INTER_LANCZOS4}  # fmt: skip
FILTERS = {"pillow": ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"),
           "opencv": tuple(CV), "torch": ("nearest", "bilinear", "bicubic")}  # fmt: skip


# --- pipelines of other people


def resized(pixels: Pixels, height: int, width: int, library: str, name: str) -> Pixels:
    """uint8 (H, W, 3) in another size, by a library's own call."""
    if pixels.shape[:2] == (height, width):
        return pixels
    if library == "pillow":
        method = Image.Resampling[name.upper()]
        return np.asarray(Image.fromarray(pixels).resize((width, height), method))
    if library == "opencv":
        return cv2.resize(pixels, (width, height), interpolation=CV[name])
    given = torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]
    if name == "nearest":
        found = torch.nn.functional.interpolate(given, (height, width), mode="nearest")
    else:
        found = torch.nn.functional.interpolate(given.float(), (height, width), mode=name)
        found = found.clamp(0, 255).round().byte()
    return found[0].permute(1, 2, 0).numpy()


def centre(pixels: Pixels, height: int, width: int) -> Pixels:
    """As torchvision's CenterCrop."""
    h, w = pixels.shape[:2]
    up, left = max(height - h, 0), max(width - w, 0)
    around = ((up // 2, (up + 1) // 2), (left // 2, (left + 1) // 2), (0, 0))
    pixels = np.pad(pixels, around)
    h, w = pixels.shape[:2]
    top, start = round((h - height) / 2), round((w - width) / 2)
    return pixels[top : top + height, start : start + width]


def prepared(image: Image.Image, how: Input) -> Pixels:
    """One image as the net's input, float32 (3, H, W)."""
    if how.color == "gray-as-RGB":
        image = image.convert("L").convert("RGB")
    pixels = np.asarray(image)
    if how.color == "BGR":
        pixels = pixels[:, :, ::-1].copy()
    if how.crop:
        pixels = np.ascontiguousarray(centre(pixels, *how.crop))
    height, width = how.size
    if how.resize == "stretch":
        pixels = resized(pixels, height, width, how.resizer, how.interpolation)
    elif how.resize == "shorter-side":
        h, w = pixels.shape[:2]
        side = int(how.shorter_side or 0)
        to = (side, int(side * w / h)) if h <= w else (int(side * h / w), side)
        pixels = centre(resized(pixels, *to, how.resizer, how.interpolation), height, width)
    else:
        method = Image.Resampling[how.interpolation.upper()]
        done = Image.fromarray(pixels)
        size = (width, height)
        done = (
            ImageOps.fit(done, size, method)
            if how.resize == "crop-to-fill"
            else ImageOps.pad(done, size, method, color=how.pad)
        )
        pixels = np.asarray(done)
    scaled = pixels.astype(np.float32) / np.float32(how.scale)
    normal = (scaled - np.float32(how.mean)) / np.float32(how.std)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


def answers(net: Any, files: list[Path], how: Input, step: Step | None = None) -> Pixels:
    """Probabilities, (images, classes)."""
    opened = [Image.open(f).convert("RGB") for f in files]
    batch = np.stack([prepared(step(i) if step else i, how) for i in opened])
    with torch.inference_mode():
        return torch.softmax(net(torch.from_numpy(batch)), 1).numpy()


# --- what is drawn


@dataclass
class Subject:
    """A model with its true card, its net, and images."""

    name: str
    path: Path
    data: bytes
    card: Card
    files: list[Path]

    def net(self, noise: float = 0.0, seed: int = 0) -> Any:
        """The net; with its weights off by a share of their own SD: other weights."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = torch.jit.load(io.BytesIO(self.data)).eval()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weights in net.parameters():
                if weights.numel() > 1:
                    drawn = torch.randn(weights.shape, generator=generator)
                    weights.add_(drawn * weights.std() * noise)
        return net


def geometry(how: Input, rng: np.random.Generator) -> Input:
    """One of the ways in which pipelines bring images to a size."""
    resize = str(rng.choice(["stretch", "stretch", "shorter-side", "crop-to-fill", "fit"]))
    library = str(rng.choice(["pillow", "opencv", "torch"]))
    if resize in ("crop-to-fill", "fit"):
        library = "pillow"
    side = round(min(how.size) / float(rng.choice([1, 0.875, 0.9])))
    crop = int(rng.choice([100, 200, 224]))
    return replace(
        how,
        resize=resize,
        resizer=library,
        interpolation=str(rng.choice(FILTERS[library])),
        shorter_side=side if resize == "shorter-side" else None,
        pad=(int(rng.choice([0, 255])),) * 3 if resize == "fit" else None,
        crop=(crop, crop) if resize == "stretch" and rng.random() < 0.3 else None,
    )


def numbers(how: Input, rng: np.random.Generator) -> Input:
    """Another scale or normalisation, from which the true one can be known again."""
    zero, one, half = (0.0,) * 3, (1.0,) * 3, (0.5,) * 3
    if any(how.mean):  # numbers of the net's own: they can be in the wrong scale or order
        return replace(how, scale=1.0) if rng.random() < 0.7 else replace(
            how, mean=how.mean[::-1], std=how.std[::-1]
        )  # fmt: skip
    ways = [(1.0, zero, one), (255.0, half, half), (127.5, one, one),
            (255.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            (1.0, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))]  # fmt: skip
    scale, mean, std = ways[int(rng.integers(len(ways)))]
    return replace(how, scale=scale, mean=mean, std=std)


def fault(card: Card, axis: str, rng: np.random.Generator) -> Card:
    """The card, wrong on one axis."""
    how = card.input
    if axis == "classes":
        order = rng.permutation(len(card.classes))
        return replace(card, classes=tuple(card.classes[i] for i in order))
    if axis == "output":
        return replace(card, output=str(rng.choice(["probabilities", "scores"])))
    if axis == "color":
        return replace(card, input=replace(how, color=str(rng.choice(["BGR", "gray-as-RGB"]))))
    if axis == "numbers":
        return replace(card, input=numbers(how, rng))
    if axis == "filter":
        name = str(rng.choice(FILTERS[how.resizer]))
        return replace(card, input=replace(how, interpolation=name))
    return replace(card, input=geometry(how, rng))


AXES = ("classes", "output", "color", "numbers", "filter", "geometry")


def scrambled(card: Card, faults: int, rng: np.random.Generator) -> Card:
    """A card wrong on so many axes, drawn until each has moved."""
    while True:
        found = card
        for axis in rng.choice(AXES, faults, replace=False):
            found = fault(found, str(axis), rng)
        if changed(card, found):
            return found


def clahe(image: Image.Image) -> Image.Image:
    """OpenCV's CLAHE of the lightness."""
    lab = cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = cv2.createCLAHE(2.0, (8, 8)).apply(np.ascontiguousarray(lab[:, :, 0]))
    return Image.fromarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def off_centre(image: Image.Image) -> Image.Image:
    """A tenth of the height and width cut off, unevenly."""
    w, h = image.size
    return image.crop((round(0.07 * w), round(0.02 * h), round(0.97 * w), round(0.92 * h)))


def stained(image: Image.Image) -> Image.Image:
    """Each channel to the mean and SD of a target, as stain normalisation does roughly."""
    x = np.asarray(image).astype(np.float32)
    x = (x - x.mean((0, 1))) / (x.std((0, 1)) + 1e-6) * (45, 60, 40) + (200, 170, 190)
    return Image.fromarray(np.clip(x, 0, 255).astype(np.uint8))


def again(image: Image.Image) -> Image.Image:
    """Through a JPEG of quality 60."""
    held = io.BytesIO()
    image.save(held, "JPEG", quality=60)
    return Image.open(held).convert("RGB")


STEPS: Mapping[str, Step | None] = {
    "other weights": None,
    "CLAHE": clahe,
    "colour jitter": lambda i: ImageEnhance.Color(ImageEnhance.Brightness(i).enhance(1.15)).enhance(
        0.8
    ),
    "crop off the centre": off_centre,
    "gamma": lambda i: i.point([round(255 * (v / 255) ** 0.8) for v in range(256)] * 3),
    "blur": lambda i: i.filter(ImageFilter.GaussianBlur(1.5)),
    "stain normalisation": stained,
    "JPEG again": again,
    "turned": lambda i: i.transpose(Image.Transpose.ROTATE_90),
    "sharpened": lambda i: ImageEnhance.Sharpness(i).enhance(2.0),
}  # fmt: skip


# --- the check


def text_of(card: Card) -> str:
    """A card as TOML."""

    def value(v: Any) -> str:
        if isinstance(v, tuple | list):
            return f"[{', '.join(map(value, v))}]"
        return f'"{v}"' if isinstance(v, str) else repr(v)

    given = {k: getattr(card.input, k) for k in (
        "size", "color", "resize", "interpolation", "scale", "mean", "std", "pad",
        "shorter_side", "crop", "resizer", "batch")}  # fmt: skip
    lines = [f"{k} = {value(v)}" for k, v in given.items() if v is not None]
    head = [f"{k} = {value(getattr(card, k))}" for k in ("name", "version", "classes", "output")]
    return "\n".join(["schema_version = 1", *head, "[input]", *lines, ""])


def checked(
    subject: Subject, files: list[Path], card: Card, shares: Pixels
) -> tuple[CheckedCard, float]:
    """A card against what a pipeline gave; and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder)
        rows = [",".join(["image", *subject.card.classes])]
        for file, row in zip(files, shares, strict=True):
            rows.append(",".join([file.name, *(f"{v:.6f}" for v in row)]))
        (held / "mine.csv").write_text("\n".join(rows))
        (held / "card.toml").write_text(text_of(card))
        (held / "images").mkdir()
        for file in files:
            (held / "images" / file.name).symlink_to(file)
        start = time.perf_counter()
        found = check(subject.path, held / "card.toml", held / "images", held / "mine.csv",
                      lambda _: None)  # fmt: skip
        return found, time.perf_counter() - start


def some(subject: Subject, rng: np.random.Generator, n: int = IMAGES) -> list[Path]:
    """Images of a check."""
    return sorted(subject.files[i] for i in rng.permutation(len(subject.files))[:n])


@dataclass(frozen=True)
class Done:
    """One check.

    Attributes:
        kind: number of faults, or the step that no card says.
        right: whether the one card that is named is the true one.
        same: whether it gives the same on images that the check did not see.
        among: whether the true one is among several that are named.
    """

    kind: str
    outcome: CardOutcome
    right: bool
    same: bool
    among: bool
    seconds: float
    passes: int

    @property
    def false(self) -> bool:
        """Whether a cause is named that is none."""
        said = self.outcome not in (CardOutcome.NOT_EXPLAINED, CardOutcome.AGREES)
        return said and not (self.same or self.among)


def scrambles(subject: Subject, n: int, seed: int = 1) -> Iterator[Done]:
    """Of n scrambled cards, a third each with one, two and three faults."""
    net = subject.net()
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        files, faults = some(subject, rng), 1 + i % 3
        truth = replace(subject.card, input=geometry(subject.card.input, rng))
        card = scrambled(truth, faults, rng)
        got, seconds = checked(subject, files, card, answers(net, files, truth.input))
        yield _done(str(faults), got, truth, subject, seconds)


def controls(subject: Subject, n: int, seed: int = 2) -> Iterator[Done]:
    """Of n pipelines with a step that no card says; every other card has a fault besides."""
    for i in range(n):
        rng = np.random.default_rng([seed, i])
        name = list(STEPS)[i % len(STEPS)]
        files = some(subject, rng)
        truth = replace(subject.card, input=geometry(subject.card.input, rng))
        card = scrambled(truth, 1, rng) if i // len(STEPS) % 2 else truth
        noise = 0.0 if STEPS[name] else float(rng.choice([0.02, 0.1, 0.5]))
        shares = answers(subject.net(noise, i), files, truth.input, STEPS[name])
        got, seconds = checked(subject, files, card, shares)
        yield _done(name, got, truth, subject, seconds)


def _done(kind: str, got: CheckedCard, truth: Card, subject: Subject, seconds: float) -> Done:
    among = [not changed(one.card, truth) for one in got.found]
    right = among == [True]
    same = right or (len(among) == 1 and _same(got.found[0].card, truth, subject))
    return Done(kind, got.outcome, right, same, any(among), seconds, got.passes)


def _same(named: Card, truth: Card, subject: Subject) -> bool:
    net, files = subject.net(), some(subject, np.random.default_rng(0), 60)
    gap = answers(net, files, named.input) - answers(net, files, truth.input)
    means = (named.classes, named.output) == (truth.classes, truth.output)
    return means and float(np.abs(gap).max()) <= 1e-4


def by_labels(subject: Subject, n: int, images: int, seed: int = 3) -> Iterator[list[str]]:
    """How often a wrong card, or a step that no card says, leaves every label as it was."""
    net = subject.net()
    for axis in (*(axis for axis in AXES if axis not in ("classes", "output")), *STEPS):
        same, gaps = 0, []
        for i in range(n):
            rng = np.random.default_rng([seed, i])
            files = some(subject, rng, images)
            truth = replace(subject.card, input=geometry(subject.card.input, rng))
            first = answers(net, files, truth.input)
            if axis in STEPS:
                other = subject.net(0.0 if STEPS[axis] else 0.1, i)
                second = answers(other, files, truth.input, STEPS[axis])
            else:
                wrong = truth
                while not changed(truth, wrong):
                    wrong = fault(truth, axis, rng)
                second = answers(net, files, wrong.input)
            same += int((first.argmax(1) == second.argmax(1)).all())
            gaps.append(float(np.abs(first - second).max()))
        yield [subject.name, axis, str(images), f"{same} of {n}", f"{min(gaps):.2g}"]


def subjects() -> list[Subject]:
    """The sample model on its images, enlarged; and the small net of the trial data, if there."""
    found = []
    held = Path(tempfile.mkdtemp())
    rng = np.random.default_rng(0)
    for file in sorted((ROOT / "sample_data" / "images").rglob("*.png"))[::2]:
        size = tuple(int(v) for v in rng.integers(110, 260, 2))
        name = f"{file.parent.name}-{file.name}"
        Image.open(file).convert("RGB").resize(size, Image.Resampling.BICUBIC).save(held / name)
    found.append(_subject("sample", ROOT / "sample_data/models/five_classes.pt", held))
    trial = SHARED / "data" / "model" / "tiny_wbc.pt"
    if trial.exists():
        found.append(_subject("tiny_wbc", trial, SHARED / "data" / "cells" / "img"))
    return found


def _subject(name: str, path: Path, images: Path) -> Subject:
    opened = resolve(path, None)
    (file,) = opened.files[opened.stages[0].name].values()
    return Subject(name, path, file.data, file.card, sorted(images.iterdir()))


def rows(subject: Subject, done: Sequence[Done]) -> Iterator[list[str]]:
    """A row of the table for each kind, and one for all."""
    for kind in [*dict.fromkeys(d.kind for d in done), "all"]:
        of = [d for d in done if kind in (d.kind, "all")]
        said = Counter(str(d.outcome) for d in of)
        yield [
            subject.name, kind, str(len(of)), str(sum(d.right for d in of)),
            str(sum(d.same for d in of)), str(sum(d.among for d in of)),
            str(sum(d.false for d in of)),
            ", ".join(f"{name} {n}" for name, n in said.most_common()),
            f"{np.median([d.seconds for d in of]):.1f}", f"{max(d.seconds for d in of):.1f}",
            str(max(d.passes for d in of)),
        ]  # fmt: skip


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n## {title}\n")
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |", flush=True)


def main(n: int) -> None:
    """Print the tables, of probabilities and of labels alone."""
    torch.set_num_threads(1)
    header = ("model", "of", "cards", "exact", "the same", "among those named", "false", "said",
              "s", "most s", "most passes")  # fmt: skip
    for what, run in (("scrambled", scrambles), ("controls", controls)):
        table(what, header, [r for s in subjects() for r in rows(s, [*run(s, n)])])
    blind = [r for s in subjects() for images in (20, 50) for r in by_labels(s, n, images)]
    table(
        "labels alone", ("model", "wrong in", "images", "every label the same", "least gap"), blind
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
