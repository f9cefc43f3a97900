"""How large a red cell is in this field: the yardstick for everything else."""

from __future__ import annotations

import numpy as np

from wbcval.predict.fields._box import Pixels
from wbcval.predict.fields._opencv import opencv
from wbcval.predict.fields._stain import Floats, Mask, densities, otsu

_LONGEST = 800  # pixels of the long side on which red cells are measured
_SMALLEST = 8.0  # pixels: below, a disc is grain
_LARGEST = 0.35  # of the short side: above, there is no field around the cell
_VIOLET = 0.35  # above, it is no red cell
_CONTRAST = 0.1  # the least green density between ground and red cells
_REDDEST = -0.8  # violet density: haemoglobin in heaps comes to -0.75, paint goes below
_SPREAD = 0.8  # and haemoglobin is of one colour
_FEWEST = 3  # red cells for a yardstick
_POWER = 1.2  # of a diameter, as its weight: grain is many, but small
_WIDTH = 0.15  # of the kernel, in natural logarithms of the diameter
_PEAK = 0.9  # of the highest: a heap is larger than the red cells beside it
_PALLOR = 0.3  # of a red cell's area: larger holes are ground between cells


def red_cell_diameter(pixels: Pixels, light: np.ndarray) -> float | None:
    """The usual diameter of a red cell in pixels of the field, or None where none is to be had.

    Args:
        light: of the ground.
    """
    cv2 = opencv()
    height, width = pixels.shape[:2]
    factor = min(1.0, _LONGEST / max(height, width))
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    green, violet = densities(pixels, light)
    green = cv2.GaussianBlur(green, (5, 5), 0)
    level = otsu(green[violet < _VIOLET], -0.1, 0.8)
    if level is None:
        return None
    red = (green > level) & (violet < _VIOLET)
    ground = (green <= level) & (violet < _VIOLET)
    if not red.any() or not ground.any():
        return None
    if green[red].mean() - green[ground].mean() < _CONTRAST:
        return None
    lowest, highest = np.percentile(violet[red], (5, 95))
    if lowest < _REDDEST or highest - lowest > _SPREAD:
        return None
    cells = (green > level).astype(np.uint8) * 255
    bounds = (_SMALLEST, _LARGEST * min(pixels.shape[:2]))
    diameter = _mode(_discs(_filled(cells, None), violet, bounds))
    if diameter is not None:  # the ground between cells was filled too
        cells = _filled(cells, _PALLOR * np.pi / 4 * diameter**2)
        diameter = _mode(_discs(cells, violet, bounds))
    return None if diameter is None else diameter / factor


def _filled(cells: Mask, largest: float | None) -> Mask:
    """Without holes: the pallor of red cells; none above ``largest`` pixels."""
    cv2 = opencv()
    _, label, stats, _ = cv2.connectedComponentsWithStats(255 - cells, connectivity=4)
    height, width = cells.shape
    x, y, w, h, area = (stats[:, i] for i in range(5))
    hole = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    if largest is not None:
        hole &= area <= largest
    hole[0] = False
    return np.where(hole[label] | (cells > 0), 255, 0).astype(np.uint8)


def _discs(cells: Mask, violet: Floats, bounds: tuple[float, float]) -> np.ndarray:
    """Diameters of the largest discs that fit: one about each red cell, also in a heap."""
    cv2 = opencv()
    far = cv2.GaussianBlur(cv2.distanceTransform(cells, cv2.DIST_L2, 5), (5, 5), 0)
    top = (far >= cv2.dilate(far, np.ones((9, 9), np.uint8))) & (2 * far > bounds[0])
    top &= (2 * far < bounds[1]) & (cv2.blur(violet, (9, 9)) < _VIOLET / 2)
    n, label = cv2.connectedComponents(top.astype(np.uint8))
    highest = np.zeros(n, np.float64)
    np.maximum.at(highest, label[top], far[top])
    return 2 * highest[1:]


def _mode(diameters: np.ndarray) -> float | None:
    """The commonest diameter: the smallest of the peaks that are about as high as the highest."""
    if len(diameters) < _FEWEST:
        return None
    at = np.log(diameters)
    grid = np.arange(at.min(), at.max() + 0.01, 0.01)
    weight = diameters**_POWER
    density = (weight * np.exp(-(((grid[:, None] - at) / _WIDTH) ** 2) / 2)).sum(axis=1)
    peak = np.ones(len(grid), bool)
    peak[1:] &= density[1:] > density[:-1]
    peak[:-1] &= density[:-1] >= density[1:]
    return float(np.exp(grid[peak & (density >= _PEAK * density.max())][0]))
