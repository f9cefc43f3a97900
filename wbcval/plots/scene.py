"""A drawing as data: marks on two axes, in order; ``svg`` and ``figure`` write it.

A picture says once what stands where. Marks of the plot area are in data units, words and strokes
beside them in pixels of the view box.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wbcval.plots.scale import Axis, Floats

# Okabe-Ito, three of them darkened: dots and lines stand 3:1 against white and against a band,
# labels in blue and vermillion 4.5:1. Ink and paper follow the page.
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#bf4e00", "#008a64", "#b8578f"
INK, FAINT, PAPER = "currentColor", "#8a8a8a", "#fff"
HEIGHT_OF_TEXT, WIDTH_OF_LETTER = 13.0, 7.2


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a point in pixels; ``halo``: set off from what lies under them."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    colour: str = INK
    bold: bool = False
    halo: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line between two points in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float
    colour: str = INK
    width: float = 1.0
    dash: str | None = None


@dataclass(frozen=True, slots=True)
class _Across:
    """A line from edge to edge of the plot area, at a value of an axis."""

    value: float
    colour: str = INK
    dash: str | None = None
    width: float = 1.5


class Level(_Across):
    """At a value of the upright axis."""

    __slots__ = ()


class Upright(_Across):
    """At a value of the level axis."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A level line between two values, at a value of the upright axis."""

    low: float
    high: float
    y: float
    colour: str = INK
    width: float = 2.0


@dataclass(frozen=True, slots=True)
class Band:
    """All between two values of the upright axis."""

    low: float
    high: float
    colour: str


@dataclass(frozen=True, slots=True)
class Area:
    """All between two lines through points, shape (n,)."""

    x: Floats
    low: Floats
    high: Floats
    colour: str


@dataclass(frozen=True, slots=True)
class _Points:
    """Points, shape (n,), in one colour."""

    x: Floats
    y: Floats
    colour: str


class Dashes(_Points):
    """Short level strokes at them."""

    __slots__ = ()


class Density(_Points):
    """Too many for dots: the denser, the deeper."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Dots(_Points):
    """Round dots; ``size`` in pixels; ``beside``: places in pixels, as in a legend."""

    size: float
    opacity: float = 1.0
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Curve(_Points):
    """A line through them."""

    dash: str | None = None
    width: float = 1.5


@dataclass(frozen=True, slots=True)
class Steps(_Points):
    """From ``start`` across to each x and then up or down to its y."""

    start: tuple[float, float]
    width: float = 1.5


@dataclass(frozen=True, slots=True)
class Triangles:
    """Triangles at the upper edge, shape (n,), that point up: values beyond the axis."""

    x: Floats
    colour: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Grid, ticks and titles of both axes; drawn first, under everything."""

    x_title: str
    y_title: str


@dataclass(frozen=True, slots=True)
class Ruler:
    """Grid, ticks and title of the level axis alone; ``percent``: fractions as percent."""

    title: str
    percent: bool = False


Mark = (
    Text | Stroke | Level | Upright | Interval | Band | Area | Curve | Steps | Dots | Dashes
    | Triangles | Density | Frame | Ruler
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """Marks in the order in which they are drawn.

    Attributes:
        label: what is shown, read aloud by a screen reader.
        x, y: the axes; their pixels span the plot area.
        width, height: of the view box, in pixels.
        marks: what is drawn.
    """

    label: str
    x: Axis
    y: Axis
    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        """Draw marks over those before."""
        self.marks.extend(marks)

    def margin(self, labels: Sequence[tuple[float, str, str]]) -> None:
        """Labels of level lines (value, text, colour) at their right ends, apart."""
        heights = [(self.y.at(value), text, colour) for value, text, colour in labels]
        heights.sort()
        ys = _apart(np.array([y for y, _, _ in heights]), self.y.end, self.y.start)
        for y, (_, text, colour) in zip(ys, heights, strict=True):
            self.add(Text(self.x.end + 7, y + 4, text, colour=colour, bold=True))

    def legend(self, end: float, y: float, items: Sequence[tuple[str, str]]) -> None:
        """Dots of a colour and what they mean, in one row that ends at the pixel ``end``."""
        for colour, text in reversed(items):
            shown = short(text, 16)
            self.add(Text(end, y, shown, "end"))
            end -= WIDTH_OF_LETTER * len(shown) + 7
            self.add(Dots(np.array([end]), np.array([y - 4]), colour, 7, beside=True))
            end -= 16

    def names(
        self, xs: Floats, ys: Floats, texts: Sequence[str], dots_x: Floats, dots_y: Floats
    ) -> None:
        """Texts beside points in pixels: near, over no other text, over as few dots as may be."""
        taken: list[_Box] = []
        for px, py, text in zip(xs.tolist(), ys.tolist(), map(short, texts), strict=True):
            reach = WIDTH_OF_LETTER * len(text)
            best: tuple[tuple[float, float], int, _Box] | None = None
            for step in range(-len(texts), len(texts) + 1):
                for side in (1, -1):
                    y = py + step * HEIGHT_OF_TEXT
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
                self.add(Stroke(px, py, x, box.y, width=0.5))
            self.add(Text(x, box.y + 4, text, "start" if side == 1 else "end", halo=True))

    def _holds(self, box: _Box) -> bool:
        """Whether a line of text lies in the plot area."""
        across = self.x.start <= box.left and box.right <= self.x.end + 4
        return across and self.y.end - 8 <= box.y <= self.y.start - 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """A scene, and where on it each sample stands.

    Attributes:
        scene: what is drawn.
        x, y: pixels of the view box, shape (n,), in the order of the samples drawn; NaN where a
            sample has no place.
    """

    scene: Scene
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a line of text stands: its ends and its middle height, in pixels."""

    left: float
    right: float
    y: float

    def meets(self, other: _Box) -> bool:
        near = abs(self.y - other.y) < HEIGHT_OF_TEXT
        return near and self.left < other.right and other.left < self.right

    def covers(self, xs: Floats, ys: Floats) -> int:
        """How many of these dots it covers."""
        beside = (xs > self.left - 4) & (xs < self.right + 4)
        return int(np.count_nonzero(beside & (np.abs(ys - self.y) < 0.75 * HEIGHT_OF_TEXT)))


def _apart(ys: Floats, top: float, bottom: float) -> list[float]:
    """Heights in rising order moved as little as needed to stand a line of text apart."""
    placed = list(itertools.accumulate(ys, lambda above, y: max(y, above + HEIGHT_OF_TEXT)))
    if placed and placed[-1] > bottom:
        floor = bottom + HEIGHT_OF_TEXT
        for i in reversed(range(len(placed))):
            placed[i] = floor = min(placed[i], floor - HEIGHT_OF_TEXT)
    return [max(y, top) for y in placed]


def short(text: str, most: int = 24) -> str:
    """A text cut where it is longer."""
    return text if len(text) <= most else text[: most - 1] + "…"
