"""A cloud of points: round dots, or their density where there are too many."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wbcval.plots.scale import Floats
from wbcval.plots.scene import BLUE, GREEN, INK, PURPLE, Density, Dots, Scene

MOST_DOTS = 20_000
GROUP_COLOURS = (BLUE, GREEN, PURPLE, INK)

Groups = Mapping[str, NDArray[np.bool_]]


def cloud(scene: Scene, x: Floats, y: Floats, groups: Groups | None = None) -> None:
    """Points of data values, shape (n,), finite; each group in its colour.

    Args:
        scene: drawn upon.
        x: data values.
        y: data values.
        groups: at most four names with masks, shape (n,); points in none are drawn in ink.
    """
    if len(x) > MOST_DOTS:
        scene.add(Density(x, y, BLUE))
        return
    groups = groups or {}
    rest = ~np.logical_or.reduce([np.zeros(len(x), dtype=bool), *groups.values()])
    size = dot_size(len(x))
    scene.add(Dots(x[rest], y[rest], INK, size, ink_opacity(len(x))))
    for mask, colour in zip(groups.values(), GROUP_COLOURS, strict=False):
        scene.add(Dots(x[mask], y[mask], colour, size))  # opaque: paler, they would not stand out


def dot_size(n: int) -> float:
    """Diameter of a dot in pixels: the more, the smaller."""
    return next((size for most, size in ((100, 5.0), (300, 4.5), (2000, 3.4)) if n <= most), 2.6)


def ink_opacity(n: int) -> float:
    """Opacity of dots in ink: the more, the more transparent."""
    return 0.75 if n <= 300 else 0.6
