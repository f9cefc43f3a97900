"""The part of a picture that a model looks at, and its size, as the libraries do it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from wbcval.predict.cards import Input
from wbcval.predict.images._resizers import resizer
from wbcval.predict.images._types import MOST_PIXELS, Pixels, Unreadable


def sized(pixels: Pixels, spec: Input) -> Pixels:
    """A picture in the size of a model.

    Args:
        pixels: uint8, (H, W) or (H, W, C), contiguous.

    Raises:
        Unreadable: ``too narrow``, where nothing but bars would be left of it, or where its longer
            side would become larger than any picture may be.
    """
    if spec.crop is not None:
        pixels = centred(pixels, spec.crop)
    if spec.resize == "shorter-side":
        return centred(_resized(pixels, _with_side(pixels, spec), spec), spec.size)
    if spec.resize == "stretch":
        return _resized(pixels, spec.size, spec)
    if pixels.shape[:2] == spec.size:
        return pixels
    return {"crop-to-fill": _filled, "fit": _fitted}[spec.resize](pixels, spec)


def centred(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The middle of a picture, as torchvision's ``CenterCrop`` finds it: 0 where it has no pixel.

    Halves of a pixel go to the right and below when bars are added, and to the even side when
    pixels are cut (Python's ``round``).
    """
    bars = [max(wanted - given, 0) for wanted, given in zip(size, pixels.shape, strict=False)]
    if any(bars):
        around = [(bar // 2, (bar + 1) // 2) for bar in bars]
        pixels = np.pad(pixels, [*around, *[(0, 0)] * (pixels.ndim - 2)])
    top, left = (
        round((given - wanted) / 2) for wanted, given in zip(size, pixels.shape, strict=False)
    )
    return np.ascontiguousarray(pixels[top : top + size[0], left : left + size[1]])


def _resized(pixels: Pixels, size: tuple[int, int], spec: Input) -> Pixels:
    if pixels.shape[:2] == size:
        return pixels
    return resizer(spec.resizer)(pixels, size, spec.interpolation)


def _with_side(pixels: Pixels, spec: Input) -> tuple[int, int]:
    """Height and width as torchvision's ``Resize(int)`` computes them."""
    height, width = pixels.shape[:2]
    short, side = min(height, width), spec.shorter_side or 0
    wanted = (
        side if height == short else int(side * height / short),
        side if width == short else int(side * width / short),
    )
    if wanted[0] * wanted[1] > MOST_PIXELS:
        raise Unreadable(
            "too narrow", f"of {width} × {height} pixels, it would become {wanted[1]} × {wanted[0]}"
        )
    return wanted


def _filled(pixels: Pixels, spec: Input) -> Pixels:
    method = Image.Resampling[spec.interpolation.upper()]
    return np.asarray(ImageOps.fit(Image.fromarray(pixels), spec.size[::-1], method))


def _fitted(pixels: Pixels, spec: Input) -> Pixels:
    image, method = Image.fromarray(pixels), Image.Resampling[spec.interpolation.upper()]
    height, width = spec.size
    across, down = image.width / image.height * height, image.height / image.width * width
    if not round(min(across, down)):  # Pillow would hand over the bars alone
        raise Unreadable(
            "too narrow",
            f"of {image.width} × {image.height} pixels nothing is left in {width} × {height}",
        )
    pad = spec.pad or (0,) * len(spec.mean)
    color = pad[0] if len(pad) == 1 else pad
    return np.asarray(ImageOps.pad(image, (width, height), method, color=color))
