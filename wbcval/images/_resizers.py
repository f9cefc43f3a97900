"""Pixels of another size, as Pillow, OpenCV or PyTorch makes them; the last two where installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from wbcval._opencv import opencv
from wbcval.cards import Input
from wbcval.errors import InputError, install
from wbcval.images._types import Pixels

Resizer = Callable[[Pixels, tuple[int, int], str], Pixels]


def resizer(name: str) -> Resizer:
    """What resizes uint8 (H, W) or (H, W, C), contiguous, to (height, width) by a filter.

    Each channel is resized by itself: the order of colours does not matter.
    """
    return _RESIZERS[name]


def versions(spec: Input) -> dict[str, str]:
    """Of what resizes, where that is more than every run uses.

    Raises:
        InputError: where it is not installed.
    """
    if spec.resizer == "opencv":
        return {"opencv": str(_opencv().__version__)}
    if spec.resizer == "torch":
        return {"torch": str(_torch().__version__)}
    return {}


def _by_pillow(pixels: Pixels, size: tuple[int, int], interpolation: str) -> Pixels:
    method = Image.Resampling[interpolation.upper()]
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], method))


def _by_opencv(pixels: Pixels, size: tuple[int, int], interpolation: str) -> Pixels:
    cv2 = _opencv()
    method = getattr(cv2, f"INTER_{interpolation.upper()}")
    resized: Pixels = cv2.resize(pixels, size[::-1], interpolation=method)
    return resized


def _by_torch(pixels: Pixels, size: tuple[int, int], interpolation: str) -> Pixels:
    """As ``torchvision.transforms.Resize(antialias=False)`` does with a tensor of uint8.

    Values are rounded half to even. ``transforms.v2`` computes in whole numbers and gives others.
    """
    torch = _torch()
    apart = pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1).copy()
    planes = torch.from_numpy(apart)[None]
    before = torch.get_num_threads()  # of this thread alone
    torch.set_num_threads(1)
    try:
        if interpolation == "nearest":
            found = torch.nn.functional.interpolate(planes, size, mode="nearest")
        else:
            found = torch.nn.functional.interpolate(
                planes.float(), size, mode=interpolation, align_corners=False
            )
            found = found.clamp(0, 255).round().to(torch.uint8)
    finally:
        torch.set_num_threads(before)
    resized: Pixels = found[0].permute(1, 2, 0).numpy()
    return resized.reshape(*size, *pixels.shape[2:])


def _opencv() -> Any:
    return opencv('resizer = "opencv"', "resizes as the card says")


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise InputError(
            'resizer = "torch"', "PyTorch, which resizes as the card says, is not installed",
            install("torch"),
        ) from None  # fmt: skip
    return torch


_RESIZERS: Mapping[str, Resizer] = {
    "pillow": _by_pillow,
    "opencv": _by_opencv,
    "torch": _by_torch,
}
