"""PNG: every check sum is verified here, since Pillow skips those of the pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

from PIL import PngImagePlugin

from wbcval.predict.images import _orientation
from wbcval.predict.images._pillow import picture_of
from wbcval.predict.images._types import Picture, Unreadable, check_depth, check_size

MAGIC = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_XMP = b"XML:com.adobe.xmp\0"
_MOST_XMP = 1 << 20


def read(data: bytes) -> Picture:
    """Decode a PNG. Pillow gets the chunks that make the pixels, and none of the others.

    Raises:
        Unreadable: for a file that is damaged anywhere, or of a kind that is not read.
    """
    kept, exif, xmp = [MAGIC], b"", b""
    first, shallow_grey = b"", False
    for name, body, whole in _chunks(data):
        if not first and name != b"IHDR":
            raise Unreadable("corrupt", "the PNG does not begin with its header")
        first = first or name
        if name == b"IHDR":
            _check_header(body)
            shallow_grey = body[8:10] in (b"\1\0", b"\2\0", b"\4\0")
        elif name == b"tRNS" and shallow_grey:  # which Pillow compares with widened values
            raise Unreadable("transparent", "has a transparent grey; save it opaque")
        elif name == b"acTL":
            raise Unreadable("several frames", "is an animated PNG")
        elif name == b"eXIf":
            exif = body
        elif name == b"iTXt" and body.startswith(_XMP):
            xmp = _text_of(body)
        elif name == b"zTXt" and body.startswith(b"Raw profile type exif\0"):
            exif = exif or _raw_profile(_inflated(body.partition(b"\0")[2][1:]))
        elif name == b"tEXt" and body.startswith(b"Raw profile type exif\0"):
            exif = exif or _raw_profile(body.partition(b"\0")[2])
        if name in _KEPT:
            kept.append(whole)
        elif not name[0] & 0x20:
            raise Unreadable("unsupported", f"the PNG needs its chunk {name!r}, which is unknown")
    image = PngImagePlugin.PngImageFile(BytesIO(b"".join(kept)))
    return picture_of(image, _orientation.stated(exif, xmp))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, body and the whole of each chunk, up to the end chunk."""
    at, name = len(MAGIC), b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise Unreadable("truncated", "the PNG ends before its end chunk")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Unreadable("truncated", "the PNG ends within a chunk")
        (stated,) = struct.unpack_from(">I", data, end - 4)
        if not name.isalpha() or zlib.crc32(data[at + 4 : end - 4]) != stated:
            raise Unreadable("corrupt", "a check sum of the PNG does not hold")
        yield name, data[at + 8 : end - 4], data[at:end]
        at = end


def _check_header(body: bytes) -> None:
    if len(body) != 13:
        raise Unreadable("corrupt", "the PNG's header has not 13 bytes")
    width, height, bits = struct.unpack_from(">IIB", body)
    check_size(width, height)
    check_depth(bits)


def _text_of(body: bytes) -> bytes:
    """The text of an international text chunk; b"" for one that is not well formed."""
    _, _, rest = body.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) != 3:
        return b""
    return _inflated(parts[2]) if rest[0] else parts[2]


def _inflated(packed: bytes) -> bytes:
    """At most a megabyte of it; b"" where it is damaged."""
    try:
        return zlib.decompressobj().decompress(packed, _MOST_XMP)
    except zlib.error:
        return b""


def _raw_profile(text: bytes) -> bytes:
    """EXIF as ImageMagick writes it: name, length, then lines of hexadecimal digits."""
    try:
        return bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        raise Unreadable("corrupt", "its EXIF block is no hexadecimal text") from None
