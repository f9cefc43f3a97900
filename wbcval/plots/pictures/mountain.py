"""The mountain plot: the distribution function of differences, folded at its middle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wbcval.plots.pictures.histogram import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, marked
from wbcval.plots.scale import Axis, Floats, spanning
from wbcval.plots.scene import INK, Curve, Frame, Scene

_MOST_POINTS = 150  # one for each two pixels of its width


def mountain(
    differences: Floats,
    median: float,
    limits: Sequence[float],
    *,
    title: str,
    x_title: str,
) -> Scene:
    """Draw the share of samples beyond each difference, on the side where fewer are.

    The i-th of n ordered differences stands at 100·(i − ½)/n percent, above 50 % at 100 less that:
    the top is the median, the feet show the tails. Krouwer & Monti, Eur J Clin Chem Clin Biochem
    1995;33:525.

    Args:
        differences: shape (n,), finite, one or more.
        median: of them, drawn solid.
        limits: of agreement, drawn dashed; none where there are none.
        title: for the screen reader.
        x_title: of the differences, with their unit.
    """
    ordered, n = np.sort(differences), len(differences)
    below = 100 * (np.arange(n) + 0.5) / n
    folded = np.minimum(below, 100 - below)
    some = np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).astype(int))
    x = spanning([*ordered[[0, -1]].tolist(), 0.0, median, *limits], LEFT, RIGHT)
    scene = Scene(title, x, Axis(0, 52, BOTTOM, TOP), WIDTH, HEIGHT)
    line = Curve(ordered[some], folded[some], INK, width=1.6)
    scene.add(Frame(x_title, "Samples beyond, %"), line)
    marked(scene, median, limits)
    return scene
