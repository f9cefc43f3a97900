"""The Bland–Altman plot: differences, bias, limits of agreement, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbcval.plots.pictures.cloud import GROUP_COLOURS, MOST_DOTS, Groups, cloud
from wbcval.plots.scale import spanning
from wbcval.plots.scene import (
    BLUE,
    PURPLE,
    VERMILLION,
    Band,
    Curve,
    Dots,
    Drawing,
    Frame,
    Level,
    Scene,
)
from wbcval.stats.functions.bland_altman import BlandAltman
from wbcval.values.estimate import Estimate

_WIDTH, _HEIGHT = 760.0, 390.0
_STEPS = 160  # of a line that bends
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 580.0, 40.0, 340.0


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal line with the band of its interval, and what is written at its end."""

    estimate: Estimate
    label: str


def agreement(
    found: BlandAltman,
    bias: Line,
    limits: Sequence[Line],
    *,
    title: str,
    x_title: str,
    y_title: str,
    groups: Groups | None = None,
    worst: NDArray[np.intp] | None = None,
) -> Drawing:
    """Draw the differences against the mean of both methods (STATISTICS.md §5).

    Args:
        found: differences and averages.
        bias: drawn solid.
        limits: of agreement, drawn dashed; none where there are none.
        title: for the screen reader.
        x_title: of the axis of means, with its unit.
        y_title: of the axis of differences, with its unit.
        groups: strata to colour, masks over the differences.
        worst: places of the samples to draw as dots where the cloud is a picture.
    """
    lines = [bias, *limits]
    ends = [v for line in lines for v in (line.estimate.low, line.estimate.high)]
    reach = [0.0, *found.differences.tolist(), *(v for v in ends if v is not None)]
    x = spanning(found.averages.tolist(), _LEFT, _RIGHT, log_from=20)
    scene = Scene(title, x, spanning(reach, _BOTTOM, _TOP), _WIDTH, _HEIGHT)
    scene.add(Frame(x_title, y_title), Level(0, width=0.8))
    for line, colour in zip(lines, [BLUE, *[VERMILLION] * len(limits)], strict=True):
        e = line.estimate
        if e.low is not None and e.high is not None:
            scene.add(Band(e.low, e.high, colour))
    cloud(scene, found.averages, found.differences, groups)
    if worst is not None and len(found.averages) > MOST_DOTS:
        scene.add(Dots(found.averages[worst], found.differences[worst], VERMILLION, 4))
    labels = []
    for line, colour, dash in zip(
        lines, [BLUE, *[VERMILLION] * len(limits)], [None, *["8 4"] * len(limits)], strict=True
    ):
        if line.estimate.value is not None:
            scene.add(Level(line.estimate.value, colour, dash, 1.8))
            labels.append((line.estimate.value, line.label, colour))
    scene.margin(labels)
    _changing(scene, found)
    if groups:
        scene.legend(_WIDTH - 10, 14, list(zip(GROUP_COLOURS, groups, strict=False)))
    return Drawing(scene, x(found.averages), scene.y(found.differences))


def _changing(scene: Scene, found: BlandAltman) -> None:
    """Limits that change with the level, where bias or spread do."""
    changing = found.changing
    if changing is None:
        return
    first, last = scene.x(np.array([found.averages.min(), found.averages.max()])).tolist()
    averages = scene.x.data_at(np.linspace(first, last, _STEPS))
    for values in changing.at(averages):
        scene.add(Curve(averages, values, PURPLE, "3 3"))
