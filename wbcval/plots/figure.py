"""A scene as matplotlib draws it: the same marks in the same places, on axes in data units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Affine2D, Transform

from wbcval.plots import scene as marks
from wbcval.plots.scale import LOG, SYMLOG, Axis, Floats
from wbcval.plots.scene import FAINT, INK, Scene

DPI = 80  # a pixel of the view box is one of the figure
_POINT = 72 / DPI  # points of a pixel
_FONT = 11.5 * _POINT  # the font is wider than that of a page
_HEAD = 26.0  # pixels above the scene
_BAND = 0.14  # opacity
# linear within the threshold as far as one decade reaches beyond, as `Axis` has it
_LINEAR_PART = 0.9


def paint(scene: Scene, figure: Figure, title: str) -> Axes:
    """Draw a scene over a whole figure, which takes its size, and a line above it.

    Returns:
        The axes of the plot area, in data units; compressed as the scene's.
    """
    height = _HEAD + scene.height
    figure.set_size_inches(scene.width / DPI, height / DPI)
    left, right = scene.x.start, scene.x.end
    top, bottom = sorted((scene.y.start, scene.y.end))
    ax = figure.add_axes(
        (
            left / scene.width,
            1 - (_HEAD + bottom) / height,
            (right - left) / scene.width,
            (bottom - top) / height,
        )
    )
    _scaled(ax, scene)
    ax.set_title(title, fontsize=_FONT, loc="left", pad=_POINT * (top + 6), parse_math=False)
    pixels = Affine2D().translate(0, _HEAD).scale(1 / scene.width, -1 / height).translate(0, 1)
    painter = _Painter(scene, ax, pixels + figure.transFigure)
    for order, mark in enumerate(scene.marks):
        painter.draw(mark, {"zorder": 2 + order, "clip_on": False})
    return ax


def _scaled(ax: Axes, scene: Scene) -> None:
    upside = scene.y.start > scene.y.end
    for axis, scale, limits in (
        (scene.x, ax.set_xscale, ax.set_xlim), (scene.y, ax.set_yscale, ax.set_ylim)
    ):  # fmt: skip
        if axis.kind == LOG:
            scale("log")
        elif axis.kind == SYMLOG:
            scale("symlog", linthresh=axis.threshold, linscale=_LINEAR_PART)
        ends = (axis.low, axis.high)
        limits(ends if axis is scene.x or upside else ends[::-1])
    ax.minorticks_off()
    ax.set(xticks=[], yticks=[])
    ax.patch.set_visible(False)
    ax.spines[:].set_visible(False)


def _ink(colour: str) -> str:
    return "black" if colour == INK else colour


def _pen(colour: str, width: float, dash: str | None = None) -> dict[str, Any]:
    """Colour, width and dashes of a line; matplotlib counts dashes in widths of it."""
    style = "-" if dash is None else (0, tuple(float(d) / width for d in dash.split()))
    return {"color": _ink(colour), "linewidth": _POINT * width, "linestyle": style}


def _inside(axis: Axis, values: Floats | float) -> Any:
    """Values at the end of the axis where they lie beyond."""
    return np.clip(values, axis.low, axis.high)


@dataclass(frozen=True)
class _Painter:
    """Draws marks; ``pixels`` places what is given in those of the view box."""

    scene: Scene
    ax: Axes
    pixels: Transform

    @singledispatchmethod
    def draw(self, mark: marks.Mark, _: dict[str, Any]) -> None:
        raise TypeError(f"no mark: {mark!r}")

    @draw.register
    def _(self, mark: marks.Text, how: dict[str, Any]) -> None:
        halo = [withStroke(linewidth=3 * _POINT, foreground="white")] if mark.halo else []
        side = {"start": "left", "middle": "center", "end": "right"}[mark.anchor]
        self.ax.text(
            mark.x, mark.y, mark.text, transform=self.pixels, ha=side, color=_ink(mark.colour),
            fontsize=_FONT, fontweight="bold" if mark.bold else "normal", path_effects=halo,
            parse_math=False, **how,
        )  # fmt: skip

    @draw.register
    def _(self, mark: marks.Stroke, how: dict[str, Any]) -> None:
        ends = [mark.x0, mark.x1], [mark.y0, mark.y1]
        pen = _pen(mark.colour, mark.width, mark.dash)
        self.ax.plot(*ends, transform=self.pixels, **pen, **how)

    @draw.register
    def _(self, mark: marks.Level, how: dict[str, Any]) -> None:
        value = _inside(self.scene.y, mark.value)
        self.ax.axhline(value, **_pen(mark.colour, mark.width, mark.dash), **how)

    @draw.register
    def _(self, mark: marks.Upright, how: dict[str, Any]) -> None:
        value = _inside(self.scene.x, mark.value)
        self.ax.axvline(value, **_pen(mark.colour, mark.width, mark.dash), **how)

    @draw.register
    def _(self, mark: marks.Interval, how: dict[str, Any]) -> None:
        ends = _inside(self.scene.x, np.array([mark.low, mark.high]))
        self.ax.plot(ends, [mark.y, mark.y], **_pen(mark.colour, mark.width), **how)

    @draw.register
    def _(self, mark: marks.Band, how: dict[str, Any]) -> None:
        low, high = _inside(self.scene.y, np.array([mark.low, mark.high]))
        self.ax.axhspan(low, high, color=mark.colour, alpha=_BAND, linewidth=0, **how)

    @draw.register
    def _(self, mark: marks.Area, how: dict[str, Any]) -> None:
        low, high = _inside(self.scene.y, mark.low), _inside(self.scene.y, mark.high)
        xs = _inside(self.scene.x, mark.x)
        self.ax.fill_between(xs, low, high, color=mark.colour, alpha=_BAND, linewidth=0, **how)

    @draw.register
    def _(self, mark: marks.Curve, how: dict[str, Any]) -> None:
        xs, ys = _inside(self.scene.x, mark.x), _inside(self.scene.y, mark.y)
        self.ax.plot(xs, ys, **_pen(mark.colour, mark.width, mark.dash), **how)

    @draw.register
    def _(self, mark: marks.Steps, how: dict[str, Any]) -> None:
        xs = _inside(self.scene.x, np.r_[mark.start[0], mark.x])
        ys = _inside(self.scene.y, np.r_[mark.start[1], mark.y])
        self.ax.plot(xs, ys, drawstyle="steps-post", **_pen(mark.colour, mark.width), **how)

    @draw.register
    def _(self, mark: marks.Dots, how: dict[str, Any]) -> None:
        xs, ys = mark.x, mark.y
        if mark.beside:
            how = {**how, "transform": self.pixels}
        else:
            xs, ys = _inside(self.scene.x, xs), _inside(self.scene.y, ys)
        self._scatter(xs, ys, mark.colour, mark.size, how, alpha=mark.opacity, linewidths=0)

    @draw.register
    def _(self, mark: marks.Dashes, how: dict[str, Any]) -> None:
        width = 1.5 * _POINT
        self._scatter(mark.x, mark.y, mark.colour, 6, how, marker="_", linewidths=width)

    @draw.register
    def _(self, mark: marks.Triangles, how: dict[str, Any]) -> None:
        middle = 1 - 4.5 / abs(self.scene.y.end - self.scene.y.start)
        how = {**how, "transform": self.ax.get_xaxis_transform()}
        xs = _inside(self.scene.x, mark.x)
        ys = np.full(len(xs), middle)
        self._scatter(xs, ys, mark.colour, 9, how, marker="^", linewidths=0)

    @draw.register
    def _(self, mark: marks.Density, how: dict[str, Any]) -> None:
        xs, ys = _inside(self.scene.x, mark.x), _inside(self.scene.y, mark.y)
        self._scatter(xs, ys, mark.colour, 2, how, alpha=0.25, linewidths=0, rasterized=True)

    @draw.register
    def _(self, mark: marks.Frame, _: dict[str, Any]) -> None:
        ax, x, y = self.ax, self.scene.x, self.scene.y
        self._ticks(ax.set_xticks, x.ticks(round((x.end - x.start) / 58)))
        self._ticks(ax.set_yticks, y.ticks(round(abs(y.end - y.start) / 42)))
        ax.grid(axis="y", color=FAINT, linewidth=0.4 * _POINT)
        ax.tick_params(labelsize=_FONT)
        ax.tick_params(axis="y", length=0)
        ax.spines["bottom"].set_visible(True)
        ax.set_xlabel(mark.x_title, fontsize=_FONT, parse_math=False)
        self.draw(marks.Text(x.start - 50, 14, mark.y_title), {})

    @draw.register
    def _(self, mark: marks.Ruler, _: dict[str, Any]) -> None:
        self._ticks(self.ax.set_xticks, self.scene.x.ticks(percent=mark.percent))
        self.ax.grid(axis="x", color=FAINT, linewidth=0.4 * _POINT)
        self.ax.tick_params(labelsize=_FONT, length=0)
        self.ax.set_xlabel(mark.title, fontsize=_FONT, parse_math=False)

    def _ticks(self, put: Any, ticks: list[tuple[float, str]]) -> None:
        put([value for value, _ in ticks], [label for _, label in ticks])

    def _scatter(
        self, xs: Floats, ys: Floats, colour: str, size: float, how: dict[str, Any], **more: Any
    ) -> None:
        if len(xs):
            self.ax.scatter(xs, ys, s=(_POINT * size) ** 2, c=_ink(colour), **more, **how)
