"""``Swaps`` by merge sort, compiled: numba, which is an extra, is imported with this file alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from wbcval.stats.metric import Ints

_SIGNATURE = "int64(int32[::1], int64[::1], int32[::1], int32[::1])"


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled, and kept on disk where there is a folder for it: a container may have none."""
    try:
        return numba.njit(_SIGNATURE, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(_SIGNATURE)(function)  # type: ignore[no-any-return]


@compiled
def _merge_sort(order, ordinals, smaller, larger):  # type: ignore[no-untyped-def]
    """The count of swapped pairs; those that ``ordinals`` number go to the last two arrays."""
    n = len(order)
    source, target = order.copy(), np.empty_like(order)
    count = taken = 0
    width = 1
    while width < n:
        for start in range(0, n, 2 * width):
            middle, end = min(start + width, n), min(start + 2 * width, n)
            left, right = start, middle
            for at in range(start, end):
                if right == end or (left < middle and source[left] < source[right]):
                    target[at] = source[left]
                    left += 1
                    continue
                # all that is left of the left half stands before a smaller number
                while taken < len(ordinals) and ordinals[taken] < count + middle - left:
                    smaller[taken] = source[right]
                    larger[taken] = source[left + ordinals[taken] - count]
                    taken += 1
                count += middle - left
                target[at] = source[right]
                right += 1
        source, target = target, source
        width *= 2
    return count


def count(order: Ints) -> int:
    """``Swaps.count``."""
    nothing = np.empty(0, np.int32)
    return int(_merge_sort(order.astype(np.int32), np.empty(0, np.int64), nothing, nothing))


def pairs(order: Ints, ordinals: Ints) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """``Swaps.pairs``."""
    smaller, larger = np.empty(len(ordinals), np.int32), np.empty(len(ordinals), np.int32)
    _merge_sort(order.astype(np.int32), ordinals.astype(np.int64), smaller, larger)
    return smaller, larger
