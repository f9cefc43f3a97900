"""From the picture of a field to the boxes of its leukocytes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from wbcval.fields._cells import cytoplasm, shared_out
from wbcval.fields._nuclei import nuclear, nuclei
from wbcval.fields._scale import red_cell_diameter
from wbcval.fields._stain import Mask, azure, densities, foreign
from wbcval.fields._types import Box, Unscaled

cv2.setNumThreads(1)  # the runner's threads each work on a field of their own

_LONGEST = 2000  # pixels: of the picture whose red cells are first measured
_WORK = 36.0  # pixels of a red cell's diameter; larger pictures are reduced to that
_FOREIGN = 0.03  # of the pixels may have a colour that no smear has: noise is full of them
_UNKNOWN = 24.0  # diameter in pixels for looking whether there are nuclei at all


def find(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    """The leukocytes: see :func:`wbcval.fields.find`."""
    height, width = pixels.shape[:2]
    factor = min(1.0, _LONGEST / max(height, width))
    density = densities(_reduced(pixels, factor))
    if foreign(density) > _FOREIGN or not nuclear(azure(density), _UNKNOWN).any():
        return ()
    diameter = red_cell_diameter(density)
    if diameter is not None and diameter > _WORK:
        factor *= _WORK / diameter
        density = densities(_reduced(pixels, factor))
        diameter = red_cell_diameter(density)
    if diameter is None:
        raise Unscaled("there are too few red cells to tell a leukocyte by its size")
    chromatin = nuclear(azure(density), diameter)
    cell = cytoplasm(density, chromatin, diameter)
    labels, n = nuclei(chromatin, cell, diameter)
    found = [_box(mask, width, height) for mask in shared_out(cell, labels, n, diameter)]
    return tuple(sorted(found, key=lambda box: (box.y_min, box.x_min, box.y_max, box.x_max)))


def _reduced(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return pixels
    found: NDArray[np.uint8] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return found


def _box(mask: Mask, width: int, height: int) -> Box:
    """Of a mask of the reduced picture, in pixels of the whole one."""
    x, y, w, h = cv2.boundingRect(mask)
    high, wide = mask.shape
    left, right = (round(v * width / wide) for v in (x, x + w))
    top, bottom = (round(v * height / high) for v in (y, y + h))
    return Box(left, top, right, bottom)
