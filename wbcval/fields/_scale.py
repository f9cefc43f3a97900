"""The field's own measure of length: the diameter of its red cells."""

from __future__ import annotations

import cv2
import numpy as np

from wbcval.fields._stain import Floats, Mask, azure, otsu

_FAINT = 0.08  # density of green below which nothing lies
_NUCLEAR = 0.3  # azure above which it is no red cell
_CONVEX = 0.88  # of its hull: a hole in a red cell, where it is thin; other gaps are not round
_FEWEST = 4  # red cells, below which their median says nothing
_SMALLEST = 4.0  # radius in pixels


def red_cell_diameter(density: Floats) -> float | None:
    """The usual diameter in pixels, or ``None`` where there are too few red cells.

    Of the largest discs that fit into what is stained red, none with its centre in a larger one,
    the median by area. Where red cells lie on each other the discs grow: up to half too large.
    """
    radii = np.sort(_discs(cv2.distanceTransform(_red(density), cv2.DIST_L2, 5)))
    if len(radii) < _FEWEST:
        return None
    area = np.cumsum(radii**2)
    return float(2 * radii[np.searchsorted(area, area[-1] / 2)])


def _red(density: Floats) -> Mask:
    green, stain = density[..., 1], azure(density)
    level = max(_FAINT, otsu(green[stain < _NUCLEAR], 0.0, 1.0))
    found: Mask = (green > level).astype(np.uint8)
    outlines, tree = cv2.findContours(found, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for i, outline in enumerate(outlines):
        hull = cv2.contourArea(cv2.convexHull(outline))
        if tree[0][i][3] >= 0 and cv2.contourArea(outline) >= _CONVEX * hull:
            cv2.drawContours(found, [outline], -1, 1, cv2.FILLED)
    found[stain > _NUCLEAR] = 0
    return found


def _discs(distance: Floats) -> Floats:
    """Radii of discs, from the largest, of which none has its centre in one before."""
    peak = (distance == cv2.dilate(distance, np.ones((5, 5), np.uint8))) & (distance > _SMALLEST)
    y, x = np.nonzero(peak)
    covered = np.zeros(distance.shape, np.uint8)
    found = []
    for i in np.lexsort((x, y, -distance[y, x])):
        if not covered[y[i], x[i]]:
            radius = float(distance[y[i], x[i]])
            found.append(radius)
            cv2.circle(covered, (int(x[i]), int(y[i])), int(radius), 1, cv2.FILLED)
    return np.array(found, np.float32)
