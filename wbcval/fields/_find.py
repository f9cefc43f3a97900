"""From a field's pixels to its leukocytes' boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.fields._box import Box, Pixels, check
from wbcval.fields._nuclei import RED, nuclei
from wbcval.fields._opencv import opencv
from wbcval.fields._scale import red_cell_diameter
from wbcval.fields._stain import Floats, Mask, densities, ground

REACH = 0.8  # of a red cell's diameter: cytoplasm lies no farther from its nucleus
STRAND = 0.2  # of a red cell's diameter: thinner violet strands are borders of red cells
MARGIN = 0.06  # of a red cell's diameter: the box is wider than what was found, on each side
_LEAST = 0.08  # violet density below which it is no cytoplasm
_ABOVE = 0.03  # and so much more violet than three quarters of the red cells' area
_STAINED, _NUCLEAR = 0.15, 0.4  # red cells: green density from, violet density to
_SHORTEST = 32  # pixels of a side: smaller is no field


def find(pixels: Pixels) -> tuple[Box, ...]:
    """The leukocytes of a smear field, from the top left.

    The nuclei are found first, by their violet stain, and judged by their size in relation to the
    red cells of the same field; each is then widened by its cytoplasm. Without red cells to
    measure, or without a bright ground, nothing is found.

    Args:
        pixels: uint8, (H, W, 3), RGB.

    Returns:
        Boxes sorted by their top, then their left side; the same for the same pixels.

    Raises:
        InputError: where OpenCV is not installed.
        ValueError: for another type or shape.
    """
    cv2 = opencv()
    check(pixels)
    height, width = pixels.shape[:2]
    if min(height, width) < _SHORTEST:
        return ()
    light = ground(pixels)
    diameter = None if light is None else red_cell_diameter(pixels, light)
    if light is None or diameter is None:
        return ()
    size = (max(1, round(width * RED / diameter)), max(1, round(height * RED / diameter)))
    way = cv2.INTER_AREA if RED < diameter else cv2.INTER_LINEAR
    green, violet = densities(cv2.resize(pixels, size, interpolation=way), light)
    nucleus = nuclei(green, violet)
    cells = _cells(green, violet, nucleus)
    boxes = [_box(cells == i, (height, width)) for i in range(1, int(nucleus.max(initial=0)) + 1)]
    return tuple(sorted(boxes, key=lambda b: (b.y_min, b.x_min, b.y_max, b.x_max)))


def _cells(green: Floats, violet: Floats, nucleus: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number of the leukocyte each pixel belongs to, nucleus and cytoplasm, (H, W).

    Touching cells are parted where two nuclei are equally near.
    """
    cv2 = opencv()
    smooth = cv2.GaussianBlur(violet, (7, 7), 0)
    away, nearest = cv2.distanceTransformWithLabels(
        (nucleus == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.zeros(int(nearest.max()) + 1, np.int32)
    number[nearest[nucleus > 0]] = nucleus[nucleus > 0]
    mine = np.where(away <= REACH * RED, number[nearest], 0)
    red = smooth[(away > REACH * RED) & (green > _STAINED) & (violet < _NUCLEAR)]
    level = max(_LEAST, float(np.percentile(red, 75)) + _ABOVE if len(red) else 0.0)
    wide = 2 * round(STRAND * RED / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    cells = nucleus.copy()
    for i in range(1, int(nucleus.max(initial=0)) + 1):
        cell = (((smooth > level) | (nucleus == i)) & (mine == i)).astype(np.uint8)
        cell = cv2.morphologyEx(cell, cv2.MORPH_CLOSE, disc)
        cell = cv2.morphologyEx(cell, cv2.MORPH_OPEN, disc)
        _, part = cv2.connectedComponents(cell | (nucleus == i))
        of_it = np.isin(part, np.unique(part[nucleus == i])) & (mine == i)
        cells[of_it] = i
    return cells


def _box(cell: NDArray[np.bool_], size: tuple[int, int]) -> Box:
    """The box of a cell of the scaled picture in the field of ``size``, (height, width)."""
    height, width = size
    down, across = height / cell.shape[0], width / cell.shape[1]
    y, x = np.nonzero(cell)
    edge = MARGIN * RED
    x_min, x_max = np.floor((x.min() - edge) * across), np.ceil((x.max() + 1 + edge) * across)
    y_min, y_max = np.floor((y.min() - edge) * down), np.ceil((y.max() + 1 + edge) * down)
    return Box(
        x_min=max(0, int(x_min)), y_min=max(0, int(y_min)),
        x_max=min(width, int(x_max)), y_max=min(height, int(y_max)),
        area=max(1, round(len(x) * down * across)),
        touches_edge=bool(x_min < 0 or y_min < 0 or x_max > width or y_max > height),
    )  # fmt: skip
