"""The nuclei of a field drawn to one scale: pieces of chromatin, and which belong to one cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.fields._opencv import opencv
from wbcval.fields._stain import Floats, Mask, otsu

RED = 32  # pixels of a red cell's diameter in the scaled picture
_RED_AREA = np.pi / 4 * RED**2

_STAINED = 0.3  # violet density above which Otsu's method looks for nuclei
_DARKEST = 1.6
THRESHOLDS = (0.45, 0.60)  # whatever Otsu's method says, the threshold lies between
CONTRAST = 0.7  # mean violet density of a nucleus, at least
PIECE = 0.03  # of a red cell's area: smaller pieces of chromatin are none
NUCLEUS = 0.35  # of a red cell's area: smaller is no leukocyte's nucleus, all its pieces together
WHOLE = 0.7  # of a red cell's area: a compact piece so large is a nucleus of its own
SOLID = 0.9  # area of a piece within its convex hull from which it is compact
GAP = 0.32  # of a red cell's diameter: lobes of one nucleus lie no farther apart
_GROUND = 0.1  # green density below which a pixel is ground
BETWEEN = 0.1  # share of ground between two compact pieces from which they are two cells
SPREAD = 2.6  # of a red cell's diameter: no nucleus is longer


def nuclei(green: Floats, violet: Floats) -> NDArray[np.int32]:
    """Number of the leukocyte whose nucleus each pixel belongs to, 0 for none, (H, W).

    Args:
        green: density.
        violet: density, both at ``RED`` pixels a red cell.
    """
    cv2 = opencv()
    smooth = cv2.GaussianBlur(violet, (3, 3), 0)
    level = otsu(smooth, _STAINED, _DARKEST)
    none = np.zeros(violet.shape, np.int32)
    if level is None:
        return none
    dark = (smooth > np.clip(level, *THRESHOLDS)).astype(np.uint8) * 255
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc)
    pieces = _cut(dark)
    group = _groups(pieces, cv2.GaussianBlur(green, (3, 3), 0) < _GROUND)
    return _kept(group[pieces], smooth)


def _cut(dark: Mask) -> NDArray[np.int32]:
    """Pieces of chromatin, numbered; where two whole nuclei touch, cut at the neck by a watershed."""
    cv2 = opencv()
    n, pieces, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    after = n
    for i in range(1, n):
        x, y, w, h, area = stats[i]
        if area < PIECE * _RED_AREA:
            pieces[pieces == i] = 0
        elif area >= 2 * WHOLE * _RED_AREA:
            here = pieces[y : y + h, x : x + w]
            parts = _halves((here == i).astype(np.uint8) * 255)
            for part in parts[1:]:
                here[part] = after
                after += 1
    return pieces


def _halves(piece: Mask) -> list[NDArray[np.bool_]]:
    """The parts of a piece that are whole, compact nuclei each, or the piece alone."""
    cv2 = opencv()
    padded = cv2.copyMakeBorder(piece, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    far = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    alone = [piece > 0]
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        n, seeds = cv2.connectedComponents((far > share * far.max()).astype(np.uint8))
        if n < 3:
            continue
        marks = np.where(padded > 0, seeds, n).astype(np.int32)  # n: what lies outside
        slope = cv2.cvtColor(
            (255 - 255 * far / far.max()).astype(np.uint8), cv2.COLOR_GRAY2BGR
        )
        marks = cv2.watershed(slope, marks)[1:-1, 1:-1]
        parts = [(marks == i) & (piece > 0) for i in range(1, n)]
        if all(_is_whole(part) for part in parts):
            return parts
    return alone


def _is_whole(part: NDArray[np.bool_]) -> bool:
    area = int(part.sum())
    return area >= WHOLE * _RED_AREA and area >= SOLID * _hull(part)


def _hull(part: NDArray[np.bool_]) -> float:
    """Area of the convex hull, in pixels."""
    cv2 = opencv()
    y, x = np.nonzero(part)
    corners = np.concatenate([np.stack([x + dx, y + dy], 1) for dx in (0, 1) for dy in (0, 1)])
    return float(cv2.contourArea(cv2.convexHull(corners.astype(np.int32))))


def _groups(pieces: NDArray[np.int32], ground: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each piece, by its number, the number of its leukocyte: near pieces are lobes of one."""
    cv2 = opencv()
    numbers = [int(i) for i in np.unique(pieces) if i]
    group = np.zeros(int(pieces.max()) + 1, np.int32)
    group[numbers] = numbers
    masks = {i: pieces == i for i in numbers}
    whole = {i: _is_whole(masks[i]) for i in numbers}
    near = []
    for i in numbers:
        away = cv2.distanceTransform((~masks[i]).astype(np.uint8), cv2.DIST_L2, 5)
        near += [(float(away[masks[j]].min()), i, j) for j in numbers if j > i]
    for gap, i, j in sorted(near):
        a, b = group[i], group[j]
        if gap > GAP * RED or a == b:
            continue
        one, other = ([k for k in numbers if group[k] == g] for g in (a, b))
        both = np.isin(pieces, one + other)
        apart = any(whole[k] for k in one) and any(whole[k] for k in other)
        if apart and _between(both, ground) > BETWEEN:
            continue
        if _length(both) <= SPREAD * RED:
            group[other] = a
    return group


def _between(pieces: NDArray[np.bool_], ground: NDArray[np.bool_]) -> float:
    """Share of ground in the convex hull of pieces, the pieces left out."""
    cv2 = opencv()
    y, x = np.nonzero(pieces)
    hull = np.zeros(pieces.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.stack([x, y], 1).astype(np.int32)), 1)
    gap = (hull > 0) & ~pieces
    return float(ground[gap].mean()) if gap.any() else 0.0


def _length(mask: NDArray[np.bool_]) -> float:
    cv2 = opencv()
    y, x = np.nonzero(mask)
    _, size, _ = cv2.minAreaRect(np.stack([x, y], 1).astype(np.int32))
    return float(max(size))


def _kept(label: NDArray[np.int32], violet: Floats) -> NDArray[np.int32]:
    """Only what is large and dark enough for a leukocyte, numbered from 1."""
    kept = np.zeros_like(label)
    n = 0
    for i in np.unique(label[label > 0]):
        mask = label == i
        if mask.sum() >= NUCLEUS * _RED_AREA and violet[mask].mean() >= CONTRAST:
            n += 1
            kept[mask] = n
    return kept
