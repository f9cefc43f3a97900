"""Parts of a picture: what has to be looked at for one cell, so that time grows with the cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]  # (H, W), of what each pixel belongs to; 0 for nothing
Window = tuple[slice, slice]


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
