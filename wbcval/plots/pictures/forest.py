"""Values with their intervals, one line each: what sticks out is seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wbcval.plots.scale import spanning
from wbcval.plots.svg import BLUE, FAINT, INK, VERMILLION, Canvas, _short
from wbcval.values.estimate import Estimate

_WIDTH, _ROW = 760.0, 24.0
_LEFT, _RIGHT, _TOP = 215.0, 590.0, 16.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line: its label, its estimate (in the unit of the axis), and its written value."""

    label: str
    estimate: Estimate
    text: str
    marked: bool = False


def forest(
    rows: Sequence[ForestRow],
    *,
    title: str,
    axis: str,
    at: float | None = None,
    percent: bool = False,
) -> str:
    """Draw dots with intervals.

    Args:
        rows: top to bottom; a row without a value is a dash.
        title: for the screen reader.
        axis: title of the axis, with its unit.
        at: a line to compare with (the whole study, or zero).
        percent: label an axis of fractions in percent.
    """
    numbers = [v for r in rows for v in (r.estimate.value, r.estimate.low, r.estimate.high)]
    known = [v for v in (*numbers, at) if v is not None]
    bottom = _TOP + _ROW * len(rows)
    x = spanning(known, _LEFT, _RIGHT)
    y = spanning([0.0, 1.0], bottom, _TOP)
    canvas = Canvas(title, x, y, _WIDTH, bottom + 44)
    for value, label in x.ticks(percent=percent):
        canvas.line(x.at(value), bottom, x.at(value), _TOP, FAINT, 0.4)
        canvas.text(x.at(value), bottom + 16, label, "middle")
    canvas.text((_LEFT + _RIGHT) / 2, bottom + 35, axis, "middle")
    if at is not None:
        canvas.line(x.at(at), bottom, x.at(at), _TOP, INK, 0.9)
    for i, row in enumerate(rows):
        _row(canvas, row, _TOP + _ROW * (i + 0.5))
    return canvas.svg()


def _row(canvas: Canvas, row: ForestRow, y: float) -> None:
    e = row.estimate
    colour = VERMILLION if row.marked else BLUE
    label = f"≠ {row.label}" if row.marked else row.label
    canvas.text(_LEFT - 12, y + 4, _short(label, 28), "end")
    canvas.text(_RIGHT + 12, y + 4, row.text)
    if e.low is not None and e.high is not None:
        canvas.line(canvas.x.at(e.low), y, canvas.x.at(e.high), y, colour, 2)
    if e.value is not None:
        canvas.dots(canvas.x(np.array([e.value])), np.array([y]), colour, 9)
