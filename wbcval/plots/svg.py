"""A scene as an SVG element: shapes in pixels, colours that a style sheet can turn."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from functools import singledispatch
from html import escape

import numpy as np
from numpy.typing import NDArray

from wbcval.plots import scene as marks
from wbcval.plots.scale import Floats
from wbcval.plots.scene import FAINT, INK, PAPER, Scene

BAND = 0.12  # opacity of a band
_MANY = 300  # dots, from which they stand at whole pixels, which a large page need not spell out
LEAST_OPACITY = 0.78  # of a lone sample among too many
_FINER = 1.5  # raster pixels per pixel of the view box
_DEEPEST = 11  # samples at one pixel, from which it is no deeper


def svg(scene: Scene) -> str:
    """The element, to be set into a page as it is; the same scene gives the same bytes."""
    head = (
        f'<svg class="plot" role="img" aria-label="{escape(scene.label)}" '
        f'viewBox="0 0 {_n(scene.width)} {_n(scene.height)}" '
        f'font-family="system-ui, sans-serif" font-size="12.5">'
    )
    parts = (part for mark in scene.marks for part in _written(mark, scene))
    return "\n".join([head, *parts, "</svg>"])


def _element(tag: str, text: str | None = None, **attributes: str | float | None) -> str:
    """One element; ``_`` in an attribute's name stands for ``-``."""
    shown = "".join(
        f' {name.strip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    body = "/>" if text is None else f">{escape(text)}</{tag}>"
    return f"<{tag}{shown}{body}"


def _path(d: str, colour: str, width: float, dash: str | None = None, **more: str) -> str:
    return _element("path", d=d, stroke=colour, stroke_width=width, stroke_dasharray=dash,
                    fill="none", **more)  # fmt: skip


def _points(xs: Floats, ys: Floats) -> list[str]:
    return [f"{_n(x)} {_n(y)}" for x, y in zip(xs, ys, strict=True)]


@singledispatch
def _written(mark: marks.Mark, _: Scene) -> list[str]:
    raise TypeError(f"no mark: {mark!r}")


@_written.register
def _(mark: marks.Text, _: Scene) -> list[str]:
    halo = {"stroke": PAPER, "stroke_width": "3", "paint_order": "stroke"} if mark.halo else {}
    weight = "600" if mark.bold else None
    return [_element("text", mark.text, x=mark.x, y=mark.y, text_anchor=mark.anchor,
                     fill=mark.colour, font_weight=weight, **halo)]  # fmt: skip


@_written.register
def _(mark: marks.Stroke, _: Scene) -> list[str]:
    d = f"M{_n(mark.x0)} {_n(mark.y0)}L{_n(mark.x1)} {_n(mark.y1)}"
    return [_path(d, mark.colour, mark.width, mark.dash)]


@_written.register
def _(mark: marks.Level, scene: Scene) -> list[str]:
    y, x = scene.y.at(mark.value), scene.x
    return _written(marks.Stroke(x.start, y, x.end, y, mark.colour, mark.width, mark.dash), scene)


@_written.register
def _(mark: marks.Upright, scene: Scene) -> list[str]:
    x, ends = scene.x.at(mark.value), sorted((scene.y.start, scene.y.end))
    return _written(marks.Stroke(x, ends[1], x, ends[0], mark.colour, mark.width, mark.dash), scene)


@_written.register
def _(mark: marks.Interval, scene: Scene) -> list[str]:
    y, x = scene.y.at(mark.y), scene.x
    return _written(
        marks.Stroke(x.at(mark.low), y, x.at(mark.high), y, mark.colour, mark.width), scene
    )


@_written.register
def _(mark: marks.Band, scene: Scene) -> list[str]:
    bottom, top, x = scene.y.at(mark.low), scene.y.at(mark.high), scene.x
    return [_element("rect", x=min(x.start, x.end), y=min(top, bottom), width=abs(x.end - x.start),
                     height=abs(bottom - top), fill=mark.colour, fill_opacity=BAND)]  # fmt: skip


@_written.register
def _(mark: marks.Area, scene: Scene) -> list[str]:
    there = _points(scene.x(mark.x), scene.y(mark.high))
    back = _points(scene.x(mark.x[::-1]), scene.y(mark.low[::-1]))
    d = "M" + "L".join([*there, *back]) + "Z"
    return [_element("path", d=d, fill=mark.colour, fill_opacity=BAND)]


@_written.register
def _(mark: marks.Curve, scene: Scene) -> list[str]:
    d = "M" + "L".join(_points(scene.x(mark.x), scene.y(mark.y)))
    return [_path(d, mark.colour, mark.width, mark.dash, stroke_linejoin="round")]


@_written.register
def _(mark: marks.Steps, scene: Scene) -> list[str]:
    x, y = mark.start
    xs, ys = scene.x(mark.x), scene.y(mark.y)
    across = "".join(f"H{_n(right)}V{_n(to)}" for right, to in zip(xs, ys, strict=True))
    d = f"M{_n(scene.x.at(x))} {_n(scene.y.at(y))}{across}"
    return [_path(d, mark.colour, mark.width, stroke_linejoin="round")]


@_written.register
def _(mark: marks.Dots, scene: Scene) -> list[str]:
    """All in one path; nothing for none."""
    if not len(mark.x):
        return []
    places = (mark.x, mark.y) if mark.beside else (scene.x(mark.x), scene.y(mark.y))
    if len(mark.x) > _MANY:
        places = np.rint(places[0]), np.rint(places[1])
    d = "".join(f"M{point}h0" for point in _points(*places))
    return [_element("path", d=d, stroke=mark.colour, stroke_width=mark.size,
                     stroke_linecap="round",
                     stroke_opacity=None if mark.opacity == 1 else mark.opacity,
                     fill="none")]  # fmt: skip


@_written.register
def _(mark: marks.Dashes, scene: Scene, half: float = 3.0) -> list[str]:
    """All in one path; each at a whole pixel, and once."""
    if not len(mark.x):
        return []
    xs, ys = np.rint(scene.x(mark.x) - half), np.rint(scene.y(mark.y))
    places = dict.fromkeys(zip(xs, ys, strict=True))
    d = "".join(f"M{x:.0f} {y:.0f}h{_n(2 * half)}" for x, y in places)
    return [_path(d, mark.colour, 1.5)]


@_written.register
def _(mark: marks.Triangles, scene: Scene) -> list[str]:
    if not len(mark.x):
        return []
    d = "".join(f"M{_n(x)} {_n(scene.y.end)}l5 9h-10z" for x in scene.x(mark.x))
    return [_element("path", d=d, fill=mark.colour)]


@_written.register
def _(mark: marks.Density, scene: Scene) -> list[str]:
    x, y = scene.x, scene.y
    return [_element("image", href=_raster(mark, scene), x=x.start, y=y.end,
                     preserveAspectRatio="none", width=x.end - x.start,
                     height=y.start - y.end)]  # fmt: skip


@_written.register
def _(mark: marks.Frame, scene: Scene) -> list[str]:
    left, right, bottom, top = scene.x.start, scene.x.end, scene.y.start, scene.y.end
    shapes: list[marks.Mark] = []
    for value, label in scene.y.ticks(round(abs(bottom - top) / 42)):
        y = scene.y.at(value)
        shapes += [
            marks.Stroke(left, y, right, y, FAINT, 0.4),
            marks.Text(left - 7, y + 4, label, "end"),
        ]
    for value, label in scene.x.ticks(round((right - left) / 58)):
        x = scene.x.at(value)
        shapes += [marks.Stroke(x, bottom, x, bottom + 4, INK, 0.8),
                   marks.Text(x, bottom + 18, label, "middle")]  # fmt: skip
    shapes += [
        marks.Stroke(left, bottom, right, bottom, INK, 0.8),
        marks.Text((left + right) / 2, bottom + 38, mark.x_title, "middle"),
        marks.Text(left - 50, 14, mark.y_title),
    ]
    return [part for shape in shapes for part in _written(shape, scene)]


@_written.register
def _(mark: marks.Ruler, scene: Scene) -> list[str]:
    left, right, bottom = scene.x.start, scene.x.end, max(scene.y.start, scene.y.end)
    shapes: list[marks.Mark] = []
    for value, label in scene.x.ticks(percent=mark.percent):
        place = marks.Text(scene.x.at(value), bottom + 16, label, "middle")
        shapes += [marks.Upright(value, FAINT, width=0.4), place]
    shapes.append(marks.Text((left + right) / 2, bottom + 35, mark.title, "middle"))
    return [part for shape in shapes for part in _written(shape, scene)]


def _raster(mark: marks.Density, scene: Scene) -> str:
    """The points as a PNG data URL over the plot area: the denser, the more opaque."""
    x, y = scene.x, scene.y
    width, height = round((x.end - x.start) * _FINER), round((y.start - y.end) * _FINER)
    column = np.clip(((x(mark.x) - x.start) * _FINER).astype(int), 1, width - 2)
    row = np.clip(((y(mark.y) - y.end) * _FINER).astype(int), 1, height - 2)
    hits = np.zeros((height, width))
    for down, right in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
        np.add.at(hits, (row + down, column + right), 1.0)
    level = np.minimum(hits, _DEEPEST).astype(np.uint8)
    opacities = [0.0, *np.linspace(LEAST_OPACITY, 1, _DEEPEST)]
    png = _png(level, mark.colour, opacities)
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _png(level: NDArray[np.uint8], colour: str, opacities: Sequence[float]) -> bytes:
    """Levels, shape (height, width), as a PNG file of one colour (RFC 2083, indexed colours)."""
    height, width = level.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), level], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", header)
    body += chunk(b"PLTE", bytes.fromhex(colour[1:]) * len(opacities))
    body += chunk(b"tRNS", bytes(round(255 * o) for o in opacities))
    body += chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"
