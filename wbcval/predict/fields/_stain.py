"""What the stain did to the light, and how large a red cell is: the yardsticks of a field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._field import Pixels, opencv

Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]  # 0 or 255

_GROUND = 90.0  # per cent: of each channel the light that passed beside the cells
_DARKEST_GROUND = 60  # grey levels: a ground below is no bright field

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


def ground(pixels: Pixels) -> NDArray[np.float64] | None:
    """The light of the empty ground, (3,), or None where the picture has no bright ground."""
    # few enough for any size; the same ones every time
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / 1e6)))
    light = np.percentile(pixels[::step, ::step].reshape(-1, 3), _GROUND, axis=0)
    return light if light.min() >= _DARKEST_GROUND else None


def densities(pixels: Pixels, light: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Green and violet density of each pixel, both (H, W), natural logarithms.

    Every stain absorbs green. Nuclei absorb red and let blue pass; haemoglobin and eosin do the
    opposite. So red + green − 2 × blue is about 0 for the ground, below or little above 0 for red
    cells whatever their thickness, 0.1 to 0.4 for cytoplasm and 0.7 to 2 for nuclei.
    """
    cv2 = opencv()
    levels = np.arange(256, dtype=np.float64)
    red, green, blue = (
        cv2.LUT(
            np.ascontiguousarray(pixels[:, :, i]),
            -np.log((levels + 1) / (light[i] + 1)).astype(np.float32),
        )
        for i in range(3)
    )
    return green, red + green - 2 * blue


def otsu(values: Floats, low: float, high: float) -> float | None:
    """Otsu's threshold of the values between two bounds, or None where there are none."""
    inside = values[(values > low) & (values < high)]
    if not len(inside):
        return None
    levels = ((inside - low) * (255 / (high - low))).astype(np.uint8)
    cv2 = opencv()
    level, _ = cv2.threshold(levels.reshape(1, -1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return low + float(level + 0.5) * (high - low) / 255


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
