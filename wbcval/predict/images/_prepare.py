"""From pictures to the numbers a model takes: colours, size, then (x / scale − mean) / std."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from wbcval.predict.cards import Input
from wbcval.predict.images._geometry import sized
from wbcval.predict.images._types import Floats, Numbers, Picture, Pixels

GREY_REMARK = "grey converted to RGB"
GREYS = ("gray", "gray-as-RGB")  # what takes no colours: a grey picture is nothing to remark
_ROWS = 8  # of pixels, that numpy takes at once


def fit(picture: Picture, spec: Input) -> Pixels:
    """A picture in the size and colours of a model.

    Returns:
        uint8, (H, W, C), contiguous; channels in the order of ``spec.color``.

    Raises:
        Unreadable: ``too narrow``, where nothing of it could be seen in that size.
        InputError: where what resizes is not installed.
    """
    pixels = sized(np.ascontiguousarray(_coloured(picture.pixels, spec.color)), spec)
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    return np.ascontiguousarray(pixels)


def _coloured(pixels: Pixels, color: str) -> Pixels:
    if pixels.ndim == 3 and color in GREYS:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
    if pixels.ndim == 2:
        return pixels if color == "gray" else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return pixels[:, :, ::-1] if color == "BGR" else pixels


def combine(planes: Sequence[Pixels], spec: Input) -> Numbers:
    """The planes of a cell as one.

    Args:
        planes: uint8, (H, W, C) each, in the order of ``spec.planes``.

    Returns:
        One plane: itself. ``stack``: uint8, (H, W, C · planes). ``mean``: float32, (H, W, C).
    """
    if len(planes) == 1:
        return planes[0]
    if spec.combine == "stack":
        return np.concatenate(planes, axis=2)
    mean: Floats = np.mean(np.stack(planes), axis=0, dtype=np.float32)
    return mean


def normalise(batch: Numbers | Sequence[Numbers], spec: Input, out: Floats | None = None) -> Floats:
    """((x / scale) − mean) / std, in float32, each step rounded as numpy rounds it.

    Args:
        batch: uint8 or float32, (N, H, W, C), or N of (H, W, C).
        spec: its mean and std hold for one image and are repeated over stacked planes.
        out: an earlier result of this shape, to be written over.

    Returns:
        float32, (N, C, H, W), a view of memory in which the channels lie together.
    """
    height, width, channels = batch[0].shape
    shape = (len(batch), height, width, channels)
    if out is None:
        out = np.empty(shape, dtype=np.float32).transpose(0, 3, 1, 2)
    together = out.transpose(0, 2, 3, 1)
    if together.shape != shape or not together.flags.c_contiguous:
        raise ValueError(f"out is no earlier result for a batch of the shape {shape}")
    # by whole rows, 5.9 times as fast as by channels (a table of 256 values each: 1.5 times);
    # several at once, as numpy begins anew for each
    at_once = math.gcd(height, _ROWS)
    long = at_once * width * channels
    mean, std = _repeated(spec.mean, long), _repeated(spec.std, long)
    for pixels, numbers in zip(batch, together, strict=True):  # an image each: it stays in cache
        source, rows = pixels.reshape(-1, long), numbers.reshape(-1, long)
        if spec.scale == 1:
            rows[...] = source
        else:
            np.divide(source, np.float32(spec.scale), out=rows)
        if any(spec.mean):
            rows -= mean
        if set(spec.std) != {1}:
            rows /= std
    return out


@lru_cache(maxsize=64)
def _repeated(values: tuple[float, ...], long: int) -> Floats:
    """A value for each channel, over and over."""
    return np.tile(np.array(values, dtype=np.float32), long // len(values))
