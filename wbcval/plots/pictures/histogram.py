"""How differences are distributed: their histogram, with zero, median and limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wbcval.plots.scale import Axis, Floats, spanning
from wbcval.plots.scene import BLUE, INK, VERMILLION, Area, Curve, Frame, Scene, Upright

WIDTH, HEIGHT = 380.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 358.0, 34.0, 222.0
_MOST_BARS = 40  # about


def histogram(
    differences: Floats,
    median: float,
    limits: Sequence[float],
    *,
    title: str,
    x_title: str,
) -> Scene:
    """Draw how many samples have which difference, in bars of one width (STATISTICS.md §5).

    The width is the round number nearest that of Freedman and Diaconis (2·IQR·n^(−1/3)), and zero
    lies between two bars, never within one.

    Args:
        differences: shape (n,), finite, one or more.
        median: of them, drawn solid.
        limits: of agreement, drawn dashed; none where there are none.
        title: for the screen reader.
        x_title: of the differences, with their unit.
    """
    edges, counts = _bars(differences)
    reach = [float(edges[0]), float(edges[-1]), 0.0, median, *limits]
    x = spanning(reach, LEFT, RIGHT)
    scene = Scene(title, x, Axis(0, 1.05 * counts.max(), BOTTOM, TOP), WIDTH, HEIGHT)
    corners, heights = np.repeat(edges, 2), np.r_[0.0, np.repeat(counts, 2), 0.0]
    bars = Area(corners, np.zeros(len(corners)), heights, BLUE)
    outline = Curve(corners, heights, INK, width=0.9)
    scene.add(Frame(x_title, "Samples"), bars, outline)
    marked(scene, median, limits)
    return scene


def marked(scene: Scene, median: float, limits: Sequence[float]) -> None:
    """Zero, the median and the limits as upright lines."""
    scene.add(Upright(0, width=0.8), Upright(median, BLUE, width=1.8))
    scene.add(*(Upright(limit, VERMILLION, "8 4", 1.6) for limit in limits))


def _bars(values: Floats) -> tuple[Floats, Floats]:
    """Edges, shape (k + 1,), and counts, shape (k,), of bars."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        half = max(abs(low), 1.0) / 20
        return np.array([low - half, low + half]), np.array([float(len(values))])
    first, third = np.quantile(values, (0.25, 0.75))
    width = max(2 * float(third - first) * len(values) ** (-1 / 3), (high - low) / _MOST_BARS)
    size = 10.0 ** math.floor(math.log10(width))
    step = size * min((1, 2, 5, 10), key=lambda m: abs(math.log(m * size / width)))
    places = np.floor(values / step + 1e-9).astype(np.int64)  # zero is an edge
    counts = np.bincount(places - places.min()).astype(np.float64)
    return step * np.arange(places.min(), places.max() + 2), counts
