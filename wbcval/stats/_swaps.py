"""The pairs that change places between two orders: counted bit by bit, drawn, or listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbcval.stats.metric import Ints

_Numbers = NDArray[np.signedinteger[Any]]


def relabel(first: Ints, second: Ints) -> Ints:
    """The second order in places of the first, shape (n,)."""
    place = np.empty_like(first)
    place[first] = np.arange(len(first))
    return place[second]


@dataclass(frozen=True)
class Swaps:
    """The pairs of a permutation of 0 … n − 1 whose larger number comes first.

    Bit by bit from the highest: among numbers that agree in the bits above, kept in their order,
    each 1 that stands before a 0 is such a pair.
    """

    order: Ints

    @cached_property
    def count(self) -> int:
        return sum(int(level.before.sum(dtype=np.int64)) for level in self._levels())

    def pairs(self, ordinals: Ints) -> tuple[Ints, Ints]:
        """Pairs (smaller, larger) by their number, 0 … ``count`` − 1, in rising order."""
        smaller, larger = [], []
        done = taken = 0
        for level in self._levels():
            ends = np.cumsum(level.before, dtype=np.int64)
            stop = int(np.searchsorted(ordinals, done + ends[-1])) if len(ends) else taken
            if stop > taken:
                wanted = ordinals[taken:stop] - done
                zero = np.searchsorted(ends, wanted, side="right")
                nth = wanted - (ends[zero] - level.before[zero])
                smaller.append(level.zeros[zero])
                larger.append(level.ones[level.outside[zero] + nth])
            done, taken = done + int(ends[-1] if len(ends) else 0), stop
        if not smaller:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate(smaller), np.concatenate(larger)

    def _levels(self) -> Iterator[_Level]:
        values: _Numbers = self.order.astype(np.int32 if len(self.order) < 1 << 31 else np.int64)
        for bit in reversed(range(max(len(values) - 1, 0).bit_length())):
            is_one = (values >> bit) & 1
            ones_to = np.concatenate([[0], np.cumsum(is_one, dtype=values.dtype)])
            zero, one = np.flatnonzero(is_one == 0), np.flatnonzero(is_one)
            zeros, ones = values[zero], values[one]
            # a group of numbers that agree above stands where its smallest will stand
            outside = ones_to[_group(zeros, bit)]
            before = ones_to[zero] - outside
            yield _Level(zeros, ones, before, outside)
            values = np.empty_like(values)
            values[zero - before] = zeros
            start = _group(ones, bit)
            values[start + (1 << bit) + np.arange(len(ones)) - ones_to[start]] = ones


def _group(numbers: _Numbers, bit: int) -> _Numbers:
    """The smallest number that agrees with each above the bit."""
    return (numbers >> bit + 1) << bit + 1


class _Level(NamedTuple):
    """One bit: numbers without it and with it, in order.

    ``before`` counts, for each without it, those with it that come first in its group,
    ``outside`` those in the groups before.
    """

    zeros: _Numbers
    ones: _Numbers
    before: _Numbers
    outside: _Numbers
