"""Distribution of the signed errors: what share of the samples lies below each error."""

from __future__ import annotations

import numpy as np

from wbcval.plots.pictures.verification import error_scale
from wbcval.plots.scale import SYMLOG, Axis
from wbcval.plots.scene import BLUE, VERMILLION, Drawing, Frame, Scene, Steps, Upright
from wbcval.stats.functions.error import Error

_WIDTH, _HEIGHT = 380.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 358.0, 34.0, 222.0
_MOST_STEPS = 400  # more than the pixels of its height


def distribution(error: Error, limit: float, *, title: str) -> Drawing:
    """Draw the empirical distribution function of the signed errors, with the limit.

    Infinite errors take part: the curve then ends below 100 %, and they have no place on it.
    """
    x = error_scale(error.signed, limit, _LEFT, _RIGHT)
    y = Axis(0, 100, _BOTTOM, _TOP)
    scene = Scene(title, x, y, _WIDTH, _HEIGHT)
    beyond = " (compressed beyond the limit)" if x.kind == SYMLOG else ""
    scene.add(
        Frame(f"Error of {error.pairs.subject}, %{beyond}", "Samples at or below, %"),
        Upright(-limit, VERMILLION, "8 4", 1.6),
        Upright(limit, VERMILLION, "8 4", 1.6),
        Upright(0, width=0.8),
    )
    order = np.argsort(error.signed, kind="stable")
    ordered = error.signed[order]
    part = np.linspace(0, 100, len(ordered) + 1)
    shown = np.isfinite(ordered)
    xs, before, after = ordered[shown], part[:-1][shown], part[1:][shown]
    if len(xs):
        some = np.unique(np.linspace(0, len(xs) - 1, min(len(xs), _MOST_STEPS)).astype(int))
        scene.add(Steps(xs[some], after[some], BLUE, (float(xs[0]), float(before[0])), width=2))
    heights = np.full(len(order), np.nan)
    heights[order] = np.where(shown, y(part[1:]), np.nan)
    return Drawing(scene, x(error.signed), heights)
