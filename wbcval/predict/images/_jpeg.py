"""JPEG: by simplejpeg, which fails where libjpeg only warns; its pixels are Pillow's."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import simplejpeg

from wbcval.predict.images import _orientation
from wbcval.predict.images._types import Picture, Unreadable, check_depth, check_size

MAGIC = b"\xff\xd8\xff"
_EXIF, _XMP, _SEVERAL = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"MPF\0"
_APP1, _APP2, _SCAN, _END = 0xE1, 0xE2, 0xDA, 0xD9
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READ = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; by Huffman's codes
_CHANNELS = 5  # where a frame header says how many; three bytes of each follow
# no filling, escaped byte or restart: within a scan only what follows it is found
_MARKER = re.compile(rb"\xff[^\xff\x00\x01\xd0-\xd7]", re.DOTALL)


def read(data: bytes) -> Picture:
    """Decode a JPEG.

    Raises:
        Unreadable: for a file that is damaged anywhere, or of a kind that is not read.
    """
    exif, xmp, frame, scans = b"", b"", b"", []
    for marker, body in _segments(data):
        if marker == _SCAN:
            scans.append(body)
            if _is_complete(frame, scans):
                break
        elif scans:
            continue
        elif marker == _APP1 and body.startswith(_EXIF):
            exif = exif + body[len(_EXIF) :] if exif else body  # as long blocks are split
        elif marker == _APP1 and body.startswith(_XMP):
            xmp = body[len(_XMP) :]
        elif marker == _APP2 and body.startswith(_SEVERAL):
            raise Unreadable("several frames", "is a JPEG with further images in it (MPO)")
        elif marker in _FRAMES:
            _check_frame(marker, body)
            frame = body
    if not _is_complete(frame, scans):
        raise Unreadable("truncated", "the JPEG ends before its last scan")
    grey = frame[_CHANNELS] == 1
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY" if grey else "RGB", fastdct=False)
    except ValueError as error:
        raise Unreadable(*_told(str(error))) from None
    orientation = _orientation.stated(exif, xmp)
    remarks = (_orientation.REMARK,) if orientation > 1 else ()
    return Picture(_orientation.upright(pixels[:, :, 0] if grey else pixels, orientation), remarks)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments up to the end of the image: marker and body."""
    at = 2
    while (found := _MARKER.search(data, at)) and (marker := found[0][1]) != _END:
        start = found.end()
        if start + 2 > len(data):
            return
        (length,) = struct.unpack_from(">H", data, start)
        if length < 2:
            raise Unreadable("corrupt", "a segment of the JPEG has no length")
        at = start + length
        if at > len(data):
            return
        yield marker, data[start + 2 : at]


def _is_complete(frame: bytes, scans: list[bytes]) -> bool:
    """Whether the scans bring every coefficient of every channel to its last bit.

    libjpeg does not mind a progressive JPEG that was cut between two scans and closed again.
    """
    left = {channel: [True] * 64 for channel in frame[_CHANNELS + 1 :: 3]}
    try:
        for scan in scans:
            channels = scan[1 : 1 + 2 * scan[0] : 2]
            first, last, bits = scan[1 + 2 * scan[0] :]
            for channel in channels:
                left[channel][first : last + 1] = [bits & 15 > 0] * (last + 1 - first)
    except (IndexError, KeyError, ValueError):
        raise Unreadable("corrupt", "a scan of the JPEG does not fit its frame") from None
    return bool(left) and not any(map(any, left.values()))


def _check_frame(marker: int, frame: bytes) -> None:
    if len(frame) <= _CHANNELS:
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


def _told(message: str) -> tuple[str, str]:
    early = "premature end" in message.lower()
    return ("truncated" if early else "corrupt"), f"JPEG: {message}"
