"""TIFF: one image, 8 bits, a lossless compression; the tags that make the pixels and no others."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import TiffImagePlugin

from wbcval.predict.images import _orientation
from wbcval.predict.images._pillow import picture_of
from wbcval.predict.images._types import MOST_PIXELS, Picture, Unreadable, check_depth, check_size

MAGICS = (b"II*\0", b"MM\0*")
BIG = (b"II+\0", b"MM\0+")
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL = 256, 257, 258, 259, 262, 266
_STRIPS, _ORIENTATION, _SAMPLES, _ROWS, _STRIP_BYTES, _PLANAR = 273, 274, 277, 278, 279, 284
_PREDICTOR, _COLORS, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 317, 320, 322, 323, 324, 325
_EXTRA, _FORMAT, _XMP = 338, 339, 700
_KEPT = frozenset((
    _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL, _STRIPS, _SAMPLES, _ROWS,
    _STRIP_BYTES, _PLANAR, _PREDICTOR, _COLORS, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES,
    _EXTRA, _FORMAT,
))  # fmt: skip
_LONG = frozenset((
    _WIDTH, _HEIGHT, _ROWS, _STRIPS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES,
))  # fmt: skip
_PARTS = ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES))
_SINGLE = _KEPT - {_BITS, _COLORS, _EXTRA, _FORMAT, _STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES}
_LOSSLESS = {1, 5, 8, 32773, 32946}  # none, LZW, deflate, PackBits, deflate
_HEADER = 8  # bytes
_NUMBERS = {3: "H", 4: "I"}
_CODES = {5: "CMYK", 6: "YCbCr", 8: "Lab"}

Tags = dict[int, tuple[int, ...]]


def read(data: bytes) -> Picture:
    """Decode a TIFF of one image.

    Raises:
        Unreadable: for a file that is damaged, or of a kind that is not read.
    """
    try:
        order = "<" if data[:2] == b"II" else ">"
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        tags, xmp, further = _directory(data, order, at)
    except struct.error:
        raise Unreadable("truncated", "the TIFF ends before its tags") from None
    if further:
        raise Unreadable("several frames", "is a TIFF of several pages")
    orientation = _orientation.agreed(tags.pop(_ORIENTATION, (None,))[0], xmp)
    _check_kind(tags)
    _check_data(tags, len(data))
    image = TiffImagePlugin.TiffImageFile(BytesIO(_with_tags(data, order, tags)))
    return picture_of(image, orientation)


def _directory(data: bytes, order: str, at: int) -> tuple[Tags, bytes, int]:
    """The numbers of the tags, the XMP packet, and where the next image's tags lie."""
    (entries,) = struct.unpack_from(f"{order}H", data, at)
    tags: Tags = {}
    xmp = b""
    for i in range(entries):
        where = at + 2 + 12 * i
        tag, kind, count, offset = struct.unpack_from(f"{order}HHII", data, where)
        if tag == _XMP and kind in (1, 7):
            xmp = data[offset : offset + count] if count > 4 else b""
        if tag not in _KEPT and tag != _ORIENTATION:
            continue
        if tag in tags:
            raise Unreadable("corrupt", f"tag {tag} of the TIFF is there twice")
        if kind not in _NUMBERS or not count:
            raise Unreadable("corrupt", f"tag {tag} of the TIFF is no whole number")
        size = count * struct.calcsize(_NUMBERS[kind])
        start = where + 8 if size <= 4 else offset
        if start + size > len(data):
            raise Unreadable("truncated", f"tag {tag} of the TIFF lies behind its end")
        tags[tag] = struct.unpack_from(f"{order}{count}{_NUMBERS[kind]}", data, start)
    (further,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * entries)
    return tags, xmp, further


def _check_kind(tags: Tags) -> None:
    """Refuse what is not read, by name."""
    for tag in _SINGLE & tags.keys():
        if len(tags[tag]) != 1:
            raise Unreadable("corrupt", f"tag {tag} of the TIFF has {len(tags[tag])} values")
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise Unreadable("corrupt", "the TIFF states no size")
    check_size(tags[_WIDTH][0], tags[_HEIGHT][0])
    check_depth(max(tags.get(_BITS, (1,))))
    if _PHOTOMETRIC not in tags:
        raise Unreadable("corrupt", "the TIFF does not say what its numbers mean")
    (photometric,) = tags[_PHOTOMETRIC]
    if photometric not in (0, 1, 2, 3):
        name = _CODES.get(photometric, f"photometric interpretation {photometric}")
        raise Unreadable("CMYK" if name == "CMYK" else "unsupported", f"is a TIFF in {name}")
    if 0 in tags.get(_EXTRA, ()):
        raise Unreadable("unsupported", "has a further channel of which the TIFF says nothing")
    compression = tags.get(_COMPRESSION, (1,))[0]
    if compression not in _LOSSLESS:
        raise Unreadable(
            "unsupported", f"the TIFF's compression {compression} is not read; save it as PNG"
        )
    if set(tags.get(_FORMAT, (1,))) != {1}:
        raise Unreadable("unsupported", "is a TIFF of signed or floating numbers")


def _check_data(tags: Tags, size: int) -> None:
    """Refuse a file that lacks a part of the pixels."""
    tiled = _TILES in tags
    starts, lengths = (tags.get(tag, ()) for tag in _PARTS[tiled])
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    across, down = width, min(tags.get(_ROWS, (height,))[0], height)
    if tiled:
        across, down = (tags.get(tag, (0,))[0] for tag in (_TILE_WIDTH, _TILE_HEIGHT))
    if across < 1 or down < 1 or across * down > MOST_PIXELS:
        raise Unreadable("corrupt", "the TIFF's strips or tiles have no sensible size")
    channels = tags.get(_SAMPLES, (1,))[0]
    apart = tags.get(_PLANAR, (1,))[0] == 2
    parts = -(-width // across) * -(-height // down) * (channels if apart else 1)
    if len(starts) != parts or len(lengths) != parts:
        raise Unreadable("corrupt", f"the TIFF has not the {parts} strips or tiles it needs")
    if min(starts) < _HEADER:
        raise Unreadable("corrupt", "the TIFF's pixels begin within its header")
    if any(start + length > size for start, length in zip(starts, lengths, strict=True)):
        raise Unreadable("truncated", "the TIFF ends before its pixels")
    if tags.get(_COMPRESSION, (1,))[0] == 1:
        bits = max(tags.get(_BITS, (1,))) * (1 if apart else channels)
        row = -(-across * bits // 8)
        rows = [down] * parts
        if not tiled and height % down:
            last = -(-height // down)
            rows = [height % down if (i + 1) % last == 0 else down for i in range(parts)]
        if any(have < row * n for have, n in zip(lengths, rows, strict=True)):
            raise Unreadable("truncated", "the TIFF holds fewer pixels than it says")


def _with_tags(data: bytes, order: str, tags: Tags) -> bytes:
    """The file with these tags in the place of its own."""
    start = len(data) + len(data) % 2
    behind = start + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag in sorted(tags):
        kind = 4 if tag in _LONG else 3
        packed = struct.pack(f"{order}{len(tags[tag])}{_NUMBERS[kind]}", *tags[tag])
        if len(packed) > 4:
            where = struct.pack(f"{order}I", behind + len(values))
            values += packed
        else:
            where = packed.ljust(4, b"\0")
        entries += struct.pack(f"{order}HHI", tag, kind, len(tags[tag])) + where
    table = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    head = data[:4] + struct.pack(f"{order}I", start)
    return head + data[_HEADER:].ljust(start - _HEADER, b"\0") + table + values
