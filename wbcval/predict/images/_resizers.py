"""Pixels of another size, as Pillow, OpenCV or PyTorch makes them; the last two where installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from wbcval.machine.opencv import opencv
from wbcval.predict.cards import Input
from wbcval.predict.images._types import Pixels
from wbcval.values.errors import InputError, install

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
    if spec.resizer.startswith("torch"):
        torch = _torch()  # its whole numbers depend on what the processor can do
        processor = {"torch_cpu": str(torch.backends.cpu.get_cpu_capability())}
        return {"torch": str(torch.__version__)} | (
            processor if spec.resizer == "torch-uint8" else {}
        )
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
    """As ``torchvision.transforms.Resize`` does with a tensor of uint8: rounded half to even."""
    if interpolation == "nearest":
        return _as_uint8(pixels, size, interpolation)
    found = _interpolated(pixels.astype(np.float32), size, interpolation)
    resized: Pixels = np.rint(np.clip(found, 0, 255)).astype(np.uint8)
    return resized


def _as_uint8(pixels: Pixels, size: tuple[int, int], interpolation: str) -> Pixels:
    """As ``transforms.v2.Resize`` does with a tensor of uint8: in whole numbers."""
    resized: Pixels = _interpolated(pixels, size, interpolation)
    return resized


def _interpolated(pixels: Any, size: tuple[int, int], interpolation: str) -> Any:
    """By PyTorch, in the type that the pixels have."""
    torch = _torch()
    # channels lie together, as decoded; apart, torch 2.13 fails on an output of one pixel
    given = torch.from_numpy(pixels.copy().reshape(*pixels.shape[:2], -1)).permute(2, 0, 1)[None]
    mode, _, smoothed = interpolation.partition("-")
    options = {} if mode == "nearest" else {"align_corners": False, "antialias": bool(smoothed)}
    before = torch.get_num_threads()  # of this thread alone
    torch.set_num_threads(1)
    try:
        found = torch.nn.functional.interpolate(given, size, mode=mode, **options)
    finally:
        torch.set_num_threads(before)
    return found[0].permute(1, 2, 0).numpy().reshape(*size, *pixels.shape[2:])


def _opencv() -> Any:
    return opencv('resizer = "opencv"', "resizes as the card says")


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise InputError(
            'resizer = "torch…"', "PyTorch, which resizes as the card says, is not installed",
            install("torch"),
        ) from None  # fmt: skip
    return torch


_RESIZERS: Mapping[str, Resizer] = {
    "pillow": _by_pillow,
    "opencv": _by_opencv,
    "torch": _by_torch,
    "torch-uint8": _as_uint8,
}
