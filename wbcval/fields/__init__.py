"""Leukocytes in the picture of a smear field: found, cut out, drawn. OpenCV is used here alone.

It is imported when a function needs it: cells that come as single images do without.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.fields._crop import crop
from wbcval.fields._overlay import overlay
from wbcval.fields._types import Box, Unscaled

__all__ = ["Box", "Unscaled", "crop", "find", "overlay", "versions"]


def find(pixels: NDArray[np.uint8]) -> tuple[Box, ...]:
    """The leukocytes of a field, from the top left; the same for the same pixels, on any thread.

    Args:
        pixels: RGB, (height, width, 3).

    Raises:
        Unscaled: where something is stained like nuclei, and no red cells tell how large it is.
    """
    from wbcval.fields import _find

    return _find.find(pixels)


def versions() -> dict[str, str]:
    """Of what the boxes depend on."""
    import cv2

    return {"opencv": cv2.__version__}
