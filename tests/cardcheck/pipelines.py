"""Pipelines of other people: Pillow, numpy and PyTorch by hand, nothing of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from tests.build.cards import FIVE, card
from tests.predict.material import load, store

TRUE: Mapping[str, Any] = {
    "size": (16, 16),
    "color": "RGB",
    "resize": "stretch",
    "filter": "bilinear",
    "scale": 255.0,
    "mean": (0.7, 0.6, 0.65),
    "std": (0.2, 0.25, 0.15),
    "order": (0, 1, 2, 3, 4),
    "softmax": True,
}
CARD = card(mean=(0.7, 0.6, 0.65), std=(0.2, 0.25, 0.15))


def save(
    path: Path,
    *,
    seed: int = 0,
    text: str | None = CARD,
    softmax: bool = False,
    never: Sequence[int] = (),
) -> Path:
    """A net that sees colour, edges and place; random weights, outputs neither flat nor sure.

    Of the classes in ``never`` it gives a chance of 1e-17.
    """
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = [
        torch.nn.Conv2d(3, 12, 5, stride=2),
        torch.nn.Tanh(),
        torch.nn.AdaptiveAvgPool2d(3),
        torch.nn.Flatten(),
        torch.nn.Linear(108, 5),
    ]
    net = torch.nn.Sequential(*layers, *([torch.nn.Softmax(1)] if softmax else [])).eval()
    with torch.no_grad():
        net[4].weight.mul_(6)
        net[4].bias[list(never)] -= 40
    return store(net, path, text)


def draw(folder: Path, n: int = 14, size: tuple[int, int] | None = None, seed: int = 5) -> Path:
    """Cells of a kind: a dark disc with a coloured rim on a light ground, off the centre."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for i in range(n):
        height, width = size or (int(rng.integers(20, 44)), int(rng.integers(20, 44)))
        y, x = np.mgrid[:height, :width] / max(height, width)
        away = np.hypot(y - rng.uniform(0.3, 0.6), x - rng.uniform(0.3, 0.6))
        ground, rim, core = (
            rng.integers(170, 256, 3),
            rng.integers(60, 256, 3),
            rng.integers(0, 160, 3),
        )
        pixels = np.where((away < 0.32)[..., None], rim, ground)
        pixels = np.where((away < rng.uniform(0.1, 0.25))[..., None], core, pixels)
        noisy = np.clip(pixels + rng.normal(0, 18, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(folder / f"cell{i:02}.png")
    return folder


def answers(model: Path, folder: Path, **other: Any) -> dict[str, np.ndarray]:
    """What a pipeline gives: name of each file to its probabilities."""
    how = {**TRUE, **other}
    files = sorted(folder.iterdir())
    batch = np.stack([_prepared(Image.open(f).convert("RGB"), how) for f in files])
    with torch.inference_mode():
        out = load(model)(torch.from_numpy(batch))
        found = torch.softmax(out, 1) if how["softmax"] else out
    return dict(zip((f.name for f in files), found.numpy()[:, list(how["order"])], strict=True))


def _prepared(image: Image.Image, how: Mapping[str, Any]) -> np.ndarray:
    if change := how.get("before"):
        image = change(image)
    if how["color"] == "grey":
        image = image.convert("L").convert("RGB")
    pixels = np.asarray(_sized(image, how)).astype(np.float32)
    if how["color"] == "BGR":
        pixels = pixels[..., ::-1]
    scaled = pixels / np.float32(how["scale"])
    normal = (scaled - np.float32(how["mean"])) / np.float32(how["std"])
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


def _sized(image: Image.Image, how: Mapping[str, Any]) -> Image.Image | np.ndarray:
    height, width = how["size"]
    if how["filter"] == "opencv linear":
        cv2 = pytest.importorskip("cv2")
        return cv2.resize(np.asarray(image), (width, height), interpolation=cv2.INTER_LINEAR)
    method = Image.Resampling[how["filter"].upper()]
    if how["resize"] == "fill":
        return ImageOps.fit(image, (width, height), method)
    if how["resize"] == "pad":
        return ImageOps.pad(image, (width, height), method, color=(0, 0, 0))
    if how["resize"] == "shorter-side":  # torchvision's Resize(side), CenterCrop(size)
        w, h = image.size
        side = how["side"]
        image = image.resize(
            (side, int(side * h / w)) if w <= h else (int(side * w / h), side), method
        )
        left, top = round((image.width - width) / 2), round((image.height - height) / 2)
        return image.crop((left, top, left + width, top + height))
    return image.resize((width, height), method)


def write(
    path: Path,
    found: Mapping[str, np.ndarray],
    *,
    form: str = "{:.6f}",
    columns: Sequence[str] = tuple(f"probability_{name}" for name in FIVE),
    names: str = "image",
) -> Path:
    rows = [",".join((names, *columns))]
    rows += [",".join((name, *map(form.format, p))) for name, p in found.items()]
    path.write_text("\n".join(rows) + "\n")
    return path
