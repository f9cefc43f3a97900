"""Nuclei: what is stained like chromatin, cut at its waists, and joined again where one cell's.

Lengths are in diameters of a red cell, areas in areas of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from wbcval.fields._stain import Floats, Labels, Mask, disc, flood, otsu

_COLOURED, _DEEPEST = 0.25, 2.5  # azure between which the threshold is looked for
_LEAST, _MOST = 0.45, 0.75  # and between which it must lie: an absolute contrast
_GRAIN = 0.10  # radius: what is smaller is dirt, or noise
_WAIST = 0.12  # radius: how much narrower than both its sides a waist is, to be cut
_PIECE = 0.03  # area: a smaller piece is no lobe
_NUCLEUS = 0.30  # area: a smaller one is a platelet, or a nucleus the border has cut
_GAP = 0.5  # length: between two lobes of one nucleus
_TOUCH, _EXTENT, _TOUCHING = 0.05, 3.0, 3.6  # length: of one nucleus, and if its parts touch
_WHOLE = 0.80  # of what lies between two lobes of one cell is cell


@dataclass(frozen=True, eq=False)
class _Nucleus:
    """One or more pieces, their area in pixels, and their hull."""

    pieces: tuple[int, ...]
    area: float
    hull: NDArray[np.int32]

    def __add__(self, other: _Nucleus) -> _Nucleus:
        hull = cv2.convexHull(np.vstack([self.hull, other.hull]))
        return _Nucleus(self.pieces + other.pieces, self.area + other.area, hull)


def nuclear(azure: Floats, diameter: float) -> Mask:
    """Where chromatin is. Otsu always finds a threshold: it counts where it is high enough."""
    coloured = azure[azure > _COLOURED]
    level = otsu(coloured, _COLOURED, _DEEPEST) if coloured.size else _MOST
    found = (azure > min(max(level, _LEAST), _MOST)).astype(np.uint8)
    opened: Mask = cv2.morphologyEx(found, cv2.MORPH_OPEN, disc(_GRAIN * diameter))
    return opened


def nuclei(chromatin: Mask, cell: Mask, diameter: float) -> tuple[Labels, int]:
    """Nuclei as labels from 1, and how many.

    Args:
        cell: what may be leukocyte: neither ground nor red cell.
    """
    pieces, n = _cut(chromatin, diameter)
    unit = np.pi / 4 * diameter**2
    found = [_piece(pieces, label) for label in range(1, n + 1)]
    found = [one for one in found if one.area >= _PIECE * unit]
    while (pair := _pair(found, pieces, cell, diameter)) is not None:
        found = [one for one in found if one not in pair] + [pair[0] + pair[1]]
    kept = [one for one in found if one.area >= _NUCLEUS * unit]
    number = np.zeros(n + 1, np.int32)
    for label, one in enumerate(kept, 1):
        number[list(one.pieces)] = label
    return number[pieces], len(kept)


def _cut(mask: Mask, diameter: float) -> tuple[Labels, int]:
    """Pieces as labels from 1, and how many: a watershed on the distance from the border."""
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    n, marks = cv2.connectedComponents(_tops(distance, _WAIST * diameter), connectivity=8)
    return flood(distance, marks), n - 1


def _tops(distance: Floats, depth: float) -> Mask:
    """Hilltops from which the way to any higher one goes down by ``depth``."""
    kernel = np.ones((3, 3), np.uint8)
    low = np.maximum(distance - np.float32(depth), 0)
    while True:  # hills lowered by depth, and let rise again from their neighbours
        risen = np.minimum(cv2.dilate(low, kernel), distance)
        if np.array_equal(risen, low):
            break
        low = risen
    top = (distance > 0) & (distance - low > 0.99 * np.minimum(depth, distance))
    found: Mask = top.astype(np.uint8)
    return found


def _piece(pieces: Labels, label: int) -> _Nucleus:
    mask = (pieces == label).astype(np.uint8)
    return _Nucleus((label,), float(mask.sum()), cv2.convexHull(cv2.findNonZero(mask)))


def _pair(
    found: list[_Nucleus], pieces: Labels, cell: Mask, diameter: float
) -> tuple[_Nucleus, _Nucleus] | None:
    """The nearest two that may be one nucleus."""
    near = [(gap, a, b) for a, b in combinations(found, 2)
            if (gap := _gap(a, b, _GAP * diameter)) <= _GAP * diameter]  # fmt: skip
    for gap, a, b in sorted(near, key=lambda one: (one[0], one[1].pieces, one[2].pieces)):
        extent = 2 * cv2.minEnclosingCircle((a + b).hull)[1] / diameter
        most = _TOUCHING if gap <= _TOUCH * diameter else _EXTENT
        if extent <= most and _one_cell(a + b, pieces, cell):
            return a, b
    return None


def _gap(a: _Nucleus, b: _Nucleus, most: float) -> float:
    """Pixels between the hulls, 0 where they overlap; infinite where their boxes are far apart."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = cv2.boundingRect(a.hull), cv2.boundingRect(b.hull)
    if max(ax - bx - bw, bx - ax - aw, ay - by - bh, by - ay - ah) > most:
        return float("inf")
    depths = [
        cv2.pointPolygonTest(hull, (float(x), float(y)), measureDist=True)
        for points, hull in ((a.hull, b.hull), (b.hull, a.hull))
        for x, y in points.reshape(-1, 2)
    ]
    return max(0.0, -max(depths))


def _one_cell(both: _Nucleus, pieces: Labels, cell: Mask) -> bool:
    """Whether the hull is filled with cell: a cell is round, and two that touch have a waist."""
    x, y, w, h = cv2.boundingRect(both.hull)
    hull = np.zeros((h, w), np.uint8)
    cv2.fillConvexPoly(hull, both.hull - (x, y), 1)
    here = slice(y, y + h), slice(x, x + w)
    between = (hull == 1) & ~np.isin(pieces[here], both.pieces)
    return not between.any() or float(cell[here][between].mean()) >= _WHOLE
