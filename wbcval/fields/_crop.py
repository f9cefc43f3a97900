"""What of a field is handed to the classifier."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.fields._types import Box

_SHARE, _MORE = 0.08, 2  # of the box's longer side, and pixels: added on each side


def crop(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The cell with a margin of 8 % of its longer side and 2 pixels, as far as the picture goes.

    Args:
        pixels: (height, width, 3).

    Returns:
        A contiguous copy.
    """
    margin = int(_SHARE * max(box.width, box.height)) + _MORE
    rows = slice(max(0, box.y_min - margin), box.y_max + margin)
    columns = slice(max(0, box.x_min - margin), box.x_max + margin)
    return pixels[rows, columns].copy()
