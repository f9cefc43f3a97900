"""Which way up: the orientation that EXIF or XMP states, as Pillow's ``exif_transpose`` reads it.

Read here and not by Pillow: Pillow warns of damaged EXIF, once, through a state all threads share.
"""

from __future__ import annotations

import re
import struct

import numpy as np

from wbcval.predict.images._types import Pixels, Unreadable

REMARK = "turned upright as EXIF says"
_TAG = 274
_READ = {1: "B", 3: "H", 4: "I"}  # EXIF types: byte, short, long
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')
_ORDERS = {b"II": "<", b"MM": ">"}


def stated(exif: bytes | None, xmp: bytes | None) -> int:
    """The orientation, 1 (upright) to 8; 1 where none of the two states one.

    Args:
        exif: the block, with or without its name before it.
        xmp: the packet; asked where EXIF states nothing.

    Raises:
        Unreadable: ``corrupt``, for EXIF that cannot be followed.
    """
    return agreed(_of_exif(re.sub(rb"^(?:Exif\0\0){1,2}", b"", exif)) if exif else None, xmp)


def agreed(number: int | None, xmp: bytes | None) -> int:
    """The same, where EXIF's number is known, or that it has none."""
    if number is None and xmp and (match := _XMP.search(xmp)):
        number = int(match[1])
    return number if number is not None and 1 <= number <= 8 else 1


def _of_exif(block: bytes) -> int | None:
    if not block:
        return None
    try:
        order = _ORDERS[block[:2]]
        magic, at = struct.unpack_from(f"{order}HI", block, 2)
        (entries,) = struct.unpack_from(f"{order}H", block, at)
        table = struct.iter_unpack(f"{order}HHI4s", block[at + 2 : at + 2 + 12 * entries])
        rows = list(table)
    except (KeyError, struct.error):
        magic, entries, rows = 0, 0, []
    if magic != 42 or len(rows) != entries:
        raise Unreadable("corrupt", "its EXIF block cannot be read: which way up is not known")
    found = None
    for tag, kind, count, value in rows:
        if tag == _TAG:
            if kind not in _READ or count != 1:
                raise Unreadable("corrupt", "its EXIF orientation is no number")
            (found,) = struct.unpack_from(order + _READ[kind], value)
    return found


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The image turned so that orientation 1 would be true of it."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = np.flip(pixels, 1)
    if orientation in (3, 4, 7, 8):
        pixels = np.flip(pixels, 0)
    return np.ascontiguousarray(pixels)
