"""Pieces of chromatin in a field drawn to one scale, cut where two nuclei touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._opencv import opencv
from wbcval.predict.fields._stain import Floats, Mask, otsu
from wbcval.predict.fields._windows import Numbers, windows

RED = 32  # pixels of a red cell's diameter in the scaled picture
RED_AREA = np.pi / 4 * RED**2

_STAINED, _DARKEST = 0.3, 1.6  # violet densities between which Otsu's method looks for nuclei
THRESHOLDS = (0.45, 0.60)  # whatever Otsu's method says, the threshold lies between
PIECE = 0.03  # of a red cell's area: smaller pieces of chromatin are none
WHOLE = 0.7  # of a red cell's area: a compact part so large may be a nucleus of its own
SOLID = 0.9  # area of a piece within its convex hull from which it is compact


def pieces(violet: Floats) -> tuple[Numbers, list[set[int]]]:
    """Number of the piece of chromatin that each pixel belongs to, 0 for none, (H, W).

    Args:
        violet: density, at ``RED`` pixels a red cell.

    Returns:
        The numbers, and the sets of those that were cut from one another.
    """
    cv2 = opencv()
    level = otsu(violet, _STAINED, _DARKEST)
    if level is None:
        return np.zeros(violet.shape, np.int32), []
    dark = (violet > np.clip(level, *THRESHOLDS)).astype(np.uint8) * 255
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc)
    last, found, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < PIECE * RED_AREA
    found[small[found]] = 0
    cuts = []
    for i, window in windows(found).items():
        here = found[window]
        if stats[i, cv2.CC_STAT_AREA] >= 2 * WHOLE * RED_AREA:
            parts = _parts((here == i).astype(np.uint8) * 255)
            here[here == i] = 0  # the watershed's line belongs to no part
            numbers = [i, *range(last, last + len(parts) - 1)]
            for number, part in zip(numbers, parts, strict=True):
                here[part] = number
            last += len(parts) - 1
            cuts.append(set(numbers))
    return found, cuts


def _parts(piece: Mask) -> list[NDArray[np.bool_]]:
    """The compact nuclei that touch in a piece, cut by a watershed, or the piece alone."""
    cv2 = opencv()
    padded = cv2.copyMakeBorder(piece, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    far = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    slope = np.clip(255 - 255 * far / far.max(), 0, 255).astype(np.uint8)
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        n, seeds = cv2.connectedComponents((far > share * far.max()).astype(np.uint8))
        if n < 3:
            continue
        marks = np.where(padded > 0, seeds, n).astype(np.int32)  # n: what lies outside
        marks = cv2.watershed(cv2.cvtColor(slope, cv2.COLOR_GRAY2BGR), marks)[1:-1, 1:-1]
        parts = [marks == i for i in range(1, n)]
        if all(_is_whole(part) for part in parts):
            return parts
    return [piece > 0]


def _is_whole(piece: NDArray[np.bool_]) -> bool:
    """Whether it is so large and compact that it may be a nucleus of its own."""
    area = int(piece.sum())
    if area < WHOLE * RED_AREA:
        return False
    cv2 = opencv()
    y, x = np.nonzero(piece)
    corners = np.concatenate([np.stack([x + dx, y + dy], 1) for dx in (0, 1) for dy in (0, 1)])
    return bool(area >= SOLID * cv2.contourArea(cv2.convexHull(corners.astype(np.int32))))
