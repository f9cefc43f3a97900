"""How far a long read is, at what rate, and how long it will take yet."""

from __future__ import annotations

_STEPS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def pace(done: int, total: int, unit: str, seconds: float) -> str:
    """In words; empty before anything can be said.

    >>> pace(2_500_000, 10_000_000, "rows", 2.0)
    '2.5M of 10M rows, 1.2M rows/s, 0:06 left'
    >>> pace(0, 10, "rows", 1.0)
    ''
    """
    if done <= 0 or total <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    minutes, left = divmod(round((total - done) / rate), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
    return f"{_short(done)} of {_short(total)} {unit}, {_short(rate)} {unit}/s, {clock} left"


def _short(number: float) -> str:
    for step, letter in _STEPS:
        if number >= step:
            return (
                f"{number / step:.2g}{letter}"
                if number < 100 * step
                else f"{number / step:.0f}{letter}"
            )
    return f"{number:.0f}"
