"""Nets and images of ``exports.py``, and how each of the other people's pipelines prepares them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

CLASSES = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
SIZE = 32
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Own = Callable[[Sequence[Image.Image]], NDArray[np.float64]]


@dataclass(frozen=True)
class Made:
    """A model's file, and the pipeline that it comes from.

    Attributes:
        own: images to probabilities, one image after the other, as its author runs it.
        card: keys of the card that differ from those of ``exports.py``.
    """

    path: Path
    own: Own
    card: Mapping[str, Any] = field(default_factory=dict)


class Net(nn.Module):
    """A small net of random weights whose answers depend on its input."""

    def __init__(self, channels: int = 3, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Conv2d(channels, 12, 5, stride=2)
        self.norm = nn.BatchNorm2d(12)
        self.second = nn.Conv2d(12, 16, 3)
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(16 * 4, len(CLASSES))
        with torch.no_grad():
            self.norm.running_mean.uniform_(-0.3, 0.3)
            self.norm.running_var.uniform_(0.2, 0.6)
            self.last.weight.mul_(20)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (N, classes)."""
        x = torch.relu(self.norm(self.first(x)))
        x = nn.functional.adaptive_avg_pool2d(torch.relu(self.second(x)), 2)
        return self.last(self.drop(x.flatten(1)))


class Around(nn.Module):
    """A net with a first and a last step of its own, as exports have them."""

    def __init__(self, net: nn.Module, before: str = "", after: str = "") -> None:
        super().__init__()
        self.net, self.before, self.after = net, before, after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the two steps make of the net."""
        if "last" in self.before:
            x = x.permute(0, 3, 1, 2)
        if "pixels" in self.before:
            x = (x.float() / 255 - 0.5) / 0.25
        x = self.net(x)
        if self.after == "softmax":
            x = x.softmax(1)
        if self.after == "logarithms":
            x = x.log_softmax(1)
        if self.after == "map":
            x = x[:, :, None, None]
        return x


class Named(nn.Module):
    """A net that gives its features too."""

    def __init__(self, net: nn.Module, kind: str) -> None:
        super().__init__()
        self.net, self.kind = net, kind

    def forward(self, x: torch.Tensor) -> Any:
        """A dict or a tuple."""
        logits, features = self.net(x), x.mean((2, 3))
        return (
            {"features": features, "logits": logits} if self.kind == "dict" else (features, logits)
        )


class Viewed(nn.Module):
    """A net whose batch a trace turns into a number."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, by way of a view with the size in it."""
        return self.net(x.view(int(x.shape[0]), 3, SIZE, SIZE))


def pixels(images: Sequence[Image.Image]) -> NDArray[np.uint8]:
    """(N, H, W, 3), by Pillow's bilinear filter."""
    size = (SIZE, SIZE)
    small = [im.convert("RGB").resize(size, Image.Resampling.BILINEAR) for im in images]
    return np.stack([np.asarray(image) for image in small])


def normalised(images: Sequence[Image.Image]) -> NDArray[np.float32]:
    """(N, 3, H, W), as torchvision's ``ToTensor`` and ``Normalize`` give it."""
    scaled = torch.from_numpy(pixels(images)).permute(0, 3, 1, 2).float().div(255)
    mean, std = (torch.tensor(v)[:, None, None] for v in (MEAN, STD))
    found: NDArray[np.float32] = ((scaled - mean) / std).contiguous().numpy()
    return found


def by_torch(
    net: nn.Module,
    prepare: Callable[..., Any] = normalised,
    dtype: Any = torch.float32,
    pick: Callable[[Any], Any] = lambda out: out,
    after: str = "softmax",
) -> Own:
    """The pipeline of a module: one image after the other, without gradients."""

    def own(images: Sequence[Image.Image]) -> NDArray[np.float64]:
        found = []
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for one in prepare(images):
                out = pick(net(torch.from_numpy(np.ascontiguousarray(one))[None].to(dtype)))
                found.append(_chances(out.double().numpy().reshape(1, -1), after)[0])
        return np.array(found)

    return own


def by_onnx(path: Path, prepare: Callable[..., Any] = normalised, dtype: Any = np.float32,
            output: int = 0, after: str = "softmax") -> Own:  # fmt: skip
    """The pipeline of an ONNX file: ONNX Runtime, one image after the other."""

    def own(images: Sequence[Image.Image]) -> NDArray[np.float64]:
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        found = [
            session.run(None, {name: one[None].astype(dtype)})[output] for one in prepare(images)
        ]
        return _chances(np.concatenate(found).astype(np.float64), after)

    return own


def _chances(outputs: NDArray[np.float64], after: str) -> NDArray[np.float64]:
    if after != "softmax":
        return outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
