"""Decoded pixels are Pillow's, whatever the format; what is changed on the way is said."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from wbcval.predict.images import Unreadable, decode

Save = Callable[..., bytes]
UPRIGHT = "turned upright as EXIF says"
SAVED: list[tuple[str, str, dict[str, Any]]] = [  # form, mode, options
    ("JPEG", "RGB", {}),
    ("JPEG", "RGB", {"subsampling": "4:4:4", "quality": 95}),
    ("JPEG", "RGB", {"subsampling": "4:2:2", "quality": 60}),
    ("JPEG", "RGB", {"subsampling": "4:2:0", "quality": 10}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "RGB", {"keep_rgb": True}),
    ("JPEG", "RGB", {"restart_marker_rows": 1}),
    ("JPEG", "RGB", {"optimize": True, "comment": b"\xff\xc0 in a comment"}),
    ("JPEG", "L", {}),
    ("JPEG", "L", {"progressive": True}),
    ("PNG", "RGB", {}),
    ("PNG", "L", {}),
    ("PNG", "P", {}),
    ("PNG", "P", {"bits": 4}),
    ("PNG", "1", {}),
    ("BMP", "RGB", {}),
    ("BMP", "L", {}),
    ("BMP", "P", {}),
    ("BMP", "1", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "RGB", {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
    ("TIFF", "RGB", {"compression": "tiff_adobe_deflate", "strip_size": 400}),
    ("TIFF", "L", {"compression": "packbits"}),
    ("TIFF", "L", {"big_endian": True}),
    ("TIFF", "P", {}),
    ("TIFF", "1", {}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGB", {"lossless": True}),
]


def converted(image: Image.Image, mode: str) -> Image.Image:
    return image.quantize(13) if mode == "P" else image.convert(mode)


def by_pillow(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        turned = ImageOps.exif_transpose(image)
        return np.asarray(turned.convert("L" if turned.mode in ("1", "L") else "RGB"))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, check sums right."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in chunks:
        parts += [struct.pack(">I", len(body)), name, body]
        parts.append(struct.pack(">I", zlib.crc32(name + body)))
    return b"".join(parts)


def png_of(width: int, height: int, bits: int, kind: int, rows: bytes, *more: Any) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return png((b"IHDR", header), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


@pytest.mark.parametrize(("form", "mode", "options"), SAVED)
def test_pixels_are_pillows(
    rgb: Image.Image, save: Save, form: str, mode: str, options: dict[str, Any]
) -> None:
    data = save(converted(rgb, mode), form, **options)

    picture = decode(data)

    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert picture.is_grey == (mode in ("1", "L"))
    assert np.array_equal(picture.pixels, by_pillow(data))
    expected = {"P": ("palette converted to RGB",), "1": ("black and white converted to grey",)}
    assert picture.remarks == expected.get(mode, ())


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (17, 1), (8, 8), (16, 31)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_odd_jpegs_are_pillows(
    rgb: Image.Image, save: Save, size: tuple[int, int], subsampling: str
) -> None:
    data = save(rgb.resize(size), "JPEG", subsampling=subsampling)

    assert np.array_equal(decode(data).pixels, by_pillow(data))


@pytest.mark.parametrize("folder", ["cells", "cells_other"])
def test_real_cells_are_pillows(shared: Path, folder: str) -> None:
    files = sorted((shared / "data" / folder / "img").iterdir())

    for file in files[:: 1 if folder == "cells_other" else 8]:
        data = file.read_bytes()
        assert np.array_equal(decode(data).pixels, by_pillow(data)), file.name


@pytest.mark.slow
def test_every_real_cell_is_pillows_in_colour_and_grey(shared: Path, save: Save) -> None:
    different = []
    for file in sorted((shared / "data" / "cells" / "img").iterdir()):
        original = file.read_bytes()
        with Image.open(io.BytesIO(original)) as image:
            further = [
                save(image.convert("RGB"), "JPEG", subsampling=s) for s in ("4:2:0", "4:2:2")
            ] + [save(image.convert("L"), "JPEG")]
        different += [
            file.name
            for data in (original, *further)
            if not np.array_equal(decode(data).pixels, by_pillow(data))
        ]

    assert different == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))
def test_exif_turns_as_pillow_does(
    rgb: Image.Image, save: Save, form: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[271], exif[274] = "a maker", orientation
    data = save(rgb, form, exif=exif)

    picture = decode(data)

    assert np.array_equal(picture.pixels, by_pillow(data))
    assert picture.pixels.flags.c_contiguous
    assert picture.remarks == ((UPRIGHT,) if 2 <= orientation <= 8 else ())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "xmp", [b'<rdf tiff:Orientation="6"/>', b"<tiff:Orientation>6</tiff:Orientation>"]
)
def test_xmp_turns_as_pillow_does(rgb: Image.Image, save: Save, form: str, xmp: bytes) -> None:
    if form == "PNG":
        text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
        whole = save(rgb, "PNG")
        chunk = png((b"iTXt", text))[8:]
        data = whole[:33] + chunk + whole[33:]
    else:
        data = save(rgb, form, xmp=xmp)

    picture = decode(data)

    assert picture.remarks == (UPRIGHT,)
    assert np.array_equal(picture.pixels, by_pillow(data))


@pytest.mark.parametrize("packed", [False, True])
def test_exif_that_imagemagick_wrote_into_a_text_chunk(
    rgb: Image.Image, save: Save, packed: bool
) -> None:
    exif = Image.Exif()
    exif[274] = 3
    block = exif.tobytes()
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    body = b"Raw profile type exif\0" + (b"\0" + zlib.compress(text) if packed else text)
    whole = save(rgb, "PNG")
    data = whole[:33] + png((b"zTXt" if packed else b"tEXt", body))[8:] + whole[33:]

    assert np.array_equal(decode(data).pixels, np.asarray(rgb)[::-1, ::-1])


def test_the_orientation_of_exif_goes_before_that_of_xmp(rgb: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[274] = 1
    data = save(rgb, "JPEG", exif=exif, xmp=b'tiff:Orientation="6"')

    assert decode(data).remarks == ()
    assert np.array_equal(decode(data).pixels, by_pillow(data))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize(("mode", "plain"), [("RGBA", "RGB"), ("LA", "L")])
def test_an_opaque_alpha_channel_is_left_out(
    rgb: Image.Image, save: Save, form: str, mode: str, plain: str
) -> None:
    picture = decode(save(rgb.convert(mode), form))

    assert np.array_equal(picture.pixels, np.asarray(rgb.convert(plain)))
    assert picture.remarks == ("opaque alpha channel left out",)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_one_pixel_that_is_not_opaque_is_refused(
    rgb: Image.Image, save: Save, form: str, mode: str
) -> None:
    image = rgb.convert(mode)
    image.putpixel((3, 4), (*image.getpixel((3, 4))[:-1], 254))

    with pytest.raises(Unreadable) as caught:
        decode(save(image, form, **({"lossless": True} if form == "WEBP" else {})))

    assert caught.value.reason == "transparent"


@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_a_transparent_colour_is_refused_where_a_pixel_has_it(
    rgb: Image.Image, save: Save, mode: str
) -> None:
    image = converted(rgb, mode).point(lambda value: value // 2)
    used = image.getpixel((0, 0))
    unused = {"RGB": (1, 2, 255), "L": 255, "P": 12}[mode]

    picture = decode(save(image, "PNG", transparency=unused))

    assert np.array_equal(picture.pixels, by_pillow(save(image, "PNG")))
    assert picture.remarks[0] == "opaque alpha channel left out"
    with pytest.raises(Unreadable, match="transparent"):
        decode(save(image, "PNG", transparency=used))


@pytest.mark.parametrize(("bits", "widened"), [(1, 255), (2, 85), (4, 17)])
def test_greys_of_few_bits_are_widened_and_none_may_be_transparent(bits: int, widened: int) -> None:
    rows = b"\0" + (1 << 8 - bits).to_bytes()  # one pixel of the value 1

    assert decode(png_of(1, 1, bits, 0, rows)).pixels.tolist() == [[widened]]
    with pytest.raises(Unreadable, match="transparent"):
        decode(png_of(1, 1, bits, 0, rows, (b"tRNS", b"\0\1")))


@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_16_bits_in_a_png_are_refused_though_pillow_would_drop_half(kind: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    data = png_of(2, 2, 16, kind, (b"\0" + bytes(range(channels * 4))) * 2)

    with pytest.raises(Unreadable) as caught:
        decode(data)

    assert caught.value.reason == "16 bits per channel"


def test_16_bits_and_floating_numbers_in_a_tiff_are_refused(save: Save) -> None:
    deep = Image.fromarray(np.arange(12, dtype=np.uint16).reshape(3, 4))
    floating = Image.fromarray(np.ones((3, 4), dtype=np.float32))
    for image, reason in ((deep, "16 bits per channel"), (floating, "32 bits per channel")):
        with pytest.raises(Unreadable) as caught:
            decode(save(image, "TIFF"))
        assert caught.value.reason == reason


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_is_refused(rgb: Image.Image, save: Save, form: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(save(rgb.convert("CMYK"), form))

    assert caught.value.reason == "CMYK"


@pytest.mark.parametrize(
    ("form", "options"),
    [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})],
)
def test_several_frames_are_refused(
    rgb: Image.Image, save: Save, form: str, options: dict[str, Any]
) -> None:
    second = ImageOps.mirror(rgb)
    data = save(rgb, form, save_all=True, append_images=[second], **options)

    with pytest.raises(Unreadable) as caught:
        decode(data)

    assert caught.value.reason == "several frames"


def test_a_jpeg_of_several_images_is_refused(rgb: Image.Image, save: Save) -> None:
    data = save(rgb, "MPO", save_all=True, append_images=[rgb])

    with pytest.raises(Unreadable) as caught:
        decode(data)

    assert caught.value.reason == "several frames"


@pytest.mark.parametrize("form", ["GIF", "PPM", "ICO", "JPEG2000"])
def test_other_formats_are_refused_whatever_the_name(
    rgb: Image.Image, save: Save, form: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(save(rgb, form))

    assert caught.value.reason in ("unsupported", "not an image")


@pytest.mark.parametrize("compression", ["jpeg", "group4", "tiff_ccitt"])
def test_lossy_and_fax_compressions_of_tiff_are_refused(
    rgb: Image.Image, save: Save, compression: str
) -> None:
    image = rgb if compression == "jpeg" else rgb.convert("1")

    with pytest.raises(Unreadable) as caught:
        decode(save(image, "TIFF", compression=compression))

    assert caught.value.reason == "unsupported"
