"""Repeated results of samples beside their means."""

from __future__ import annotations

import numpy as np

from wbcval.plots.pictures.cloud import cloud
from wbcval.plots.scale import Floats, spanning
from wbcval.plots.scene import BLUE, Frame, Level, Scene

_WIDTH, _HEIGHT = 400.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 386.0, 20.0, 240.0


def repeats(means: Floats, percent: Floats, *, title: str, x_title: str, y_title: str) -> Scene:
    """Draw how far each repeated result is off the mean of its sample.

    Args:
        means: shape (n,), of the sample of each result, above 0.
        percent: shape (n,), of that mean.
        title: for the screen reader.
        x_title: of the means, with their unit.
        y_title: of the deviations.
    """
    x = spanning(means.tolist(), _LEFT, _RIGHT)
    far = float(np.abs(percent).max(initial=0.0)) or 1.0
    y = spanning([-far, far], _BOTTOM, _TOP)
    scene = Scene(title, x, y, _WIDTH, _HEIGHT)
    scene.add(Frame(x_title, y_title), Level(0, BLUE))
    cloud(scene, means, percent)
    return scene
