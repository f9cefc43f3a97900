"""Size and colours are Pillow's to the pixel; numbers are float32's to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from wbcval.predict.cards import Input
from wbcval.predict.images import Picture, Unreadable, combine, fit, normalise

Spec = Callable[..., Input]
FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
# (height, width): smaller, larger, one side each, odd, the size it has
SIZES = ((24, 32), (128, 128), (7, 90), (100, 9), (45, 35), (1, 1))
PADS = {"RGB": (255, 10, 0), "BGR": (0, 10, 255), "gray": (77,)}


def by_pillow(image: Image.Image, color: str, resize: str, method: str, size: Any) -> Any:
    """What a user's training code would do, in Pillow alone."""
    image = image.convert("L" if color == "gray" else "RGB")
    wanted, kind = (size[1], size[0]), Image.Resampling[method.upper()]
    if resize == "stretch":
        image = image.resize(wanted, kind)
    elif resize == "crop-to-fill":
        image = ImageOps.fit(image, wanted, kind)
    else:
        image = ImageOps.pad(image, wanted, kind, color=77 if color == "gray" else (255, 10, 0))
    pixels = np.asarray(image)
    if color == "gray":
        return pixels[:, :, None]
    return pixels[:, :, ::-1] if color == "BGR" else pixels


@pytest.mark.parametrize("method", FILTERS)
@pytest.mark.parametrize("resize", ["stretch", "fit", "crop-to-fill"])
@pytest.mark.parametrize("color", ["RGB", "BGR", "gray"])
@pytest.mark.parametrize("grey", [False, True])
def test_fitted_pixels_are_pillows(
    rgb: Image.Image, spec: Spec, method: str, resize: str, color: str, grey: bool
) -> None:
    image = rgb.convert("L") if grey else rgb
    for size in SIZES:
        wanted = spec(
            size=size, color=color, resize=resize, interpolation=method,
            pad=PADS[color] if resize == "fit" else None,
        )  # fmt: skip

        pixels = fit(Picture(np.asarray(image)), wanted)

        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert pixels.shape == (*size, 1 if color == "gray" else 3)
        assert np.array_equal(pixels, by_pillow(image, color, resize, method, size)), size


def test_a_picture_that_has_the_size_is_not_resized(rgb: Image.Image, spec: Spec) -> None:
    pixels = np.asarray(rgb)

    for resize in ("stretch", "fit", "crop-to-fill"):
        for color, expected in (("RGB", pixels), ("BGR", pixels[:, :, ::-1])):
            wanted = spec(size=(45, 35), color=color, resize=resize, interpolation="lanczos")
            assert np.array_equal(fit(Picture(pixels), wanted), expected)


@pytest.mark.parametrize("shape", [(1, 1000), (1000, 1), (1, 65)])
def test_a_picture_of_which_only_bars_would_be_left_is_refused(
    spec: Spec, shape: tuple[int, int]
) -> None:
    wanted = spec(size=(32, 32), resize="fit", pad=(0, 0, 0))

    with pytest.raises(Unreadable) as caught:
        fit(Picture(np.zeros(shape, dtype=np.uint8)), wanted)

    assert caught.value.reason == "too narrow"


def test_a_line_of_one_pixel_is_left_by_a_narrow_picture(spec: Spec) -> None:
    wanted = spec(size=(32, 32), resize="fit", pad=(0, 0, 0))

    pixels = fit(Picture(np.full((1, 63), 200, dtype=np.uint8)), wanted)

    assert (pixels == 200).all(axis=(1, 2)).sum() == 1


def test_only_a_picture_without_colours_is_grey(rgb: Image.Image) -> None:
    assert not Picture(np.asarray(rgb)).is_grey
    assert Picture(np.asarray(rgb.convert("L"))).is_grey


def plain(batch: NDArray[Any], scale: float, mean: Any, std: Any) -> NDArray[np.float32]:
    """The definition, in float32."""
    x = batch.astype(np.float32)
    scaled = x / np.float32(scale)
    result: NDArray[np.float32] = (scaled - np.float32(mean)) / np.float32(std)
    return result.transpose(0, 3, 1, 2)


