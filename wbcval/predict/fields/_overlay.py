"""The picture to look at: what was found in a field, and what it was called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wbcval.predict.fields._field import Box, Pixels, check
from wbcval.values.classes import FIVE

# the report's colours, told apart by the colour-blind; a label says the class in words as well
_BLACK, _WHITE = (26, 26, 26), (255, 255, 255)
_COLOURS = dict(
    zip(FIVE, ((0, 114, 178), (191, 78, 0), (0, 138, 100), (184, 87, 143), _BLACK), strict=True)
)
_LINES = 32  # lines of text would fill the height of a picture
_SMALLEST = 12  # pixels of text


def overlay(pixels: Pixels, boxes: Sequence[Box], labels: Sequence[str]) -> Pixels:
    """The field with a numbered box and a label for each cell.

    The colour is that of the class in the report; black for a basophil and for any other label.

    Args:
        pixels: the field, uint8, (H, W, 3), RGB.
        boxes: as :func:`find` gave them.
        labels: one for each box, short.

    Returns:
        uint8, (H, W, 3), RGB; the field itself is not changed.

    Raises:
        ValueError: for another number of labels than of boxes.
    """
    import matplotlib as mpl
    from PIL import Image, ImageDraw, ImageFont

    check(pixels)
    picture = Image.fromarray(pixels.copy())
    draw = ImageDraw.Draw(picture)
    size = max(_SMALLEST, round(picture.height / _LINES))
    # matplotlib's own DejaVu Sans knows more letters than Pillow's font
    font = ImageFont.truetype(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size)
    line = max(1, size // 6)
    texts = []
    for n, (box, label) in enumerate(zip(boxes, labels, strict=True), 1):
        colour = _COLOURS.get(label, _BLACK)
        corners = (box.x_min, box.y_min, box.x_max - 1, box.y_max - 1)
        draw.rectangle(corners, outline=_WHITE, width=2 * line)
        draw.rectangle(corners, outline=colour, width=line)
        texts.append((box, f"{n} {label}", colour))
    for box, text, colour in texts:  # above all boxes
        _, _, right, bottom = draw.textbbox((0, 0), text, font=font)
        wide, high = int(right) + line, int(bottom) + line
        x = max(0, min(box.x_min, picture.width - wide - line))
        y = box.y_min - high if box.y_min >= high else min(box.y_min, picture.height - high)
        y = max(0, y)
        draw.rectangle((x, y, x + wide + line, y + high - 1), fill=_WHITE)
        draw.text((x + line, y), text, font=font, fill=colour)
    return np.array(picture, dtype=np.uint8)
