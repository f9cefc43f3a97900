"""WebP: its size and length are checked before libwebp takes memory for it."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import WebPImagePlugin

from wbcval.predict.images import _orientation
from wbcval.predict.images._pillow import picture_of
from wbcval.predict.images._types import Picture, Unreadable, check_size

MAGIC = b"RIFF"


def read(data: bytes) -> Picture:
    """Decode a WebP file.

    Raises:
        Unreadable: for a file that is damaged, animated, or no WebP at all.
    """
    if len(data) < 30:
        raise Unreadable("truncated", "the WebP ends within its header")
    (length,) = struct.unpack_from("<I", data, 4)
    if data[8:12] != b"WEBP":
        raise Unreadable("not an image", "is a RIFF file that holds no WebP")
    if 8 + length > len(data):
        raise Unreadable("truncated", "the WebP is shorter than its header says")
    check_size(*_size(data))
    image = WebPImagePlugin.WebPImageFile(BytesIO(data))
    check_size(*image.size)
    if image.n_frames != 1:
        raise Unreadable("several frames", "is an animated WebP")
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    return picture_of(image, _orientation.stated(exif, xmp))


def _size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas, by the first chunk."""
    kind = data[12:16]
    if kind == b"VP8X":
        wide, high = data[24:27], data[27:30]
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise Unreadable("corrupt", "the WebP begins with a chunk that is no image")
