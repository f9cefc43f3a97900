"""A cell cut out of its field, as a classifier gets it."""

from __future__ import annotations

import numpy as np

from wbcval.predict.fields._box import Box, Pixels, check

MARGIN = 0.08  # of the box's longer side
PIXELS = 2  # and so many more


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
