"""Colour as amounts of dye: what a pixel absorbs of red, green and blue light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]  # 0 or 1
Labels = NDArray[np.int32]

_LIGHT = 95  # percentile of a channel that is taken for the light where nothing lies
_BLUR = 1.0  # standard deviation in pixels
_GREEN = 0.2  # density


def densities(pixels: NDArray[np.uint8]) -> Floats:
    """Optical densities (natural logarithm), (height, width, 3), 0 where nothing lies."""
    light = np.percentile(pixels.reshape(-1, 3), _LIGHT, axis=0).astype(np.float32)
    smooth = cv2.GaussianBlur(pixels, (0, 0), _BLUR).astype(np.float32)
    found: Floats = np.log((light + 1) / (smooth + 1))
    return found


def foreign(density: Floats) -> float:
    """The share of pixels that let green pass and hold red back, as no dye of a smear does."""
    return float((density[..., 0] > density[..., 1] + _GREEN).mean())


def azure(density: Floats) -> Floats:
    """The blue dye less the red one, (height, width).

    Chromatin absorbs red and green light and lets blue pass; haemoglobin absorbs blue as well as
    green. So nuclei are near 1, cytoplasm is above 0, and red cells are at 0 or below. What is
    merely dark, dirt for one, is near 0 too.
    """
    found: Floats = density[..., 0] + density[..., 1] - 2 * density[..., 2]
    return found


def otsu(values: Floats, low: float, high: float) -> float:
    """Otsu's threshold of values from ``low`` to ``high``."""
    grey = np.clip((values - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(grey.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return low + float(level) / 255 * (high - low)


def disc(radius: float) -> Mask:
    """A round structuring element."""
    r = max(1, round(radius))
    found: Mask = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    return found


def flood(distance: Floats, marks: Labels) -> Labels:
    """The watershed of hills, from marks on them: labels meet in the passes between the hills.

    OpenCV's own watershed follows the differences between neighbours, which on a distance from a
    border are all the same, so the flood is done here, step by step down.

    Args:
        distance: height of each pixel, from 0; what is at 0 gets no label.
        marks: labels from 1; 0 where it is to be decided.
    """
    kernel = np.ones((3, 3), np.uint8)
    found = marks.astype(np.float32)
    for level in range(int(distance.max()), -1, -1):
        here = distance > level
        while True:
            fresh = np.where((found == 0) & here, cv2.dilate(found, kernel), found)
            if np.array_equal(fresh, found):
                break
            found = fresh
    return found.astype(np.int32)
