"""Decimal numbers as integers, so that ties are decided exactly."""

from __future__ import annotations

import numpy as np

from wbcval.stats.metric import Floats, Ints

_DIGITS = 15  # decimals that a double keeps
_ROUNDED = 10  # to so many, a value of a few last digits off is that decimal: 100 × 0.57 is 57
_ROUNDING = 8 * np.finfo(np.float64).eps


def integers(x: Floats, y: Floats, largest: int) -> tuple[Ints, Ints, int | None]:
    """Both sides times one power of ten, each from its own smallest value.

    Returns:
        Both as int64 of shape (n,), 0 to ``largest``, and the decimals; ``None`` of these where
        the values are no decimal numbers of so few digits: then in steps of the range divided by
        ``largest``, which is finer than the last digit of the largest value.
    """
    for decimals in range(_DIGITS + 1):
        scale = 10.0**decimals
        whole = [np.rint(side * scale) for side in (x, y)]
        if any(abs(side).max() >= 2.0**53 for side in whole):
            break
        slack = _ROUNDING if decimals <= _ROUNDED else 0.0
        off = (abs(w / scale - side) for w, side in zip(whole, (x, y), strict=True))
        if all((o <= slack * abs(side)).all() for o, side in zip(off, (x, y), strict=True)):
            a, b = (side.astype(np.int64) for side in whole)
            if max(np.ptp(a), np.ptp(b)) > largest:
                break
            return a - a.min(), b - b.min(), decimals
    step = max(np.ptp(x), np.ptp(y)) / largest
    a, b = (np.rint((side - side.min()) / step).astype(np.int64) for side in (x, y))
    return a, b, None
