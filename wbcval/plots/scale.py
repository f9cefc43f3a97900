"""Axes: from data to pixels, and where the ticks stand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_MOST_DECADES = 1e9  # what lies below stands at the left end
_ROUNDING = 1e-9  # relative
LINEAR, LOG, SYMLOG = "linear", "log", "symlog"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        low, high: ends of the axis in data units, low < high; both > 0 for ``log``.
        start, end: their pixels.
        kind: ``linear``, ``log``, or ``symlog`` (linear within ±``threshold``, log beyond).
    """

    low: float
    high: float
    start: float
    end: float
    kind: str = LINEAR
    threshold: float = 1.0

    def __call__(self, values: ArrayLike) -> Floats:
        """Pixels of data values, clipped to the axis; shape as given."""
        inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        bottom, top = self._warp(np.array([self.low, self.high]))
        part = (self._warp(inside) - bottom) / (top - bottom)
        return np.asarray(self.start + part * (self.end - self.start))

    def at(self, value: float) -> float:
        """The place of one value."""
        return float(self(value))

    def data_at(self, pixels: Floats) -> Floats:
        """Data values at pixels of a linear or logarithmic axis; shape as given."""
        part = (pixels - self.start) / (self.end - self.start)
        if self.kind == LOG:
            return np.asarray(self.low * (self.high / self.low) ** part)
        return np.asarray(self.low + part * (self.high - self.low))

    def _warp(self, values: Floats) -> Floats:
        if self.kind == LOG:
            return np.log10(values)
        if self.kind == SYMLOG:
            scaled = values / self.threshold
            size = np.maximum(np.abs(scaled), 1.0)
            return np.where(size > 1, np.sign(scaled) * (1 + np.log10(size)), scaled)
        return values

    def ticks(self, most: int = 7, *, percent: bool = False) -> list[tuple[float, str]]:
        """Value and label of each tick, in rising order; fractions as percent if asked."""
        if self.kind == LOG:
            values = _log_ticks(self.low, self.high, most)
        elif self.kind == SYMLOG:
            top = max(abs(self.low), abs(self.high))
            beyond = _log_ticks(self.threshold, top, most // 2)
            outer = [v for v in beyond if v > 1.5 * self.threshold]
            positive = [self.threshold, *outer]
            values = [*(-v for v in reversed(positive)), 0.0, *positive]
        else:
            values = _linear_ticks(self.low, self.high, most)
        slack = 1e-9 * (self.high - self.low)
        kept = [v for v in values if self.low - slack <= v <= self.high + slack]
        step = min((abs(b - a) for a, b in itertools.pairwise(kept)), default=1.0)
        factor = 100 if percent else 1
        unit = factor * step if self.kind == LINEAR else None
        return [(v, _label(factor * v, unit)) for v in kept]


def _label(value: float, step: float | None) -> str:
    digits = 0 if step is None else max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{value:g}" if step is None else f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**k for k in decades for d in digits]
        inside = [v for v in found if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
        if len(inside) <= most:
            return inside
    return inside[:: math.ceil(len(inside) / most)]


def spanning(
    values: Iterable[float], start: float, end: float, *, margin: float = 0.04, log_from: float = 0
) -> Axis:
    """A scale over the finite values with some air; logarithmic when they range widely.

    Args:
        values: data; infinite ones are ignored.
        start: pixel of the low end.
        end: pixel of the high end.
        margin: air at both ends, as a part of the axis.
        log_from: ratio of largest to smallest positive value from which the axis is
            logarithmic; 0: never. Values of zero then stand at its left end.
    """
    finite = [v for v in values if math.isfinite(v)]
    positive = [v for v in finite if v > 0]
    if log_from and positive and min(finite) >= 0 and max(positive) > log_from * min(positive):
        top = max(positive)
        bottom = max(min(positive), top / _MOST_DECADES)
        air = (top / bottom) ** margin
        return Axis(bottom / air, top * air, start, end, LOG)
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if high - low <= _ROUNDING * max(abs(low), abs(high)):  # one number, but for rounding
        low, high = low - max(abs(low), 1) / 2, high + max(abs(high), 1) / 2
    air = margin * (high - low)
    return Axis(low - air, high + air, start, end)
