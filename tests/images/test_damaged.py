"""Files that are damaged, hostile or no images: each a named reason, never a crash or a lie."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from wbcval.predict.images import Unreadable, decode

Save = Callable[..., bytes]
FILES: list[tuple[str, str, dict[str, Any]]] = [
    ("JPEG", "RGB", {}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "L", {}),
    ("PNG", "RGB", {}),
    ("PNG", "1", {}),
    ("BMP", "RGB", {}),
    ("BMP", "1", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "L", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", "L", {"compression": "packbits"}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGB", {"lossless": True}),
]
each_file = pytest.mark.parametrize(("form", "mode", "options"), FILES)
# a reason or the pixels; what else may come of a file is a fault of ours
REASONS = {
    "empty", "truncated", "corrupt", "not an image", "too large", "unsupported", "CMYK",
    "several frames", "transparent",
}  # fmt: skip


@pytest.fixture
def lenient() -> Iterator[None]:
    """Pillow as some libraries leave it: truncated files are filled with grey."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    yield
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True  # put back as it was met
    ImageFile.LOAD_TRUNCATED_IMAGES = before


def reason_of(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    assert "\n" not in caught.value.detail
    assert caught.value.detail
    return caught.value.reason


def told_of(data: bytes) -> bytes | str:
    """The pixels, or the reason."""
    try:
        return decode(data).pixels.tobytes()
    except Unreadable as error:
        return error.reason


def chunk(name: bytes, body: bytes) -> bytes:
    total = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + total


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def header(width: int, height: int, bits: int = 8, kind: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))


@each_file
def test_a_file_cut_anywhere_is_refused(
    rgb: Image.Image, save: Save, form: str, mode: str, options: dict[str, Any]
) -> None:
    data = save(rgb.convert(mode), form, **options)

    for length in {*range(0, len(data), 37), *range(len(data) - 20, len(data)), *range(60)}:
        reason = reason_of(data[:length])
        assert reason in ("empty", "truncated", "corrupt", "not an image"), length
        if 100 < length < len(data) - 20 and form in ("PNG", "WEBP", "BMP"):
            assert reason == "truncated", length


