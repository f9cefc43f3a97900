"""The picture to look at: the field with its boxes, numbered and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbcval.fields._types import Box

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

# Told by light and dark, not by colour: black beside yellow stands out from stain to every eye.
_DARK, _LIGHT = (0, 0, 0), (255, 236, 66)
_NOTHING = "no leukocyte found"
_SMALLEST, _TEXT, _LINE = 12, 32, 320  # letters in pixels; parts of the shorter side
_AROUND = 3  # pixels between letters and the edge of their plate

Plate = tuple[int, int, int, int]


def overlay(
    pixels: NDArray[np.uint8], boxes: Sequence[Box], labels: Sequence[str]
) -> NDArray[np.uint8]:
    """A copy of the field with each box drawn, its number from 1, and its label.

    Args:
        pixels: RGB, (height, width, 3).
        labels: one for each box.
    """
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(pixels)
    side = min(picture.size)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(_SMALLEST, side // _TEXT))
    line = max(1, round(side / _LINE))
    taken: list[Plate] = []
    for box in boxes:
        edge = (box.x_min, box.y_min, box.x_max - 1, box.y_max - 1)
        pen.rectangle(edge, outline=_DARK, width=3 * line)
        inner = (edge[0] + line, edge[1] + line, edge[2] - line, edge[3] - line)
        if inner[0] <= inner[2] and inner[1] <= inner[3]:
            pen.rectangle(inner, outline=_LIGHT, width=line)
    for number, (box, label) in enumerate(zip(boxes, labels, strict=True), 1):
        _name(pen, font, picture.size, taken, box, f"{number} {label}")
    if not boxes:
        _name(pen, font, picture.size, taken, Box(0, 0, *picture.size), _NOTHING)
    return np.array(picture)


def _name(
    pen: ImageDraw,
    font: FreeTypeFont | ImageFont,
    size: tuple[int, int],
    taken: list[Plate],
    box: Box,
    text: str,
) -> None:
    """Write the text on a dark plate at the box, where no other stands if there is room."""
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    wide, high = (int(right - left) + 2 * _AROUND, int(bottom - top) + 2 * _AROUND)
    places = list(_places(box, wide, high, size))
    free = (p for p in places if not any(_meet(p, other) for other in taken))
    plate = next(free, places[-1])
    taken.append(plate)
    pen.rectangle((plate[0], plate[1], plate[2] - 1, plate[3] - 1), fill=_DARK)
    at = (plate[0] + _AROUND - left, plate[1] + _AROUND - top)
    pen.text(at, text, font=font, fill=_LIGHT)


def _places(box: Box, wide: int, high: int, size: tuple[int, int]) -> Iterator[Plate]:
    """Above, below, and in the box; all in the picture, if that is wide enough."""
    x = max(0, min(box.x_min, size[0] - wide))
    for y in (box.y_min - high, box.y_max, box.y_max - high, box.y_min):
        if y >= 0 and y + high <= size[1]:
            yield x, y, x + wide, y + high
    yield x, box.y_min, x + wide, box.y_min + high


def _meet(a: Plate, b: Plate) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
