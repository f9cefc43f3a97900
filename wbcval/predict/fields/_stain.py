"""What the stain did to the light: optical densities, and the violet of nuclei in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wbcval.predict.fields._box import Pixels
from wbcval.predict.fields._opencv import opencv

Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]  # 0 or 255

_GROUND = 90.0  # per cent: of each channel the light that passed beside the cells
_DARKEST_GROUND = 60  # grey levels: a ground below is no bright field


def ground(pixels: Pixels) -> NDArray[np.float64] | None:
    """The light of the empty ground, (3,), or None where the picture has no bright ground."""
    # few enough for any size; the same ones every time
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / 1e6)))
    light = np.percentile(pixels[::step, ::step].reshape(-1, 3), _GROUND, axis=0)
    return light if light.min() >= _DARKEST_GROUND else None


def densities(pixels: Pixels, light: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Green and violet density of each pixel, both (H, W), natural logarithms.

    Every stain absorbs green. Nuclei absorb red and let blue pass; haemoglobin and eosin do the
    opposite. So red + green − 2 × blue is about 0 for the ground, below or little above 0 for red
    cells whatever their thickness, 0.1 to 0.4 for cytoplasm and 0.7 to 2 for nuclei.
    """
    cv2 = opencv()
    levels = np.arange(256, dtype=np.float64)
    red, green, blue = (
        cv2.LUT(
            np.ascontiguousarray(pixels[:, :, i]),
            -np.log((levels + 1) / (light[i] + 1)).astype(np.float32),
        )
        for i in range(3)
    )
    return green, red + green - 2 * blue


def otsu(values: Floats, low: float, high: float) -> float | None:
    """Otsu's threshold of the values between two bounds, or None where there are none."""
    inside = values[(values > low) & (values < high)]
    if not len(inside):
        return None
    levels = ((inside - low) * (255 / (high - low))).astype(np.uint8)
    cv2 = opencv()
    level, _ = cv2.threshold(levels.reshape(1, -1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return low + float(level + 0.5) * (high - low) / 255
