"""BMP, uncompressed. It has no check sum: what can be checked is that all rows are there."""

from __future__ import annotations

from io import BytesIO

from PIL import BmpImagePlugin

from wbcval.predict.images._pillow import picture_of
from wbcval.predict.images._types import Picture, Unreadable, check_size

MAGIC = b"BM"
_PLAIN = (0, 3)  # no compression, no compression with masks


def read(data: bytes) -> Picture:
    """Decode a BMP.

    Raises:
        Unreadable: for a file that is too short or of a kind that is not read.
    """
    image = BmpImagePlugin.BmpImageFile(BytesIO(data))
    check_size(*image.size)
    if image.info["compression"] not in _PLAIN:
        raise Unreadable("unsupported", "is a run-length encoded BMP; save it as PNG")
    _, _, offset, (_, stride, _) = image.tile[0]
    if offset + stride * image.height > len(data):
        raise Unreadable("truncated", "the BMP holds fewer rows than its header says")
    return picture_of(image, 1)
