"""Where a cell lies in its field, and the checks that all functions share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB


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
