"""Changes with their intervals against zero and against the margin of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.plots.scale import spanning
from wbcval.plots.svg import FAINT, INK, Canvas, _short

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


def changes(rows: Sequence[ChangeRow], *, title: str, axis: str) -> str:
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
    canvas = Canvas(title, x, spanning([0.0, 1.0], bottom, _TOP), _WIDTH, bottom + 44)
    for value, label in x.ticks():
        canvas.line(x.at(value), bottom, x.at(value), _TOP, FAINT, 0.4)
        canvas.text(x.at(value), bottom + 16, label, "middle")
    canvas.text((_LEFT + _RIGHT) / 2, bottom + 35, axis, "middle")
    canvas.text(x.at(0) - 7, _TOP - 8, "← worse", "end")
    canvas.text(x.at(0) + 7, _TOP - 8, "better →")
    canvas.line(x.at(0), bottom, x.at(0), _TOP - 18, INK, 0.9)
    for i, row in enumerate(rows):
        _row(canvas, row, _TOP + _ROW * i)
    return canvas.svg()


def _row(canvas: Canvas, row: ChangeRow, top: float) -> None:
    y, edge = top + _ROW / 2, canvas.x.at(-row.margin)
    canvas.line(edge, top, edge, top + _ROW, INK, 1.5, "4 3")
    canvas.text(_LEFT - 12, y + 4, _short(row.label, 34), "end")
    canvas.text(_RIGHT + 12, y + 4, row.text)
    if row.low is not None and row.high is not None:
        canvas.line(canvas.x.at(row.low), y, canvas.x.at(row.high), y, row.colour, 2)
    canvas.dots(canvas.x(np.array([row.value])), np.array([y]), row.colour, 9)