@each_file
@pytest.mark.usefixtures("lenient")
def test_a_cut_file_is_refused_even_where_pillow_was_made_lenient(
    rgb: Image.Image, save: Save, form: str, mode: str, options: dict[str, Any]
) -> None:
    data = save(rgb.convert(mode), form, **options)

    for length in (len(data) // 2, len(data) - 30, len(data) - 1):
        assert reason_of(data[:length]) in ("truncated", "corrupt")


@pytest.mark.usefixtures("lenient")
def test_pixels_that_end_early_within_whole_chunks(rgb: Image.Image) -> None:
    rows = np.pad(np.asarray(rgb).reshape(45, -1), ((0, 0), (1, 0))).tobytes()
    for packed in (zlib.compress(rows[: len(rows) // 2]), zlib.compress(rows)[:-700], b""):
        data = png(header(35, 45, 8, 2), chunk(b"IDAT", packed), chunk(b"IEND", b""))
        assert reason_of(data) in ("truncated", "corrupt")


def test_every_flipped_bit_of_a_png_is_noticed(rgb: Image.Image, save: Save) -> None:
    data = save(rgb.crop((0, 0, 8, 8)), "PNG")

    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert reason_of(bytes(damaged)) in REASONS, bit


@pytest.mark.representatives(3)
@each_file
def test_flipped_bits_give_a_reason_or_whole_pixels_and_no_warning(
    rgb: Image.Image, save: Save, form: str, mode: str, options: dict[str, Any]
) -> None:
    data = save(rgb.convert(mode), form, **options)
    rng = np.random.default_rng(len(data))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(150):
            damaged = bytearray(data)
            for at in rng.integers(0, min(len(data), 300), rng.integers(1, 4)):
                damaged[at] = rng.choice([0, 1, 255, damaged[at] ^ 4])
            told = told_of(bytes(damaged))
            assert isinstance(told, bytes) or told in REASONS or told.endswith(" bits per channel")
    assert [str(one.message) for one in caught] == []


def test_a_jpeg_that_libjpeg_only_warns_of_is_refused(rgb: Image.Image, save: Save) -> None:
    data = save(rgb, "JPEG", quality=95)
    warned_of = 0
    for at in range(len(data) * 2 // 3, len(data) - 10):
        damaged = data[:at] + data[at + 5 :]  # five bytes of pixels are lost
        with Image.open(io.BytesIO(damaged)) as image:
            try:
                image.load()
            except OSError:
                continue
        warned_of += told_of(damaged) == "corrupt"

    assert warned_of > 20


def test_a_progressive_jpeg_cut_between_scans_and_closed_again(
    rgb: Image.Image, save: Save
) -> None:
    data = save(rgb, "JPEG", progressive=True)
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 5

    for at in scans:
        assert reason_of(data[:at] + b"\xff\xd9") == "truncated"


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (1, 0xC3, "unsupported"),  # lossless
        (1, 0xC9, "unsupported"),  # arithmetic
        (4, 12, "12 bits per channel"),
        (4, 16, "16 bits per channel"),
        (4, 0, "corrupt"),
        (6, 0, "corrupt"),  # no height
        (9, 2, "unsupported"),  # two channels
        (9, 4, "CMYK"),
    ],
)
def test_frames_of_a_jpeg_that_are_not_read(
    rgb: Image.Image, save: Save, at: int, value: int, reason: str
) -> None:
    data = bytearray(save(rgb, "JPEG"))
    data[data.index(b"\xff\xc0") + at] = value

    assert reason_of(bytes(data)) == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\0" * 5000, "not an image"),
        (b"sample_id,image\nS1,a.jpg\n", "not an image"),
        ("Größe\n".encode("utf-16"), "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), "not an image"),
        (b"\xff\xd8\xff", "truncated"),
        (b"\xff\xd8\xff\xd9", "truncated"),
        (b"\xff\xd8\xff\xe0\0\0", "corrupt"),
        (b"\xff\xd8\xff" + b"\xff" * 9000, "truncated"),
        (b"BM", "corrupt"),
        (b"II*\0", "truncated"),
        (b"II*\0\xff\xff\xff\xff", "truncated"),
        (b"MM\0*\0\0\0\x08\xff\xff", "truncated"),
        (b"II+\0\x08\0\0\0" + bytes(20), "unsupported"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (png(chunk(b"IEND", b"")), "corrupt"),
        (png(header(3, 3), chunk(b"IEND", b"")), "corrupt"),
        (png(header(0, 3), chunk(b"IDAT", b""), chunk(b"IEND", b"")), "corrupt"),
        (png(header(2**31, 2**31), chunk(b"IEND", b"")), "too large"),
        (png(header(3, 3, 7), chunk(b"IDAT", b""), chunk(b"IEND", b"")), "corrupt"),
        (png(header(3, 3), chunk(b"ABCD", b"?"), chunk(b"IEND", b"")), "unsupported"),
        (
            png(header(1, 1, 8, 3), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b"")),
            "corrupt",
        ),
        (
            png(
                header(1, 1, 8, 3),
                chunk(b"PLTE", bytes(3)),
                chunk(b"IDAT", zlib.compress(b"\0\1")),
                chunk(b"IEND", b""),
            ),
            "corrupt",
        ),
    ],
)
def test_what_is_no_image(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG", "BMP", "TIFF"])
def test_a_decompression_bomb_fails_before_it_takes_memory(save: Save, form: str) -> None:
    small = save(Image.new("L" if form != "WEBP" else "RGB", (16, 16)), form)
    if form == "PNG":
        rows = zlib.compress(bytes(20001 * 20000 // 8), 9) + bytes(1_000_000)
        data = png(header(20000, 20000), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    elif form == "WEBP":
        at = small.index(b"VP8 ") + 14
        data = small[:at] + struct.pack("<HH", 16383, 16383) + small[at + 4 :]
    elif form == "JPEG":
        at = small.index(b"\xff\xc0") + 5
        data = small[:at] + struct.pack(">HH", 65000, 65000) + small[at + 4 :]
    elif form == "BMP":
        data = small[:18] + struct.pack("<ii", 40000, 40000) + small[26:]
    else:
        at = small.index(struct.pack("<HHII", 256, 4, 1, 16))
        data = small[: at + 8] + struct.pack("<I", 50_000_000) + small[at + 12 :]
    tracemalloc.start()
    begun = time.process_time()

    reason = reason_of(data)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reason == "too large"
    assert peak < 4 * len(data) + 1_000_000
    assert time.process_time() - begun < 1


@pytest.mark.representatives(1)
@pytest.mark.parametrize("name", [b"iCCP", b"zTXt", b"iTXt"])
def test_a_bomb_in_a_chunk_that_is_no_pixel_is_never_unpacked(
    rgb: Image.Image, save: Save, name: bytes
) -> None:
    packed = zlib.compress(bytes(100_000_000), 9)
    body = {
        b"iCCP": b"profile\0\0" + packed,
        b"zTXt": b"Raw profile type exif\0\0" + packed,
        b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + packed,
    }[name]
    whole = save(rgb, "PNG")
    data = whole[:33] + chunk(name, body) + whole[33:]
    tracemalloc.start()

    pixels = decode(data).pixels

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(pixels, np.asarray(rgb))
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\x08\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x05\0" + bytes(12),
        b"Exif\0\0II*\0\xff\xff\xff\xff\x01\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\2\0\0\0\1abcd\0\0\0\0",
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_which_way_up_is_not_guessed_where_exif_is_damaged(
    rgb: Image.Image, save: Save, form: str, exif: bytes
) -> None:
    with pytest.raises(Unreadable, match="EXIF"):
        decode(save(rgb, form, exif=exif))


def test_pixels_do_not_depend_on_threads_or_warnings(rgb: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[274] = 8
    whole = [save(rgb.convert(mode), form, **options) for form, mode, options in FILES]
    whole += [save(rgb, "TIFF", exif=exif), save(rgb, "PNG", exif=exif)]
    files = [data[:length] for data in whole for length in (len(data), len(data) // 2)] * 20

    one_by_one = [told_of(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(told_of, files))

    assert together == one_by_one
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_file_of_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbcval.predict.images._decode.MOST_BYTES", 10)

    assert reason_of(b"\xff\xd8\xff" + bytes(8)) == "too large"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "JPEG"])
@pytest.mark.parametrize("limit", [None, 500])
def test_pillows_own_limit_crashes_nothing(
    rgb: Image.Image, save: Save, monkeypatch: pytest.MonkeyPatch, form: str, limit: int | None
) -> None:
    data = save(rgb, form)
    expected = told_of(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)

    told = told_of(data)

    assert told == expected or (told == "too large" and limit and form in ("TIFF", "WEBP"))
