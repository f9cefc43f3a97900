"""The cell about each nucleus: its cytoplasm is more violet than red cells are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._opencv import opencv
from wbcval.predict.fields._pieces import RED
from wbcval.predict.fields._stain import Floats
from wbcval.predict.fields._windows import Numbers, Window, wider, windows

REACH = 0.8  # of a red cell's diameter: cytoplasm lies no farther from its nucleus
STRAND = 0.2  # of a red cell's diameter: thinner violet strands are borders of red cells
LEAST = 0.08  # violet density below which it is no cytoplasm
ABOVE = 0.03  # and so much more violet than three quarters of the red cells' area
_STAINED, _NUCLEAR = 0.15, 0.4  # red cells: green density from, violet density to


def cells(
    green: Floats, violet: Floats, nucleus: Numbers
) -> list[tuple[Window, NDArray[np.bool_]]]:
    """For each nucleus, by its number, a window and the cell's mask in it.

    Touching cells are parted where two nuclei are equally near.

    Args:
        green: density.
        violet: density, both at ``RED`` pixels a red cell.
        nucleus: number of the leukocyte whose nucleus each pixel belongs to, from 1.
    """
    cv2 = opencv()
    smooth = cv2.GaussianBlur(violet, (7, 7), 0)
    away, nearest = cv2.distanceTransformWithLabels(
        (nucleus == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.zeros(int(nearest.max()) + 1, np.int32)
    number[nearest[nucleus > 0]] = nucleus[nucleus > 0]
    mine = np.where(away <= REACH * RED, number[nearest], 0)
    red = smooth[(away > REACH * RED) & (green > _STAINED) & (violet < _NUCLEAR)]
    level = max(LEAST, float(np.percentile(red, 75)) + ABOVE if len(red) else 0.0)
    wide = 2 * round(STRAND * RED / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    found = []
    for i, place in windows(nucleus).items():
        window = wider(place, int(REACH * RED) + wide, nucleus.shape)
        own, reach = nucleus[window] == i, mine[window] == i
        cell = (((smooth[window] > level) | own) & reach).astype(np.uint8)
        cell = cv2.morphologyEx(cell, cv2.MORPH_CLOSE, disc)
        cell = cv2.morphologyEx(cell, cv2.MORPH_OPEN, disc) | own
        _, part = cv2.connectedComponents(cell)
        found.append((window, np.isin(part, np.unique(part[own])) & reach))
    return found
