"""Nets of random weights, drawn JPEGs of 128 × 128, and manifests that name them many times.

``python benchmarks/predict_material.py FOLDER JPEGS CELLS …``: a manifest of each number of cells.
"""

from __future__ import annotations

import csv
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from torch import nn

SIZE, CLASSES = 128, ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
_CARD = f"""
schema_version = 1
name = "random"
version = "1"
classes = [{", ".join(f'"{name}"' for name in CLASSES)}]
output = "logits"
[input]
size = [{SIZE}, {SIZE}]
color = "RGB"
resize = "stretch"
interpolation = "bilinear"
scale = 255
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
"""


class _Block(nn.Module):
    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        stride = 1 if given == made else 2
        self.first = _conv(given, made, 3, stride)
        self.second = _conv(made, made, 3, 1)
        self.short = nn.Identity() if stride == 1 else _conv(given, made, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.second(torch.relu(self.first(x))) + self.short(x))


def _conv(given: int, made: int, size: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(given, made, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(made))


def resnet18() -> nn.Module:
    """11.2 million parameters: the ResNet-18 of He et al. (2016), but for its 1000 classes."""
    layers: list[nn.Module] = [_conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)]
    for given, made in ((64, 64), (64, 128), (128, 256), (256, 512)):
        layers += [_Block(given, made), _Block(made, made)]
    return nn.Sequential(*layers, *_head(512))


def small() -> nn.Module:
    """0.39 million parameters: four convolutions that halve the picture."""
    layers: list[nn.Module] = []
    for given, made in ((3, 32), (32, 64), (64, 128), (128, 256)):
        layers += [_conv(given, made, 3, 2), nn.ReLU()]
    return nn.Sequential(*layers, *_head(256))


def _head(channels: int) -> tuple[nn.Module, ...]:
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, len(CLASSES))


def _cell(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A nucleus of a few lobes in a cell between red ones, and noise."""
    picture = Image.new("RGB", (SIZE, SIZE), (232, 222, 226))
    draw = ImageDraw.Draw(picture)
    for x, y in rng.integers(0, SIZE, (4, 2)):
        draw.ellipse((x - 26, y - 26, x + 26, y + 26), fill=(216, 160, 160))
    draw.ellipse((22, 22, 106, 106), fill=tuple(rng.integers(150, 225, 3)))
    for x, y in rng.integers(44, 84, (rng.integers(1, 5), 2)):
        draw.ellipse((x - 17, y - 15, x + 17, y + 15), fill=(96, 52, 128))
    pixels = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.5)))
    noisy = pixels + rng.normal(0, 6, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def main(folder: Path, jpegs: int, cells: list[int]) -> None:
    """Make everything."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir()
    for i in range(jpegs):
        Image.fromarray(_cell(rng)).save(folder / "images" / f"{i:05}.jpg", quality=90)
    for name, net in (("resnet18", resnet18), ("small", small)):
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.save(
                torch.jit.script(net().eval()),
                str(folder / f"{name}.pt"),
                _extra_files={"wbcval.toml": _CARD},
            )
    for n in cells:
        with (folder / f"{n}.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(("image", "sample_id", "cell_id"))
            rows.writerows((f"images/{i % jpegs:05}.jpg", f"S{i // 400}", i) for i in range(n))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(n) for n in sys.argv[3:]])
