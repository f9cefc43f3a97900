"""A drawing as an SVG element: shapes in pixels, colours that a style sheet can turn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from wbcval.plots.scale import Axis, Floats

# Okabe-Ito, three of them darkened: dots and lines stand 3:1 against white and against a band,
# labels in blue and vermillion 4.5:1. Ink and paper follow the page.
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#bf4e00", "#008a64", "#b8578f"
INK, FAINT, PAPER = "currentColor", "#8a8a8a", "#fff"
BAND = 0.12  # opacity of a band
_HEIGHT_OF_TEXT, _WIDTH_OF_LETTER = 13.0, 7.2


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing, and where on it each sample stands.

    Attributes:
        svg: an ``<svg>`` element.
        x, y: pixels of the view box, shape (n,), in the order of the samples drawn; NaN where a
            sample has no place.
    """

    svg: str
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a line of text stands: its ends and its middle height, in pixels."""

    left: float
    right: float
    y: float

    def meets(self, other: _Box) -> bool:
        near = abs(self.y - other.y) < _HEIGHT_OF_TEXT
        return near and self.left < other.right and other.left < self.right

    def covers(self, xs: Floats, ys: Floats) -> int:
        """How many of these dots it covers."""
        beside = (xs > self.left - 4) & (xs < self.right + 4)
        return int(np.count_nonzero(beside & (np.abs(ys - self.y) < 0.75 * _HEIGHT_OF_TEXT)))


class Canvas:
    """A drawing area with two axes; coordinates are pixels of the view box.

    Args:
        label: what the figure shows, read aloud by a screen reader.
        x, y: the axes; their pixels span the plot area.
        width, height: of the view box.
    """

    def __init__(self, label: str, x: Axis, y: Axis, width: float, height: float) -> None:
        self.label, self.x, self.y = label, x, y
        self.width, self.height = width, height
        self._parts: list[str] = []

    def add(self, tag: str, text: str | None = None, **attributes: str | float | None) -> None:
        """Append one element; ``_`` in an attribute's name stands for ``-``."""
        shown = "".join(
            f' {name.strip("_").replace("_", "-")}="{_value(value)}"'
            for name, value in attributes.items()
            if value is not None
        )
        body = "/>" if text is None else f">{escape(text)}</{tag}>"
        self._parts.append(f"<{tag}{shown}{body}")

    def text(
        self, x: float, y: float, text: str, anchor: str = "start", fill: str = INK, **more: str
    ) -> None:
        """Write a text at a point."""
        self.add("text", text, x=x, y=y, text_anchor=anchor, fill=fill, **more)

    def line(
        self, x0: float, y0: float, x1: float, y1: float, stroke: str = INK,
        width: float = 1.0, dash: str | None = None,
    ) -> None:  # fmt: skip
        """Draw a straight line."""
        self.add("path", d=f"M{_n(x0)} {_n(y0)}L{_n(x1)} {_n(y1)}", stroke=stroke,
                 stroke_width=width, stroke_dasharray=dash, fill="none")  # fmt: skip

    def level(
        self, value: float, stroke: str, dash: str | None = None, width: float = 1.5
    ) -> float:
        """A horizontal line across the plot area; returns its pixel."""
        y = self.y.at(value)
        self.line(self.x.start, y, self.x.end, y, stroke, width, dash)
        return y

    def curve(
        self, xs: Floats, ys: Floats, stroke: str, dash: str | None = None, width: float = 1.5
    ) -> None:
        """A line through points given in pixels."""
        points = "L".join(f"{_n(x)} {_n(y)}" for x, y in zip(xs, ys, strict=True))
        self.add("path", d=f"M{points}", stroke=stroke, stroke_width=width,
                 stroke_dasharray=dash, fill="none", stroke_linejoin="round")  # fmt: skip

    def steps(
        self, x: float, y: float, xs: Floats, ys: Floats, stroke: str, width: float = 1.5
    ) -> None:
        """From a pixel across to each x and then up or down to its y."""
        path = "".join(f"H{_n(right)}V{_n(to)}" for right, to in zip(xs, ys, strict=True))
        self.add("path", d=f"M{_n(x)} {_n(y)}{path}", stroke=stroke, stroke_width=width,
                 fill="none", stroke_linejoin="round")  # fmt: skip

    def band(self, low: float, high: float, fill: str) -> None:
        """A horizontal band between two data values."""
        bottom, top = self.y.at(low), self.y.at(high)
        self.add("rect", x=min(self.x.start, self.x.end), y=min(top, bottom),
                 width=abs(self.x.end - self.x.start), height=abs(bottom - top),
                 fill=fill, fill_opacity=BAND)  # fmt: skip

    def frame(self, x_title: str, y_title: str, x_unit: str = "", y_unit: str = "") -> None:
        """Grid, ticks and titles of both axes; drawn first, under everything."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        for value, label in self.y.ticks(round(abs(bottom - top) / 42)):
            y = self.y.at(value)
            self.line(left, y, right, y, FAINT, 0.4)
            self.text(left - 7, y + 4, label + y_unit, "end")
        for value, label in self.x.ticks(round((right - left) / 58)):
            x = self.x.at(value)
            self.line(x, bottom, x, bottom + 4, INK, 0.8)
            self.text(x, bottom + 18, label + x_unit, "middle")
        self.line(left, bottom, right, bottom, INK, 0.8)
        self.text((left + right) / 2, bottom + 38, x_title, "middle")
        self.text(left - 50, 14, y_title)

    def dots(self, xs: Floats, ys: Floats, stroke: str, size: float, opacity: float = 1.0) -> None:
        """Round dots at pixels, all in one path; nothing for none."""
        if len(xs):
            steps = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in zip(xs, ys, strict=True))
            self.add("path", d=steps, stroke=stroke, stroke_width=size, stroke_linecap="round",
                     stroke_opacity=None if opacity == 1 else opacity, fill="none")  # fmt: skip

    def triangles(self, xs: Floats, y: float, fill: str) -> None:
        """Triangles that point up, at one height: values beyond the axis."""
        if len(xs):
            shapes = "".join(f"M{_n(x)} {_n(y)}l5 9h-10z" for x in xs)
            self.add("path", d=shapes, fill=fill)

    def dashes(self, xs: Floats, ys: Floats, stroke: str, half: float = 3.0) -> None:
        """Short horizontal strokes at pixels, all in one path; each at a whole pixel, and once."""
        if len(xs):
            places = dict.fromkeys(zip(np.rint(xs - half), np.rint(ys), strict=True))
            steps = "".join(f"M{x:.0f} {y:.0f}h{_n(2 * half)}" for x, y in places)
            self.add("path", d=steps, stroke=stroke, stroke_width=1.5, fill="none")

    def names(
        self, xs: Floats, ys: Floats, texts: Sequence[str], dots_x: Floats, dots_y: Floats
    ) -> None:
        """Texts beside points: near, over no other text, and over as few dots as may be."""
        taken: list[_Box] = []
        for px, py, text in zip(xs.tolist(), ys.tolist(), map(_short, texts), strict=True):
            reach = _WIDTH_OF_LETTER * len(text)
            best: tuple[tuple[float, float], int, _Box] | None = None
            for step in range(-len(texts), len(texts) + 1):
                for side in (1, -1):
                    y = py + step * _HEIGHT_OF_TEXT
                    left = px + 9 if side == 1 else px - 9 - reach
                    box = _Box(left, left + reach, y)
                    if not self._holds(box):
                        continue
                    clashes = sum(box.meets(other) for other in taken)
                    far = abs(step) + 0.5 * (side < 0) + 0.7 * box.covers(dots_x, dots_y)
                    if best is None or (clashes, far) < best[0]:
                        best = (clashes, far), side, box
            if best is None:
                continue
            _, side, box = best
            taken.append(box)
            x = box.left if side == 1 else box.right
            if box.y != py:
                self.line(px, py, x, box.y, INK, 0.5)
            self.text(x, box.y + 4, text, "start" if side == 1 else "end",
                      stroke=PAPER, stroke_width="3", paint_order="stroke")  # fmt: skip

    def _holds(self, box: _Box) -> bool:
        """Whether a line of text lies in the plot area."""
        across = self.x.start <= box.left and box.right <= self.x.end + 4
        return across and self.y.end - 8 <= box.y <= self.y.start - 4

    def margin(self, labels: Sequence[tuple[float, str, str]]) -> None:
        """Labels of horizontal lines (value, text, colour) at their right ends, apart."""
        heights = [(self.y.at(value), text, colour) for value, text, colour in labels]
        heights.sort()
        ys = _apart(np.array([y for y, _, _ in heights]), self.y.end, self.y.start)
        for y, (_, text, colour) in zip(ys, heights, strict=True):
            self.text(self.x.end + 7, y + 4, text, fill=colour, font_weight="600")

    def image(self, data: str) -> None:
        """A picture (data URL) over the plot area."""
        self.add("image", href=data, x=self.x.start, y=self.y.end, preserveAspectRatio="none",
                 width=self.x.end - self.x.start, height=self.y.start - self.y.end)  # fmt: skip

    def svg(self) -> str:
        """The element, to be set into a page as it is."""
        head = (
            f'<svg class="plot" role="img" aria-label="{escape(self.label)}" '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" '
            f'font-family="system-ui, sans-serif" font-size="12.5">'
        )
        return "\n".join([head, *self._parts, "</svg>"])


def _apart(ys: Floats, top: float, bottom: float) -> list[float]:
    """Heights in rising order moved as little as needed to stand a line of text apart."""
    placed = list(itertools.accumulate(ys, lambda above, y: max(y, above + _HEIGHT_OF_TEXT)))
    if placed and placed[-1] > bottom:
        floor = bottom + _HEIGHT_OF_TEXT
        for i in reversed(range(len(placed))):
            placed[i] = floor = min(placed[i], floor - _HEIGHT_OF_TEXT)
    return [max(y, top) for y in placed]


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"


def legend(canvas: Canvas, end: float, y: float, items: Sequence[tuple[str, str]]) -> None:
    """Dots of a colour and what they mean, in one row that ends at the pixel ``end``."""
    for colour, text in reversed(items):
        shown = _short(text, 16)
        canvas.text(end, y, shown, "end")
        end -= _WIDTH_OF_LETTER * len(shown) + 7
        canvas.dots(np.array([end]), np.array([y - 4]), colour, 7)
        end -= 16
