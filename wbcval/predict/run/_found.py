"""Leukocytes of a smear field as cells to classify, and the picture that shows what was found."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wbcval.predict import fields
from wbcval.predict.images import Picture, Unreadable


@dataclass(frozen=True, slots=True)
class FieldCell:
    """One leukocyte of a field: its box, and the crop that is classified."""

    box: fields.Box
    picture: Picture


@dataclass(frozen=True, slots=True)
class Field:
    """A field whose leukocytes were looked for; ``item`` is its place in the list."""

    item: int
    image: str
    picture: Picture
    boxes: tuple[fields.Box, ...]


def cells_of(picture: Picture) -> list[FieldCell]:
    """The leukocytes of a field, from the top left.

    Raises:
        Unreadable: for a picture without colour, in which nuclei are not told from red cells, and
            for one without red cells, by which they are measured.
    """
    if picture.pixels.ndim != 3:
        raise Unreadable("grey field", "leukocytes are found by their colour")
    try:
        boxes = fields.find(picture.pixels)
    except fields.Unscaled as why:
        raise Unreadable("no red cells", str(why)) from None
    return [FieldCell(box, Picture(fields.crop(picture.pixels, box), ())) for box in boxes]


def draw(folder: Path, scratch: Path, field: Field, labels: Sequence[str]) -> None:
    """Write the picture of a field with its boxes and labels, whole or not at all.

    Args:
        scratch: a folder of the same file system, where it is written first.
    """
    from PIL import Image

    drawn = Image.fromarray(fields.overlay(field.picture.pixels, field.boxes, labels))
    stream = io.BytesIO()
    drawn.save(stream, "JPEG", quality=90)
    name = f"{field.item + 1:06}-{Path(field.image).stem[:40]}.jpg"
    fresh = scratch / f"{name}.new"
    fresh.write_bytes(stream.getvalue())
    fresh.replace(folder / name)
