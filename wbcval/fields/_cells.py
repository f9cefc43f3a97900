"""Whole cells: cytoplasm around nuclei, told from the ground and from red cells.

Lengths are in diameters of a red cell.
"""

from __future__ import annotations

import cv2
import numpy as np

from wbcval.fields._stain import Floats, Labels, Mask, azure, disc, flood

_EMPTY = 0.10  # density (sum of three) below which nothing lies
_RED = 0.25  # and above which, away from nuclei and with little azure, it is a red cell
_NUCLEAR = 0.3  # azure above which it is none
_FLOOR = 0.06  # azure that cytoplasm has at least
_ABOVE = 1.5  # quartile ranges of the red cells' azure, above their median: cytoplasm
_REACH = 1.1  # of cytoplasm around a nucleus
_BLUR, _THIN, _BRIDGE, _NECK, _TAIL = 0.09, 0.10, 0.2, 0.25, 0.3  # radii
_HOLE = 0.8  # squared: the area of a gap in a cell that is filled


def cytoplasm(density: Floats, nuclear: Mask, diameter: float) -> Mask:
    """What may be leukocyte near nuclei, these included."""
    density = cv2.GaussianBlur(density, (0, 0), max(0.5, _BLUR * diameter))
    stain, depth = azure(density), density.sum(axis=2)
    away = cv2.distanceTransform(1 - nuclear, cv2.DIST_L2, 5) > _REACH * diameter
    red = away & (depth > _RED) & (stain < _NUCLEAR)
    level = _FLOOR
    if red.any():
        low, middle, high = np.percentile(stain[red], (25, 50, 75))
        level = max(level, middle + _ABOVE * (high - low))
    cell = (~away & (depth > _EMPTY) & (stain > level)).astype(np.uint8)
    found: Mask = cv2.morphologyEx(cell, cv2.MORPH_OPEN, disc(_THIN * diameter))
    found = cv2.morphologyEx(found | nuclear, cv2.MORPH_CLOSE, disc(_BRIDGE * diameter))
    _fill(found, _HOLE * diameter**2)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, disc(_NECK * diameter))
    return found | nuclear


def _fill(mask: Mask, largest: float) -> None:
    outlines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for i, outline in enumerate(outlines):
        if tree[0][i][3] >= 0 and cv2.contourArea(outline) < largest:
            cv2.drawContours(mask, [outline], -1, 1, cv2.FILLED)


def shared_out(cell: Mask, nuclei: Labels, n: int, diameter: float) -> list[Mask]:
    """The cell of each nucleus, 1 to ``n``: where two touch they part at the waist."""
    owners = flood(cv2.distanceTransform(cell, cv2.DIST_L2, 5), nuclei)
    return [_whole(owners == label, nuclei == label, diameter) for label in range(1, n + 1)]


def _whole(own: Mask, nucleus: Mask, diameter: float) -> Mask:
    """Without tails, and without what no longer hangs together with the nucleus."""
    core = nucleus.astype(np.uint8)
    body = cv2.morphologyEx(own.astype(np.uint8), cv2.MORPH_OPEN, disc(_TAIL * diameter)) | core
    _, parts = cv2.connectedComponents(body)
    found: Mask = np.isin(parts, np.unique(parts[core > 0])).astype(np.uint8)
    return found
