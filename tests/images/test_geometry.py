"""Size and part of a picture, to the pixel, against the library that the card names."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wbcval.predict.cards import Input
from wbcval.predict.images import Picture, Unreadable, fit, versions
from wbcval.values.errors import InputError

Spec = Callable[..., Input]
Pixels = NDArray[np.uint8]
# (height, width): smaller, larger, one side each, odd, tiny
SIZES = ((24, 32), (128, 128), (7, 90), (100, 9), (45, 35), (1, 1))
OPENCV = ("nearest", "linear", "area", "cubic", "lanczos4")
TORCH = ("nearest", "bilinear", "bicubic", "bilinear-antialias", "bicubic-antialias")
PILLOW = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


def by_opencv(pixels: Pixels, size: tuple[int, int], method: str) -> Pixels:
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV")
    ways = {
        "nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA,
        "cubic": cv2.INTER_CUBIC, "lanczos4": cv2.INTER_LANCZOS4,
    }  # fmt: skip
    resized: Pixels = cv2.resize(pixels, (size[1], size[0]), interpolation=ways[method])
    return resized


def by_torch(pixels: Pixels, size: tuple[int, int], method: str) -> Pixels:
    """torchvision 0.28, ``transforms/_functional_tensor.py``, ``resize``."""
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    tensor = torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]
    mode = method.removesuffix("-antialias")
    if mode == "nearest":
        found = torch.nn.functional.interpolate(tensor, size=list(size), mode=mode)
    else:
        found = torch.nn.functional.interpolate(
            tensor.to(torch.float32), size=list(size), mode=mode, align_corners=False,
            antialias=method != mode,
        )  # fmt: skip
        if mode == "bicubic":
            found = found.clamp(min=0, max=255)
        found = torch.round(found).to(torch.uint8)
    resized: Pixels = found[0].numpy().transpose(1, 2, 0)
    return resized


def by_torch_uint8(pixels: Pixels, size: tuple[int, int], method: str) -> Pixels:
    """torchvision 0.28, ``transforms/v2/functional/_geometry.py``, ``resize_image``."""
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
    mode = method.removesuffix("-antialias")
    resized: Pixels = torch.nn.functional.interpolate(
        tensor, size=list(size), mode=mode, align_corners=False, antialias=method != mode
    )[0].numpy()
    return resized.transpose(1, 2, 0)


def by_pillow(pixels: Pixels, size: tuple[int, int], method: str) -> Pixels:
    kind = Image.Resampling[method.upper()]
    return np.asarray(Image.fromarray(pixels).resize((size[1], size[0]), kind))


def center_crop(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """torchvision 0.28, ``transforms/functional.py``, line by line."""
    image_height, image_width = pixels.shape[:2]
    crop_height, crop_width = size
    if crop_width > image_width or crop_height > image_height:
        left = (crop_width - image_width) // 2 if crop_width > image_width else 0
        top = (crop_height - image_height) // 2 if crop_height > image_height else 0
        right = (crop_width - image_width + 1) // 2 if crop_width > image_width else 0
        bottom = (crop_height - image_height + 1) // 2 if crop_height > image_height else 0
        larger = np.zeros((image_height + top + bottom, image_width + left + right, 3), np.uint8)
        larger[top : top + image_height, left : left + image_width] = pixels
        pixels = larger
        image_height, image_width = pixels.shape[:2]
    crop_top = int(round((image_height - crop_height) / 2.0))  # noqa: RUF046 (as it stands there)
    crop_left = int(round((image_width - crop_width) / 2.0))  # noqa: RUF046
    return pixels[crop_top : crop_top + crop_height, crop_left : crop_left + crop_width]


BY: dict[str, Callable[[Pixels, tuple[int, int], str], Pixels]] = {
    "pillow": by_pillow, "opencv": by_opencv, "torch": by_torch, "torch-uint8": by_torch_uint8,
}  # fmt: skip
EVERY = [
    *(("opencv", m) for m in OPENCV),
    *(("torch", m) for m in TORCH),
    *(("torch-uint8", m) for m in TORCH if m != "nearest"),
]


@pytest.mark.parametrize(("library", "method"), EVERY)
def test_stretched_pixels_are_those_of_the_library(
    rgb: Image.Image, spec: Spec, library: str, method: str
) -> None:
    pixels = np.asarray(rgb)
    for size in SIZES:
        expected = BY[library](pixels, size, method)
        for color, wanted in (
            ("RGB", expected),
            ("BGR", expected[:, :, ::-1]),
            ("gray", None),
            ("gray-as-RGB", None),
        ):
            if wanted is None:
                grey = np.repeat(np.asarray(rgb.convert("L"))[:, :, None], 3, axis=2)
                wanted = BY[library](grey, size, method)[:, :, : 1 if color == "gray" else 3]
            given = spec(size=size, color=color, interpolation=method, resizer=library)
            assert np.array_equal(fit(Picture(pixels), given), wanted), (size, color)


@pytest.mark.parametrize(("library", "method"), [*EVERY, *(("pillow", m) for m in PILLOW)])
def test_the_shorter_side_and_the_centre_are_torchvisions(
    rgb: Image.Image, spec: Spec, library: str, method: str
) -> None:
    for turned in (np.asarray(rgb), np.asarray(rgb).transpose(1, 0, 2)):
        pixels = np.ascontiguousarray(turned)
        height, width = pixels.shape[:2]
        for side, size in ((35, (24, 32)), (40, (33, 40)), (18, (24, 32)), (77, (64, 64))):
            # transforms/functional.py, _compute_resized_output_size
            short, long = (width, height) if width <= height else (height, width)
            new_short, new_long = side, int(side * long / short)
            new = (new_long, new_short) if width <= height else (new_short, new_long)
            # transforms/functional.py, resize: an image of that size is returned as it is
            resized = pixels if new == (height, width) else BY[library](pixels, new, method)

            given = spec(size=size, resize="shorter-side", shorter_side=side,
                         interpolation=method, resizer=library)  # fmt: skip

            assert np.array_equal(fit(Picture(pixels), given), center_crop(resized, size)), side


# the first 16 digits of the sha256 of the pixels that torchvision 0.28.0 with torch 2.13.0 and
# Pillow 13.0.0 made of the picture below, by Resize(side) and CenterCrop(size), or CenterCrop(crop)
# and Resize(size), or Grayscale(3) and Resize(size): of a Pillow image; torch: transforms of a
# tensor of uint8; torch-uint8: transforms.v2 of one; antialias=False where the filter says nothing
TORCHVISION = """
3d891d2335eb4739 torch nearest RGB 32 32 shorter-side 40
ed902b64d05a2251 pillow nearest RGB 32 32 shorter-side 40
526388beae02760d torch nearest RGB 64 80 shorter-side 73
6fd65ea56c461332 pillow nearest RGB 64 80 shorter-side 73
c71953d1e8e416a3 torch nearest RGB 40 37 shorter-side 30
2896bf636c7c3a3d pillow nearest RGB 40 37 shorter-side 30
5a792b5348f8de93 pillow nearest RGB 32 24 crop 40 40
094d72302bf7a274 pillow nearest RGB 32 24 crop 70 50
5a500f2565bd80fb torch nearest RGB 24 32 crop 50 47
7c32c6de6e05126b pillow nearest gray-as-RGB 32 24 stretch
068e7579e34e80df torch bilinear RGB 32 32 shorter-side 40
88f75e671bf23fcd pillow bilinear RGB 32 32 shorter-side 40
4c0c7f9fdd808db4 torch bilinear-antialias RGB 32 32 shorter-side 40
6d1107b2605f3e32 torch-uint8 bilinear RGB 32 32 shorter-side 40
b924d5992b816a8c torch-uint8 bilinear-antialias RGB 32 32 shorter-side 40
b50dd984a199cdb2 torch bilinear RGB 64 80 shorter-side 73
ed94b14db5475cd6 pillow bilinear RGB 64 80 shorter-side 73
b50dd984a199cdb2 torch bilinear-antialias RGB 64 80 shorter-side 73
e9950a9e0fac23a7 torch-uint8 bilinear RGB 64 80 shorter-side 73
e9950a9e0fac23a7 torch-uint8 bilinear-antialias RGB 64 80 shorter-side 73
4de5490fba948557 torch bilinear RGB 40 37 shorter-side 30
146743c9ced04017 pillow bilinear RGB 40 37 shorter-side 30
d8882d27f41c9f1f torch bilinear-antialias RGB 40 37 shorter-side 30
1902f0158402c432 torch-uint8 bilinear RGB 40 37 shorter-side 30
f06af71bc060b474 torch-uint8 bilinear-antialias RGB 40 37 shorter-side 30
832dbf68da1facb0 pillow bilinear RGB 32 24 crop 40 40
4a9e9aeaf0168591 pillow bilinear RGB 32 24 crop 70 50
e2b64e51a822da06 torch bilinear RGB 24 32 crop 50 47
4ed92cb39a178cbf pillow bilinear gray-as-RGB 32 24 stretch
9910a69a1b809413 torch bicubic RGB 32 32 shorter-side 40
3d0c1306c7255487 pillow bicubic RGB 32 32 shorter-side 40
8e50fe32912951b8 torch bicubic-antialias RGB 32 32 shorter-side 40
9641b51db75f039d torch-uint8 bicubic RGB 32 32 shorter-side 40
9748e0b8731d3d15 torch-uint8 bicubic-antialias RGB 32 32 shorter-side 40
536d18381338e582 torch bicubic RGB 64 80 shorter-side 73
707f0e72767142fe pillow bicubic RGB 64 80 shorter-side 73
889c75e5441a56cd torch bicubic-antialias RGB 64 80 shorter-side 73
74a33d3af74e55e6 torch-uint8 bicubic RGB 64 80 shorter-side 73
aa8ba5361823619d torch-uint8 bicubic-antialias RGB 64 80 shorter-side 73
9067df80dde892cb torch bicubic RGB 40 37 shorter-side 30
acbf5b9cb2ab7beb pillow bicubic RGB 40 37 shorter-side 30
f3c492e27dcba10b torch bicubic-antialias RGB 40 37 shorter-side 30
bbab9716ada7a14d torch-uint8 bicubic RGB 40 37 shorter-side 30
d3d78a6c281b7ee2 torch-uint8 bicubic-antialias RGB 40 37 shorter-side 30
36036ae849825c2b pillow bicubic RGB 32 24 crop 40 40
93ad5421f1ccaf84 pillow bicubic RGB 32 24 crop 70 50
4910ec20683c1e4a torch bicubic RGB 24 32 crop 50 47
1ad883a0547dc7bb pillow bicubic gray-as-RGB 32 24 stretch
""".strip().splitlines()


def drawn() -> Pixels:
    """61 rows of 47 pixels: ramps of colour and a pattern."""
    y, x = np.mgrid[:61, :47]
    return np.stack([4 * y, 5 * x, (x * y * 7) % 256], axis=2).astype(np.uint8)


@pytest.mark.parametrize("line", TORCHVISION)
def test_pixels_are_those_that_torchvision_itself_made(spec: Spec, line: str) -> None:
    expected, resizer, interpolation, color, height, width, way, *numbers = line.split()
    if resizer == "torch-uint8" and "AVX" not in versions(spec(resizer=resizer))["torch_cpu"]:
        pytest.skip("transforms.v2 computes in whole numbers on processors with AVX2")
    given = [int(number) for number in numbers]
    more: dict[str, Any] = {}
    if way == "crop":
        more = {"crop": (given[0], given[1])}
    elif way == "shorter-side":
        more = {"resize": way, "shorter_side": given[0]}

    pixels = fit(Picture(drawn()), spec(size=(int(height), int(width)), color=color,
                 resizer=resizer, interpolation=interpolation, **more))  # fmt: skip

    assert hashlib.sha256(pixels.tobytes()).hexdigest()[:16] == expected


@pytest.mark.parametrize("resize", ["stretch", "fit", "crop-to-fill", "shorter-side"])
@pytest.mark.parametrize("crop", [(30, 20), (20, 30), (45, 35), (46, 35), (44, 38), (90, 90)])
def test_the_middle_is_cut_before_anything_is_resized(
    rgb: Image.Image, spec: Spec, resize: str, crop: tuple[int, int]
) -> None:
    pixels = np.asarray(rgb)
    more = {"pad": (1, 2, 3)} if resize == "fit" else {}
    more |= {"shorter_side": 33} if resize == "shorter-side" else {}
    cut = np.ascontiguousarray(center_crop(pixels, crop))

    found = fit(Picture(pixels), spec(resize=resize, crop=crop, **more))

    assert np.array_equal(found, fit(Picture(cut), spec(resize=resize, **more)))


def test_a_grey_picture_and_its_three_equal_channels(rgb: Image.Image, spec: Spec) -> None:
    grey = np.asarray(rgb.convert("L"))

    of_colours = fit(Picture(np.asarray(rgb)), spec(color="gray-as-RGB"))
    of_grey = fit(Picture(grey), spec(color="gray-as-RGB"))

    expected = np.asarray(rgb.convert("L").resize((32, 24), Image.Resampling.BILINEAR))
    assert np.array_equal(of_colours, np.dstack([expected] * 3))
    assert np.array_equal(of_grey, of_colours)


def test_the_resizers_differ_where_they_are_said_to(spec: Spec) -> None:
    """So that a key that was read and not used would be found."""
    picture = Picture(drawn())
    given = [
        spec(),
        spec(resizer="torch"),
        spec(resizer="torch-uint8"),
        spec(resizer="torch", interpolation="bilinear-antialias"),
        spec(resizer="torch-uint8", interpolation="bilinear-antialias"),
        spec(resizer="opencv", interpolation="linear"),
        spec(resizer="opencv", interpolation="area"),
        spec(crop=(40, 40)),
        spec(resize="shorter-side", shorter_side=32),
        spec(resize="crop-to-fill"),
    ]

    assert len({fit(picture, one).tobytes() for one in given}) == len(given)


def test_what_would_become_endless_is_one_cell_that_fails(spec: Spec) -> None:
    given = spec(resize="shorter-side", shorter_side=256)

    with pytest.raises(Unreadable) as caught:
        fit(Picture(np.zeros((1, 4096, 3), dtype=np.uint8)), given)

    assert caught.value.reason == "too narrow"


@pytest.mark.parametrize(("library", "module"), [("opencv", "cv2"), ("torch", "torch")])
def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, spec: Spec, library: str, module: str
) -> None:
    given = spec(resizer=library, interpolation="nearest")
    monkeypatch.setitem(sys.modules, module, None)

    for attempt in (lambda: versions(given), lambda: fit(Picture(drawn()), given)):
        with pytest.raises(InputError, match=rf'resizer = "{library}.*is not installed'):
            attempt()
    assert versions(spec()) == {}
