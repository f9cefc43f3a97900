"""JPEG: by simplejpeg, which fails where libjpeg only warns; its pixels are Pillow's."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import simplejpeg

from wbcval.images import _orientation
from wbcval.images._types import Picture, Unreadable, check_depth, check_size

MAGIC = b"\xff\xd8\xff"
_EXIF, _XMP, _SEVERAL = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"MPF\0"
_APP1, _APP2, _SCAN, _END = 0xE1, 0xE2, 0xDA, 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READ = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; by Huffman's codes
_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length


def read(data: bytes) -> Picture:
    """Decode a JPEG.

    Raises:
        Unreadable: for a file that is damaged anywhere, or of a kind that is not read.
    """
    exif, xmp, grey = b"", b"", None
    for marker, body in _segments(data):
        if marker == _APP1 and body.startswith(_EXIF):
            exif = exif + body[len(_EXIF) :] if exif else body  # as long blocks are split
        elif marker == _APP1 and body.startswith(_XMP):
            xmp = body[len(_XMP) :]
        elif marker == _APP2 and body.startswith(_SEVERAL):
            raise Unreadable("several frames", "is a JPEG with further images in it (MPO)")
        elif marker in _FRAMES:
            grey = _is_grey(marker, body)
    if grey is None:
        raise Unreadable("corrupt", "the JPEG has no frame before its scan")
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY" if grey else "RGB", fastdct=False)
    except ValueError as error:
        raise Unreadable(*_told(str(error))) from None
    orientation = _orientation.stated(exif, xmp)
    remarks = (_orientation.REMARK,) if orientation > 1 else ()
    return Picture(_orientation.upright(pixels[:, :, 0] if grey else pixels, orientation), remarks)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments up to the first scan: marker and body."""
    at = 2
    while True:
        start = data.find(b"\xff", at)
        while start >= 0 and data[start + 1 : start + 2] == b"\xff":  # filling
            start += 1
        if start < 0 or start + 4 > len(data):
            raise Unreadable("truncated", "the JPEG ends before its scan")
        marker = data[start + 1]
        if marker in _BARE or marker == 0:
            at = start + 2
            continue
        if marker in (_SCAN, _END):
            return
        (length,) = struct.unpack_from(">H", data, start + 2)
        at = start + 2 + length
        if length < 2:
            raise Unreadable("corrupt", "a segment of the JPEG has no length")
        if at > len(data):
            raise Unreadable("truncated", "the JPEG ends before its scan")
        yield marker, data[start + 4 : at]


def _is_grey(marker: int, frame: bytes) -> bool:
    """Whether the frame has one channel, or three; others are refused."""
    if len(frame) < 6:
        raise Unreadable("corrupt", "the JPEG's frame header is too short")
    bits, height, width, channels = struct.unpack_from(">BHHB", frame)
    if marker not in _READ:
        raise Unreadable("unsupported", "is a lossless, hierarchical or arithmetic-coded JPEG")
    check_depth(bits)
    if channels == 4:
        raise Unreadable("CMYK", "has the four colours of print; save it as RGB")
    if channels not in (1, 3):
        raise Unreadable("unsupported", f"has {channels} channels")
    check_size(width, height)
    return bool(channels == 1)


def _told(message: str) -> tuple[str, str]:
    early = "premature end" in message.lower()
    return ("truncated" if early else "corrupt"), f"JPEG: {message}"
