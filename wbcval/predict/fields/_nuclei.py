"""The nuclei of a field's leukocytes: pieces of chromatin, and which are lobes of one nucleus.

A window is what has to be looked at for one cell, so that time grows with the cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._field import opencv
from wbcval.predict.fields._stain import Floats, Mask, otsu

Numbers = NDArray[np.int32]  # (H, W), of what each pixel belongs to; 0 for nothing
Window = tuple[slice, slice]

RED = 32  # pixels of a red cell's diameter in the scaled picture
RED_AREA = np.pi / 4 * RED**2

_STAINED, _DARKEST = 0.3, 1.6  # violet densities between which Otsu's method looks for nuclei
THRESHOLDS = (0.45, 0.60)  # whatever Otsu's method says, the threshold lies between
PIECE = 0.03  # of a red cell's area: smaller pieces of chromatin are none
WHOLE = 0.7  # of a red cell's area: a compact part so large may be a nucleus of its own
SOLID = 0.9  # area of a piece within its convex hull from which it is compact
CONTRAST = 0.7  # mean violet density of a nucleus, at least
NUCLEUS = 0.45  # of a red cell's area: smaller is no leukocyte's nucleus, all its lobes together
GAP = 0.32  # of a red cell's diameter: lobes of one nucleus lie no farther apart
SPREAD = 2.9  # of a red cell's diameter: no nucleus is longer
GROUND = 0.1  # green density below which a pixel is ground
BETWEEN = 0.1  # share of ground between two pieces above which they are of two cells


def nuclei(green: Floats, violet: Floats) -> Numbers:
    """Number of the leukocyte whose nucleus each pixel belongs to, from 1, 0 for none, (H, W).

    Args:
        green: density.
        violet: density, both at ``RED`` pixels a red cell.
    """
    cv2 = opencv()
    violet = cv2.GaussianBlur(violet, (3, 3), 0)
    piece, cuts = pieces(violet)
    nucleus = _groups(piece, cuts, cv2.GaussianBlur(green, (3, 3), 0) < GROUND)[piece]
    area = np.bincount(nucleus.ravel())
    dark = np.bincount(nucleus.ravel(), violet.ravel())
    kept = (area >= NUCLEUS * RED_AREA) & (dark >= CONTRAST * area)
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32)[nucleus]


def _groups(piece: Numbers, cuts: list[set[int]], ground: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each number of a piece the number of its group; the nearest are joined first."""
    where = windows(piece)
    group = np.arange(int(piece.max(initial=0)) + 1, dtype=np.int32)
    for _, i, j in _pairs(piece, where):
        if group[i] == group[j]:
            continue
        members = np.flatnonzero((group == group[i]) | (group == group[j]))
        if any(len(cut.intersection(members.tolist())) > 1 for cut in cuts):
            continue
        window = where[i]
        for k in members:
            window = joined(window, where[int(k)])
        both = np.isin(piece[window], members)
        if _between(both, ground[window]) <= BETWEEN and _length(both) <= SPREAD * RED:
            group[members] = group[i]
    return group


def _pairs(piece: Numbers, where: dict[int, Window]) -> list[tuple[float, int, int]]:
    """Pieces that lie near: the gap in pixels, and the two numbers; the nearest first."""
    cv2 = opencv()
    most = GAP * RED
    found: list[tuple[float, int, int]] = []
    for i in where:
        window = wider(where[i], int(most) + 1, piece.shape)
        here = piece[window]
        away = cv2.distanceTransform((here != i).astype(np.uint8), cv2.DIST_L2, 5)
        near = np.unique(here[(here > i) & (away <= most)]).tolist()
        found += [(float(away[here == j].min()), i, j) for j in near]
    return sorted(found)


def _between(both: NDArray[np.bool_], ground: NDArray[np.bool_]) -> float:
    """Share of ground in the convex hull of some pieces, the pieces left out."""
    cv2 = opencv()
    hull = np.zeros(both.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(_points(both)), 1)
    gap = (hull > 0) & ~both
    return float(ground[gap].mean()) if gap.any() else 0.0


def _length(both: NDArray[np.bool_]) -> float:
    _, size, _ = opencv().minAreaRect(_points(both))
    return float(max(size))


def _points(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    y, x = np.nonzero(mask)
    return np.stack([x, y], axis=1).astype(np.int32)


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


def windows(numbers: Numbers) -> dict[int, Window]:
    """Where each number but 0 lies."""
    from scipy import ndimage

    found = ndimage.find_objects(numbers)
    return {i: window for i, window in enumerate(found, 1) if window is not None}


def wider(window: Window, by: int, shape: tuple[int, ...]) -> Window:
    """The window and ``by`` pixels on each side, within the picture."""
    rows, columns = (
        slice(max(0, part.start - by), min(size, part.stop + by))
        for part, size in zip(window, shape, strict=False)
    )
    return rows, columns


def joined(one: Window, other: Window) -> Window:
    """The smallest window that holds both."""
    rows, columns = (
        slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return rows, columns
