"""Which pieces of chromatin are lobes of one nucleus, and which nuclei are a leukocyte's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._opencv import opencv
from wbcval.predict.fields._pieces import RED, RED_AREA, pieces
from wbcval.predict.fields._stain import Floats
from wbcval.predict.fields._windows import Numbers, Window, joined, wider, windows

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
