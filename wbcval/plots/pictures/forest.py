"""Values with their intervals, one line each: what sticks out is seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.plots.scale import Axis, spanning
from wbcval.plots.scene import (
    BLUE,
    VERMILLION,
    Dots,
    Interval,
    Ruler,
    Scene,
    Stroke,
    Text,
    Upright,
    short,
)
from wbcval.values.estimate import Estimate

_WIDTH, _ROW = 760.0, 24.0
_LEFT, _RIGHT, _TOP = 215.0, 590.0, 16.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line: its label, its estimate (in the unit of the axis), and its written value.

    ``allowed``: from and to, where the estimate is held against that.
    """

    label: str
    estimate: Estimate
    text: str
    marked: bool = False
    allowed: tuple[float, float] | None = None


def forest(
    rows: Sequence[ForestRow],
    *,
    title: str,
    axis: str,
    at: float | None = None,
    percent: bool = False,
) -> Scene:
    """Draw dots with intervals.

    Args:
        rows: top to bottom; a row without a value is a dash.
        title: for the screen reader.
        axis: title of the axis, with its unit.
        at: a line to compare with (the whole study, or zero).
        percent: label an axis of fractions in percent.
    """
    numbers = [v for r in rows for v in (r.estimate.value, r.estimate.low, r.estimate.high)]
    ends = [v for r in rows for v in r.allowed or ()]
    known = [v for v in (*numbers, *ends, at) if v is not None]
    bottom = _TOP + _ROW * len(rows)
    x = spanning(known, _LEFT, _RIGHT)
    y = Axis(0, max(len(rows), 1), _TOP, max(bottom, _TOP + 1))
    scene = Scene(title, x, y, _WIDTH, bottom + 44)
    scene.add(Ruler(axis, percent))
    if at is not None:
        scene.add(Upright(at, width=0.9))
    for i, row in enumerate(rows):
        _row(scene, row, i + 0.5)
    return scene


def _row(scene: Scene, row: ForestRow, place: float) -> None:
    e, y = row.estimate, scene.y.at(place)
    colour = VERMILLION if row.marked else BLUE
    label = f"≠ {row.label}" if row.marked else row.label
    scene.add(Text(_LEFT - 12, y + 4, short(label, 28), "end"), Text(_RIGHT + 12, y + 4, row.text))
    for end in row.allowed or ():
        x = scene.x.at(end)
        scene.add(Stroke(x, y - 8, x, y + 8, VERMILLION, 1.8))
    if e.low is not None and e.high is not None:
        scene.add(Interval(e.low, e.high, place, colour))
    if e.value is not None:
        scene.add(Dots(np.array([e.value]), np.array([place]), colour, 9))
