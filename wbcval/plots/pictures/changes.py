"""Changes with their intervals against zero and against the margin of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.plots.scale import Axis, spanning
from wbcval.plots.scene import Dots, Interval, Ruler, Scene, Stroke, Text, short

_WIDTH, _ROW = 800.0, 24.0
_LEFT, _RIGHT, _TOP = 250.0, 600.0, 24.0


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change; above 0 is better.

    Attributes:
        value, low, high, margin: in the unit of the axis; the margin is Δ > 0, drawn at −Δ.
        text: value and interval as written.
    """

    label: str
    value: float
    low: float | None
    high: float | None
    margin: float
    text: str
    colour: str


def changes(rows: Sequence[ChangeRow], *, title: str, axis: str) -> Scene:
    """Draw one line per change, its margin as a dashed line beside it.

    Args:
        rows: top to bottom.
        title: for the screen reader.
        axis: title of the axis, with its unit.
    """
    known = [v for r in rows for v in (r.value, r.low, r.high, -r.margin) if v is not None]
    bottom = _TOP + _ROW * len(rows)
    # some air on the better side too, so that its heading has room
    x = spanning([*known, 0.0, 0.4 * max((r.margin for r in rows), default=0.0)], _LEFT, _RIGHT)
    y = Axis(0, max(len(rows), 1), _TOP, max(bottom, _TOP + 1))
    scene = Scene(title, x, y, _WIDTH, bottom + 44)
    scene.add(
        Ruler(axis),
        Text(x.at(0) - 7, _TOP - 8, "← worse", "end"),
        Text(x.at(0) + 7, _TOP - 8, "better →"),
        Stroke(x.at(0), bottom, x.at(0), _TOP - 18, width=0.9),
    )
    for i, row in enumerate(rows):
        _row(scene, row, i + 0.5)
    return scene


def _row(scene: Scene, row: ChangeRow, place: float) -> None:
    y, edge = scene.y.at(place), scene.x.at(-row.margin)
    scene.add(
        Stroke(edge, y - _ROW / 2, edge, y + _ROW / 2, width=1.5, dash="4 3"),
        Text(_LEFT - 12, y + 4, short(row.label, 34), "end"),
        Text(_RIGHT + 12, y + 4, row.text),
    )
    if row.low is not None and row.high is not None:
        scene.add(Interval(row.low, row.high, place, row.colour))
    scene.add(Dots(np.array([row.value]), np.array([place]), row.colour, 9))
