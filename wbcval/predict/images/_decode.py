"""From the bytes of a file to a picture: all of it decoded, or refused by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import ImageFile

from wbcval.predict.images import _bmp, _jpeg, _png, _tiff, _webp
from wbcval.predict.images._types import MOST_BYTES, Picture, Unreadable

_READERS: tuple[tuple[bytes, Callable[[bytes], Picture]], ...] = (
    (_jpeg.MAGIC, _jpeg.read),
    (_png.MAGIC, _png.read),
    *((magic, _tiff.read) for magic in _tiff.MAGICS),
    (_webp.MAGIC, _webp.read),
    (_bmp.MAGIC, _bmp.read),
)
_UNREAD = (
    (b"GIF8", "is a GIF"),
    *((magic, "is a BigTIFF") for magic in _tiff.BIG),
    (b"\0\0\0\x0cJXL ", "is a JPEG XL"),
    (b"\0\0\0\x0cjP  ", "is a JPEG 2000"),
    (b"DICM", "is a DICOM file"),
)
_lock = threading.Lock()
_inside = 0
_before = False


def decode(data: bytes) -> Picture:
    """Decode an image, whatever its file is called: JPEG, PNG, BMP, TIFF or WebP.

    The same bytes give the same pixels in any thread, however lenient Pillow was made.

    Raises:
        Unreadable: for anything that is not one whole, opaque image of 8 bits a channel.
    """
    if not data:
        raise Unreadable("empty", "has no bytes")
    if len(data) > MOST_BYTES:
        raise too_many_bytes(len(data))
    reader = next((read for magic, read in _READERS if data.startswith(magic)), None)
    if reader is None:
        named = (what for magic, what in _UNREAD if data.startswith(magic))
        if what := next(named, None):
            raise Unreadable("unsupported", f"{what}, which is not read; save it as PNG")
        raise Unreadable("not an image", "is no JPEG, PNG, BMP, TIFF or WebP by its first bytes")
    try:
        with _strictly():
            return reader(data)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("too large", "there is no memory for its pixels") from None
    except Exception as error:  # Pillow raises most kinds for damaged files, asserts among them
        kind = type(error).__name__
        raise Unreadable(_reason(kind, str(error)), str(error) or kind) from None


@contextmanager
def _strictly() -> Iterator[None]:
    """Pillow, not lenient: whatever another library set, a truncated file is an error.

    ``ImageFile.LOAD_TRUNCATED_IMAGES`` is off while any thread is inside, then as before.
    """
    global _inside, _before
    with _lock:
        if not _inside:
            _before = ImageFile.LOAD_TRUNCATED_IMAGES
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                ImageFile.LOAD_TRUNCATED_IMAGES = _before


def too_many_bytes(size: int) -> Unreadable:
    """What is said of a file that is not read for its length."""
    return Unreadable("too large", f"has {size >> 20} MiB; at most {MOST_BYTES >> 20} are read")


def _reason(kind: str, message: str) -> str:
    if kind.startswith("DecompressionBomb"):  # somebody set Pillow's own limit below ours
        return "too large"
    return "truncated" if "truncated" in message.lower() else "corrupt"