@pytest.mark.parametrize("scale", [1.0, 255.0, 127.5, 256.0])
@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ((0.0, 0.5, 0.0), (1.0, 1.0, 0.3)),
        ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    ],
)
@pytest.mark.parametrize("floating", [False, True])
def test_numbers_are_those_of_the_definition_to_the_bit(
    spec: Spec, scale: float, mean: Any, std: Any, floating: bool
) -> None:
    batch = np.random.default_rng(5).integers(0, 256, (4, 9, 7, 3), dtype=np.uint8)
    batch[0].flat[:189] = np.arange(189)
    given = batch.astype(np.float32) / np.float32(3) if floating else batch
    wanted = spec(scale=scale, mean=mean, std=std)

    numbers = normalise(given, wanted)

    assert numbers.dtype == np.float32
    assert numbers.shape == (4, 3, 9, 7)
    assert numbers.transpose(0, 2, 3, 1).flags.c_contiguous
    assert numbers.tobytes() == plain(given, scale, mean, std).tobytes()


def test_every_grey_level_is_exact(spec: Spec) -> None:
    batch = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    wanted = spec(color="gray", mean=(0.449,), std=(0.226,))

    assert normalise(batch, wanted).tobytes() == plain(batch, 255, [0.449], [0.226]).tobytes()


def test_stacked_planes_share_mean_and_std(spec: Spec) -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    batch = np.random.default_rng(6).integers(0, 256, (2, 5, 4, 6), dtype=np.uint8)
    wanted = spec(mean=mean, std=std, planes=("upper", "lower"), combine="stack")

    numbers = normalise(batch, wanted)

    assert numbers.tobytes() == plain(batch, 255, mean * 2, std * 2).tobytes()


def test_an_earlier_result_is_written_over(spec: Spec) -> None:
    first, second = np.random.default_rng(7).integers(0, 256, (2, 2, 5, 4, 3), dtype=np.uint8)
    wanted = spec(mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))
    numbers = normalise(first, wanted)

    again = normalise(second, wanted, out=numbers)

    assert again is numbers
    assert np.array_equal(numbers, normalise(second, wanted))


@pytest.mark.parametrize("height", [1, 7, 12, 16])  # rows are taken by their common divisor with 8
def test_images_one_by_one_give_the_bytes_of_a_batch(spec: Spec, height: int) -> None:
    batch = np.random.default_rng(3).integers(0, 256, (3, height, 5, 3), dtype=np.uint8)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    numbers = normalise(list(batch), spec(mean=mean, std=std))

    assert numbers.tobytes() == plain(batch, 255, mean, std).tobytes()


def test_memory_of_another_layout_is_refused(spec: Spec) -> None:
    batch = np.zeros((2, 5, 4, 3), dtype=np.uint8)

    for out in (np.empty((2, 3, 5, 4), dtype=np.float32), normalise(batch[:1], spec())):
        with pytest.raises(ValueError, match="no earlier result"):
            normalise(batch, spec(), out=out)


def test_a_batch_that_is_a_view_is_read_as_it_looks(spec: Spec) -> None:
    batch = np.random.default_rng(8).integers(0, 256, (3, 6, 5, 3), dtype=np.uint8)[:, ::-1, ::2]

    assert np.array_equal(normalise(batch, spec()), normalise(batch.copy(), spec()))


def test_planes_are_stacked_in_their_order_or_averaged(spec: Spec) -> None:
    planes = list(np.random.default_rng(9).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8))
    names = ("a", "b", "c")

    stacked = combine(planes, spec(planes=names, combine="stack"))
    mean = combine(planes, spec(planes=names, combine="mean"))

    assert stacked.dtype == np.uint8
    assert np.array_equal(stacked, np.dstack(planes))
    assert mean.dtype == np.float32
    total = sum(plane.astype(np.float32) for plane in planes)
    assert np.array_equal(mean, total / np.float32(3))
    assert combine(planes[:1], spec()) is planes[0]
