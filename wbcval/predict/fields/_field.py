"""A smear field: its pixels, the boxes of its leukocytes, a cell cut out of it; and OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from wbcval.machine import opencv as machine_opencv

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB
MARGIN = 0.08  # of the box's longer side
PIXELS = 2  # and so many more


@dataclass(frozen=True, slots=True)
class Box:
    """A leukocyte's box in pixels of the field: first row and column in, the last out.

    Attributes:
        area: pixels that were taken for the cell, nucleus and cytoplasm.
        touches_edge: the cell reaches the border of the picture, so a part of it may be missing.
    """

    x_min: int
    y_min: int
    x_max: int
    y_max: int
    area: int
    touches_edge: bool


class Unscaled(ValueError):  # noqa: N818 (a field, not a mistake)
    """A picture in which nothing tells how large a leukocyte is; not one without leukocytes."""


def check(pixels: Pixels) -> None:
    """Refuse what is not a picture in colour.

    Raises:
        ValueError: for another type or shape than uint8, (H, W, 3).
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"a field is uint8, (H, W, 3); got {pixels.dtype}, {pixels.shape}")


def crop(pixels: Pixels, box: Box, margin: float = MARGIN) -> Pixels:
    """The box widened on all sides by ``margin`` of its longer side, whole pixels, and 2 more.

    Not made square, and cut at the border of the picture: nothing is invented around a cell. Where
    the cell itself may be cut, ``box.touches_edge`` says so.

    Args:
        pixels: the field, uint8, (H, W, 3), RGB.
        box: as :func:`find` gave it for these pixels.

    Returns:
        uint8, (h, w, 3), a copy.
    """
    check(pixels)
    height, width = pixels.shape[:2]
    by = int(margin * max(box.x_max - box.x_min, box.y_max - box.y_min)) + PIXELS
    rows = slice(max(0, box.y_min - by), min(height, box.y_max + by))
    columns = slice(max(0, box.x_min - by), min(width, box.x_max + by))
    return np.ascontiguousarray(pixels[rows, columns])


def opencv() -> ModuleType:
    """The module ``cv2``, on one thread.

    Raises:
        InputError: where it is not installed.
    """
    return machine_opencv.opencv("--fields", "finds the cells")


def versions() -> dict[str, str]:
    """Of what the boxes depend on.

    Raises:
        InputError: where it is not installed.
    """
    return {"opencv": str(opencv().__version__)}
