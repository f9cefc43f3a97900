"""The step that values keep to: 7000 per µL is printed in hundreds, 7.00 in whole numbers."""

from __future__ import annotations

import numpy as np

from wbcval.stats.metric import Floats

_DIGITS = 6  # that all are 0: of digits drawn at random, a chance of one in a million
_EDGE = 1e-3  # of a step, by which a value may miss it


def kept_step(values: Floats, step: float) -> float:
    """The widest power of ten times a step of which all values are multiples, unless by chance.

    Of n values other than 0 the last digit is 0 in all with the chance 10⁻ⁿ, were digits drawn at
    random; n − 1 count, for a value is always a multiple of itself, and one value alone tells
    nothing.

    Args:
        values: shape (n,), finite. step: that they are printed with; 0 where exact or unknown.

    Returns:
        ``step``, or ten, a hundred … times as much.

    >>> kept_step(np.array([7.0, 12.0, 5.0, 9.0, 11.0, 4.0, 8.0]), 0.01)
    1.0
    >>> kept_step(np.array([40.0, 60.0]), 1.0)
    1.0
    """
    if step <= 0:
        return step
    units = np.rint(values / step)
    if not np.allclose(values, units * step, rtol=0, atol=step * _EDGE):
        return step
    seen = units[units != 0]
    zeros = 0
    while (np.ptp(seen) if len(seen) else 0) > 0 and (seen % 10 == 0).all():
        seen, zeros = seen / 10, zeros + 1
    return step * 10.0**zeros if zeros * (len(seen) - 1) >= _DIGITS else step
