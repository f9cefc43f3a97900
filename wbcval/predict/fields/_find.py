"""From a field's pixels to its leukocytes' boxes: nuclei, the cells about them, their boxes.

A cell's cytoplasm is more violet than red cells are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._field import Box, Pixels, Unscaled, check, opencv
from wbcval.predict.fields._nuclei import RED, Numbers, Window, nuclei, wider, windows
from wbcval.predict.fields._stain import Floats, densities, ground, red_cell_diameter

MARGIN = 0.06  # of a red cell's diameter: the box is wider than what was found, on each side
_SHORTEST = 32  # pixels of a side: smaller is no field
REACH = 0.8  # of a red cell's diameter: cytoplasm lies no farther from its nucleus
STRAND = 0.2  # of a red cell's diameter: thinner violet strands are borders of red cells
LEAST = 0.08  # violet density below which it is no cytoplasm
ABOVE = 0.03  # and so much more violet than three quarters of the red cells' area
_STAINED, _NUCLEAR = 0.15, 0.4  # red cells: green density from, violet density to


def find(pixels: Pixels) -> tuple[Box, ...]:
    """The leukocytes of a smear field, from the top left.

    The nuclei are found first, by their violet stain, and judged by their size in relation to the
    red cells of the same field; each is then widened by its cytoplasm.

    Args:
        pixels: uint8, (H, W, 3), RGB.

    Returns:
        Boxes sorted by their top, then their left side; the same for the same pixels.

    Raises:
        InputError: where OpenCV is not installed.
        Unscaled: without red cells to measure, or a bright ground around them: whether there are
            leukocytes cannot be said.
        ValueError: for another type or shape.
    """
    cv2 = opencv()
    check(pixels)
    height, width = pixels.shape[:2]
    if min(height, width) < _SHORTEST:
        raise Unscaled(f"a field of {width} × {height} pixels is too small to hold red cells")
    light = ground(pixels)
    if light is None:
        raise Unscaled("there is no bright ground")
    diameter = red_cell_diameter(pixels, light)
    if diameter is None:
        raise Unscaled("there are too few red cells to tell a leukocyte by its size")
    size = (max(1, round(width * RED / diameter)), max(1, round(height * RED / diameter)))
    way = cv2.INTER_AREA if diameter > RED else cv2.INTER_LINEAR
    green, violet = densities(cv2.resize(pixels, size, interpolation=way), light)
    found = cells(green, violet, nuclei(green, violet))
    scale = (height / violet.shape[0], width / violet.shape[1])
    boxes = [_box(window, cell, scale, (height, width)) for window, cell in found]
    return tuple(sorted(boxes, key=lambda b: (b.y_min, b.x_min, b.y_max, b.x_max)))


def _box(
    window: Window, cell: NDArray[np.bool_], scale: tuple[float, float], size: tuple[int, int]
) -> Box:
    """The box of a cell of the scaled picture in the field of ``size``, (height, width)."""
    (down, across), (height, width) = scale, size
    y, x = (at + part.start for at, part in zip(np.nonzero(cell), window, strict=True))
    edge = MARGIN * RED
    x_min, x_max = np.floor((x.min() - edge) * across), np.ceil((x.max() + 1 + edge) * across)
    y_min, y_max = np.floor((y.min() - edge) * down), np.ceil((y.max() + 1 + edge) * down)
    return Box(
        x_min=max(0, int(x_min)), y_min=max(0, int(y_min)),
        x_max=min(width, int(x_max)), y_max=min(height, int(y_max)),
        area=max(1, round(len(x) * down * across)),
        touches_edge=bool(x_min < 0 or y_min < 0 or x_max > width or y_max > height),
    )  # fmt: skip


def cells(
    green: Floats, violet: Floats, nucleus: Numbers
) -> list[tuple[Window, NDArray[np.bool_]]]:
    """For each nucleus, by its number, a window and the cell's mask in it.

    Touching cells are parted where two nuclei are equally near.

    Args:
        green: density.
        violet: density, both at ``RED`` pixels a red cell.
        nucleus: number of the leukocyte whose nucleus each pixel belongs to, from 1.
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
    level = max(LEAST, float(np.percentile(red, 75)) + ABOVE if len(red) else 0.0)
    wide = 2 * round(STRAND * RED / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    found = []
    for i, place in windows(nucleus).items():
        window = wider(place, int(REACH * RED) + wide, nucleus.shape)
        own, reach = nucleus[window] == i, mine[window] == i
        cell = (((smooth[window] > level) | own) & reach).astype(np.uint8)
        cell = cv2.morphologyEx(cell, cv2.MORPH_CLOSE, disc)
        cell = cv2.morphologyEx(cell, cv2.MORPH_OPEN, disc) | own
        _, part = cv2.connectedComponents(cell)
        found.append((window, np.isin(part, np.unique(part[own])) & reach))
    return found
