"""A cloud of points: one path of round dots, or a picture where there are too many."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wbcval.plots.scale import Floats
from wbcval.plots.svg import BLUE, GREEN, INK, PURPLE, Canvas

MOST_DOTS = 20_000
GROUP_COLOURS = (BLUE, GREEN, PURPLE, INK)
_FINER = 1.5  # raster pixels per pixel of the view box
_DEEPEST = 11  # samples at one pixel, from which it is no deeper
LEAST_OPACITY = 0.78  # of a lone sample on a raster cloud

Groups = Mapping[str, NDArray[np.bool_]]


def cloud(canvas: Canvas, x: Floats, y: Floats, groups: Groups | None = None) -> None:
    """Points of data values, shape (n,), finite; each group in its colour.

    Args:
        canvas: drawn upon.
        x: data values.
        y: data values.
        groups: at most four names with masks, shape (n,); points in none are drawn in ink.
    """
    xs, ys = canvas.x(x), canvas.y(y)
    if len(xs) > MOST_DOTS:
        canvas.image(_raster(canvas, xs, ys))
        return
    groups = groups or {}
    rest = ~np.logical_or.reduce([np.zeros(len(xs), dtype=bool), *groups.values()])
    size = dot_size(len(xs))
    canvas.dots(xs[rest], ys[rest], INK, size, ink_opacity(len(xs)))
    for mask, colour in zip(groups.values(), GROUP_COLOURS, strict=False):
        canvas.dots(xs[mask], ys[mask], colour, size)  # opaque: paler, they would not stand out


def dot_size(n: int) -> float:
    """Diameter of a dot in pixels: the more, the smaller."""
    return next((size for most, size in ((100, 5.0), (300, 4.5), (2000, 3.4)) if n <= most), 2.6)


def ink_opacity(n: int) -> float:
    """Opacity of dots in ink: the more, the more transparent."""
    return 0.75 if n <= 300 else 0.6


def _raster(canvas: Canvas, xs: Floats, ys: Floats) -> str:
    """The cloud as a PNG data URL over the plot area: the denser, the more opaque."""
    width = round((canvas.x.end - canvas.x.start) * _FINER)
    height = round((canvas.y.start - canvas.y.end) * _FINER)
    column = np.clip(((xs - canvas.x.start) * _FINER).astype(int), 1, width - 2)
    row = np.clip(((ys - canvas.y.end) * _FINER).astype(int), 1, height - 2)
    hits = np.zeros((height, width))
    for down, right in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
        np.add.at(hits, (row + down, column + right), 1.0)
    level = np.minimum(hits, _DEEPEST).astype(np.uint8)
    opacities = [0.0, *np.linspace(LEAST_OPACITY, 1, _DEEPEST)]
    return "data:image/png;base64," + base64.b64encode(_png(level, opacities)).decode("ascii")


def _png(level: NDArray[np.uint8], opacities: Sequence[float]) -> bytes:
    """Levels, shape (height, width), as a PNG file of one colour (RFC 2083, indexed colours)."""
    height, width = level.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), level], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", header)
    body += chunk(b"PLTE", bytes.fromhex(BLUE[1:]) * len(opacities))
    body += chunk(b"tRNS", bytes(round(255 * o) for o in opacities))
    body += chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")
