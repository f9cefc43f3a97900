"""The other cards there are: what each axis of a card may be instead, and what of it is one thing.

An axis is a part of the card that a person gets wrong as one; its lines are changed together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wbcval.predict.cards import COLORS, INTERPOLATIONS, RESIZERS, Card, Input

# what the axes are called, and the lines of [input] that each is written in
AXES: Mapping[str, tuple[str, ...]] = {
    "size": ("size",),
    "color": ("color",),
    "crop": ("crop",),
    "resize": ("resize", "shorter_side", "pad"),
    "interpolation": ("resizer", "interpolation"),
    "scale, mean, std": ("scale", "mean", "std"),
}
ORDER, OUTPUT = "classes", "output"
_BARS = (0, 128, 255, 114)  # of letter boxes
# of the shorter side the part that a centre crop keeps; and pixels that are cut from it
_KEPT = (1.0, 0.96, 0.95, 0.94, 0.9, 224 / 256, 0.875, 224 / 232, 0.85, 0.8, 0.75, 0.5)
_CUT = (8, 16, 32)
_CROPS = (96, 100, 112, 128, 144, 150, 160, 180, 192, 200, 224, 240, 250, 256, 280, 288, 299, 300,
          320, 350, 384, 400, 448, 480, 500, 512)  # fmt: skip
_NEAREST = {"area": "box", "linear": "bilinear", "cubic": "bicubic", "lanczos4": "lanczos"}
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CAFFE = (123.68, 116.779, 103.939)  # the same means in 0 to 255, without an SD
_ALIKE = 1e-6  # relative


def changed(one: Card, other: Card) -> tuple[str, ...]:
    """The axes in which two cards differ; equal arithmetic is no difference."""
    a, b = one.input, other.input
    found = [
        axis
        for axis, keys in AXES.items()
        if (not _same_numbers(a, b) if "scale" in keys else _of(a, keys) != _of(b, keys))
    ]
    found += [OUTPUT] if one.output != other.output else []
    return (*found, *([ORDER] if one.classes != other.classes else []))


def put_back(found: Card, given: Card, axis: str) -> Card:
    """The first, with an axis as the second has it."""
    if axis not in AXES:
        return replace(found, **{axis: getattr(given, axis)})
    keys = {key: getattr(given.input, key) for key in AXES[axis]}
    return replace(found, input=replace(found.input, **keys))


def stands(one: Input) -> bool:
    """Whether a card may say it: not every resizer has every filter and way."""
    return one.resize in RESIZERS[one.resizer] and one.interpolation in INTERPOLATIONS[one.resizer]


def numbers(start: Input, given: Input) -> Iterator[Input]:
    """Every order of colours with every scale and normalisation, of a shape and its turned one.

    Args:
        start: the geometry is its own.
        given: of the card as it stands, whose numbers are tried with other scales too.
    """
    sizes = dict.fromkeys((start.size, start.size[::-1]))
    for size in sizes:
        for color in _colors(start):
            known: list[Input] = []
            for scale, mean, std in _scales(start, given):
                one = replace(start, size=size, color=color, scale=scale, mean=mean, std=std)
                if not any(_same_numbers(one, other) for other in known):
                    known.append(one)
            yield from known


def shapes(start: Input) -> Iterator[Input]:
    """Every way to bring an image to the size, its own filter kept where the way has it."""
    for resize in RESIZERS[start.resizer]:
        yield from _ways(start, resize)
    own = INTERPOLATIONS["pillow"]
    near = _NEAREST.get(start.interpolation, start.interpolation)
    by_pillow = replace(start, resizer="pillow", interpolation=near if near in own else own[0])
    for resize in (name for name in RESIZERS["pillow"] if name not in RESIZERS[start.resizer]):
        yield from _ways(by_pillow, resize)
    for side in _CROPS:
        yield replace(start, crop=(side, side))
    yield replace(start, crop=start.size)
    yield replace(start, crop=None)


def starts(given: Input) -> Iterator[Input]:
    """Geometries far from each other, from which a search may begin."""
    for resize, side in (("shorter-side", 1.0), ("shorter-side", 224 / 256), ("crop-to-fill", 0)):
        if resize in RESIZERS[given.resizer]:
            least = round(min(given.size) / side) if side else None
            yield replace(given, resize=resize, pad=None, shorter_side=least)
    if given.resize != "stretch":
        yield replace(given, resize="stretch", pad=None, shorter_side=None)


def unlike(start: Input) -> Iterator[Input]:
    """The same with a filter that smooths and with one that does not: either may hide a shape."""
    yield replace(start, resizer="pillow", interpolation="bilinear")
    if start.resize in RESIZERS["torch"]:
        yield replace(start, resizer="torch", interpolation="bilinear")


def _ways(start: Input, resize: str) -> Iterator[Input]:
    plain = replace(start, resize=resize, pad=None, shorter_side=None)
    if resize == "shorter-side":
        least = min(start.size)
        sides = [round(least / kept) for kept in _KEPT]
        sides += [int(least / kept) for kept in _KEPT] + [least + cut for cut in _CUT] + [256]
        for side in dict.fromkeys([start.shorter_side or least, *sides]):
            yield replace(plain, shorter_side=side)
    elif resize == "fit":
        pads = [(value,) * COLORS[start.color] for value in _BARS]
        for pad in dict.fromkeys([start.pad or pads[0], *pads]):
            yield replace(plain, pad=pad)
    else:
        yield plain


def filters(start: Input) -> Iterator[Input]:
    """Every filter of every resizer that has the way of resizing, the rest kept."""
    for resizer, ways in RESIZERS.items():
        if start.resize in ways:
            for name in INTERPOLATIONS[resizer]:
                yield replace(start, resizer=resizer, interpolation=name)


def _colors(start: Input) -> tuple[str, ...]:
    channels = COLORS[start.color]
    return tuple(name for name, n in COLORS.items() if n == channels)


Scale = tuple[float, tuple[float, ...], tuple[float, ...]]


def _scales(start: Input, given: Input) -> Iterator[Scale]:
    """Scales with means and SDs: the card's own first, so that of equal ones it is kept."""
    n = COLORS[start.color]
    zero, one, half = (0.0,) * n, (1.0,) * n, (0.5,) * n
    yield start.scale, start.mean, start.std
    yield given.scale, given.mean, given.std
    for scale in (255.0, 1.0):
        yield scale, zero, one
        yield scale, given.mean, given.std
        yield scale, given.mean[::-1], given.std[::-1]
    yield 255.0, half, half
    if n == 3:
        for turn in (1, -1):
            mean, std = (values[::turn] for values in _IMAGENET)
            yield 255.0, mean, std
            yield 1.0, mean, std
            yield 1.0, _CAFFE[::turn], one


def _of(one: Input, keys: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(one, key) for key in keys)


def _same_numbers(one: Input, other: Input) -> bool:
    """Whether two normalisations are one calculation: x·a − b."""
    pairs = (
        (x, y)
        for ours, theirs in zip(_affine(one), _affine(other), strict=True)
        for x, y in zip(ours, theirs, strict=True)
    )
    return len(one.mean) == len(other.mean) and all(
        abs(x - y) <= _ALIKE * max(abs(x), abs(y)) for x, y in pairs
    )


def _affine(one: Input) -> tuple[tuple[float, ...], tuple[float, ...]]:
    factors = tuple(1 / (one.scale * s) for s in one.std)
    return factors, tuple(m / s for m, s in zip(one.mean, one.std, strict=True))
