"""From Pillow's image to ours: 8 bits, grey or RGB, opaque, upright."""

from __future__ import annotations

from typing import Any

import numpy as np

from wbcval.predict.images import _orientation
from wbcval.predict.images._types import Picture, Unreadable

_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_GREY = ("1", "L", "LA", "La")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBa")


def picture_of(image: Any, orientation: int) -> Picture:
    """Decode what Pillow has opened.

    Args:
        image: opened and not yet loaded.
        orientation: EXIF's number.

    Raises:
        Unreadable: for a mode that is not read, or an image that is not opaque.
        Exception: whatever Pillow raises for a damaged file.
    """
    mode = image.mode
    if mode in _DEEP:
        raise Unreadable("16 bits per channel", f"its mode is {mode}; save it with 8 on purpose")
    if mode == "CMYK":
        raise Unreadable("CMYK", "has the four colours of print; save it as RGB")
    if mode not in _GREY + _COLOUR:
        raise Unreadable("unsupported", f"its mode is {mode}; save it as RGB")
    palette = image.palette  # as the file holds it; loading fills it up
    entries = 0
    if palette:
        entries = len(palette.palette) // len((palette.rawmode or palette.mode).split(";")[0])
    image.load()
    if mode == "P" and image.getextrema()[1] >= entries:
        raise Unreadable("corrupt", "uses colours that its palette does not hold")
    remarks = []
    if image.has_transparency_data:
        if image.convert("RGBA").getchannel("A").getextrema()[0] < 255:
            raise Unreadable("transparent", "what lies behind it is not known; save it opaque")
        remarks.append("opaque alpha channel left out")
    if mode in ("P", "PA"):
        remarks.append("palette converted to RGB")
    elif mode == "1":
        remarks.append("black and white converted to grey")
    if orientation > 1:
        remarks.append(_orientation.REMARK)
    pixels = np.asarray(_plain(image))
    return Picture(_orientation.upright(pixels, orientation), tuple(remarks))


def _plain(image: Any) -> Any:
    """In mode L or RGB, without the alpha channel."""
    image.info.pop("transparency", None)
    if image.mode in ("La", "RGBa"):  # premultiplied: the same where all is opaque
        image = image.convert(image.mode.upper())
    if image.mode in _GREY:
        return image.convert("L")
    return image.convert("RGB")
